"""The whole matte in one call."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.core.errors import UnmetError
from ephoto.core.types import Matte
from ephoto.matting.matte import matte
from tests.matting.scenes import FACE, bust_alpha, make_scene

CHIN_ROW = 330


@pytest.fixture(scope="module")
def scene():
    return make_scene(bust_alpha(strands=(((200, 45), (236, 10), 2.0),)), ground=(170, 182, 190), noise=1.0)


def cut(scene, **more):
    return matte(scene.frame, scene.coarse, engine="selfie", face_width_px=FACE, **more)


@pytest.mark.parametrize("quality", ["fast", "high"])
def test_shapes_types_and_names(scene, quality):
    m = cut(scene, quality=quality)
    assert isinstance(m, Matte)
    assert (m.alpha.shape, m.foreground.shape, m.unknown.shape) == ((441, 358), (441, 358, 3), (441, 358))
    assert (m.alpha.dtype, m.foreground.dtype, m.unknown.dtype) == (np.float32, np.uint8, np.bool_)
    assert m.engine == "selfie"
    assert quality in m.method


def test_outside_the_photo_nobody_is(scene):
    valid = np.ones(scene.alpha.shape, bool)
    valid[:60] = valid[:, 300:] = False
    m = cut(scene, valid=valid)
    assert m.alpha[~valid].max() == 0
    assert (m.alpha[valid] == cut(scene).alpha[valid]).all()


def test_opaque_pixels_are_the_photos_own(scene):
    m = cut(scene, head_rows=CHIN_ROW)
    opaque = m.alpha == 1
    assert opaque.mean() > 0.3
    assert (m.foreground[opaque] == scene.frame[opaque]).all()


def test_a_loose_strand_on_an_even_ground_is_kept_in_the_hairs_colour(scene):
    """It stands beyond what any mask shows; without looking for strands it is lost."""
    tip = np.s_[14:26, 218:234]
    strand = scene.alpha[tip] > 0.8
    with_strands, without = cut(scene, head_rows=CHIN_ROW), cut(scene)
    assert without.alpha[tip].max() == 0
    assert with_strands.alpha[tip][strand].mean() > 0.5
    assert np.abs(with_strands.foreground[tip][strand].mean(0) - scene.foreground[tip][strand].mean(0)).max() < 40
    assert (with_strands.unknown[tip] | (with_strands.alpha[tip] == 1))[strand].all()
    assert "studio" in with_strands.method


def test_strands_are_not_looked_for_below_the_chin(scene):
    below = np.s_[CHIN_ROW:]
    assert (cut(scene, head_rows=CHIN_ROW).alpha[below] == cut(scene).alpha[below]).all()


def test_nobody_is_a_typed_error(scene):
    with pytest.raises(UnmetError) as caught:
        matte(scene.frame, np.full_like(scene.coarse, 0.3), engine="selfie", face_width_px=FACE)
    assert caught.value.code == "matte_lost"


def test_the_same_input_gives_the_same_matte_whatever_came_before(scene):
    first = cut(scene, head_rows=CHIN_ROW)
    matte(scene.frame[::-1].copy(), scene.coarse[::-1].copy(), engine="selfie", face_width_px=90.0)
    again = cut(scene, head_rows=CHIN_ROW)
    assert (first.alpha == again.alpha).all()
    assert (first.foreground == again.foreground).all()
