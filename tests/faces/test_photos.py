"""Real photos: as many faces as people see in them, none upside down."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

PHOTOS = Path(os.environ.get("EPHOTO_TEST_PHOTOS") or ".")
pytestmark = [
    pytest.mark.photos,
    pytest.mark.skipif(not os.environ.get("EPHOTO_TEST_PHOTOS"), reason="EPHOTO_TEST_PHOTOS is not set"),
]
CROWD = "p01"
UNSEEN = {"p39"}  # a profile under a hat: MediaPipe does not find it either


def counted():
    """Stem and number of faces by people's count, the crowd apart."""
    if not os.environ.get("EPHOTO_TEST_PHOTOS"):
        return {}
    with (PHOTOS / "labels.csv").open(encoding="utf-8") as file:
        return {Path(row["file"]).stem: int(row["n_faces"]) for row in csv.DictReader(file)}


COUNTED = counted()


def pixels_of(stem):
    with Image.open(PHOTOS / f"{stem}.jpg") as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.mark.parametrize("stem", sorted(COUNTED.keys() - {CROWD} - UNSEEN))
def test_as_many_faces_as_people_count(stem, engine, photo):
    found = engine.find(photo(pixels_of(stem)))
    assert len(found) == COUNTED[stem]
    assert all(abs(face.pose.roll_deg) < 45 for face in found)


def test_faces_of_a_crowd_are_found_and_stand_upright(engine, photo):
    """42 of about 3 % of the width each; some are blurred or hidden by others."""
    found = engine.find(photo(pixels_of(CROWD)))
    assert len(found) >= 18
    assert all(abs(face.pose.roll_deg) < 45 for face in found)
