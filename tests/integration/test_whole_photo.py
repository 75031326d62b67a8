"""Engines that see the whole photo: how large, how their masks are sampled, and what no engine may return."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from ephoto.core.errors import EnvironmentFault, EphotoError
from ephoto.core.geometry import apply, invert, similarity
from ephoto.core.types import Framing, Photo, SourceFacts
from ephoto.pipeline import converter as converter_module
from ephoto.pipeline.converter import Converter
from ephoto.pipeline.view import contact, limits, look, mask_on
from samples.render import Portrait, cached


class Drawn:
    """An engine that gives a drawn mask: `draw` takes x and y (H, W) in shares of the photo's sides."""

    name, view = "drawn", "photo"

    def __init__(self, draw):
        self.draw = draw
        self.seen = []

    def person(self, pixels):
        self.seen.append(pixels)
        h, w = pixels.shape[:2]
        y, x = np.mgrid[:h, :w] + 0.5
        return np.asarray(self.draw(x / w, y / h), np.float32)


def photo_of(w, h):
    return Photo(np.zeros((h, w, 3), np.uint8), SourceFacts("array", "RGB", (w, h)))


def framed(w, face_px, card_face_px=207.0):
    """A card's frame about the middle of a photo w px wide, whose face is that wide."""
    scale = card_face_px / face_px
    return Framing(similarity(scale, 0.0, np.array([w / 2, w / 2]), np.array([179.0, 200.0])), (358, 441), {})


def small_picture(framing, face_px, work_px=52.0):
    """The small picture on which the person is solved: its affine and size."""
    return framing.photo_to_card * (work_px / 207.0), (90, 110)


@pytest.mark.parametrize(
    ("size_wh", "seen_wh"),
    [((3000, 4000), (1536, 2048)), ((4001, 3000), (2048, 1536)), ((900, 1200), (900, 1200)), ((5000, 50), (2048, 20))],
)
def test_the_engine_sees_the_whole_photo_at_a_bounded_size(size_wh, seen_wh):
    photo, engine = photo_of(*size_wh), Drawn(lambda x, y: 0 * x)
    look(photo, framed(size_wh[0], 600.0), engine, 600.0)
    (seen,) = engine.seen
    assert seen.shape == (seen_wh[1], seen_wh[0], 3)
    assert max(seen.shape) <= limits().photo_px
    assert (seen is photo.pixels) == (seen_wh == size_wh)


@pytest.mark.parametrize(("w", "h", "face_px"), [(3000, 4000, 1100.0), (3000, 4000, 400.0), (900, 1200, 300.0)])
def test_detail_of_a_mask_is_averaged_and_not_skipped(w, h, face_px):
    """Every other column of the mask is set: grey on the small picture, without moire, whatever the scale."""
    framing = framed(w, face_px)
    to_work, size = small_picture(framing, face_px)

    class Columns(Drawn):
        def person(self, pixels):
            mask = np.zeros(pixels.shape[:2], np.float32)
            mask[:, ::2] = 1
            return mask

    view = look(photo_of(w, h), framing, Columns(None), face_px)
    got = mask_on(view, to_work, size)[5:-5, 5:-5]
    assert np.abs(got - 0.5).max() < 0.25  # a third of a column more or less in an average over three


@pytest.mark.parametrize(("w", "h", "face_px"), [(3000, 4000, 1100.0), (3000, 4000, 250.0), (420, 560, 200.0)])
def test_a_masks_edge_lies_where_the_photo_has_it(w, h, face_px):
    """A sharp edge through the frame is found within a tenth of the small picture's px."""
    framing = framed(w, face_px)
    to_work, size = small_picture(framing, face_px)
    x0 = 0.5 + 0.3 * face_px / w
    view = look(photo_of(w, h), framing, Drawn(lambda x, y: x < x0), face_px)
    got = mask_on(view, to_work, size)
    edge = apply(to_work, np.array([x0 * w, w / 2]))[0]
    assert np.abs(got[20:80].sum(1) - edge).max() < 0.1 + 0.5 * 52.0 / face_px * max(w, h) / 2048


def test_a_mask_is_as_fine_for_any_photo():
    """What is drawn from a mask costs the same for 12 MP: a third finer than the small picture."""
    for w, h, face_px in ((3000, 4000, 1100.0), (1500, 2000, 550.0), (900, 1200, 330.0)):
        view = look(photo_of(w, h), framed(w, face_px), Drawn(lambda x, y: 0 * x), face_px)
        assert face_px * view.photo_to_view[0, 0] == pytest.approx(70, abs=1)
        assert max(view.mask.shape) < 300


def test_contact_is_read_from_the_whole_photos_mask():
    w, h, face_px = 3000, 4000, 900.0
    person = Drawn(lambda x, y: (y > 0.3) & (x > 0.2) & ((x < 0.9) | (y > 0.75)))
    view = look(photo_of(w, h), framed(w, face_px), person, face_px)
    found = contact(view, (w, h), face_px)
    assert (found.top, found.image_left_from_px) == (False, None)
    assert found.image_right_from_px == pytest.approx(0.75 * h, abs=2 / view.photo_to_view[0, 0])


def test_a_mask_is_drawn_through_any_view_alike():
    """The same smooth person through the whole photo and through the frame: the small pictures agree."""
    w, h, face_px = 1200, 1600, 420.0
    framing = framed(w, face_px)
    to_work, size = small_picture(framing, face_px)

    def smooth(x, y):
        return 1 / (1 + np.exp((np.hypot(x - 0.5, (y - 0.4) * h / w) - 0.2) * 60))

    whole = mask_on(look(photo_of(w, h), framing, Drawn(smooth), face_px), to_work, size)

    class Framed(Drawn):
        view = "frame"

        def person(self, pixels):
            y, x = np.mgrid[:256, :256] + 0.5
            at = apply(invert(self.to_view), np.stack([x, y], -1).reshape(-1, 2)).reshape(256, 256, 2)
            return smooth(at[..., 0] / w, at[..., 1] / h).astype(np.float32)

    from ephoto.framing.warp import view_of

    engine = Framed(smooth)
    lim = limits()
    engine.to_view = view_of(framing.photo_to_card, framing.size_wh, (256, 256), widen=lim.widen, lift=lim.lift)
    assert (
        np.abs(mask_on(look(photo_of(w, h), framing, engine, face_px), to_work, size) - whole)[8:-8, 8:-8].max() < 0.03
    )


@pytest.fixture(scope="module")
def portrait():
    return cached(Portrait(size_wh=(420, 560), seed=5))


@pytest.fixture
def converted(monkeypatch, portrait):
    """Convert the portrait with an engine; gives the card and the engine's calls."""

    def run(engine, **options):
        monkeypatch.setattr(converter_module.matting_engines, "build", lambda name, settings: engine)
        return Converter(engine="theirs", **options)

    return run


class Truth:
    """An engine that knows the portrait."""

    name, view = "truth", "photo"

    def __init__(self, alpha):
        self.alpha = alpha
        self.calls = 0

    def person(self, pixels):
        self.calls += 1
        return cv2.resize(self.alpha, pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def test_a_whole_photo_is_looked_at_once_for_several_cards(converted, portrait):
    engine = Truth(portrait.alpha)
    built = converted(engine)
    analysis = built.analyse(portrait.image)
    for spec in ("cn-social-security-card", "us-passport", "cn-2inch"):
        built.render(analysis, spec=spec, background="#00ff00" if spec == "cn-2inch" else None)
    assert engine.calls == 1


class Wrong:
    name, view = "wrong", "photo"

    def __init__(self, give):
        self.give = give

    def person(self, pixels):
        return self.give(np.full(pixels.shape[:2], 0.5, np.float32))


@pytest.mark.parametrize("view", ["photo", "frame"])
@pytest.mark.parametrize(
    ("give", "said"),
    [
        pytest.param(lambda m: None, "NoneType", id="nothing"),
        pytest.param(lambda m: m.tolist(), "list", id="a list"),
        pytest.param(lambda m: m[:-1], "shape", id="a row less"),
        pytest.param(lambda m: m[:, :-1], "shape", id="a column less"),
        pytest.param(lambda m: m[..., None], "shape", id="a channel"),
        pytest.param(lambda m: m.astype(np.float64), "float64", id="float64"),
        pytest.param(lambda m: (m * 255).astype(np.uint8), "uint8", id="bytes"),
        pytest.param(lambda m: m * np.float32(255), "from", id="0 to 255"),
        pytest.param(lambda m: m - 1, "from", id="below 0"),
        pytest.param(lambda m: np.where(np.arange(m.size).reshape(m.shape) == 7, np.nan, m).astype(np.float32),
                     "NaN", id="one NaN"),
        pytest.param(lambda m: m * np.float32(np.inf), "infinity", id="infinite"),
    ],
)  # fmt: skip
def test_an_engine_that_returns_no_mask_is_told(give, said, view, converted):
    engine = Wrong(give)
    engine.view = view
    photo = cached(Portrait(size_wh=(420, 561), seed=5)).image
    with pytest.raises(EnvironmentFault) as caught:
        converted(engine).convert(photo)
    assert caught.value.code == "engine_nonsense"
    assert "wrong" in caught.value.message()
    assert said in caught.value.message()


@pytest.mark.parametrize(
    ("give", "said"),
    [
        pytest.param(lambda face: None, "NoneType", id="nothing"),
        pytest.param(lambda face: [face], "list", id="a list"),
        pytest.param(lambda face: (face.landmarks,), "tuple", id="not faces"),
        pytest.param(lambda face: (replace(face, landmarks=face.landmarks * np.nan),), "NaN", id="NaN points"),
        pytest.param(lambda face: (replace(face, irises=face.irises * np.inf),), "infinity", id="infinite irises"),
        pytest.param(lambda face: (replace(face, score=float("nan")),), "NaN", id="NaN score"),
    ],
)
def test_an_engine_that_returns_no_faces_is_told(give, said, portrait, monkeypatch):
    own = converter_module.face_engines.build("embedded", converter_module.Settings())

    class Faces:
        name = "wrong faces"

        def find(self, photo):
            return give(own.find(photo)[0])

    monkeypatch.setattr(converter_module.face_engines, "build", lambda name, settings: Faces())
    with pytest.raises(EnvironmentFault) as caught:
        Converter(faces="theirs").convert(portrait.image)
    assert caught.value.code == "engine_nonsense"
    assert "wrong faces" in caught.value.message()
    assert said in caught.value.message()


def test_an_engine_that_sees_nobody_or_everybody_ends_in_an_error_of_ours_or_a_card(converted, portrait):
    for value in (0.0, 1.0):
        engine = Wrong(lambda m, v=value: np.full_like(m, v))
        try:
            assert converted(engine).convert(portrait.image).image.shape == (441, 358, 3)
        except EphotoError as error:
            assert error.code in ("matte_lost", "frame_uncovered")  # noqa: PT017
