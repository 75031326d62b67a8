"""From cards to files: names, refusals, what was asked for."""

from __future__ import annotations

import io

import pytest

import ephoto
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.settings import Settings
from ephoto.sheet.sheets import print_sheets
from tests.sheet.cards import f_card

INCH, TWO = f_card(), f_card((413, 579))


def copies(made):
    return [sheet.counts() for sheet in made.sheets]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        pytest.param({}, [{0: 12}, {1: 4}], id="a full sheet each"),
        pytest.param({"copies": 5}, [{0: 5}, {1: 4}, {1: 1}], id="copies"),
        pytest.param({"copies": 2, "mix": True}, [{0: 2, 1: 2}], id="copies on a shared sheet"),
        pytest.param({"mix": True, "paper": "a4"}, [{0: 17, 1: 17}], id="dealt out evenly"),
    ],
)
def test_how_many_of_each(wishes, expected):
    made = print_sheets([INCH, TWO], **wishes)
    if wishes.get("paper") == "a4":  # the packing may get better, not worse
        (counts,) = copies(made)
        assert min(counts.values()) >= 16
        assert max(counts.values()) - min(counts.values()) <= 1
    else:
        assert copies(made) == expected


def test_what_does_not_fit_is_told_with_what_would():
    with pytest.raises(UsageError) as caught:
        print_sheets([f_card((1200, 1800))], "5in")
    assert (caught.value.code, caught.value.exit_code) == ("size_does_not_fit", 2)
    assert "101.6 x 152.4" in caught.value.message("en")
    assert {"a4", "a5", "7in"} <= set(caught.value.values["fitting"])
    assert not {"6in", "5in"} & set(caught.value.values["fitting"])
    assert "a4" in caught.value.hint("zh")


def test_a_card_that_fits_nowhere():
    with pytest.raises(UsageError) as caught:
        print_sheets([f_card((1600, 2400), dpi=72)])
    assert caught.value.values["fitting"] == ["-"]
    with pytest.raises(UsageError) as caught:
        print_sheets([INCH], margin_mm=60.0)
    assert caught.value.values["free"] == "0 x 0"


def test_a_card_beside_which_no_ruler_fits_is_printed_without():
    made = print_sheets([f_card((1062, 1062))], "90x90mm", safe_margin_mm=0.0)
    assert (copies(made), made.sheets[0].ruler) == ([{0: 1}], None)


@pytest.mark.parametrize(
    ("option", "wishes"),
    [
        ("--copies", {"copies": 0}),
        ("--copies", {"copies": 1000}),
        ("--dpi", {"dpi": 10}),
        ("--gap", {"gap_mm": -1.0}),
        ("--size", {"size": "25x35"}),
    ],
)
def test_numbers_out_of_bounds(option, wishes):
    with pytest.raises(UsageError) as caught:
        print_sheets([INCH], **wishes)
    assert (caught.value.code, caught.value.values["option"]) == ("bad_option", option)


@pytest.mark.parametrize("page", [0, 3, -1])
def test_a_page_that_is_not_there(page):
    with pytest.raises(UsageError) as caught:
        print_sheets([INCH, TWO]).picture(page)
    assert (caught.value.code, caught.value.values["allowed"]) == ("bad_option", "1 to 2")


def test_a_folder_is_no_card(tmp_path):
    with pytest.raises(UsageError) as caught:
        print_sheets([tmp_path])
    assert caught.value.code == "folder_of_cards"
    assert "*.jpg" in caught.value.hint()


def test_no_cards_make_no_sheet():
    with pytest.raises(UsageError):
        print_sheets([])


def test_several_pictures_need_their_number_in_the_name(tmp_path):
    made = print_sheets([INCH, TWO])
    with pytest.raises(UsageError) as caught:
        made.save(tmp_path / "sheet.jpg")
    assert caught.value.code == "sheet_needs_page"
    assert "{page}" in caught.value.hint("en")
    assert list(tmp_path.iterdir()) == []
    assert [p.name for p in made.save(tmp_path / "sheet-{page}.jpg")] == ["sheet-1.jpg", "sheet-2.jpg"]
    assert [p.name for p in made.save(tmp_path / "sheet.pdf")] == ["sheet.pdf"]


@pytest.mark.parametrize("name", ["sheet", "sheet.gif", "sheet-{page}.pdf", "-"])
def test_names_that_promise_nothing_of_ours(name):
    with pytest.raises(UsageError) as caught:
        print_sheets([INCH]).save(name)
    assert (caught.value.code, caught.value.values["option"]) == ("bad_option", "--output")


def test_a_file_that_is_there_is_kept(tmp_path):
    path = tmp_path / "sheet.pdf"
    path.write_bytes(b"mine")
    made = print_sheets([INCH])
    with pytest.raises(EnvironmentFault) as caught:
        made.save(path)
    assert (caught.value.code, path.read_bytes()) == ("output_exists", b"mine")
    made.save(path, overwrite=True)
    assert path.read_bytes().startswith(b"%PDF")


def test_a_sheet_of_too_many_pixels_is_refused_before_any_work(tmp_path):
    made = print_sheets([INCH], "a4", dpi=1200, settings=Settings(max_pixels=100_000_000))
    with pytest.raises(UsageError) as caught:
        made.save(tmp_path / "sheet.png")
    assert caught.value.code == "sheet_too_large"
    assert made.pdf().startswith(b"%PDF")


def test_the_front_door(tmp_path):
    """Paths, bytes and files; the same sheet as by the room's own door."""
    path = tmp_path / "me.jpg"
    path.write_bytes(INCH)
    made = ephoto.print_sheets([path, INCH, io.BytesIO(INCH)], "a4", copies=1, mix=True, cut_lines=True)
    assert isinstance(made, ephoto.PrintSheets)
    assert [card.name for card in made.cards] == [str(path), "card 2", "card 3"]
    assert made.pdf() == print_sheets([INCH, INCH, INCH], "a4", copies=1, mix=True, cut_lines=True).pdf()
