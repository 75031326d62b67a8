"""The codec on real photos: none is refused, and a card of each is settled in few encodes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ephoto.codec.decode import decode
from ephoto.codec.encode import encode
from ephoto.codec.source import load
from ephoto.core.settings import Settings
from ephoto.specs.model import ByteWindow

SETTINGS = Settings()
WINDOW = ByteWindow("card", 14336, 40000, 16384, 20000, source="test", grade="D")
CARD_WH = (358, 441)


@pytest.mark.photos
@pytest.mark.slow
def test_every_photo_is_decoded_as_pillow_does_and_encoded_in_few_tries(photos_dir, recwarn):
    tries = []
    for path in sorted(photos_dir.glob("*.jpg")):
        photo = decode(load(path, SETTINGS), SETTINGS)
        if photo.source.orientation == 1 and photo.source.icc is None:
            with Image.open(path) as image:
                assert np.array_equal(photo.pixels, np.asarray(image.convert("RGB"))), path.name
        small = np.asarray(Image.fromarray(photo.pixels).resize(CARD_WH, Image.Resampling.LANCZOS))
        encoded = encode(small, format="JPEG", dpi=350, window=WINDOW, quality=70)
        assert encoded.in_window
        tries.append(encoded.tries)
    assert len(tries) > 30
    assert np.mean(tries) < 3.0
    assert max(tries) <= 5
    assert not recwarn.list
