"""The engines of the extra `mediapipe` with the real package."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from ephoto.codec.decode import decode
from ephoto.codec.source import load
from ephoto.core.errors import EnvironmentFault
from ephoto.core.settings import Settings
from ephoto.faces import engines as face_engines
from ephoto.inference import weights
from ephoto.matting import engines as matting_engines
from ephoto.pipeline.converter import Converter
from samples.render import Portrait, cached
from tests.extras.conftest import PORTRAIT, ROOT

SHORT_HAIR = ROOT / "samples" / "short-hair.jpg"

# What mediapipe and what it stands on warn of in their own code is theirs.
pytestmark = [pytest.mark.usefixtures("mediapipe"), pytest.mark.filterwarnings("default:::(?!ephoto)")]


@pytest.fixture(scope="module")
def portrait():
    return cached(Portrait(size_wh=(420, 560), head=0.5))


@pytest.fixture(scope="module")
def photo():
    return decode(load(PORTRAIT, Settings()), Settings())


@pytest.fixture(scope="module")
def segmenter():
    return matting_engines.build("mediapipe", Settings())


@pytest.fixture(scope="module")
def faces():
    return face_engines.build("mediapipe", Settings())


@pytest.fixture
def rubbish(tmp_path):
    """A bundle put together from the embedded files: it loads, runs and returns points without depth, elsewhere."""
    path = tmp_path / "face_landmarker.task"
    with zipfile.ZipFile(path, "w") as bundle:
        for model, member in (
            ("face_detection_short_range", "face_detector.tflite"),
            ("face_landmark", "face_landmarks_detector.tflite"),
        ):
            bundle.write(weights.find(model, Settings()), member)
    return path


def test_the_mask_is_the_person(segmenter, portrait):
    mask = segmenter.person(portrait.image)
    assert (segmenter.name, segmenter.view) == ("mediapipe", "photo")
    assert mask.shape == portrait.alpha.shape
    assert mask.dtype == np.float32
    assert 0 <= mask.min() <= mask.max() <= 1
    assert np.abs(mask - portrait.alpha).mean() < 0.06


@pytest.mark.parametrize("engine", ["segmenter", "faces"])
def test_threads_share_one_engine(engine, request, photo, portrait):
    built = request.getfixturevalue(engine)

    def result(_):
        return built.person(portrait.image) if engine == "segmenter" else built.find(photo)[0].landmarks

    alone = result(None)
    with ThreadPoolExecutor(4) as pool:
        assert all((one == alone).all() for one in pool.map(result, range(8)))


def test_the_embedded_file_is_verified(tmp_path):
    (tmp_path / "selfie_segmentation.tflite").write_bytes(b"something else")
    with pytest.raises(EnvironmentFault) as caught:
        matting_engines.build("mediapipe", Settings(models_dir=tmp_path))
    assert caught.value.code == "model_corrupt"


def test_a_segmenter_by_its_path(segmenter, portrait):
    path = weights.find("selfie_segmentation", Settings())
    by_path = matting_engines.build(f"mediapipe:{path}", Settings())
    assert by_path.name == "mediapipe:selfie_segmentation.tflite"
    assert (by_path.person(portrait.image) == segmenter.person(portrait.image)).all()


@pytest.mark.parametrize("content", [None, b"", b"no model at all"])
@pytest.mark.parametrize(("build", "name"), [(matting_engines.build, "x.tflite"), (face_engines.build, "x.task")])
def test_a_file_that_is_no_model_is_told(build, name, content, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(EnvironmentFault) as caught:
        build(f"mediapipe:{tmp_path / name}", Settings())
    assert caught.value.code == "weights_unfit"
    assert str(tmp_path / name) in caught.value.message()


def test_another_release_is_refused(monkeypatch):
    """Later releases open connections: what was installed by hand does not run."""
    monkeypatch.setattr("ephoto.inference.tasks.version", lambda name: "0.10.35")
    with pytest.raises(EnvironmentFault) as caught:
        matting_engines.build("mediapipe", Settings())
    assert caught.value.code == "extra_version"
    assert "mediapipe==0.10.33" in caught.value.hint()


def test_faces_are_those_of_the_embedded_engine(faces, photo):
    """The same nets run elsewhere: points apart by a few hundredths of the eyes' distance."""
    (ours,) = face_engines.build("embedded", Settings()).find(photo)
    (theirs,) = faces.find(photo)
    assert theirs.found_by.detector == "mediapipe_short_range"
    eyes = np.hypot(*(ours.irises[0, 0] - ours.irises[1, 0]))
    assert np.median(np.hypot(*(ours.landmarks - theirs.landmarks).T)) < 0.02 * eyes
    assert np.abs(np.subtract(ours.box_xyxy, theirs.box_xyxy)).max() < 0.1 * eyes
    assert abs(ours.score - theirs.score) < 0.05
    assert theirs.blendshapes is None


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_faces_that_lie_or_hang_are_found(turns, faces, photo):
    turned = decode(load(np.ascontiguousarray(np.rot90(photo.pixels, turns)), Settings()), Settings())
    (ours,) = face_engines.build("embedded", Settings()).find(turned)
    (theirs,) = faces.find(turned)
    eyes = np.hypot(*(ours.irises[0, 0] - ours.irises[1, 0]))
    assert np.median(np.hypot(*(ours.landmarks - theirs.landmarks).T)) < 0.03 * eyes


def test_no_face_is_an_empty_tuple(faces):
    plain = decode(load(np.full((300, 300, 3), 127, np.uint8), Settings()), Settings())
    assert faces.find(plain) == ()


def test_a_bundle_of_files_that_do_not_belong_together_is_refused(rubbish, photo):
    engine = face_engines.build(f"mediapipe:{rubbish}", Settings())
    with pytest.raises(EnvironmentFault) as caught:
        engine.find(photo)
    assert caught.value.code == "bundle_nonsense"
    assert caught.value.values["problem"] == "points without any depth"
    assert "face_landmarker.task" in caught.value.hint()
    (own,) = face_engines.build("embedded", Settings()).find(photo)
    assert engine.follow(photo.pixels, own.landmarks) is None


@pytest.mark.parametrize("options", [{"engine": "mediapipe"}, {"faces": "mediapipe"}])
def test_a_card_comes_out_right(options):
    """Every required rule passes, and what was measured on the card is what the embedded engines make of the photo."""
    card = Converter(**options).convert(SHORT_HAIR)
    assert card.report.passed
    ours = Converter().convert(SHORT_HAIR).report.facts["card"]["measures_px"]
    theirs = card.report.facts["card"]["measures_px"]
    assert {k: v for k, v in ours.items() if abs(v - theirs[k]) > 2} == {}


def test_the_command_line_says_nothing_but_its_own(tmp_path):
    """No chatter of the runtime on stderr, no trouble at the process's end."""
    done = subprocess.run(
        [sys.executable, "-m", "ephoto.cli.app", "convert", str(PORTRAIT), "-o", str(tmp_path / "card.jpg"),
         "--engine", "mediapipe", "--faces", "mediapipe"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    with Image.open(tmp_path / "card.jpg") as card:
        assert card.size == (358, 441)
