"""Gestures found in measured series: made to size they are found, with their times; else not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.liveness.gestures import Rest, found, sizes
from ephoto.liveness.series import COLUMNS

REST = Rest(yaw=2.0, pitch=-3.0, width=100.0, length=60.0, lid=0.3, mouth=0.01)
STILL = dict.fromkeys(COLUMNS, 0.0) | {
    **{"yaw": 2.0, "pitch": -3.0, "width": 100.0, "length": 60.0, "lid_right": 0.3, "lid_left": 0.3, "mouth": 0.01},
    **{"mouth_like": 1.0, "open_right": 1.0, "open_left": 1.0, "like_right": 0.97, "like_left": 0.97},
}


def bump(t, start, out, hold, back):
    """0 to 1 and back: eased out, held, eased back."""
    rise, fall = np.clip((t - start) / out, 0, 1), np.clip((t - start - out - hold) / back, 0, 1)
    return rise * rise * (3 - 2 * rise) - fall * fall * (3 - 2 * fall)


def series(fps=15.0, seconds=4.0, seed=0, noise=1.0, phase=0.0, **moved):
    """Columns at rest, with the given columns moved by functions of time, and the unrest of real readings."""
    t = np.arange(phase / fps, seconds, 1 / fps)
    rng = np.random.default_rng(seed)
    unrest = {"yaw": 0.3, "pitch": 0.5, "mouth": 0.001, "open_right": 0.02, "open_left": 0.02, "width": 0.3}
    table = {name: np.full(len(t), value) for name, value in STILL.items()} | {"seconds": t}
    for name, change in moved.items():
        table[name] = table[name] + change(t)
    for name, sigma in unrest.items():
        table[name] = table[name] + noise * sigma * rng.standard_normal(len(t))
    return table


def kinds(columns, base=1.0):
    return [e.gesture for e in found(columns, REST, base) if e.whole and e.end_s is not None]


@settings(max_examples=80, deadline=None)
@given(
    fps=st.sampled_from([15.0, 25.0, 30.0]),
    degrees=st.floats(18, 45),
    out=st.floats(0.3, 1.0),
    back=st.floats(0.3, 1.0),
    left=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_turns_are_found_with_side_size_and_time(fps, degrees, out, back, left, seed):
    sign = 1 if left else -1
    columns = series(fps, seed=seed, yaw=lambda t: sign * degrees * bump(t, 1.0, out, 0.2, back))
    assert kinds(columns) == ["turn-left" if left else "turn-right"]
    one = found(columns, REST, 1.0)[0]
    assert one.amplitude == pytest.approx(degrees, abs=3)
    assert 1.0 <= one.start_s <= 1.0 + out
    assert 1.0 + out <= one.end_s <= 1.0 + out + 0.2 + back + 1 / fps


@settings(max_examples=60, deadline=None)
@given(degrees=st.floats(0, 12.5), seed=st.integers(0, 10**6))
def test_smaller_turns_are_none(degrees, seed):
    assert kinds(series(seed=seed, yaw=lambda t: degrees * bump(t, 1.0, 0.5, 0.2, 0.5))) == []


def test_a_jump_is_no_turn_and_neither_is_a_drift():
    assert kinds(series(fps=30, yaw=lambda t: 40.0 * ((t > 1) & (t < 1.5)))) == []
    slow = series(seconds=12, noise=0.2, yaw=lambda t: 25 * bump(t, 0.5, 5.5, 0.1, 5.5))
    assert kinds(slow) == []


@pytest.mark.parametrize("fps", [2.5, 4.0, 8.0])
def test_a_row_of_stills_is_no_turn(fps):
    """Three photos, of a head that looks ahead, aside and ahead: slow enough, no step is faster than heads are."""
    assert kinds(series(fps, yaw=lambda t: 25.0 * ((t > 1) & (t < 1 + 1.5 / fps)))) == []


def test_a_turn_under_way_has_no_end():
    columns = series(seconds=1.6, yaw=lambda t: 25 * bump(t, 1.0, 0.5, 5.0, 0.5))
    (one,) = found(columns, REST, 1.0)
    assert one.gesture == "turn-left"
    assert one.end_s is None


@settings(max_examples=60, deadline=None)
@given(off=st.floats(0, 7), seed=st.integers(0, 10**6))
def test_who_comes_back_to_rest_but_for_a_little_is_seen_as_well(off, seed):
    """`settled` lets them be so far off, and a gesture that seems to have begun before its prompt does not count."""
    for kind, column, high in (("nod", "pitch", 15.0), ("turn-left", "yaw", 22.0)):
        columns = series(seed=seed, **{column: lambda t, h=high: off + h * bump(t, 1.0, 0.5, 0.1, 0.5)})
        (one,) = [e for e in found(columns, REST, 1.0) if e.gesture == kind and e.whole]
        assert one.start_s >= 1.0
        assert one.end_s is not None
    parted = series(
        seed=seed,
        mouth=lambda t: 0.004 * off + 0.05 * bump(t, 1, 0.2, 0.4, 0.2),
        mouth_like=lambda t: -0.4 * bump(t, 1, 0.2, 0.4, 0.2),
    )
    (one,) = [e for e in found(parted, REST, 1.0) if e.whole]
    assert (one.gesture, one.start_s >= 1.0, one.end_s is not None) == ("open-mouth", True, True)


@settings(max_examples=60, deadline=None)
@given(degrees=st.floats(11, 30), lasts=st.floats(0.25, 0.8), seed=st.integers(0, 10**6))
def test_nods_are_found(degrees, lasts, seed):
    columns = series(seed=seed, pitch=lambda t: degrees * bump(t, 1.0, lasts, 0.05, lasts))
    assert kinds(columns) == ["nod"]


def test_a_bowed_turn_is_no_nod_and_raising_the_head_is_none():
    turned = series(pitch=lambda t: 12 * bump(t, 1, 0.4, 0.1, 0.4), yaw=lambda t: 25 * bump(t, 1, 0.4, 0.1, 0.4))
    assert kinds(turned) == ["turn-left"]
    assert kinds(series(pitch=lambda t: -18 * bump(t, 1, 0.4, 0.1, 0.4))) == []


def shut(start, seconds, depth=0.95):
    """Lids that fall in a third of the time and rise in two: a column's change."""
    return lambda t: -depth * bump(t, start, seconds / 3, 0.0, seconds * 2 / 3)


def blinking(start, seconds, fps=30.0, seed=0, phase=0.0, eyes=("right", "left"), like=-0.6):
    moved = {f"open_{eye}": shut(start, seconds) for eye in eyes}
    moved |= {f"like_{eye}": lambda t: -like * shut(start, seconds)(t) for eye in eyes}
    moved |= {f"lid_{eye}": lambda t: 0.1 * shut(start, seconds)(t) for eye in eyes}
    return series(fps, seed=seed, phase=phase, noise=0.5, **moved)


@settings(max_examples=80, deadline=None)
@given(
    seconds=st.floats(0.16, 0.42),
    fps=st.sampled_from([15.0, 30.0]),
    phase=st.floats(0, 1),
    seed=st.integers(0, 10**6),
)
def test_blinks_are_found_wherever_the_frames_fall(seconds, fps, phase, seed):
    assert kinds(blinking(1.0, seconds, fps, seed, phase)) == ["blink"]


@pytest.mark.parametrize("seconds", [1.2, 2.5])
def test_eyes_shut_for_long_are_no_blink(seconds):
    assert kinds(blinking(1.0, seconds)) == []


def test_one_eye_or_a_blur_is_no_blink():
    assert kinds(blinking(1.0, 0.3, eyes=("left",))) == []
    blurred = series(30, open_right=shut(1, 0.3, 0.5), open_left=shut(1, 0.3, 0.5))  # and still as like as before
    assert kinds(blurred) == []


def test_eyes_that_were_never_learnt_do_not_blink():
    columns = series()
    columns["open_right"] = columns["open_left"] = np.full(len(columns["seconds"]), np.nan)
    assert kinds(columns) == []


@pytest.mark.parametrize(("gap", "like", "expected"), [(0.03, -0.4, ["open-mouth"]), (0.03, 0, []), (0.004, -0.4, [])])
def test_mouths_open_by_gap_and_by_look(gap, like, expected):
    columns = series(
        mouth=lambda t: gap * bump(t, 1, 0.2, 0.4, 0.2), mouth_like=lambda t: like * bump(t, 1, 0.2, 0.4, 0.2)
    )
    assert kinds(columns) == expected


@pytest.mark.parametrize("stays", [True, False])
def test_coming_closer_is_found_whether_or_not_one_goes_back(stays):
    def grown(t):
        return 30 * bump(t, 1, 0.8, 10.0 if stays else 0.5, 0.8)

    columns = series(width=grown, length=lambda t: 0.6 * grown(t))
    assert kinds(columns) == ["move-closer"]
    assert kinds(columns, base=1.3) == []  # who sat there already has not come closer


def test_a_turned_face_does_not_seem_further_away():
    columns = series(width=lambda t: -12 * bump(t, 1, 0.4, 0.2, 0.4), yaw=lambda t: 25 * bump(t, 1, 0.4, 0.2, 0.4))
    assert kinds(columns) == ["turn-left"]


def test_blame_needs_more_than_a_gesture_does():
    small = found(
        series(mouth=lambda t: 0.02 * bump(t, 1, 0.2, 0.4, 0.2), mouth_like=lambda t: -0.4 + 0 * t), REST, 1.0
    )
    large = found(
        series(mouth=lambda t: 0.06 * bump(t, 1, 0.2, 0.4, 0.2), mouth_like=lambda t: -0.4 + 0 * t), REST, 1.0
    )
    assert [(e.whole, e.unmistakable) for e in small] == [(True, False)]
    assert [(e.whole, e.unmistakable) for e in large] == [(True, True)]
    assert not any(e.unmistakable for e in found(blinking(1.0, 0.3), REST, 1.0))
    assert "blink" not in sizes().wrong
