"""Alpha solved further on the frame's own pixels."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.matting.finish import finish
from tests.matting.scenes import FACE, band_of, bust_alpha, make_scene

STRANDS = (((90, 120), (72, 84), 3.0), ((200, 45), (214, 20), 3.0))


@pytest.fixture(scope="module", params=[(170, 182, 190), (60, 120, 60), (120, 100, 90)])
def blurred(request):
    """A scene, its unknown band, and an alpha that is too soft in it."""
    import cv2

    scene = make_scene(bust_alpha(strands=STRANDS), ground=request.param, noise=1.5)
    unknown = band_of(scene.alpha, 6)
    soft = cv2.GaussianBlur(scene.alpha, (0, 0), 2.5)
    return scene, unknown, np.where(unknown, soft, scene.alpha).astype(np.float32)


def test_it_comes_nearer_to_the_truth(blurred):
    scene, unknown, alpha = blurred
    out = alpha.copy()
    finish(out, unknown, scene.frame, FACE)
    before, after = (np.square(a - scene.alpha)[unknown].mean() for a in (alpha, out))
    assert after < 0.6 * before
    assert 0 <= out.min() <= out.max() <= 1


def test_what_is_known_stays(blurred):
    scene, unknown, alpha = blurred
    out = alpha.copy()
    finish(out, unknown, scene.frame, FACE)
    assert (out[~unknown] == alpha[~unknown]).all()


@pytest.mark.parametrize("face_px", [40.0, 52.0])
def test_a_frame_no_finer_than_the_solution_is_left_alone(blurred, face_px):
    scene, unknown, alpha = blurred
    out = alpha.copy()
    finish(out, unknown, scene.frame, face_px)
    assert (out == alpha).all()
