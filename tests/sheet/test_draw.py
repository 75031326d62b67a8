"""Sheets as pictures: pixels copied, never mirrored; the resolution is real."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ephoto.core.errors import UsageError
from ephoto.sheet.draw import draw, size_px
from ephoto.sheet.sheets import print_sheets
from tests.images import assert_similar
from tests.sheet.cards import f_card, f_pixels, jpeg_of, png_of
from tests.sheet.rendering import turned_back


def spots_px(spot, dpi):
    return round(spot.x_mm / 25.4 * dpi), round(spot.y_mm / 25.4 * dpi)


@pytest.mark.parametrize("cut_lines", [False, True], ids=["plain", "with lines"])
@pytest.mark.parametrize("dpi", [300, 350])
def test_cards_of_the_sheets_resolution_are_copied_pixel_by_pixel(dpi, cut_lines):
    made = print_sheets([png_of(f_pixels(), (dpi, dpi))], cut_lines=cut_lines)
    (sheet,) = made.sheets
    picture = np.asarray(Image.open(io.BytesIO(made.picture(1, "PNG"))))
    for spot in sheet.spots:
        left, top = spots_px(spot, dpi)
        near = [  # the nearest pixel may be either neighbour
            picture[y : y + 413, x : x + 295] for x in (left - 1, left, left + 1) for y in (top - 1, top, top + 1)
        ]
        assert any(np.array_equal(cut, f_pixels()) for cut in near)


@pytest.mark.parametrize("gap", [0.0, 2.0])
def test_a_turned_card_is_never_mirrored(gap):
    """Cards upright and turned on one sheet: turned back by a quarter each is the F itself."""
    cards = [png_of(f_pixels((709, 472)), (200, 200)), png_of(f_pixels((236, 433)), (200, 200))]
    made = print_sheets(cards, "100x100mm", mix=True, copies=1, gap_mm=gap, ruler=False)
    picture = draw(made.sheets[0], made.cards, 200, lines_from_mm=None)
    assert {spot.turned for spot in made.sheets[0].spots} == {True, False}
    for spot in made.sheets[0].spots:
        cut, own = turned_back(picture, spot, 200), made.cards[spot.card].pixels
        height, width = own.shape[:2]
        fitted = np.asarray(Image.fromarray(np.ascontiguousarray(cut)).resize((width, height)))
        assert_similar(fitted, own, mean=4)
        assert np.abs(fitted.astype(int) - own[:, ::-1]).mean() > 15


@pytest.mark.parametrize(("dpi", "size"), [(None, (1205, 1795)), (300, (1205, 1795)), (600, (2409, 3591))])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_resolution_is_real_and_stated(kind, dpi, size):
    """600 dpi have four times the pixels of 300, and the header says 600."""
    made = print_sheets([f_card()], "6in", dpi=dpi)
    image = Image.open(io.BytesIO(made.picture(1, kind)))
    assert image.size == size
    assert image.format == kind
    assert image.info["dpi"] == pytest.approx((dpi or 300, dpi or 300), abs=0.02)


def test_at_double_resolution_a_card_has_double_pixels():
    made = print_sheets([f_card()], "6in", dpi=600)
    spot = made.sheets[0].spots[0]
    picture = draw(made.sheets[0], made.cards, 600, lines_from_mm=None)
    cut = turned_back(picture, spot, 600)
    assert cut.shape[:2] == pytest.approx((826, 590), abs=1)
    small = np.asarray(Image.fromarray(np.ascontiguousarray(cut)).resize((295, 413), Image.Resampling.BOX))
    assert_similar(small, made.cards[0].pixels, mean=2)


def test_cards_of_several_resolutions_keep_their_millimetres():
    """The sheet takes the highest; 25 mm stay 25 mm."""
    made = print_sheets([f_card((295, 413), 300), f_card((591, 827), 600)], mix=True, copies=1, gap_mm=4.0)
    assert made.dpi == 600
    picture = draw(made.sheets[0], made.cards, 600, lines_from_mm=None)
    for spot in made.sheets[0].spots:
        cut = turned_back(picture, spot, 600).astype(int)
        inked = np.flatnonzero((cut[..., 0] - cut[..., 1] > 60).any(axis=0))
        assert inked[-1] - inked[0] + 1 == pytest.approx(0.4 * 591, abs=4)  # the F's arm is 4 tenths of 25 mm


@pytest.mark.parametrize("gap", [0.0, 2.0])
def test_white_cards_have_an_edge_that_is_seen(gap):
    """Nothing but white cards: with cut lines each is framed, without them the sheet is blank but for the ruler."""
    white = png_of(np.full((413, 295, 3), 255, np.uint8))
    plain, lined = (
        draw(m.sheets[0], m.cards, 300, lines_from_mm=m.lines_from_mm)
        for m in (print_sheets([white], gap_mm=gap, cut_lines=lines, ruler=False) for lines in (False, True))
    )
    assert (plain == 255).all()
    made = print_sheets([white], gap_mm=gap, ruler=False)
    for spot in made.sheets[0].spots:
        left, top = spots_px(spot, 300)
        middle_x, middle_y = left + 147, top + 206
        for strip in (
            lined[middle_y, left - 3 : left + 3],
            lined[middle_y, left + 292 : left + 298],
            lined[top - 3 : top + 3, middle_x],
            lined[top + 410 : top + 416, middle_x],
        ):
            assert (strip < 200).any()


def test_touching_cards_leave_no_seam():
    """Gap 0: no white line between coloured cards, whatever the rounding."""
    blue = png_of(np.full((441, 358, 3), (67, 142, 219), np.uint8), (350, 350))
    for dpi in (300, 350, 600):
        made = print_sheets([blue], gap_mm=0.0, ruler=False, dpi=dpi)
        picture = draw(made.sheets[0], made.cards, dpi, lines_from_mm=None)
        rows, columns = np.nonzero((picture != 255).any(axis=2))
        block = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert (block == (67, 142, 219)).all()


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(60, 130), st.integers(60, 130)),
    st.tuples(st.integers(70, 130), st.integers(70, 130)),
    st.integers(72, 160),
    st.booleans(),
    st.sampled_from([0.0, 0.3, 2.0]),
)
def test_whatever_the_rounding_every_card_is_whole(paper, size_wh, dpi, native, gap):
    """Up to the paper's edge, at any resolution: as much ink as the copies have together."""
    card = png_of(np.full((size_wh[1], size_wh[0], 3), (0, 0, 255), np.uint8), (dpi, dpi) if native else (100, 100))
    try:
        made = print_sheets([card], f"{paper[0]}x{paper[1]}mm", gap_mm=gap, safe_margin_mm=0.0, ruler=False, dpi=dpi)
    except UsageError as error:
        assert error.code == "size_does_not_fit"  # noqa: PT017
        return
    picture = draw(made.sheets[0], made.cards, dpi, lines_from_mm=None)
    assert picture.shape[:2] == size_px(made.sheets[0], dpi)[::-1]
    inked = (picture[..., 0] < 128).sum()
    area = sum(s.width_mm * s.height_mm for s in made.sheets[0].spots) * (dpi / 25.4) ** 2
    ends = sum(s.width_mm + s.height_mm for s in made.sheets[0].spots) * dpi / 25.4
    assert abs(inked - area) <= ends + len(made.sheets[0].spots)  # half a pixel on every side


@pytest.mark.parametrize("dpi", [254, 300, 600])
def test_the_ruler_measures_what_it_says(dpi):
    """From the outer end of one end tick to that of the other: 50 mm to half a pixel."""
    made = print_sheets([jpeg_of(np.full((413, 295, 3), 255, np.uint8))], dpi=dpi)
    (sheet,), mark = made.sheets, made.sheets[0].ruler
    picture = draw(sheet, made.cards, dpi, lines_from_mm=None)[..., 0]
    x, y = round(mark.x_mm / 25.4 * dpi), round(mark.y_mm / 25.4 * dpi)
    w, h = round(mark.width_mm / 25.4 * dpi), round(mark.height_mm / 25.4 * dpi)
    box = picture[y - 1 : y + h + 1, x - 1 : x + w + 1]
    box = np.rot90(box, -1) if mark.turned else box
    foot = [row for row in box if (row < 100).sum() > 0.7 * box.shape[1]]
    dark = np.flatnonzero(foot[-1] < 100)
    assert (dark[-1] - dark[0] + 1) / dpi * 25.4 == pytest.approx(50, abs=0.75 / dpi * 25.4)


def test_the_size_in_pixels_is_that_of_labs():
    made = print_sheets([f_card()])
    assert sorted(size_px(made.sheets[0], 300)) == [1205, 1795]
