"""Real photos cut out at their full size."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.real_photos import one_face
from ephoto.core.errors import EphotoError
from ephoto.pipeline.converter import Converter

FOLDER = os.environ.get("EPHOTO_TEST_PHOTOS")
pytestmark = [pytest.mark.photos, pytest.mark.skipif(not FOLDER, reason="EPHOTO_TEST_PHOTOS names no folder")]
PHOTOS = Path(FOLDER) if FOLDER else Path()
NO_FACE_FOUND = {"p39"}  # a profile under a wide hat
MUST = sorted(one_face(PHOTOS) - NO_FACE_FOUND) if FOLDER else []


@pytest.fixture(scope="module")
def converter():
    return Converter(checks=False)


@pytest.mark.parametrize("stem", MUST)
def test_one_face_gives_one_body(stem, converter):
    """Also photos too tight for a card: one piece with the face in it, opaque inside, as large as the photo."""
    cutout = converter.matte(PHOTOS / f"{stem}.jpg")
    facts = cutout.report.facts
    assert list(cutout.image.shape[1::-1]) == facts["photo"]["size_wh"]
    _, labels, stats, _ = cv2.connectedComponentsWithStats((cutout.alpha > 127).view(np.uint8), connectivity=8)
    areas = np.sort(stats[1:, cv2.CC_STAT_AREA])
    assert areas[-1] > 0.98 * areas.sum()
    x0, y0, x1, y1 = (int(v) for v in facts["face"]["box_xyxy"])
    width = x1 - x0
    face = cutout.alpha[max(y0 + width // 4, 0) : y1 - width // 4, max(x0 + width // 4, 0) : x1 - width // 4]
    assert (face == 255).mean() > 0.999
    assert labels.max() >= 1
    assert facts["cutout"]["unknown_share"] < 0.12
    assert cutout.image[cutout.alpha == 0].max(initial=0) == 0


@pytest.mark.parametrize("stem", ["p25", "p26"])
def test_nobody_is_told(stem, converter):
    with pytest.raises(EphotoError) as told:
        converter.matte(PHOTOS / f"{stem}.jpg")
    assert told.value.exit_code == 4
