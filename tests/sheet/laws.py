"""What holds on every sheet, checked from its places alone."""

from __future__ import annotations

__all__ = ["SLACK_MM", "boxes", "check_sheet", "parted_by_straight_cuts"]

SLACK_MM = 1e-5


def boxes(sheet):
    return [(s.x_mm, s.y_mm, s.x_mm + s.width_mm, s.y_mm + s.height_mm) for s in sheet.spots]


def apart(one, other, gap):
    """Whether two boxes keep the gap, across or down."""
    return any(
        one[k + 2] + gap <= other[k] + SLACK_MM or other[k + 2] + gap <= one[k] + SLACK_MM for k in (0, 1)
    )  # fmt: skip


def check_sheet(sheet, sizes_mm, rules):
    """No overlap, gaps kept, inside the margins, each card of its own size; the ruler inside the safe area, beside."""
    placed = boxes(sheet)
    edge = max(rules.margin_mm, rules.safe_mm)
    width, height = sheet.size_mm
    for spot, box in zip(sheet.spots, placed, strict=True):
        size = sizes_mm[spot.card]
        assert (spot.width_mm, spot.height_mm) == (size[::-1] if spot.turned else size)
        assert min(box[0], box[1], width - box[2], height - box[3]) >= edge - SLACK_MM
    for k, one in enumerate(placed):
        assert all(apart(one, other, rules.gap_mm) for other in placed[:k])
    mark = sheet.ruler
    if mark is not None:
        box = (mark.x_mm, mark.y_mm, mark.x_mm + mark.width_mm, mark.y_mm + mark.height_mm)
        assert min(box[0], box[1], width - box[2], height - box[3]) >= rules.safe_mm - SLACK_MM
        assert all(apart(box, card, 1.0) for card in placed)
        assert max(mark.width_mm, mark.height_mm) > mark.length_mm


def parted_by_straight_cuts(placed):
    """Whether cuts from edge to edge part the boxes, piece by piece, as a guillotine does."""
    if len(placed) <= 1:
        return True
    for k in (0, 1):
        for at in sorted({box[k] for box in placed}):
            before = [box for box in placed if box[k + 2] <= at + SLACK_MM]
            after = [box for box in placed if box[k] >= at - SLACK_MM]
            if before and after and len(before) + len(after) == len(placed):
                return parted_by_straight_cuts(before) and parted_by_straight_cuts(after)
    return False
