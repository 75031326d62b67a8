"""Sheets as PDF: the cards' own bytes, true millimetres, no mirror image."""

from __future__ import annotations

import base64
import re
import zlib

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from ephoto.sheet.sheets import print_sheets
from tests.images import assert_similar
from tests.sheet.cards import f_card, f_pixels, png_of
from tests.sheet.rendering import rendered, turned_back


def streams(data):
    """Every stream of a PDF that reportlab wrote: its dictionary, and its bytes with all filters but DCT undone."""
    for header, body in re.findall(rb"<<([^>]*)>>\s*stream\r?\n(.*?)endstream", data, re.DOTALL):
        if b"ASCII85Decode" in header:
            body = base64.a85decode(b"".join(body.split()), adobe=False) if not body.strip().endswith(
                b"~>") else base64.a85decode(b"<~" + b"".join(body.split()), adobe=True)  # fmt: skip
        if b"FlateDecode" in header:
            body = zlib.decompress(body)
        yield header, body


def test_a_jpeg_is_in_it_byte_by_byte_and_once():
    """Twelve copies, one stream, the card's own bytes: nothing was compressed a second time."""
    card = f_card()
    data = print_sheets([card], "6in").pdf()
    pictures = [body for header, body in streams(data) if b"/Image" in header]
    assert pictures == [card]
    (header,) = (header for header, _ in streams(data) if b"/Image" in header)
    assert b"DCTDecode" in header


def test_a_png_is_in_it_without_loss():
    data = print_sheets([png_of(f_pixels())], "6in").pdf()
    (picture,) = (body for header, body in streams(data) if b"/Image" in header)
    assert picture == f_pixels().tobytes()


def test_pages_have_the_papers_size_and_sheets_are_pages():
    data = print_sheets([f_card(), f_card((413, 579))], "6in", copies=13).pdf()
    document = pypdfium2.PdfDocument(data)
    sizes = [tuple(side / 72 * 25.4 for side in page.get_size()) for page in document]
    document.close()
    assert len(sizes) == 2 + 4  # 12 and 1 of one inch; 4, 4, 4 and 1 of two
    for size in sizes:
        assert sorted(size) == pytest.approx([102, 152], abs=0.01)


@pytest.mark.parametrize("made_by", [f_card, lambda *a: png_of(f_pixels(a[0]), (a[1], a[1]))], ids=["JPEG", "PNG"])
def test_a_turned_card_is_never_mirrored(made_by):
    """Rendered by PDFium, each card turned back is the F and not its mirror image."""
    cards = [made_by((709, 472), 200), made_by((236, 433), 200)]
    made = print_sheets(cards, "100x100mm", mix=True, copies=1, ruler=False)
    (page,) = rendered(made.pdf(), 200)
    assert {spot.turned for spot in made.sheets[0].spots} == {True, False}
    for spot in made.sheets[0].spots:
        own = made.cards[spot.card].pixels
        cut = turned_back(page, spot, 200)
        fitted = np.asarray(Image.fromarray(np.ascontiguousarray(cut)).resize((own.shape[1], own.shape[0])))
        assert_similar(fitted, own, mean=6)
        assert np.abs(fitted.astype(int) - own[:, ::-1]).mean() > 15


def test_cards_and_ruler_measure_what_they_should():
    """At 600 dpi: a card's coloured ground is 25 x 35 mm, the ruler's line 50 mm."""
    made = print_sheets([f_card(ground=(67, 142, 219))], "6in", copies=1)
    (page,) = rendered(made.pdf(), 600)
    blue = (page[..., 2] > 180) & (page[..., 0] < 110)
    rows, columns = np.flatnonzero(blue.any(axis=1)), np.flatnonzero(blue.any(axis=0))
    assert (columns[-1] - columns[0] + 1) / 600 * 25.4 == pytest.approx(24.977, abs=0.07)
    assert (rows[-1] - rows[0] + 1) / 600 * 25.4 == pytest.approx(34.967, abs=0.07)
    mark = made.sheets[0].ruler
    x, y = (round(v / 25.4 * 600) for v in (mark.x_mm, mark.y_mm))
    box = page[y - 9 : y + round(mark.height_mm / 25.4 * 600) + 9, x - 9 : x + round(mark.width_mm / 25.4 * 600) + 9, 0]
    box = np.rot90(box, -1) if mark.turned else box
    foot = max((row for row in box < 128), key=lambda row: row.sum())
    dark = np.flatnonzero(foot)
    assert (dark[-1] - dark[0] + 1) / 600 * 25.4 == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize("gap", [0.0, 2.0])
def test_white_cards_have_an_edge_that_is_seen(gap):
    white = png_of(np.full((413, 295, 3), 255, np.uint8))
    made = print_sheets([white], gap_mm=gap, cut_lines=True, ruler=False)
    (page,) = rendered(made.pdf(), 300)
    for spot in made.sheets[0].spots:
        x, y = (round(v / 25.4 * 300) for v in (spot.x_mm, spot.y_mm))
        for strip in (page[y + 200, x - 3 : x + 3], page[y - 3 : y + 3, x + 150], page[y + 200, x + 292 : x + 298]):
            assert (strip < 220).any()


def test_viewers_are_asked_to_print_at_full_size_and_the_bytes_are_the_same_each_time():
    made = print_sheets([f_card()], cut_lines=True)
    assert made.pdf() == made.pdf()
    assert re.search(rb"/PrintScaling\s*/None", made.pdf())
