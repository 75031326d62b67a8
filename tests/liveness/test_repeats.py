"""What comes back: stretches played again are found, people who do the same twice are not."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ephoto.liveness import continuity, repeats
from ephoto.liveness.screening import limits

LIM = limits()


def wander(t, seed, scale):
    """Slow unsteadiness, never twice the same: a few sines of odd periods."""
    rng = np.random.default_rng(seed)
    rates, phases = rng.uniform(0.2, 1.5, 4), rng.uniform(0, 6.28, 4)
    return scale * sum(np.sin(2 * np.pi * r * t + p) for r, p in zip(rates, phases, strict=True)) / 2


def motion(seconds, seed, turns=()):
    """Measures of a head that sways, and turns at given moments: (start, degrees, length)."""
    t = np.arange(0, seconds, 1 / 15)
    yaw = wander(t, seed, 1.0)
    for start, degrees, length in turns:
        yaw = yaw + degrees * np.sin(np.pi * np.clip((t - start) / length, 0, 1)) ** 2
    return {
        **{"seconds": t, "yaw": yaw, "pitch": wander(t, seed + 1, 1.0), "roll": wander(t, seed + 2, 0.5)},
        **{"x": 300 + wander(t, seed + 3, 2.0) + yaw * 0.4, "y": 200 + wander(t, seed + 4, 2.0)},
        **{"width": np.full(len(t), 120.0), "mouth": 0.01 + 0 * t},
        **{"open_right": 1 + 0 * t, "open_left": 1 + 0 * t},
    }


def unsteady(columns, seed):
    """The same with the unrest of readings."""
    rng = np.random.default_rng(seed)
    scale = dict(LIM.unrest) | {"x": LIM.unrest["x"] * 120, "y": LIM.unrest["y"] * 120}
    scale |= {"open_right": 0.03, "open_left": 0.03}
    noisy = {k: v + 0.5 * scale.get(k, 0) * rng.standard_normal(len(v)) for k, v in columns.items() if k != "seconds"}
    return noisy | {"seconds": columns["seconds"], "width": columns["width"]}


def repetition(columns):
    return repeats.repetition(
        columns, LIM.unrest, stretch_s=LIM.loop_s, least_s=LIM.loop_least_s, lively=LIM.loop_lively
    )


@settings(max_examples=30, deadline=None)
@given(period=st.integers(14, 40), start=st.integers(0, 8), seed=st.integers(0, 10**6))
def test_a_stretch_played_again_is_found(period, start, seed):
    once = motion(4, seed, ((0.4, 22.0, 1.0),))
    order = start + np.arange(90) % period
    looped = {name: values[order] for name, values in once.items()} | {"seconds": np.arange(90) / 15}
    assert repetition(unsteady(looped, seed)) < LIM.loop


@settings(max_examples=40, deadline=None)
@given(
    degrees=st.tuples(st.floats(16, 30), st.floats(16, 30)),
    lengths=st.tuples(st.floats(0.9, 1.6), st.floats(0.9, 1.6)),
    seed=st.integers(0, 10**6),
)
def test_who_turns_twice_is_no_loop(degrees, lengths, seed):
    """Nobody repeats a turn to 4 degrees and an eighth of a second, and sways the same way meanwhile."""
    assume(abs(degrees[0] - degrees[1]) > 4 or abs(lengths[0] - lengths[1]) > 1 / 8)
    columns = motion(7, seed, ((1.0, degrees[0], lengths[0]), (4.0, degrees[1], lengths[1])))
    assert repetition(unsteady(columns, seed)) > LIM.loop


def test_who_holds_still_says_nothing():
    t = np.arange(0, 6, 1 / 15)
    still = {name: np.zeros(len(t)) for name in motion(1, 0)} | {"seconds": t, "width": np.full(len(t), 120.0)}
    assert repetition(still) is None
    assert repetition({name: values[:5] for name, values in still.items()}) is None


def levels(count, move, noise, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(count) / 15
    return t, 100 + move * np.sin(t)[:, None] * rng.uniform(0.3, 1, 24) + noise * rng.standard_normal((count, 24))


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_picture_that_stands_is_told_from_one_that_sways(noise):
    assert repeats.least_movement(*levels(60, 0.0, noise), LIM.frozen_s) < LIM.frozen
    assert repeats.least_movement(*levels(60, 3.0, noise), LIM.frozen_s) > LIM.frozen
    assert repeats.least_movement(*levels(10, 3.0, noise), LIM.frozen_s) is None


def test_cells_are_exact_means():
    rng = np.random.default_rng(1)
    grey = rng.integers(0, 256, (120, 160)).astype(np.uint8)
    found = repeats.cells(grey).reshape(4, 6)
    # 160 px over 6 cells are 26.67 each: cells share the px on their borders.
    whole = grey.astype(float)
    share = np.repeat(whole, 3, axis=1).reshape(4, 30, 6, 80).mean((1, 3))
    assert np.abs(found - share).max() < 0.02


def prints(values):
    return {"seconds": np.arange(len(values)) / 15, "fingerprint": np.array(values, float)}


def test_frames_put_in_again_are_counted_and_slow_cameras_are_not():
    fresh = list(range(60))
    assert repeats.duplicates(prints(fresh), LIM.duplicate_s) == 0
    doubled = [k // 2 for k in range(60)]  # a camera in the dark repeats each frame
    assert repeats.duplicates(prints(doubled), LIM.duplicate_s) == 0
    injected = [*fresh[:40], 3, 41, 3, 42, 3, *fresh[45:]]
    assert repeats.duplicates(prints(injected), LIM.duplicate_s) == 3


def test_one_frame_over_and_over_stands():
    assert repeats.standing(prints([1] * 30)) == pytest.approx(29 / 15)
    assert repeats.standing(prints([1, 1, 2, 2, 2, 3])) == pytest.approx(2 / 15)


@pytest.mark.parametrize("burst_s", [0.0005, 1e-6])
def test_pictures_that_come_in_bursts_do_not_make_the_search_endless(burst_s):
    """At the finest step that was tried once, ten seconds of these took two minutes."""
    columns = motion(10, 5, ((1.0, 22.0, 1.0), (6.0, 20.0, 1.2)))
    k = np.arange(len(columns["seconds"]))
    begun = time.process_time()
    assert repetition(columns | {"seconds": k // 3 / 5 + k % 3 * burst_s}) > 0
    assert time.process_time() - begun < 2.0


def filmed(seed, seconds=8.0):
    """Mean levels of a frame's 24 parts while somebody sways and turns before a room."""
    t = np.arange(0, seconds, 1 / 15)
    rng = np.random.default_rng(seed)
    parts = rng.uniform(60, 180, 24) + np.stack([wander(t, 100 * seed + k, rng.uniform(0.5, 4)) for k in range(24)], 1)
    return t, parts


def returned(t, parts):
    return repeats.returned(
        t,
        parts,
        stretch_s=LIM.loop_s,
        least_s=LIM.loop_least_s,
        lively=LIM.loop_frame_lively,
        most=LIM.loop_frame,
        share=LIM.loop_frame_share,
    )


@settings(max_examples=30, deadline=None)
@given(period=st.integers(14, 45), noise=st.floats(0, 0.08), seed=st.integers(0, 10**5))
def test_frames_that_come_back_under_fresh_noise_are_found(period, noise, seed):
    t, parts = filmed(seed)
    rng = np.random.default_rng(seed)
    looped = parts[np.arange(len(t)) % period] + noise * rng.standard_normal(parts.shape)
    assert returned(t, looped) < 1
    assert returned(t, parts + noise * rng.standard_normal(parts.shape)) > 1


def test_who_holds_quite_still_does_not_come_back():
    t = np.arange(0, 6, 1 / 15)
    for noise in (0.02, 0.1, 0.3):
        still = returned(t, 100 + noise * np.random.default_rng(0).standard_normal((len(t), 24)))
        assert still is None or still > 1


@settings(max_examples=30, deadline=None)
@given(turn=st.integers(20, 60), noise=st.floats(0, 0.05), seed=st.integers(0, 10**5))
def test_frames_that_run_backwards_are_found(turn, noise, seed):
    t, parts = filmed(seed)
    rng = np.random.default_rng(seed)
    order = np.concatenate([np.arange(turn), np.arange(turn - 2, -1, -1)])
    both = parts[order] + noise * rng.standard_normal((len(order), 24))
    found = repeats.retraced(t[: len(order)], both, stretch_s=LIM.loop_s, lively=LIM.loop_back_lively)
    assert found is None or found < LIM.loop_frame
    alone = repeats.retraced(t, parts, stretch_s=LIM.loop_s, lively=LIM.loop_back_lively)
    assert alone is None or alone > LIM.loop_frame


def cut_of(t, parts):
    changes = repeats.scene_changes(parts)
    return continuity.cut(changes, t, step_s=LIM.cut_step_s, most_steps=LIM.cut_most_steps)


def test_another_room_is_a_cut_and_another_exposure_or_a_moving_head_is_none():
    t, parts = filmed(3)
    head = parts.copy()
    head[40:, 5:8] += 8  # a head that comes into three parts of the frame
    exposed = parts * np.where(t > 3, 1.3, 1.0)[:, None]
    assert max(cut_of(t, one) for one in (parts, head, exposed)) < LIM.scene_cut
    assert cut_of(t, np.where(t[:, None] > 3, filmed(4)[1], parts)) > LIM.scene_cut
    assert repeats.scene_changes(parts[:1]).tolist() == [0]
