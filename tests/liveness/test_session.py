"""Sessions on rendered clips: who does what is asked is live, what happened is told, no caller changes it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from ephoto.core.errors import UsageError
from ephoto.liveness.session import Session
from tests.liveness.clips import SECONDS, clip, run, session

TORN = b'{"schema": "ephoto.liveness-state/1", "challenge": {"gestures": [1, 2], "nonce": "", "seconds_each": 1}}'
TURN = 1  # number of a quick clip: blink, turn-left


def asked_of(number):
    return clip(number)[1]["asked"]


def changed(shown, change):
    return [(change(pixels), seconds) for pixels, seconds in shown]


def brighter(pixels, factor):
    return np.clip(pixels.astype(np.float32) * factor, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "number", [0, 1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)]
)
def test_who_does_what_is_asked_is_live_and_the_evidence_is_true(number):
    shown, truth = clip(number)
    verdict, updates = run(shown, truth["asked"])
    assert (verdict.outcome, verdict.reasons) == ("live", ("all_done",))
    events = [event for event in truth["events"] if event["asked"]]
    for seen, event in zip(verdict.evidence, events, strict=True):
        assert (seen.gesture, seen.state) == (event["kind"], "done")
        assert event["start_s"] - 0.1 <= seen.start_s <= event["end_s"]
        assert seen.end_s <= event["end_s"] + 0.4
        if seen.unit == "deg":
            assert seen.amplitude == pytest.approx(event["amplitude"], abs=5)
    prompts = [update.prompt for update in updates]
    assert [p for p, q in zip(prompts, ["", *prompts], strict=False) if p != q and p not in ("look", "done")] == [
        event["kind"] for event in events
    ]
    progress = [update.progress for update in updates]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert all(0 <= update.seconds_left <= 12 for update in updates)


def test_the_same_frames_give_the_same_verdict_in_any_thread():
    shown, truth = clip(TURN)
    alone = run(shown, truth["asked"])[0]
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: run(shown, truth["asked"])[0], range(2)))
    assert both == [alone, alone]


def handed_on(shown, asked, *, pixels, every):
    """The verdict of a session that is stored and read back after every so many frames."""
    one = session(asked)
    for k, (frame, seconds) in enumerate(shown):
        if one.feed(frame, seconds).verdict is not None:
            break
        if k % every == every - 1:
            one = Session.from_state(one.to_state(pixels=pixels), faces=one._observer)
    return one.finish()


@pytest.mark.parametrize("every", [1, 7, 23])
def test_a_session_may_be_stored_between_any_two_frames(every):
    shown, truth = clip(TURN)
    whole, parts = run(shown, truth["asked"])[0], handed_on(shown, truth["asked"], pixels=True, every=every)
    assert parts.outcome == whole.outcome == "live"
    assert parts.evidence == whole.evidence
    assert [(c.name, c.state) for c in parts.cues] == [(c.name, c.state) for c in whole.cues]
    for a, b in zip(parts.cues, whole.cues, strict=True):
        assert a.measured == (None if b.measured is None else pytest.approx(b.measured, rel=0.02, abs=0.02))


def test_a_state_without_pictures_holds_none_and_never_makes_anyone_an_attack():
    shown, truth = clip(TURN)
    one = session(truth["asked"])
    for pixels, seconds in shown[:30]:
        one.feed(pixels, seconds)
    table = json.loads(one.to_state())
    assert not {"view", "anchor", "anchor_view", "anchor_small", "eyes", "pictures", "mouth"} & set(table)
    assert handed_on(shown, truth["asked"], pixels=False, every=15).outcome != "not_live"
    held = json.loads(one.to_state(pixels=True))
    assert held["anchor"]
    assert held["eyes"]


def test_who_goes_right_after_the_last_gesture_is_not_known():
    shown, truth = clip(TURN)
    one = session(truth["asked"])
    assert any(one.feed(*frame).step == 2 for frame in shown)
    assert (one.finish().outcome, one.finish().reasons) == ("inconclusive", ("stream_ended",))
    assert [e.state for e in one.finish().evidence] == ["done", "done"]


def test_a_state_without_pictures_begins_anew_whoever_comes():
    """Else another head could do the rest, as none of the first is there to compare it with."""
    shown, truth = clip(TURN)
    one = session(truth["asked"])
    last = next(k for k, frame in enumerate(shown) if one.feed(*frame).step == 1)
    again = Session.from_state(one.to_state(), faces=one._observer)
    update = again.feed(*shown[last + 1])
    assert (update.step, update.prompt) == (0, "look")
    rest = [again.feed(*frame) for frame in shown[last + 2 :]]
    assert all(u.verdict is None or u.verdict.outcome != "live" for u in rest)
    assert again.finish().outcome != "live"
    whole = Session.from_state(one.to_state(pixels=True), faces=one._observer)
    assert whole.feed(*shown[last + 1]).step == 1


@pytest.mark.parametrize("state", [b"", b"{}", b"[]", b'{"schema": "ephoto.liveness-state/0"}', b"\xff\x00", TORN])
def test_what_is_no_state_is_refused(state):
    with pytest.raises(UsageError) as caught:
        Session.from_state(state)
    assert caught.value.code == "state_unfit"


def test_a_finished_session_keeps_its_verdict_and_no_picture():
    shown, truth = clip(TURN)
    one = session(truth["asked"])
    for pixels, seconds in shown:
        one.feed(pixels, seconds)
    verdict = one.finish()
    assert one.finish() is verdict
    again = Session.from_state(one.to_state(pixels=True), faces=one._observer)
    assert again.verdict == verdict
    assert again.feed(*shown[0]).verdict == verdict  # whatever comes later
    m = one._memory
    kept = (m.view, m.anchor, m.anchor_view, m.anchor_small, m.eyes, m.mouth, m.landmarks, m.at_rest)
    assert kept == (None,) * 8
    assert m.pictures == []
    assert one.best_frames() == ()


def test_the_best_frames_are_as_fed_and_at_rest():
    shown, truth = clip(TURN)
    one = session(truth["asked"], keep_best=3)
    for pixels, seconds in shown:
        one.feed(pixels, seconds)
    one.finish()
    best = one.best_frames()
    assert 1 <= len(best) <= 3
    fed = {seconds: pixels for pixels, seconds in shown}
    facts = {seconds: fact for (_, seconds), fact in zip(shown, truth["frames"], strict=True)}
    for frame in best:
        assert np.array_equal(frame.pixels, fed[frame.seconds])  # never mirrored, never scaled
        assert abs(facts[frame.seconds]["yaw_deg"]) < 8
    assert [f.score for f in best] == sorted((f.score for f in best), reverse=True)


def test_another_order_is_not_what_was_asked():
    """Blinks come of themselves and blame nobody; a turn in place of another gesture does."""
    shown, truth = clip(TURN)
    verdict, _ = run(shown, truth["asked"][::-1])
    assert (verdict.outcome, verdict.reasons) == ("inconclusive", ("stream_ended",))
    assert [e.state for e in verdict.evidence] == ["done", "missing"]
    verdict, _ = run(shown, ("open-mouth", "turn-left"))
    assert (verdict.outcome, verdict.reasons[0]) == ("not_live", "gesture_wrong")
    assert verdict.evidence[0].seen == "turn-left"


def test_a_mirrored_clip_turns_to_the_wrong_side():
    shown, truth = clip(TURN)
    verdict, _ = run(changed(shown, lambda p: p[:, ::-1]), truth["asked"])
    assert (verdict.outcome, verdict.reasons[0]) == ("not_live", "gesture_wrong")


def test_who_does_nothing_is_not_live_and_a_short_clip_says_nothing():
    shown, truth = clip(TURN)
    rest = [shown[k][0] for k in range(12)]
    still = [(rest[k % 12 if k // 12 % 2 else 11 - k % 12], k / 15) for k in range(int((SECONDS + 2) * 15))]
    verdict, _ = run(still, truth["asked"])
    assert verdict.outcome == "not_live"
    verdict, _ = run(shown[:20], truth["asked"])
    assert (verdict.outcome, verdict.reasons) == ("inconclusive", ("stream_ended",))
    assert [e.state for e in verdict.evidence] == ["missing"] * 2


def test_one_frame_over_and_over_is_frozen():
    shown, truth = clip(TURN)
    verdict, _ = run([(shown[5][0], k / 15) for k in range(60)], truth["asked"])
    assert verdict.outcome == "not_live"
    assert "frozen" in verdict.reasons


@pytest.mark.parametrize("factor", [0.6, 1.4, 2.0])
def test_near_or_far_decides_nothing(factor):
    """Peers' screening called near faces live and far ones fake."""
    shown, truth = clip(TURN)
    h, w = shown[0][0].shape[:2]
    size = (round(w * factor), round(h * factor))
    verdict, _ = run(changed(shown, lambda p: cv2.resize(p, size, interpolation=cv2.INTER_AREA)), truth["asked"])
    assert verdict.outcome != "not_live"
    if factor > 1:
        assert verdict.outcome == "live"


def test_the_sun_makes_nobody_an_attack():
    """Over-exposure is a verdict of its own: take it again."""
    shown, truth = clip(TURN)
    verdict, updates = run(changed(shown, lambda p: brighter(p, 4.0)), truth["asked"])
    assert (verdict.outcome, verdict.reasons) == ("inconclusive", ("over_exposed",))
    assert any("too_bright" in update.guidance for update in updates)
    dim, updates = run(changed(shown, lambda p: brighter(p, 0.12)), truth["asked"])
    assert dim.outcome == "inconclusive"
    assert any("too_dark" in update.guidance for update in updates)


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_a_soft_picture_makes_nobody_an_attack(sigma):
    shown, truth = clip(TURN)
    verdict, _ = run(changed(shown, lambda p: cv2.GaussianBlur(p, (0, 0), sigma)), truth["asked"])
    assert verdict.outcome != "not_live"


def test_dropped_pictures_make_nobody_an_attack():
    shown, truth = clip(TURN)
    start = next(event["start_s"] for event in truth["events"] if event["kind"] == "turn-left")
    verdict, _ = run([(p, s) for p, s in shown if not start + 0.15 < s < start + 0.45], truth["asked"])
    assert verdict.outcome != "not_live"
    kept = np.random.default_rng(0).random(len(shown)) > 0.25
    assert run([frame for frame, k in zip(shown, kept, strict=True) if k], truth["asked"])[0].outcome != "not_live"


@pytest.mark.parametrize("number", [0, pytest.param(3, marks=pytest.mark.slow)])
def test_slow_cameras_will_do(number):
    """In dim rooms webcams give half their rate."""
    shown, truth = clip(number)
    for first in (0, 1):
        assert run(shown[first::2], truth["asked"])[0].outcome == "live"


def test_a_face_that_leaves_begins_anew_and_a_gap_does_too():
    shown, truth = clip(TURN)
    black = np.zeros_like(shown[0][0])
    left = [(black if 25 <= k < 38 else p, s) for k, (p, s) in enumerate(shown)]
    _, updates = run(left, truth["asked"])
    assert [u.restarted for u in updates if u.restarted] == ["no_face"]
    begun = next(k for k, u in enumerate(updates) if u.restarted)
    assert updates[begun].step == 0
    assert updates[begun].prompt == "look"
    assert "no_face" in updates[begun].guidance
    gap = [(p, s if k < 25 else s + 3.0) for k, (p, s) in enumerate(shown)]
    assert "time_gap" in [u.restarted for u in run(gap, truth["asked"])[1]]


def test_a_second_person_begins_anew_and_at_last_ends():
    """Whoever stands beside: tracks are never mixed."""
    shown, truth = clip(TURN)
    other = clip(0)[0][0][0]
    h, w = other.shape[:2]

    def joined(pixels, with_other):
        wide = np.full((h, 2 * w, 3), 128, np.uint8)
        wide[:, :w] = pixels
        if with_other:
            wide[:, w:] = other
        return wide

    beside = [(joined(p, 22 <= k < 30), s) for k, (p, s) in enumerate(shown)]
    _, updates = run(beside, truth["asked"])
    assert {u.restarted for u in updates} == {None, "second_face"}
    assert any("many_faces" in u.guidance for u in updates)
    times = [shown[k % len(shown)][0] for k in range(5 * len(shown))]
    again = [(joined(p, k % len(shown) > 22), k / 15) for k, p in enumerate(times)]
    verdict, _ = run(again, truth["asked"])
    assert verdict.outcome != "live"


def test_frames_and_clocks_that_cannot_be():
    shown, truth = clip(TURN)
    one = session(truth["asked"])
    one.feed(*shown[0])
    with pytest.raises(UsageError) as caught:
        one.feed(shown[1][0], shown[0][1])
    assert caught.value.code == "clock_backwards"
    for bad in (shown[0][0][..., 0], shown[0][0].astype(np.float32), np.zeros((4, 4, 3), np.uint8)):
        with pytest.raises(UsageError) as caught:
            one.feed(bad, 9.0)
        assert caught.value.code == "bad_array"
    for never in (float("nan"), float("inf")):
        for fed in (one, session(truth["asked"])):
            with pytest.raises(UsageError) as caught:
                fed.feed(shown[1][0], never)
            assert caught.value.code == "clock_backwards"
    before = shown[2][0].copy()
    one.feed(shown[2][0], shown[2][1])
    assert np.array_equal(before, shown[2][0])


def test_an_empty_room_before_the_person_comes_is_no_still_photo():
    shown, truth = clip(TURN)
    fps, rng = truth["fps"], np.random.default_rng(3)
    wall = np.full(shown[0][0].shape, 120.0)
    empty = [(np.clip(wall + rng.normal(0, 2, wall.shape), 0, 255).astype(np.uint8), k / fps) for k in range(30)]
    verdict, _ = run([*empty, *((pixels, seconds + 30 / fps) for pixels, seconds in shown)], truth["asked"])
    assert (verdict.outcome, verdict.reasons) == ("live", ("all_done",))


def test_black_pictures_hide_no_gap():
    shown, truth = clip(TURN)
    black = np.zeros_like(shown[0][0])
    late = [(black if k == 30 else p, s if k < 30 else s + 10.0) for k, (p, s) in enumerate(shown)]
    assert [u.restarted for u in run(late, truth["asked"])[1] if u.restarted] == ["time_gap"]
    twice = [(black if k == 30 else p, s + 0.4 * (k >= 30) + 0.4 * (k > 30)) for k, (p, s) in enumerate(shown)]
    assert [u.restarted for u in run(twice, truth["asked"])[1] if u.restarted] == ["no_face"]


def test_pictures_of_another_size_begin_anew():
    """More px are nobody who came closer; and a camera that is turned is no attack."""
    shown, truth = clip(TURN)
    h, w = shown[0][0].shape[:2]
    larger = [(cv2.resize(p, (2 * w, 2 * h)) if k >= 24 else p, s) for k, (p, s) in enumerate(shown)]
    verdict, updates = run(larger, truth["asked"])
    assert [u.restarted for u in updates if u.restarted] == ["size_changed"]
    assert "face_changed" not in verdict.reasons


def test_who_left_before_anything_began_is_forgotten():
    """Nobody is called an attack because another person had looked into the camera first."""
    shown, truth = clip(TURN)
    other, h, w = clip(0)[0], *shown[0][0].shape[:2]
    first = [(cv2.resize(p, (w, h)), s) for p, s in other[:5]]
    black = [(np.zeros_like(shown[0][0]), 5 / 15 + k / 15) for k in range(10)]
    verdict, updates = run([*first, *black, *((p, s + 1.0) for p, s in shown)], truth["asked"])
    assert (verdict.outcome, verdict.restarts) == ("live", 0)
    assert verdict.frames == len(updates)


def test_a_clock_that_leaps_ends_the_session_and_no_more():
    shown, truth = clip(TURN)
    verdict, _ = run([*shown[:6], (shown[6][0], 1e12)], truth["asked"])
    assert (verdict.outcome, verdict.reasons) == ("inconclusive", ("time_over",))
