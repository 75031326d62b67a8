"""The card of a session: of its best picture, and of none that fails the checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pytest

from ephoto.core.errors import CheckError, FaceError, UsageError
from ephoto.liveness.card import card_from
from ephoto.pipeline.converter import Converter
from samples.render import Portrait, cached


@dataclass(frozen=True)
class Frame:
    pixels: Any
    score: float = 0.0


def drawn(**given):
    return cached(Portrait(size_wh=(420, 560), seed=5, **given)).image


@pytest.fixture(scope="module")
def good():
    return drawn()


@pytest.fixture(scope="module")
def shut():
    return drawn(eyes_closed=1.0)


@pytest.fixture(scope="module")
def converter():
    return Converter()


def test_the_picture_with_the_fewest_faults_becomes_the_card(good, shut, converter):
    """Whatever the session thought of it: the checks know more than a score."""
    blurred = cv2.GaussianBlur(good, (0, 0), 5)
    frames = [Frame(blurred, 9.0), Frame(shut, 8.0), Frame(good, -3.0)]
    card = card_from(frames, converter)
    assert card.report.passed
    assert card.data == converter.convert(good).data


def test_of_pictures_that_are_equally_good_the_score_decides(good, converter):
    other = np.roll(good, 6, axis=1)
    frames = [Frame(other, 1.0), Frame(good, 2.0)]
    assert converter.check(other).passed
    assert card_from(frames, converter).data == converter.convert(good).data
    assert card_from([Frame(other, 3.0), frames[1]], converter).data == converter.convert(other).data


def test_a_picture_without_a_face_does_not_stop_the_others(good, converter):
    assert card_from([Frame(np.full_like(good, 90)), Frame(good)], converter).report.passed


@pytest.mark.parametrize("options", [{}, {"checks": False}, {"strict": True}], ids=["plain", "no checks", "strict"])
def test_no_card_of_pictures_that_fail(shut, options):
    """However the converter was built: a session's card is always checked."""
    with pytest.raises(CheckError) as caught:
        card_from([Frame(shut, 1.0), Frame(shut[:, ::-1].copy(), 2.0)], Converter(**options))
    assert caught.value.code == "frames_unfit"
    assert "eyes_open" in caught.value.values["codes"]
    assert [f.code for f in caught.value.report.failed][:1] == caught.value.values["codes"][:1]


def test_a_card_that_fails_by_itself_is_no_card_either(good):
    """The photo passes and its file cannot: the document's bytes are out of reach."""
    from ephoto.core.errors import UnmetError
    from ephoto.specs import load

    with pytest.raises(UnmetError) as caught:
        card_from([Frame(good)], Converter(load.adhoc("295x413px", 300, "1-2")))
    assert caught.value.code == "bytes_unreachable"


def test_a_rule_that_only_advises_refuses_nothing(shut, converter):
    eased = Converter(allow=["eyes_open", "lids_open", "gaze"])
    assert card_from([Frame(shut)], eased).report.passed


def test_no_pictures_no_card(converter):
    with pytest.raises(CheckError) as caught:
        card_from([], converter)
    assert caught.value.code == "frames_none"


def test_where_nothing_can_be_checked_the_first_error_is_told(good, converter):
    with pytest.raises(FaceError):
        card_from([Frame(np.full_like(good, 90)), Frame(np.full_like(good, 40))], converter)


def test_what_is_no_picture_is_the_callers_mistake(good, converter):
    with pytest.raises(UsageError):
        card_from([Frame(good[:, :, :2])], converter)
