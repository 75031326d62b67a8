"""The embedded nets give what mediapipe 0.10.21 gave on the same photos (folder `parity` beside the photos)."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from ephoto.core.pyramid import Pyramid
from ephoto.core.settings import Settings
from ephoto.faces import iris, landmarks
from ephoto.faces.attempts import whole
from ephoto.faces.detect import FULL_RANGE, SHORT_RANGE, Detector, overlaps
from ephoto.faces.iris import IrisNet
from ephoto.faces.landmarks import MeshNet, roi_of_detection
from ephoto.faces.roi import Picture
from ephoto.inference import litert

PHOTOS = Path(os.environ.get("EPHOTO_TEST_PHOTOS") or ".")
PARITY = PHOTOS.parent / "parity"
pytestmark = [
    pytest.mark.photos,
    pytest.mark.skipif(not os.environ.get("EPHOTO_TEST_PHOTOS"), reason="EPHOTO_TEST_PHOTOS is not set"),
]

IRIS_CENTRES = (468, 473)  # image left, image right: the subject's right and left
EYES_HIDDEN = {"p21", "p22", "p24", "p35", "p36", "p39", "p40"}  # by lenses or by the pose


def labels():
    """Stem and row of each photo; empty without the folder, so that collection passes everywhere."""
    if not os.environ.get("EPHOTO_TEST_PHOTOS"):
        return {}
    with (PHOTOS / "labels.csv").open(encoding="utf-8") as file:
        return {row["file"].partition(".")[0]: row for row in csv.DictReader(file)}


STEMS = sorted(labels())
NEAR_FRONTAL = [s for s, row in labels().items() if row["yaw_class"] == "frontal" and row["n_faces"] == "1"]
EYES_SEEN = [s for s, row in labels().items() if row["n_faces"] == "1" and s not in EYES_HIDDEN]
MASKS = sorted(np.load(PARITY / "selfie_masks.npz").files) if labels() else []


def pixels_of(stem):
    with Image.open(PHOTOS / f"{stem}.jpg") as image:
        return np.ascontiguousarray(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.fixture(scope="module")
def nets():
    def load(name):
        return litert.load(name, Settings())

    return {
        "short": Detector(SHORT_RANGE, load(SHORT_RANGE.model)),
        "full": Detector(FULL_RANGE, load(FULL_RANGE.model)),
        "mesh": MeshNet(load(landmarks.MODEL)),
        "iris": IrisNet(load(iris.MODEL)),
        "selfie": load("selfie_segmentation"),
    }


@pytest.fixture(scope="module")
def reference():
    """What MediaPipe found: boxes, landmarks of the plain net, landmarks and irises of the other."""
    return {
        "boxes": json.loads((PARITY / "detections.json").read_text("utf-8")),
        "plain": dict(np.load(PARITY / "landmarks_plain.npz")),
        "refined": dict(np.load(PARITY / "landmarks.npz")),
        "masks": dict(np.load(PARITY / "selfie_masks.npz")),
    }


def single_pass(nets, stem):
    """One detection, one look, as MediaPipe samples: landmarks (468, 2)."""
    picture = Picture(Pyramid(pixels_of(stem)), "reference")
    found = nets["short"].find(picture, whole(picture.size_wh))[0]
    return nets["mesh"].find(picture, roi_of_detection(found)).points


def iris_centres(nets, stem):
    """Right and left (2, 2) as the engine finds them: exact sampling, the mesh's second look."""
    picture = Picture(Pyramid(pixels_of(stem)))
    found = nets["short"].find(picture, whole(picture.size_wh))[0]
    points = nets["mesh"].read(picture, roi_of_detection(found), 0.0).points
    return nets["iris"].find(picture, points)[:, 0]


def eye_distance(refined):
    return float(np.hypot(*(refined[IRIS_CENTRES[1], :2] - refined[IRIS_CENTRES[0], :2])))


@pytest.mark.parametrize("stem", STEMS)
def test_every_box_of_the_full_range_net_is_matched(stem, nets, reference):
    picture = Picture(Pyramid(pixels_of(stem)), "reference")
    found = nets["full"].find(picture, whole(picture.size_wh))
    boxes = np.array([f.box for f in found]).reshape(-1, 4)
    for other in reference["boxes"][stem]["detections"]:
        x, y, w, h = other["box_xywh"]
        assert overlaps(np.array([x, y, x + w, y + h]), boxes).max(initial=0.0) >= 0.5
    if stem in ("p25", "p26"):
        assert found == []


@pytest.mark.parametrize("stem", NEAR_FRONTAL)
def test_landmarks_of_a_single_pass_are_mediapipes(stem, nets, reference):
    points = single_pass(nets, stem)
    off = np.hypot(*(points - reference["plain"][stem][0, :, :2]).T) / eye_distance(reference["refined"][stem][0])
    assert np.median(off) < 0.0025  # measured: at most 0.0013; 0.01 is what is asked for


@pytest.mark.parametrize("stem", EYES_SEEN)
def test_irises_are_near_those_of_the_other_net(stem, nets, reference):
    """The reference is the attention net's own; ours is the iris net, so they differ by what the nets differ."""
    refined = reference["refined"][stem][0]
    off = iris_centres(nets, stem) - refined[list(IRIS_CENTRES), :2]
    assert np.hypot(*off.T).max() < 0.03 * eye_distance(refined)


def test_neither_eye_has_a_bias_against_the_other(nets, reference):
    """Half a pixel in the mirrored eye would show as a mean of about 1 % of the eye distance."""
    off = []
    for stem in EYES_SEEN:
        refined = reference["refined"][stem][0]
        off.append((iris_centres(nets, stem) - refined[list(IRIS_CENTRES), :2]) / eye_distance(refined))
    mean = np.mean(off, axis=0)
    assert np.abs(mean[:, 0] * [1, -1] - (mean[:, 0] * [1, -1]).mean()).max() < 0.006
    assert np.abs(mean).max() < 0.008


@pytest.mark.parametrize("stem", MASKS)
def test_the_selfie_mask_is_mediapipes(stem, nets, reference):
    squashed = cv2.resize(pixels_of(stem), (256, 256), interpolation=cv2.INTER_LINEAR)
    (mask,) = nets["selfie"].run(squashed[None].astype(np.float32) / np.float32(255))
    off = np.abs(mask.reshape(256, 256) - reference["masks"][stem] / np.float32(255))
    assert off.mean() < 0.02
