"""Encoding: the rung that the rule names, in few encodes, in a clean file."""

from __future__ import annotations

import io
import math
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ephoto.codec.encode import encode
from ephoto.codec.ladder import LEAST_RUNG, MAX_TRIES, TOP_RUNG, Bounds, Ladder
from ephoto.codec.probe import probe
from ephoto.core.errors import UnmetError, UsageError
from ephoto.specs.model import ByteWindow


def window(low=None, high=None, prefer_low=None, prefer_high=None):
    return ByteWindow("test", low, high, prefer_low, prefer_high, source="test", grade="D")


def face(width=179, height=221, *, grain=2.0):
    """A blob on white with soft edges and grain: bytes grow with quality as a portrait's do."""
    y, x = np.mgrid[0:height, 0:width]
    r = np.hypot((x - width / 2) / (width * 0.32), (y - height * 0.55) / (height * 0.4))
    inside = np.clip((1.1 - r) / 0.15, 0, 1)[..., None]
    skin = np.array([214, 172, 150]) + 25 * np.sin(x / 9 + y / 13)[..., None]
    noise = np.random.default_rng(7).normal(0, grain, (height, width, 1))
    return np.clip(255 * (1 - inside) + (skin + noise) * inside, 0, 255).astype(np.uint8)


PICTURES = {
    "face": face(),
    "grainy": face(grain=15.0),
    "large": face(358, 441),
    "noise": np.random.default_rng(3).integers(0, 256, (90, 70, 3), dtype=np.uint8),
    "flat": np.full((441, 358, 3), 255, np.uint8),
}


@cache
def all_sizes(name):
    """Bytes of every rung of a picture."""
    ladder = Ladder(Image.fromarray(PICTURES[name]), 350)
    for rung in range(LEAST_RUNG, TOP_RUNG + 1):
        ladder.size(rung)
    return {rung: len(data) for rung, data in ladder.files.items()}


def by_trying_all(name, allowed, stated):
    """The rule of `settle` in its plainest form; None where no rung is inside the window."""
    sizes = all_sizes(name)
    inside = [r for r, n in sizes.items() if allowed.allows(n)]
    good = [r for r in inside if r >= (stated or LEAST_RUNG)]
    preferred = [r for r in good if allowed.prefers(sizes[r])]
    if preferred:
        return max(preferred)
    if good:
        return min(good, key=lambda r: (allowed.away(sizes[r]), -r))
    return max(inside, default=None)


def rung_of(encoded):
    return TOP_RUNG if encoded.subsampling == "4:4:4" else encoded.quality


@pytest.mark.parametrize("name", ["face", "grainy", "large"])
@given(
    edges=st.lists(st.integers(500, 60_000), min_size=4, max_size=4).map(sorted),
    opened=st.sampled_from(["none", "low", "high", "prefer_low", "prefer_high", "preference"]),
    stated=st.sampled_from([None, 70, 85]),
)
@settings(max_examples=80, deadline=None)
def test_takes_the_rung_that_trying_all_would_take(name, edges, opened, stated):
    low, prefer_low, prefer_high, high = edges
    given_window = window(
        None if opened == "low" else low,
        None if opened == "high" else high,
        None if opened in ("prefer_low", "preference") else prefer_low,
        None if opened in ("prefer_high", "preference") else prefer_high,
    )
    allowed = Bounds.of(given_window, 0)
    expected = by_trying_all(name, allowed, stated)
    try:
        encoded = encode(PICTURES[name], format="JPEG", dpi=350, window=given_window, quality=stated)
    except UnmetError:
        assert expected is None
        return
    assert len(encoded.data) == all_sizes(name)[expected]
    assert encoded.tries <= MAX_TRIES
    # Small pictures have rungs of exactly as many bytes; which is the highest may take more tries than there are.
    assert rung_of(encoded) == expected or encoded.tries == MAX_TRIES
    assert encoded.preferred == allowed.prefers(len(encoded.data))
    assert encoded.quality_below_stated == (stated is not None and expected < stated)


@pytest.mark.parametrize("name", ["noise", "flat"])
@given(edges=st.lists(st.integers(300, 40_000), min_size=2, max_size=2, unique=True).map(sorted))
@settings(max_examples=40, deadline=None)
def test_odd_pictures_get_a_file_in_the_window_or_an_error(name, edges):
    allowed = Bounds.of(window(*edges), 0)
    expected = by_trying_all(name, allowed, None)
    try:
        encoded = encode(PICTURES[name], format="JPEG", dpi=350, window=window(*edges))
    except UnmetError:
        assert expected is None
        return
    assert allowed.allows(len(encoded.data))
    assert encoded.tries <= MAX_TRIES


def test_an_ordinary_window_takes_few_encodes():
    """The card's own window on a face: predicted, met, and its neighbour above seen to pass."""
    encoded = encode(face(358, 441, grain=6), format="JPEG", dpi=350, window=window(14336, 40000, 16384, 20000))
    assert encoded.preferred
    assert encoded.tries <= 4


def test_without_a_window_the_highest_rung():
    encoded = encode(PICTURES["face"], format="JPEG", dpi=300, window=None)
    assert (encoded.quality, encoded.subsampling, encoded.tries) == (95, "4:4:4", 1)
    assert encoded.in_window
    assert encoded.preferred


def test_an_unreachable_window_names_the_nearest_size():
    """A floor above what the top rung gives: refused, never padded."""
    top = all_sizes("face")[TOP_RUNG]
    with pytest.raises(UnmetError) as caught:
        encode(PICTURES["face"], format="JPEG", dpi=350, window=window(top + 1, top + 5000), spec_id="x")
    assert caught.value.values == {"spec": "x", "low": top + 1, "high": top + 5000, "reached": top}
    assert "x" in caught.value.message("zh")


def test_a_window_between_two_rungs_is_unreachable():
    sizes = all_sizes("large")
    low, high = sizes[60] + 1, sizes[61] - 1
    assert low < high
    with pytest.raises(UnmetError) as caught:
        encode(PICTURES["large"], format="JPEG", dpi=350, window=window(low, high))
    assert caught.value.values["reached"] in (sizes[60], sizes[61])


def test_goes_below_the_stated_quality_only_as_far_as_the_maximum_demands():
    sizes = all_sizes("large")
    encoded = encode(
        PICTURES["large"], format="JPEG", dpi=350, window=window(None, sizes[60], None, sizes[40]), quality=70
    )
    assert (encoded.quality, encoded.quality_below_stated) == (60, True)
    encoded = encode(
        PICTURES["large"], format="JPEG", dpi=350, window=window(None, sizes[75], None, sizes[40]), quality=70
    )
    assert (encoded.quality, encoded.quality_below_stated) == (70, False)


def test_a_compression_ratio_is_a_lower_bound_on_bytes():
    h, w, _ = PICTURES["face"].shape
    least = math.ceil(w * h * 3 / 20)
    encoded = encode(
        PICTURES["face"], format="JPEG", dpi=350, window=window(None, None, None, 1000), max_compression_ratio=20
    )
    assert len(encoded.data) >= least
    assert all(size < least for rung, size in all_sizes("face").items() if rung < rung_of(encoded))


@pytest.mark.parametrize("dpi", [254, 300, 350, 600])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_the_header_states_the_resolution(format, dpi):
    facts = probe(encode(PICTURES["face"], format=format, dpi=dpi).data)
    assert facts.dpi is not None
    assert [round(v) for v in facts.dpi] == [dpi, dpi]
    assert facts.format == format
    assert facts.size_wh == (179, 221)


def test_the_jpeg_is_baseline_and_says_nothing_but_its_resolution():
    data = encode(PICTURES["face"], format="JPEG", dpi=350).data
    facts = probe(data)
    assert not facts.progressive
    assert not facts.has_metadata
    assert facts.trailing_bytes == 0
    assert data.startswith(b"\xff\xd8\xff\xe0")
    assert data.endswith(b"\xff\xd9")
    assert (facts.quality, facts.subsampling) == (95, "4:4:4")


def test_png_keeps_every_pixel_and_its_alpha():
    alpha = np.random.default_rng(1).integers(0, 256, (221, 179, 1), dtype=np.uint8)
    pixels = np.concatenate([PICTURES["face"], alpha], axis=2)
    encoded = encode(pixels, format="PNG", dpi=300)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded.data))), pixels)
    assert (encoded.quality, encoded.subsampling) == (None, None)


def test_png_outside_its_window_is_an_error():
    with pytest.raises(UnmetError):
        encode(PICTURES["face"], format="PNG", dpi=300, window=window(None, 100))


def test_transparency_needs_png():
    with pytest.raises(UsageError) as caught:
        encode(np.zeros((40, 30, 4), np.uint8), format="JPEG", dpi=300)
    assert caught.value.code == "alpha_needs_png"


def test_the_same_bytes_every_time_and_from_every_thread():
    def once(_):
        return encode(PICTURES["large"], format="JPEG", dpi=350, window=window(14336, 40000, 16384, 20000)).data

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(once, range(12)))) == 1
