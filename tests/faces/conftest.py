"""What the tests of this room share: the engine, built once, and photos from arrays."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.core.settings import Settings
from ephoto.core.types import Photo, SourceFacts
from ephoto.faces.embedded import EmbeddedFaces


def photo_of(pixels):
    h, w = pixels.shape[:2]
    return Photo(np.ascontiguousarray(pixels), SourceFacts("array", "RGB", (w, h)))


@pytest.fixture(scope="session")
def engine():
    return EmbeddedFaces(Settings())


@pytest.fixture
def photo():
    return photo_of
