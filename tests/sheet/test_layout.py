"""The grid's count against brute force, and what holds on every sheet."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.errors import UsageError
from ephoto.sheet.area import Rules, areas
from ephoto.sheet.layout import best_grid, filled, fits, mixed
from ephoto.sheet.paper import find_paper, papers
from ephoto.sheet.style import style
from tests.sheet.laws import SLACK_MM, boxes, check_sheet, parted_by_straight_cuts

# Whole tenths: lengths as people give them, at which sums of floats are worst.
tenths = lambda low, high: st.integers(low * 10, high * 10).map(lambda v: v / 10)  # noqa: E731
card_sizes = st.tuples(tenths(15, 60), tenths(15, 60))
paper_sizes = st.one_of(st.sampled_from([p.size_mm for p in papers()]), st.tuples(tenths(60, 300), tenths(60, 300)))
all_rules = st.builds(Rules, tenths(0, 6), tenths(0, 12), tenths(0, 6), st.booleans())


def brute_count(size_mm, paper_mm, rules):
    """Cards set one after the other: rows and columns are added while a whole row or column still fits."""
    best = 0
    edge = max(rules.margin_mm, rules.safe_mm)
    strip = style().ruler_height_mm + style().ruler_clear_mm
    for wide, tall in (paper_mm, paper_mm[::-1]):
        for width, height in (size_mm, size_mm[::-1]):
            columns = rows = 0
            while 2 * edge + (columns + 1) * width + columns * rules.gap_mm <= wide + SLACK_MM:
                columns += 1
            while 2 * edge + (rows + 1) * height + rows * rules.gap_mm <= tall + SLACK_MM:
                rows += 1
            for c in range(1, columns + 1):
                for r in range(1, rows + 1):
                    right = edge + c * width + (c - 1) * rules.gap_mm
                    below = edge + r * height + (r - 1) * rules.gap_mm
                    beside = right + strip <= wide - rules.safe_mm + SLACK_MM and tall - 2 * rules.safe_mm >= 20
                    under = below + strip <= tall - rules.safe_mm + SLACK_MM and wide - 2 * rules.safe_mm >= 20
                    if not rules.ruler or beside or under:
                        best = max(best, c * r)
    return best


@settings(max_examples=300, deadline=None)
@given(card_sizes, paper_sizes, all_rules)
def test_the_count_is_the_best_grids(size_mm, paper_mm, rules):
    """Over the paper and the card both ways round; without the ruler where no card fits beside it."""
    without = Rules(rules.gap_mm, rules.margin_mm, rules.safe_mm, ruler=False)
    expected = brute_count(size_mm, paper_mm, rules) or brute_count(size_mm, paper_mm, without)
    assert fits(size_mm, paper_mm, rules) == (expected > 0)
    if expected:
        (sheet,) = filled(0, size_mm, paper_mm, rules, None)
        assert len(sheet.spots) == expected
        check_sheet(sheet, [size_mm], rules)
        assert parted_by_straight_cuts(boxes(sheet))
        (shared,) = mixed([size_mm], paper_mm, rules, None)
        assert len(shared.spots) == expected


@settings(max_examples=60, deadline=None)
@given(card_sizes, paper_sizes, all_rules, st.integers(1, 70))
def test_copies_fill_sheets(size_mm, paper_mm, rules, copies):
    if not fits(size_mm, paper_mm, rules):
        return
    full = len(filled(0, size_mm, paper_mm, rules, None)[0].spots)
    own, shared = (filled(0, size_mm, paper_mm, rules, copies), mixed([size_mm], paper_mm, rules, copies))
    assert [len(sheet.spots) for sheet in own[:-1]] == [full] * (len(own) - 1)
    for sheets in (own, shared):
        assert len(sheets) == -(-copies // full)
        assert sum(len(sheet.spots) for sheet in sheets) == copies
        for sheet in sheets:
            check_sheet(sheet, [size_mm], rules)


@settings(max_examples=50, deadline=None)
@given(st.lists(card_sizes, min_size=2, max_size=6), paper_sizes, all_rules, st.one_of(st.none(), st.integers(1, 5)))
def test_mixed_sheets(sizes_mm, paper_mm, rules, copies):
    """Every card as often as asked for, or about evenly; parted by straight cuts."""
    if not all(fits(size, paper_mm, rules) for size in sizes_mm):
        return
    sheets = mixed(sizes_mm, paper_mm, rules, copies)
    for sheet in sheets:
        check_sheet(sheet, sizes_mm, rules)
        assert parted_by_straight_cuts(boxes(sheet))
    counts = [sum(sheet.counts().get(k, 0) for sheet in sheets) for k in range(len(sizes_mm))]
    if copies is not None:
        assert counts == [copies] * len(sizes_mm)
    else:
        assert max(counts) - min(counts) <= 1
        assert len(sheets) == 1 or counts == [1] * len(sizes_mm)
    assert sheets == mixed(sizes_mm, paper_mm, rules, copies)


@pytest.mark.parametrize(
    ("paper", "size_mm", "gap_mm", "ruler", "expected"),
    [
        pytest.param("6in", (25, 35), 2, True, 12, id="one inch: 4 x 3, one more row than 5 x 2"),
        pytest.param("6in", (35, 45), 2, True, 8, id="passports: 4 x 2"),
        pytest.param("6in", (35, 49), 0, False, 4, id="two inch: 98 mm do not go into 96"),
        pytest.param("6in", (33, 48), 0, True, 8, id="Chinese passport: the ruler stands beside"),
        pytest.param("5in", (25, 35), 2, True, 9, id="five inch: 3 x 3"),
        pytest.param("a4", (35, 45), 2, True, 30, id="A4"),
        pytest.param("a4", (50.8, 50.8), 2, True, 15, id="two by two inches"),
    ],
)
def test_known_counts(paper, size_mm, gap_mm, ruler, expected):
    rules = Rules(gap_mm, 0.0, 3.0, ruler)
    (sheet,) = filled(0, size_mm, find_paper(paper).size_mm, rules, None)
    assert len(sheet.spots) == expected


@pytest.mark.parametrize("gap_mm", [0.0, 1.7, 2.0])
def test_cards_that_fit_to_the_micrometre_fit(gap_mm):
    """Ten of 26 mm and nine gaps are the paper: no float noise costs one."""
    paper = (10 * 26.1 + 9 * gap_mm, 60.0)
    grid = best_grid((26.1, 50.0), areas(paper, Rules(gap_mm, 0.0, 0.0, False), ruler=False), gap_mm)
    assert grid.count == 10


@pytest.mark.parametrize("paper", papers(), ids=lambda paper: paper.id)
def test_a_free_margin_holds_the_ruler(paper):
    """With 4 mm between margin and safe margin the ruler costs nothing, at whatever size."""
    for width in range(20, 60, 3):
        size = (width, width * 1.3)
        with_it, without = (
            filled(0, size, paper.size_mm, Rules(2.0, 7.0, 3.0, ruler), None)[0] for ruler in (True, False)
        )
        assert len(with_it.spots) == len(without.spots)
        assert with_it.ruler is not None
        assert without.ruler is None


def test_cards_stand_upright_where_that_costs_nothing():
    """A sheet is turned to its cards, not the cards to the sheet."""
    (sheet,) = filled(0, (35.0, 45.0), (102.0, 152.0), Rules(2.0, 0.0, 3.0), None)
    assert sheet.size_mm == (152.0, 102.0)
    assert not any(spot.turned for spot in sheet.spots)


def test_a_mixed_sheet_turns_what_fits_better_turned():
    """A card that is taller than the rest of the sheet lies down."""
    (sheet,) = mixed([(90.0, 60.0), (30.0, 55.0)], (100.0, 100.0), Rules(2.0, 0.0, 3.0, False), 1)
    assert [spot.turned for spot in sheet.spots if spot.card == 1] == [True] or sheet.spots[0].turned


def test_a_small_paper_gets_a_short_ruler():
    (sheet,) = filled(0, (25.0, 35.0), (50.0, 60.0), Rules(2.0, 0.0, 3.0), None)
    assert sheet.ruler.length_mm in (30.0, 40.0)


@pytest.mark.parametrize("field", ["gap_mm", "margin_mm", "safe_mm"])
@pytest.mark.parametrize("value", [-0.1, 100.1, float("nan"), float("inf")])
def test_lengths_that_make_no_sense_are_refused(field, value):
    with pytest.raises(UsageError) as caught:
        Rules(**{"gap_mm": 2.0, "margin_mm": 0.0, "safe_mm": 3.0, field: value})
    assert caught.value.code == "bad_option"
