"""Grounds from text, and as pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.compose.background import Background, named, paint, parse, rows_of
from ephoto.core.errors import UsageError

RGB = st.tuples(*[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("text", "kind", "top", "bottom"),
    [
        ("white", "colour", (255, 255, 255), (255, 255, 255)),
        ("blue", "colour", (0x43, 0x8E, 0xDB), (0x43, 0x8E, 0xDB)),
        ("red", "colour", (255, 0, 0), (255, 0, 0)),
        ("Blue", "colour", (0x43, 0x8E, 0xDB), (0x43, 0x8E, 0xDB)),
        (" white ", "colour", (255, 255, 255), (255, 255, 255)),
        ("#0a0B0c", "colour", (10, 11, 12), (10, 11, 12)),
        ("#FFFFFF:#C0C0C0", "gradient", (255, 255, 255), (192, 192, 192)),
        ("blue:white", "gradient", (0x43, 0x8E, 0xDB), (255, 255, 255)),
        ("keep", "keep", None, None),
        ("transparent", "transparent", None, None),
    ],
)
def test_parse(text, kind, top, bottom):
    ground = parse(text)
    assert (ground.kind, ground.top, ground.bottom) == (kind, top, bottom)


@pytest.mark.parametrize(
    "text",
    ["", "purple", "#FFF", "#FFFFF", "#GGGGGG", "FFFFFF", "rgb(1,2,3)", "#000000:", ":#000000", "a:b", "#1:#2:#3"],
)
def test_what_is_no_ground(text):
    """The error names the option, what was given and what is allowed."""
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.code == "bad_option"
    assert caught.value.values["option"] == "--background"
    assert caught.value.values["value"] == text
    assert "#RRGGBB" in caught.value.message() + caught.value.hint()


def test_keep_cannot_be_part_of_a_gradient():
    with pytest.raises(UsageError):
        parse("keep:white")


@pytest.mark.parametrize("text", ["#438EDB", "#FFFFFF:#C0C0C0", "keep", "transparent"])
def test_name_is_what_parse_reads(text):
    assert parse(text).name == text


@given(RGB, RGB)
def test_any_ground_is_read_back_from_its_name(top, bottom):
    ground = Background("gradient", top, bottom)
    assert parse(ground.name) == ground


@pytest.mark.parametrize(
    ("kind", "top", "bottom"),
    [
        ("keep", (1, 2, 3), (1, 2, 3)),
        ("transparent", (1, 2, 3), None),
        ("colour", None, None),
        ("colour", (1, 2, 3), (3, 2, 1)),
        ("gradient", (1, 2, 3), None),
    ],
)
def test_contradictions_are_refused(kind, top, bottom):
    with pytest.raises(ValueError, match="ground"):
        Background(kind, top, bottom)


@pytest.mark.parametrize("name", sorted(named()))
@pytest.mark.parametrize("size_wh", [(358, 441), (1, 1), (3, 7)])
def test_plain_ground_is_its_colour(name, size_wh):
    pixels = paint(parse(name), size_wh)
    assert pixels.shape == (size_wh[1], size_wh[0], 3)
    assert pixels.dtype == np.uint8
    assert (pixels == named()[name]).all()


@given(RGB, RGB, st.integers(1, 60), st.integers(1, 9))
def test_gradient_runs_evenly_from_the_first_row_to_the_last(top, bottom, h, w):
    """Ends exact, no step larger than the mean step rounded up, nothing changes along a row."""
    pixels = paint(Background("gradient", top, bottom), (w, h)).astype(int)
    assert (pixels == pixels[:, :1]).all()
    assert (pixels[0, 0] == top).all()
    if h > 1:
        assert (pixels[-1, 0] == bottom).all()
        steps = np.diff(pixels[:, 0], axis=0)
        assert (np.abs(steps) <= np.abs(np.subtract(bottom, top)) / (h - 1) + 1).all()
        assert (np.sign(steps) * np.sign(np.subtract(bottom, top)) >= 0).all()


@pytest.mark.parametrize("kind", ["keep", "transparent"])
def test_what_has_no_colour_is_not_painted(kind):
    with pytest.raises(ValueError, match=kind):
        rows_of(parse(kind), 4)
