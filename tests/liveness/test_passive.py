"""Passive models: real files, whose right score is one line of numpy; shown a face the same way near and far.

The tests with ONNX need onnxruntime (the extra `passive`); elsewhere they are skipped.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import cv2
import numpy as np
import pytest
from PIL import Image

from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from ephoto.core.settings import Settings
from ephoto.liveness.challenge import draw
from ephoto.liveness.passive import load
from ephoto.liveness.session import Session
from tests.extras.conftest import PORTRAIT, absent
from tests.liveness.models import FLOAT64, INT32, model_of, onnx

H, W = 24, 32  # of the models' input: not square, so that nothing is mixed up
RNG = np.random.default_rng(11)
PICTURE = RNG.integers(0, 256, (240, 320, 3), np.uint8)


@pytest.fixture(params=[".tflite", ".onnx"])
def suffix(request):
    if request.param == ".onnx" and find_spec("onnxruntime") is None:
        absent("passive", "onnxruntime is not installed")
    return request.param


@pytest.fixture
def make(tmp_path, suffix):
    """Writes a model and what stands beside it, and loads it."""

    def made(weights, bias, beside="", shape=(1, H, W, 3), **more):
        path = tmp_path / f"model{suffix}"
        path.write_bytes(model_of(suffix, shape, weights, bias, **more))
        if beside:
            path.with_suffix(".toml").write_text(beside, "utf-8")
        return load(path, Settings())

    return made


def face_at(x0, y0, x1, y1):
    """Landmarks (468, 2) whose box is that."""
    points = np.random.default_rng(3).uniform((x0, y0), (x1, y1), (468, 2)).astype(np.float32)
    points[:2] = (x0, y0), (x1, y1)
    return points


def weights_of(count, scale=0.02, seed=5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, H * W * 3)) * scale / np.sqrt(H * W), rng.normal(size=count) * 0.3


def shares(logits):
    powers = np.exp(logits - np.max(logits))
    return powers / powers.sum()


# With crop = 2 a face of 16 x 12 px about (100, 80) is shown as it is: 32 x 24 px from (84, 68) on.
FACE = face_at(92, 74, 108, 86)
SHOWN = PICTURE[68 : 68 + H, 84 : 84 + W].astype(np.float64)


def test_the_score_is_that_of_the_pixels(make):
    weights, bias = weights_of(3)
    engine = make(weights, bias, "crop = 2.0")
    expected = shares(weights @ (SHOWN / 255).ravel() + bias)[1]
    assert 0.05 < expected < 0.95
    assert engine.score(PICTURE, FACE) == pytest.approx(expected, abs=1e-5)
    assert engine.name.startswith("model.")


def test_every_word_of_the_file_beside_it(make):
    weights, bias = weights_of(3)
    engine = make(
        weights,
        bias,
        'channels = "bgr"\nscale = 0.5\nmean = [10, 20.5, 30]\nstd = [50.0, 60.0, 70]\ncrop = 2\nlive = 2\n'
        "softmax = true",
    )
    values = (SHOWN[..., ::-1] * 0.5 - [10, 20.5, 30]) / [50, 60, 70]
    assert engine.score(PICTURE, FACE) == pytest.approx(shares(weights @ values.ravel() + bias)[2], abs=1e-5)


def test_one_number_stands_for_three(make):
    weights, bias = weights_of(2)
    engine = make(weights, bias, "scale = 1\nmean = 127.5\nstd = 127.5\ncrop = 2")
    expected = shares(weights @ (SHOWN / 127.5 - 1).ravel() + bias)[1]
    assert engine.score(PICTURE, FACE) == pytest.approx(expected, abs=1e-5)


def test_channels_before_rows_are_seen_by_the_shape(make):
    weights, bias = weights_of(2)
    engine = make(weights, bias, "crop = 2", shape=(1, 3, H, W))
    expected = shares(weights @ (SHOWN / 255).transpose(2, 0, 1).ravel() + bias)[1]
    assert engine.score(PICTURE, FACE) == pytest.approx(expected, abs=1e-5)


def test_a_score_without_softmax(make):
    engine = make(np.zeros((2, H * W * 3)), [0.25, 0.75], "softmax = false\nlive = 0\ncrop = 2")
    assert engine.score(PICTURE, FACE) == pytest.approx(0.25)


def test_one_number_is_a_score(make):
    engine = make(np.full((1, H * W * 3), 1 / (H * W * 3)), [0.0], "softmax = false\nlive = 0\ncrop = 2")
    assert engine.score(PICTURE, FACE) == pytest.approx(SHOWN.mean() / 255, abs=1e-5)


@pytest.mark.parametrize(
    ("corner", "shown_from"),
    [((2, 60), (0, 54)), ((300, 60), (288, 54)), ((60, 1), (52, 0)), ((290, 226), (282, 216))],
    ids=["image left", "image right", "top", "bottom"],
)
def test_at_the_edge_the_crop_moves_into_the_picture(make, corner, shown_from):
    weights, bias = weights_of(2)
    engine = make(weights, bias, "crop = 2.0")
    (x, y), (left, top) = corner, shown_from
    shown = PICTURE[top : top + H, left : left + W] / 255
    expected = shares(weights @ shown.ravel() + bias)[1]
    assert engine.score(PICTURE, face_at(x, y, x + 16, y + 12)) == pytest.approx(expected, abs=1e-5)


def test_what_is_left_outside_repeats_the_edge(make):
    """The crop keeps its size where the picture is narrower than it."""
    weights, bias = weights_of(2)
    engine = make(weights, bias, "crop = 2.0")
    narrow = np.ascontiguousarray(PICTURE[:, 90:114])  # 24 px wide, and the crop is 32
    shown = np.pad(narrow[68 : 68 + H], ((0, 0), (6, 2), (0, 0)), mode="edge") / 255
    expected = shares(weights @ shown.ravel() + bias)[1]
    assert engine.score(narrow, FACE - np.float32([90, 0])) == pytest.approx(expected, abs=1e-5)


def test_near_and_far_are_shown_alike(make):
    """One scene at four sizes: the score hardly moves, though every pixel has its own weight."""
    weights, bias = weights_of(2, scale=0.3)
    engine = make(weights, bias)
    scene = cv2.GaussianBlur(np.random.default_rng(2).integers(0, 256, (960, 1280, 3), np.uint8), (0, 0), 24)
    scene = cv2.normalize(scene, None, 0, 255, cv2.NORM_MINMAX)
    face = face_at(540, 400, 740, 640)
    told = []
    for size in (1.0, 0.75, 0.5, 0.25):
        smaller = cv2.resize(scene, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        told.append(engine.score(smaller, face * np.float32(size)))
    assert 0.02 < told[0] < 0.98
    moved = engine.score(scene, face + np.float32([40, 0]))  # a fifth of the face's width, for comparison
    assert np.ptp(told) < abs(moved - told[0]) / 5, (told, moved)


def test_a_face_of_few_px_is_unknown(make):
    weights, bias = weights_of(2)
    engine = make(weights, bias, "crop = 2.0")
    assert engine.score(PICTURE, face_at(100, 80, 107.9, 88)) is None  # 32 / 15.8: enlarged more than twice
    assert engine.score(PICTURE, face_at(100, 80, 108.1, 88)) is not None
    assert engine.score(PICTURE, np.full((468, 2), 100, np.float32)) is None


def test_a_face_of_which_too_little_is_in_the_picture_is_unknown(make):
    weights, bias = weights_of(2)
    engine = make(weights, bias, "crop = 2.0")
    assert engine.score(PICTURE[:, :64], face_at(0, 60, 60, 100)) is None  # 64 of 120 px
    assert engine.score(PICTURE[:, :80], face_at(0, 60, 60, 100)) is not None


def test_the_picture_is_not_changed_and_any_view_of_it_will_do(make):
    weights, bias = weights_of(2)
    engine = make(weights, bias, "crop = 2.0")
    kept = PICTURE.copy()
    view = np.asfortranarray(PICTURE)
    view.flags.writeable = False
    assert engine.score(view, FACE) == engine.score(PICTURE, FACE)
    assert np.array_equal(kept, PICTURE)


def test_threads_share_one_engine(make):
    weights, bias = weights_of(2)
    engine = make(weights, bias, "crop = 2.0")
    faces = [FACE + np.float32([n * 7, n * 3]) for n in range(8)]
    alone = [engine.score(PICTURE, face) for face in faces]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda face: engine.score(PICTURE, face), faces * 4)) == alone * 4


@pytest.mark.parametrize(
    ("count", "bias", "beside"),
    [
        pytest.param(2, [np.nan, 0], "", id="nan"),
        pytest.param(2, [np.inf, 0], "", id="inf"),
        pytest.param(2, [0, 0], "live = 2", id="no such class"),
        pytest.param(1, [0.5], "live = 0", id="softmax of one"),
        pytest.param(1, [1.5], "live = 0\nsoftmax = false", id="above 1"),
        pytest.param(2, [0, -0.5], "softmax = false", id="below 0"),
    ],
)
def test_nonsense_is_told_when_it_is_loaded(make, count, bias, beside):
    with pytest.raises(EnvironmentFault) as caught:
        make(np.zeros((count, H * W * 3)), bias, beside)
    assert caught.value.code == "engine_nonsense"
    assert "model" in caught.value.message("zh")


def test_nonsense_that_shows_itself_later(make):
    engine = make(np.full((2, H * W * 3), 3e38), [0, 0], "crop = 2.0")
    with pytest.raises(EnvironmentFault) as caught:
        engine.score(PICTURE, FACE)
    assert caught.value.code == "engine_nonsense"


def test_a_score_just_outside_by_rounding(make):
    engine = make(np.zeros((1, H * W * 3)), [1.0005], "softmax = false\nlive = 0\ncrop = 2")
    assert engine.score(PICTURE, FACE) == 1.0


@pytest.mark.parametrize("shape", [(1, H, W, 1), (1, H, W, 4), (1, H * W * 3), (2, H, W, 3)], ids=str)
def test_an_input_that_is_no_picture(make, shape):
    with pytest.raises(EnvironmentFault) as caught:
        make(np.zeros((2, int(np.prod(shape)))), [0, 0], shape=shape)
    assert caught.value.code in ("weights_unfit", "engine_nonsense")


def test_numbers_of_another_kind(make):
    with pytest.raises(EnvironmentFault) as caught:
        make(np.zeros((2, H * W * 3)), [0, 0], kind=INT32)
    assert caught.value.code == "weights_unfit"


def test_two_inputs(make):
    with pytest.raises(EnvironmentFault) as caught:
        make(*weights_of(2), inputs=2)
    assert caught.value.code == "weights_unfit"


@pytest.mark.parametrize("content", [None, b"", b"no model at all", b"\x1c\x00\x00\x00TFL3" + bytes(40)])
def test_a_file_that_is_no_model(tmp_path, suffix, content):
    path = tmp_path / f"model{suffix}"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EnvironmentFault) as caught:
        load(path, Settings())
    assert caught.value.code == "weights_unfit"
    assert str(path) in caught.value.message()


def test_half_a_file(tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    whole = model_of(suffix, (1, H, W, 3), *weights_of(2))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EnvironmentFault) as caught:
        load(path, Settings())
    assert caught.value.code == "weights_unfit"


@pytest.mark.parametrize(
    ("beside", "key"),
    [
        ("crops = 2", "crops"),
        ("crop = 0.5", "crop"),
        ("crop = nan", "crop"),
        ('crop = "2"', "crop"),
        ('channels = "RGB"', "channels"),
        ("std = 0", "std"),
        ("std = [1, 1]", "std"),
        ("mean = [1, 1, true]", "mean"),
        ("mean = inf", "mean"),
        ("scale = 0", "scale"),
        ("softmax = 1", "softmax"),
        ("live = -1", "live"),
        ("live = 1.0", "live"),
        ("[crop]", "crop"),
        ("crop", "-"),
    ],
)
def test_words_beside_a_model_that_cannot_be_right(make, beside, key):
    with pytest.raises(UsageError) as caught:
        make(*weights_of(2), beside)
    assert (caught.value.code, caught.value.values["key"]) == ("settings_invalid", key)
    assert "model.toml" in caught.value.message()


def test_words_beside_a_model_that_are_no_text(make, tmp_path):
    (tmp_path / "model.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError) as caught:
        make(*weights_of(2))
    assert caught.value.code == "not_readable"


@pytest.mark.parametrize("name", ["model.pt", "model", "model.onnx.zip"])
def test_other_kinds_of_files(tmp_path, name):
    with pytest.raises(UsageError) as caught:
        load(tmp_path / name, Settings())
    assert caught.value.code == "bad_option"


def test_in_a_session_it_is_one_more_cue(make):
    """Frames of a portrait that stands still: the model says live, and the verdict is still what was seen."""
    engine = make(np.zeros((2, H * W * 3)), [0.0, 3.0])
    with Image.open(PORTRAIT) as portrait:
        pixels = np.asarray(portrait.convert("RGB").resize((480, 640)), np.uint8)
    session = Session(draw(4), passive=engine)
    for n in range(8):
        session.feed(pixels, n / 15)
    verdict = session.finish()
    assert verdict.passive == pytest.approx(shares(np.array([0.0, 3.0]))[1], abs=1e-6)
    assert verdict.outcome != "live"


class TestOnnxAlone:
    @pytest.fixture(autouse=True)
    def runtime(self):
        if find_spec("onnxruntime") is None:
            absent("passive", "onnxruntime is not installed")

    def write(self, folder, *given, **more):
        path = folder / "model.onnx"
        path.write_bytes(onnx(*given, **more))
        return path

    def test_a_batch_of_any_size_is_one(self, tmp_path):
        weights, bias = (a.astype(np.float32) for a in weights_of(2))
        path = self.write(tmp_path, ("batch", 3, H, W), weights, bias)
        path.with_suffix(".toml").write_text("crop = 2")
        expected = shares(weights @ (SHOWN / 255).transpose(2, 0, 1).ravel() + bias)[1]
        assert load(path, Settings()).score(PICTURE, FACE) == pytest.approx(expected, abs=1e-5)

    @pytest.mark.parametrize(
        ("shape", "more", "code"),
        [
            ((1, 3, "height", "width"), {"head": "map"}, "weights_unfit"),
            ((1, 3, H, W), {"head": "map"}, "engine_nonsense"),
            ((1, 3, H, W), {"head": "map", "kind": FLOAT64}, "weights_unfit"),
        ],
    )
    def test_what_does_not_fit(self, tmp_path, shape, more, code):
        path = self.write(tmp_path, shape, np.zeros((2, 3), np.float32), np.zeros(2, np.float32), **more)
        with pytest.raises(EnvironmentFault) as caught:
            load(path, Settings())
        assert caught.value.code == code

    def test_on_the_processor_with_one_thread(self, tmp_path):
        path = self.write(tmp_path, (1, H, W, 3), *(a.astype(np.float32) for a in weights_of(2)))
        session = load(path, Settings())._net._session
        assert session.get_providers() == ["CPUExecutionProvider"]
        assert session.get_session_options().intra_op_num_threads == 1

    def test_nothing_is_said_on_stderr(self, tmp_path, capfd):
        path = self.write(tmp_path, (1, H, W, 3), *(a.astype(np.float32) for a in weights_of(2)))
        load(path, Settings()).score(PICTURE, FACE)
        path.write_bytes(b"no model")
        with pytest.raises(EnvironmentFault):
            load(path, Settings())
        assert capfd.readouterr() == ("", "")


def test_without_the_runtime_the_extra_is_named(tmp_path):
    if find_spec("onnxruntime") is not None:
        pytest.skip("onnxruntime is installed")
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx((1, H, W, 3), *(a.astype(np.float32) for a in weights_of(2))))
    with pytest.raises(EnvironmentFault) as caught:
        load(path, Settings())
    assert caught.value.code == "extra_missing"
    assert "ephoto[passive]" in caught.value.hint()


@pytest.mark.parametrize("name", ["onnxruntime", "onnxruntime-gpu"])
def test_a_release_that_reports_is_refused_before_it_is_imported(tmp_path, monkeypatch, name):
    """As another package's installation leaves it, past the extra's pin."""
    info = tmp_path / f"{name.replace('-', '_')}-1.29.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.29.0\n")
    (info / "top_level.txt").write_text("onnxruntime\n")
    (tmp_path / "onnxruntime.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "model.onnx"
    path.write_bytes(b"")
    with pytest.raises(EnvironmentFault) as caught:
        load(path, Settings())
    assert caught.value.code == "extra_version"
    assert caught.value.values["wanted"] == f"{name}<1.29"
