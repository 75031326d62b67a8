"""What a FaceLandmarker bundle returns, on result objects made here: a genuine bundle is in no package."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ephoto.codec.decode import decode
from ephoto.codec.source import load
from ephoto.core.errors import EnvironmentFault
from ephoto.core.face import EYE_LEFT, EYE_RIGHT
from ephoto.core.settings import Settings
from ephoto.faces import landmarker
from ephoto.faces.bundle import COUNT, IRIS_LEFT, IRIS_RIGHT, MESH, blendshapes_of, nonsense, points_of
from ephoto.faces.embedded import EmbeddedFaces
from ephoto.report.table import table
from samples.render import Portrait, cached

SHAPES = {"eyeBlinkLeft": 0.125, "mouthSmileRight": 0.5}


@pytest.fixture(scope="module")
def photo():
    return decode(load(cached(Portrait(size_wh=(420, 560), roll_deg=9.0)).image, Settings()), Settings())


@pytest.fixture(scope="module")
def own(photo):
    (face,) = EmbeddedFaces(Settings()).find(photo)
    return face


@pytest.fixture(scope="module")
def points(own):
    """The 478 points (478, 3) that a bundle should give for the embedded engine's face: mesh, right iris, left iris."""
    flat = np.concatenate([own.landmarks, own.irises[0], own.irises[1]])
    return np.column_stack([flat, np.concatenate([own.depth, np.zeros(10)])]).astype(np.float64)


def faked(points, size_wh):
    """One face as the package gives it: shares of the picture's sides, z as a share of the width."""
    w, h = size_wh
    return [SimpleNamespace(x=x / w, y=y / h, z=z / w) for x, y, z in points]


def categories():
    rows = {"_neutral": 0.0} | SHAPES
    return [SimpleNamespace(category_name=name, score=score) for name, score in rows.items()]


def test_points_are_px_in_mediapipes_order(points, photo):
    assert np.allclose(points_of(faked(points, photo.size_wh), photo.size_wh), points)


def test_irises_lie_in_their_own_eyes(points):
    """The order of the sides: the subject's right iris between the corners of the right eye."""
    for iris, corners in ((IRIS_RIGHT, EYE_RIGHT), (IRIS_LEFT, EYE_LEFT)):
        a, b = points[list(corners), :2]
        assert np.hypot(*(points[iris, :2][0] - (a + b) / 2)) < 0.5 * np.hypot(*(a - b))


@pytest.mark.parametrize("count", [0, MESH, COUNT + 1])
def test_another_number_of_points_is_no_face(count):
    with pytest.raises(ValueError, match="478"):
        points_of(faked(np.zeros((count, 3)), (10, 10)), (10, 10))


def test_blendshapes_by_name_without_the_filler():
    assert blendshapes_of(categories()) == SHAPES


def test_a_face_is_no_nonsense(points, own):
    assert nonsense(points, own.landmarks) is None


def upside_down(p):
    middle = p[:, 1].mean()
    return np.column_stack([p[:, 0], 2 * middle - p[:, 1], p[:, 2]])


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        pytest.param(lambda p: p * [1, 1, 0], "depth", id="no depth"),
        pytest.param(lambda p: p * [1, 1, 0] + [0, 0, 7], "depth", id="the same depth everywhere"),
        pytest.param(lambda p: p + np.array([60, 40, 0]), "where the face is not", id="elsewhere"),
        pytest.param(lambda p: p * [3, 3, 1], "where the face is not", id="too large"),
        pytest.param(upside_down, "out of order", id="mouth above the eyes"),
        pytest.param(lambda p: np.random.default_rng(1).permutation(p), "", id="shuffled"),
        pytest.param(lambda p: np.where(np.arange(COUNT)[:, None] == 9, np.nan, p), "no numbers", id="NaN"),
    ],
)
def test_what_cannot_be_that_face_is_told(spoil, problem, points, own):
    found = nonsense(spoil(points), own.landmarks)
    assert found is not None
    assert problem in found


@pytest.fixture
def engine(tmp_path, monkeypatch, points):
    """BundleFaces on a Task that is faked: it returns what is handed to `engine.spoil` of the true points."""
    (tmp_path / "face_landmarker.task").write_bytes(b"")
    monkeypatch.setattr(landmarker, "_has_blendshapes", lambda path: True)
    monkeypatch.setattr(landmarker, "FaceLandmarkerTask", lambda path, most, blendshapes: None)
    built = landmarker.BundleFaces(str(tmp_path / "face_landmarker.task"), Settings())
    roi = landmarker.roi_of_landmarks(points[:MESH, :2].astype(np.float32))
    to_shown = landmarker.replace(roi, size_px=landmarker._ROOM * roi.size_px).to_net(landmarker._SHOWN_PX)
    scale = landmarker._SHOWN_PX / (landmarker._ROOM * roi.size_px)

    class FakedTask:
        spoil = staticmethod(lambda p: p)

        def find(self, pixels):
            size_wh = (pixels.shape[1], pixels.shape[0])
            shown = np.column_stack([landmarker.apply(to_shown, points[:, :2]), points[:, 2] * scale])
            other = shown + np.array([300, 0, 0])  # another face in the picture
            found = [faked(self.spoil(p), size_wh) for p in (other, shown)]
            shapes = [[SimpleNamespace(category_name="other", score=1.0)], categories()]
            return SimpleNamespace(face_landmarks=found, face_blendshapes=shapes)

    built._task = FakedTask()
    return built


def test_a_faked_bundle_becomes_a_face(engine, photo, own):
    """Through the square that it is shown, turned as the head leans, and back."""
    (face,) = engine.find(photo)
    assert np.abs(face.landmarks - own.landmarks).max() < 0.01
    assert np.abs(face.irises - own.irises).max() < 0.01
    assert np.abs(face.depth - own.depth).max() < 0.01
    assert face.landmarks.dtype == face.irises.dtype == np.float32
    assert face.pose.roll_deg == pytest.approx(own.pose.roll_deg, abs=0.1)
    assert (face.box_xyxy, face.score) == (own.box_xyxy, own.score)
    assert face.blendshapes == SHAPES
    assert np.abs(engine.follow(photo.pixels, own.landmarks) - own.landmarks).max() < 0.01


def test_a_faked_bundle_of_rubbish_is_refused(engine, photo, own):
    type(engine._task).spoil = staticmethod(lambda p: p * [1, 1, 0])
    with pytest.raises(EnvironmentFault) as caught:
        engine.find(photo)
    assert caught.value.code == "bundle_nonsense"
    assert engine.follow(photo.pixels, own.landmarks) is None


def test_a_faked_bundle_that_sees_nobody_leaves_the_face_out(engine, photo, own):
    engine._task.find = lambda pixels: SimpleNamespace(face_landmarks=[], face_blendshapes=[])
    assert engine.find(photo) == ()
    assert engine.follow(photo.pixels, own.landmarks) is None


def without_shapes(report):
    facts = report.facts | {"face": report.facts["face"] | {"blendshapes": None}}
    return replace(report, facts=facts)


def test_blendshapes_are_facts_of_the_report(engine, photo, monkeypatch):
    from ephoto.pipeline import converter

    monkeypatch.setattr(converter.face_engines, "build", lambda name, settings: engine)
    built = converter.Converter()
    report = built.check(photo.pixels)
    assert report.facts["face"]["blendshapes"] == SHAPES
    assert table(report) == table(without_shapes(report))  # they are for programs
