"""The matte on real portraits, on a frame like the social security card's."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from ephoto.core.face import head_of
from ephoto.core.geometry import compose, for_opencv, invert, similarity
from ephoto.core.settings import Settings
from ephoto.core.types import Photo, SourceFacts
from ephoto.faces import engines as face_engines
from ephoto.framing.warp import coverage, view_of
from ephoto.matting import engines
from ephoto.matting.matte import matte
from ephoto.matting.measure import hair_top, torso
from tests.matting.scenes import FACE

FOLDER = os.environ.get("EPHOTO_TEST_PHOTOS")
pytestmark = [
    pytest.mark.photos,
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="EPHOTO_TEST_PHOTOS names no folder"),
]
# Near-frontal portraits of one person whose card frame lies in the photo but for a sliver.
PORTRAITS = (2, 3, 4, 5, 6, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 23, 27, 28, 29, 30, 31, 32, 33, 36)
TURNED = {2: 0.85, 29: 0.95}  # bodies turned so far that ground is seen under the face: torso at least this
SIZE = (358, 441)
EYES = np.array([179.0, 205.0])


@pytest.fixture(scope="module")
def tools():
    settings = Settings()
    return face_engines.build("embedded", settings), engines.build("selfie", settings)


def on_card(number, tools):
    """Frame, matte and the frame's valid pixels of one photo."""
    faces, selfie = tools
    with Image.open(Path(FOLDER) / f"p{number:02}.jpg") as image:
        pixels = np.asarray(image.convert("RGB"))
    photo = Photo(pixels, SourceFacts("JPEG", "RGB", image.size))
    head = head_of(faces.find(photo)[0])
    to_card = similarity(FACE / head.face_width_px, head.roll_deg, head.eye_mid, EYES)
    frame, valid = photo.pyramid.draw(to_card, SIZE), coverage(photo.size_wh, to_card, SIZE)
    to_view = view_of(to_card, SIZE, (256, 256), widen=4 / 3, lift=0.03)
    mask = selfie.coarse(photo.pyramid.sample(to_view, (256, 256)))
    back = for_opencv(compose(invert(to_view), to_card))
    coarse = cv2.warpAffine(mask, back, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    chin = round(EYES[1] + head.chin_px * FACE / head.face_width_px)
    whole = np.ones(SIZE[::-1], bool) if valid is None else valid
    return frame, matte(frame, coarse, engine="selfie", face_width_px=FACE, head_rows=chin, valid=valid), whole


@pytest.mark.parametrize("number", PORTRAITS, ids=lambda n: f"p{n:02}")
def test_torso_face_and_ground(number, tools):
    """The body is whole at the lower edge, the face opaque, and the hair ends somewhere above it.

    p29, p30 and p32 wear white before light walls; p17 and p18 have hair to both sides.
    """
    _, m, valid = on_card(number, tools)
    rows = np.flatnonzero(valid.all(axis=1))
    assert torso(m.alpha[: rows[-1] + 1], EYES[0], FACE) > TURNED.get(number, 0.97)
    assert m.alpha[180:300, 130:228].min() == 1.0
    assert hair_top(m.alpha, EYES[0], FACE) < 100
    assert m.alpha[:12, :12].mean() < 0.9


@pytest.mark.parametrize(("number", "box"), [(5, (290, 390, 5, 70)), (12, (60, 200, 10, 70)), (2, (100, 330, 10, 60))])
def test_flags_beside_the_shoulder_are_gone(number, box, tools):
    """Boxes (y0, y1, x0, x1) in which only a flag stands."""
    _, m, _ = on_card(number, tools)
    y0, y1, x0, x1 = box
    assert m.alpha[y0:y1, x0:x1].mean() < 0.01
