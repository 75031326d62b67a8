"""Cut lines: outside the pictures, on shared edges, inside the safe area."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.sheet.area import Rules
from ephoto.sheet.cuts import cut_lines
from ephoto.sheet.layout import filled, fits, mixed
from ephoto.sheet.style import style
from tests.sheet.laws import boxes

SIZE, PAPER = (25.0, 35.0), (102.0, 152.0)


def ink(line):
    """Where a line's ink is, as a box."""
    half = style().line_mm / 2
    at = line.at_mm + line.side * half
    if line.upright:
        return at - half, line.start_mm, at + half, line.end_mm
    return line.start_mm, at - half, line.end_mm, at + half


def overlap(one, other):
    return all(one[k] < other[k + 2] - 1e-6 and other[k] < one[k + 2] - 1e-6 for k in (0, 1))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(15, 50), st.integers(15, 60)), min_size=1, max_size=4), st.integers(2, 60))
def test_with_a_gap_no_ink_is_on_a_picture(sizes, gap_tenths):
    rules = Rules(gap_tenths / 10, 0.0, 3.0)
    if not all(fits(size, PAPER, rules) for size in sizes):
        return
    for sheet in mixed(sizes, PAPER, rules, None):
        for line in cut_lines(sheet, rules.safe_mm):
            assert not any(overlap(ink(line), box) for box in boxes(sheet))
            assert line.side != 0


def test_every_edge_has_its_line():
    """A white card on white paper is seen on all four sides."""
    (sheet,) = filled(0, SIZE, PAPER, Rules(2.0, 0.0, 3.0), None)
    lines = {(line.upright, line.at_mm, line.start_mm, line.end_mm, line.side) for line in cut_lines(sheet, 3.0)}
    for left, top, right, bottom in boxes(sheet):
        assert {(True, left, top, bottom, -1), (True, right, top, bottom, 1)} <= lines
        assert {(False, top, left, right, -1), (False, bottom, left, right, 1)} <= lines


def test_without_a_gap_lines_lie_on_shared_edges_once():
    (sheet,) = filled(0, SIZE, PAPER, Rules(0.0, 0.0, 3.0), None)
    lines = cut_lines(sheet, 3.0)
    within = [line for line in lines if line.end_mm - line.start_mm > style().mark_mm and line.side == 0]
    across = {round(box[0], 3) for box in boxes(sheet)} - {round(min(b[0] for b in boxes(sheet)), 3)}
    assert {round(line.at_mm, 3) for line in within if line.upright} == across
    assert len({(line.upright, round(line.at_mm, 3), round(line.start_mm, 3)) for line in lines}) == len(lines)


@pytest.mark.parametrize("gap_mm", [0.0, 2.0, 6.0])
@pytest.mark.parametrize("safe_mm", [0.0, 3.0, 8.0])
def test_marks_stand_outside_the_block_and_inside_the_safe_area(gap_mm, safe_mm):
    (sheet,) = filled(0, SIZE, PAPER, Rules(gap_mm, safe_mm + 5.0, safe_mm), None)
    block = boxes(sheet)
    left, top = min(box[0] for box in block), min(box[1] for box in block)
    right, bottom = max(box[2] for box in block), max(box[3] for box in block)
    marks = [line for line in cut_lines(sheet, safe_mm) if line.end_mm - line.start_mm <= style().mark_mm + 1e-6]
    assert marks
    for mark in marks:
        x0, y0, x1, y1 = ink(mark)
        assert x1 < left or x0 > right or y1 < top or y0 > bottom
        assert min(x0, y0, sheet.size_mm[0] - x1, sheet.size_mm[1] - y1) >= safe_mm - 1e-6
        ruler = sheet.ruler
        box = ruler.x_mm, ruler.y_mm, ruler.x_mm + ruler.width_mm, ruler.y_mm + ruler.height_mm
        assert not overlap((x0, y0, x1, y1), box)
