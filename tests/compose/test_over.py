"""The operator "over": exact at both ends, rounded between, opaque on an opaque ground."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ephoto.compose.background import paint, parse
from ephoto.compose.over import over
from ephoto.core.types import Matte

GROUNDS = ["white", "blue", "red", "#010203", "#FFFFFF:#102030"]
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)


def make_matte(alpha, foreground):
    return Matte(alpha, foreground, (alpha > 0) & (alpha < 1), "test", "test")


@st.composite
def mattes(draw):
    shape = draw(SHAPES)
    alpha = draw(hnp.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))
    return make_matte(alpha, draw(hnp.arrays(np.uint8, (*shape, 3))))


@given(mattes(), st.sampled_from(GROUNDS))
def test_exact_at_both_ends_and_rounded_between(matte, name):
    """Within half a value of the true mixture (and the error of float32), never beyond its two colours."""
    h, w = matte.alpha.shape
    ground = paint(parse(name), (w, h))
    out = over(matte, parse(name))
    assert (out[matte.alpha == 0] == ground[matte.alpha == 0]).all()
    assert (out[matte.alpha == 1] == matte.foreground[matte.alpha == 1]).all()
    a = matte.alpha[..., None].astype(np.float64)
    true = a * matte.foreground + (1 - a) * ground
    assert np.abs(out - true).max() <= 0.5 + 1e-4
    assert (out <= np.maximum(matte.foreground, ground)).all()
    assert (out >= np.minimum(matte.foreground, ground)).all()


@given(mattes(), st.sampled_from([*GROUNDS, "transparent"]))
def test_inputs_are_not_changed(matte, name):
    alpha, foreground = matte.alpha.copy(), matte.foreground.copy()
    over(matte, parse(name))
    assert (matte.alpha == alpha).all()
    assert (matte.foreground == foreground).all()


@pytest.mark.parametrize("name", GROUNDS)
def test_a_solid_colour_in_is_the_same_colour_out(name):
    colour = np.array([23, 200, 77], np.uint8)
    matte = make_matte(np.ones((9, 7), np.float32), np.broadcast_to(colour, (9, 7, 3)).copy())
    assert (over(matte, parse(name)) == colour).all()


@pytest.mark.parametrize("name", GROUNDS)
def test_an_opaque_ground_gives_no_alpha_channel(name):
    """A soft circle: three channels, whatever its alpha."""
    y, x = np.mgrid[-20:21, -20:21]
    alpha = np.clip(15 - np.hypot(x, y), 0, 1).astype(np.float32)
    out = over(make_matte(alpha, np.full((41, 41, 3), 99, np.uint8)), parse(name))
    assert out.shape == (41, 41, 3)
    assert out.dtype == np.uint8
    assert out.flags.c_contiguous


def test_a_letter_is_not_mirrored():
    f = np.zeros((7, 5), np.float32)
    f[:, 0] = f[0, :] = f[3, :4] = 1
    out = over(make_matte(f, np.zeros((7, 5, 3), np.uint8)), parse("white"))
    assert ((out[..., 0] == 0) == (f == 1)).all()


@given(mattes())
def test_transparent_keeps_straight_alpha_and_hides_nothing(matte):
    """Colours are not multiplied; where alpha is 0 nothing of the old picture is left."""
    out = over(matte, parse("transparent"))
    assert out.shape == (*matte.alpha.shape, 4)
    assert np.abs(out[..., 3] - matte.alpha.astype(np.float64) * 255).max() <= 0.5 + 1e-4
    seen = out[..., 3] > 0
    assert (out[..., :3][seen] == matte.foreground[seen]).all()
    assert (out[~seen] == 0).all()


def test_keep_gives_the_frame_itself():
    frame = np.full((3, 3, 3), 5, np.uint8)
    matte = make_matte(np.zeros((3, 3), np.float32), np.zeros((3, 3, 3), np.uint8))
    assert over(matte, parse("keep"), frame=frame) is frame
    with pytest.raises(ValueError, match="frame"):
        over(matte, parse("keep"))


def test_threads_do_not_disturb_each_other():
    rng = np.random.default_rng(0)
    matte = make_matte(rng.random((90, 70), dtype=np.float32), rng.integers(0, 256, (90, 70, 3), dtype=np.uint8))
    alone = [over(matte, parse(name)) for name in GROUNDS]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda name: over(matte, parse(name)), GROUNDS * 6))
    for n, out in enumerate(together):
        assert (out == alone[n % len(GROUNDS)]).all()
