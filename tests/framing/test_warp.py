"""What a frame shows of a photo."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.core.geometry import apply
from ephoto.framing.warp import coverage, view_of


def test_coverage_tells_which_pixels_exist():
    shifted = np.array([[1.0, 0.0, 10.0], [0.0, 1.0, 0.0]])
    inside = coverage((40, 50), shifted, (40, 50))
    assert inside is not None
    assert not inside[:, :10].any()
    assert inside[:, 10:].all()
    assert coverage((40, 50), np.eye(2, 3), (40, 50)) is None


def test_view_shows_the_card_in_its_middle_share():
    affine = view_of(np.eye(2, 3), (358, 441), (256, 256), widen=4 / 3, lift=0.0)
    corners = apply(affine, np.array([[0, 0], [358, 441]]))
    assert corners[0] == pytest.approx([32.0, 32.0])
    assert corners[1] == pytest.approx([224.0, 224.0])
