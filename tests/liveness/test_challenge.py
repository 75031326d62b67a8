"""What is asked: by chance and by name, always with a turn, and the same for one seed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.errors import UsageError
from ephoto.liveness.challenge import FACE_GESTURES, TURNS, Challenge, draw, parse
from ephoto.liveness.values import GESTURES


@given(seed=st.integers(0, 2**63), count=st.sampled_from([None, 2, 3, 4]))
def test_drawn_challenges_are_fit_and_repeatable(seed, count):
    one, again = draw(seed, count=count, nonce="n"), draw(seed, count=count, nonce="n")
    assert one == again
    assert count is None or len(one.gestures) == count
    assert set(one.gestures) & set(TURNS)
    assert set(one.gestures) & set(FACE_GESTURES)
    assert all(a != b for a, b in zip(one.gestures, one.gestures[1:], strict=False))
    assert Challenge.from_dict(json.loads(json.dumps(one.to_dict()))) == one


def test_every_gesture_is_drawn_in_every_place():
    drawn = [draw(seed, count=3).gestures for seed in range(600)]
    for place in range(3):
        assert {gestures[place] for gestures in drawn} == set(GESTURES)


def test_without_a_seed_no_two_are_alike():
    nonces = {draw().nonce for _ in range(50)}
    assert len(nonces) == 50
    assert all(len(nonce) == 32 for nonce in nonces)
    assert draw(1).nonce != draw(1).nonce  # a nonce never follows from a seed that others may know
    assert len({draw(count=4).gestures for _ in range(50)}) > 20


@pytest.mark.parametrize(
    "gestures",
    [(), ("turn-left",), ("blink", "nod"), ("turn-left", "turn-left"), ("blink", "nod", "blink", "nod", "turn-left")],
)
def test_unfit_challenges_say_why(gestures):
    with pytest.raises(UsageError) as caught:
        Challenge(gestures, "n", 5.0)
    assert caught.value.code == "challenge_unfit"


@pytest.mark.parametrize("each", [0.0, -1.0, float("nan"), float("inf")])
def test_times_without_end_or_beginning_are_refused(each):
    with pytest.raises(UsageError, match="challenge_unfit"):
        Challenge(("blink", "turn-left"), "n", each)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_unfit_counts_are_refused(count):
    with pytest.raises(UsageError, match="challenge_unfit"):
        draw(1, count=count)


def test_gestures_are_read_by_name():
    assert parse([" Blink", "TURN-LEFT"]) == ("blink", "turn-left")
    with pytest.raises(UsageError) as caught:
        parse(["wink"])
    assert caught.value.code == "gesture_unknown"
    assert caught.value.values["known"] == list(GESTURES)
