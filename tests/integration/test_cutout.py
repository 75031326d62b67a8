"""A person cut out of a whole photo: as large as the photo, upright, true to the render, and nobody else."""

from __future__ import annotations

import importlib
import io

import cv2
import numpy as np
import pytest
from PIL import Image

import ephoto
from ephoto.core.errors import FaceError, UsageError
from ephoto.pipeline.converter import Converter
from samples.render import Portrait, cached

SMALL = Portrait(size_wh=(420, 560), seed=5)
TRUE = {  # what is drawn, and the most that alpha may be off in the band, mean, 0..1: a half more than it was at first
    "short": (Portrait(size_wh=(900, 1200), seed=0, hair="short"), 0.006),
    "strands": (Portrait(size_wh=(900, 1200), seed=2, hair="strands", background="gradient"), 0.014),
    "long, busy ground": (Portrait(size_wh=(900, 1200), seed=1, hair="long", background="cluttered"), 0.036),
    "half length": (Portrait(size_wh=(900, 1200), seed=7, head=0.2, position=(0.5, 0.25), background="office"), 0.013),
}


@pytest.fixture(scope="module")
def converter():
    return Converter(checks=False)


@pytest.fixture(scope="module")
def small():
    return cached(SMALL)


def jpeg(pixels, **options):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95, **options)
    return out.getvalue()


def alpha_of(cutout):
    return cutout.image[..., 3] / np.float32(255)


def near_the_edge(alpha, radius_px):
    soft = ((alpha > 0.02) & (alpha < 0.98)).view(np.uint8)
    return cv2.dilate(soft, np.ones((2 * radius_px + 1,) * 2, np.uint8)).view(bool)


def lab(pixels):
    return cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def difference(one, other, where):
    """Mean CIELAB difference (1976) of two pictures (H, W, 3), 0..255."""
    return float(np.linalg.norm(lab(one) - lab(other), axis=2)[where].mean())


@pytest.mark.slow
@pytest.mark.parametrize("quality", ["fast", "high"])
@pytest.mark.parametrize("name", TRUE)
def test_alpha_and_colours_are_near_the_truth(name, quality):
    """In the band and outside of it; laid on its own ground it is the photo again, on white and magenta nearly the
    true person: no halo.
    """
    portrait, most = TRUE[name]
    drawn = cached(portrait)
    cutout = Converter(checks=False, matte=quality).matte(drawn.image)
    alpha, colour = alpha_of(cutout)[..., None], cutout.image[..., :3].astype(np.float32)
    true = drawn.alpha[..., None]
    band = near_the_edge(drawn.alpha, round(0.12 * cutout.report.facts["face"]["inter_eye_px"]))
    off = np.abs(alpha - true)[..., 0]
    assert off[band].mean() < most
    assert off[~band].mean() < 0.0005
    assert difference(alpha * colour + (1 - alpha) * drawn.background, drawn.image, band) < 1.6
    for ground in ((255, 255, 255), (255, 0, 255)):
        mine, wanted = (a * f + (1 - a) * np.float32(ground) for a, f in ((alpha, colour), (true, drawn.foreground)))
        assert difference(mine, wanted, band) < 4.5


def test_as_large_as_the_photo_from_every_pixel(converter, small):
    """3000 x 4000 px in, the same out, of a JPEG that a card would have decoded at a quarter."""
    big = cv2.resize(small.image, (3000, 4000), interpolation=cv2.INTER_CUBIC)
    cutout = converter.matte(jpeg(big))
    assert cutout.image.shape == (4000, 3000, 4)
    assert cutout.report.facts["photo"]["decoded_scale"] == 1.0
    assert "enlarged" in cutout.report.facts["cutout"]["method"]
    true = cv2.resize(small.alpha, (3000, 4000), interpolation=cv2.INTER_CUBIC)
    assert np.abs(alpha_of(cutout) - true).mean() < 0.004
    opaque = cutout.image[cutout.alpha == 255]
    assert np.abs(opaque[:, :3].astype(int) - big[cutout.alpha == 255]).mean() < 2


def test_hidden_pixels_are_black_and_opaque_ones_the_photos_own(converter, small):
    cutout = converter.matte(small.image)
    assert cutout.image.dtype == np.uint8
    assert cutout.image[cutout.alpha == 0].max() == 0
    assert (cutout.image[cutout.alpha == 255][:, :3] == small.image[cutout.alpha == 255]).mean() > 0.98
    assert cutout.alpha.base is not None


def test_the_file_is_a_png_that_holds_the_same(converter, small, tmp_path):
    cutout = converter.matte(small.image)
    path = cutout.save(tmp_path / "person.png")
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (420, 560))
        assert (np.asarray(image) == cutout.image).all()
        assert set(image.info) <= {"srgb"}
    with pytest.raises(UsageError, match=r"person\.jpg"):
        cutout.save(tmp_path / "person.jpg")
    with pytest.raises(ephoto.EnvironmentFault, match="already"):
        cutout.save(path)


def test_the_resolution_of_the_photo_is_kept(converter, small):
    data = converter.matte(jpeg(small.image, dpi=(300, 300))).data
    assert Image.open(io.BytesIO(data)).info["dpi"] == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_exif_orientation_is_applied(orientation, converter, small):
    """The stored pixels lie on their side; what comes out stands upright, and no EXIF would turn it again."""
    turns = {3: 2, 6: 1, 8: 3}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    cutout = converter.matte(jpeg(np.rot90(small.image, turns), exif=exif))
    assert cutout.image.shape == (560, 420, 4)
    assert np.abs(alpha_of(cutout) - small.alpha).mean() < 0.006
    assert Image.open(io.BytesIO(cutout.data)).getexif().get(0x0112) is None


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_head_on_its_side_stays_there(turns, converter, small):
    """Without EXIF the photo is worked on upright and given back as it was."""
    cutout = converter.matte(np.ascontiguousarray(np.rot90(small.image, turns)))
    assert cutout.image.shape[:2] == np.rot90(small.alpha, turns).shape
    assert np.abs(alpha_of(cutout) - np.rot90(small.alpha, turns)).mean() < 0.006
    assert cutout.report.facts["photo"]["quarter_turns"] == turns


def test_a_second_person_who_is_not_joined_goes(converter):
    """The shoulder of somebody who stands beside the subject, without a head in the picture."""
    drawn = cached(Portrait(size_wh=(900, 1200), seed=0, hair="short"))
    wide = cv2.copyMakeBorder(drawn.image, 0, 0, 0, 420, cv2.BORDER_REPLICATE)
    wide[:, 900:] = wide[:, 896:900].mean((0, 1)).astype(np.uint8)
    wide[880:, 900:] = wide[:10, 900:].mean((0, 1)).astype(np.uint8)
    shoulder = cached(Portrait(size_wh=(900, 1200), seed=0, hair="short", clothes_colour=(120, 40, 40)))
    part, share = shoulder.foreground[820:, 60:360], shoulder.alpha[820:, 60:360, None]
    wide[820:, 1020:] = (part * share + wide[820:, 1020:] * (1 - share)).astype(np.uint8)
    cutout = converter.matte(wide)
    assert cutout.alpha[:, 1010:].max() == 0
    assert np.abs(alpha_of(cutout)[:, :860] - drawn.alpha[:, :860]).mean() < 0.01


def test_what_finer_solving_brings_back_off_the_body_goes(converter, small, monkeypatch):
    """An island in the drawn alpha is gone; a speck one px beside the body, as a strand may be, stays."""
    whole = converter.matte(small.image)
    y = 500
    edge = int(np.flatnonzero(whole.alpha[y] > 127)[0])

    def cut(*words, **more):
        matte = drawn(*words, **more)
        matte.alpha[20:60, 20:60] = 1.0
        matte.alpha[y - 2 : y + 2, edge - 6 : edge - 2] = 1.0
        return matte

    drawn = importlib.import_module("ephoto.pipeline.whole").cut
    monkeypatch.setattr("ephoto.pipeline.whole.cut", cut)
    monkeypatch.setattr("ephoto.pipeline.whole._box", lambda *_: (0, 0, 420, 560))
    alpha = converter.matte(small.image).alpha
    assert alpha[:70, :70].max() == 0
    assert alpha[y, edge - 5] == 255


class WholePhoto:
    """An engine that wants the whole photo, and knows the answer."""

    name = "whole"
    view = "photo"

    def __init__(self, alpha):
        self.alpha, self.seen = alpha, []

    def person(self, pixels):
        self.seen.append(pixels.shape)
        return cv2.resize(self.alpha, pixels.shape[1::-1], interpolation=cv2.INTER_AREA)


def test_an_engine_of_whole_photos_is_asked_once(small, monkeypatch):
    big = cv2.resize(small.image, (2400, 3200), interpolation=cv2.INTER_CUBIC)
    engine = WholePhoto(small.alpha)
    monkeypatch.setattr("ephoto.matting.engines.build", lambda *_: engine)
    cutout = Converter(checks=False).matte(big)
    assert engine.seen == [(2048, 1536, 3)]
    assert (cutout.report.facts["cutout"]["engine"], cutout.report.facts["cutout"]["looks"]) == ("whole", 1)
    assert np.abs(alpha_of(cutout) - cv2.resize(small.alpha, (2400, 3200))).mean() < 0.004


def test_facts_and_no_findings(small):
    report = ephoto.matte(small.image, matte="high").report
    assert list(report.facts) == ["photo", "face", "cutout"]
    assert (report.findings, report.spec, report.passed) == ((), "", True)
    facts = report.facts["cutout"]
    x0, _, x1, y1 = facts["box_xyxy"]
    assert (0 <= x0 < x1 <= 420, y1) == (True, 560)
    assert 0.3 < facts["person_share"] < 0.8
    assert 0 < facts["unknown_share"] < 0.1
    assert "high" in facts["method"]


def test_a_photo_without_a_face_is_a_face_error(converter):
    with pytest.raises(FaceError):
        converter.matte(np.full((400, 300, 3), 128, np.uint8))


def test_a_card_does_not_change_what_is_cut_out(converter, small):
    """The same pixels before and after other work on the same converter."""
    before = converter.matte(small.image).image
    converter.convert(small.image)
    assert (converter.matte(small.image).image == before).all()
