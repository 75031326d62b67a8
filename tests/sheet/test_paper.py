"""Papers by name and by size."""

from __future__ import annotations

import pytest

from ephoto.core.errors import UsageError
from ephoto.core.units import MM_PER_INCH
from ephoto.sheet.paper import find_paper, papers, parse_size


@pytest.mark.parametrize(
    ("words", "size_mm"),
    [
        pytest.param("6in", (102, 152), id="name"),
        pytest.param("A4", (210, 297), id="any case"),
        pytest.param("6寸", (102, 152), id="Chinese"),
        pytest.param("5x7", (127, 178), id="inches without their unit"),
        pytest.param("4R", (102, 152), id="trade name"),
        pytest.param("150x100mm", (150, 100), id="own size, as given"),
        pytest.param("10 × 15 cm", (100, 150), id="cm"),
        pytest.param("8x10in", (203, 254), id="a name before a size"),
        pytest.param("4x5in", (101.6, 127), id="inches"),
    ],
)
def test_papers(words, size_mm):
    assert find_paper(words).size_mm == size_mm


@pytest.mark.parametrize("words", ["a9", "", "6", "100x150", "-5x100mm", "1e3x100mm"])
def test_an_unknown_paper_lists_the_known(words):
    with pytest.raises(UsageError) as caught:
        find_paper(words)
    assert caught.value.code == "paper_unknown"
    assert "a4" in caught.value.hint("en")
    assert "6in" in caught.value.hint("zh")


@pytest.mark.parametrize("words", ["49x100mm", "100x1201mm", "0x0mm"])
def test_a_paper_of_no_sense_is_refused(words):
    with pytest.raises(UsageError) as caught:
        find_paper(words)
    assert caught.value.code == "bad_option"


@pytest.mark.parametrize("paper", papers(), ids=lambda paper: paper.id)
def test_the_table_is_sound(paper):
    """Upright, with a source, under names of its own; photographic papers are their inches to half a millimetre."""
    assert paper.size_mm[0] < paper.size_mm[1]
    assert paper.source
    assert [found.id for found in papers() if {paper.id, *paper.names} & {found.id, *found.names}] == [paper.id]
    for name in paper.names:
        if name.endswith("in") and "x" in name:
            inches = sorted(float(side) for side in name[:-2].split("x"))
            assert paper.size_mm == pytest.approx([side * MM_PER_INCH for side in inches], abs=0.5)


@pytest.mark.parametrize(
    ("words", "size_mm"), [("25x35mm", (25, 35)), ("3.5x4.5cm", (35, 45)), ("2x2in", (50.8, 50.8))]
)
def test_sizes_of_cards(words, size_mm):
    assert parse_size(words) == size_mm


@pytest.mark.parametrize("words", ["25x35", "295x413px", "9.9x35mm", "x"])
def test_sizes_that_make_no_sense(words):
    with pytest.raises(UsageError) as caught:
        parse_size(words)
    assert (caught.value.code, caught.value.values["option"]) == ("bad_option", "--size")
