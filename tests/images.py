"""Comparing pictures in tests: what differs is saved where it can be looked at."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["assert_similar"]


def assert_similar(got, expected, *, mean: float, most: float = 255.0) -> None:
    """Assert that two pictures (H, W[, C]) uint8 differ by at most `mean` on average and `most` anywhere.

    On failure the message names a folder with got.png, expected.png and difference.png (8 times amplified).
    """
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape, f"shape {got.shape}, not {expected.shape}"
    apart = np.abs(got.astype(np.int16) - expected.astype(np.int16))
    if apart.mean() <= mean and apart.max() <= most:
        return
    folder = Path(tempfile.mkdtemp(prefix="ephoto-images-"))
    amplified = np.clip(apart * 8, 0, 255).astype(np.uint8)
    for name, picture in (("got", got), ("expected", expected), ("difference", amplified)):
        Image.fromarray(np.squeeze(picture)).save(folder / f"{name}.png")
    raise AssertionError(f"mean difference {apart.mean():.3f} > {mean} or largest {apart.max()} > {most}: see {folder}")
