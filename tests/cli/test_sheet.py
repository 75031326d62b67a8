"""`ephoto sheet`: cards in, print sheets out."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.sheet.cards import f_card, f_pixels, jpeg_of


@pytest.fixture
def cards(tmp_path):
    """A folder with three cards: one inch, two inch, and one that states no resolution."""
    for name, data in (
        ("inch.jpg", f_card()),
        ("two.jpg", f_card((413, 579))),
        ("bare.jpg", jpeg_of(f_pixels(), None)),
    ):
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_card_becomes_a_sheet(process, cards):
    """As a process of its own: the file, what is on it, how to print it; nothing on stderr."""
    ended = process("sheet", "inch.jpg", "-o", "sheet.pdf", cwd=cards)
    assert (ended.code, ended.err) == (0, "")
    assert (cards / "sheet.pdf").read_bytes().startswith(b"%PDF")
    first, scale, written = ended.text.splitlines()
    assert first == "Sheet 1: 6in, 102 x 152 mm: 12 x inch.jpg (25.0 x 35.0 mm)"
    assert "100 %" in scale
    assert "50 mm" in scale
    assert written == "Written: sheet.pdf"
    assert sorted(p.name for p in cards.iterdir()) == ["bare.jpg", "inch.jpg", "sheet.pdf", "two.jpg"]


def test_chinese(run, cards):
    told = run("sheet", cards / "inch.jpg", "-o", cards / "s.png", "--lang", "zh", "--no-ruler")
    assert told.code == 0
    assert "第 1 张" in told.text
    assert "没有可供核对的标尺" in told.text
    assert "(25.0 x 35.0 mm)" in told.text


def test_a_small_paper_has_a_shorter_ruler(run, cards):
    """What is printed of it says its own length."""
    words = ["--paper", "60x60mm", "--json"]
    (sheet,) = run("sheet", cards / "inch.jpg", "-o", cards / "s.pdf", *words).json["sheets"]
    assert 0 < sheet["ruler_mm"] < 50
    told = run("sheet", cards / "inch.jpg", "-o", cards / "s.pdf", "--force", *words[:2])
    assert f"{sheet['ruler_mm']:g} mm" in told.text


@pytest.mark.parametrize("words", [["--copies", "1.5"], ["--gap", "abc"]])
def test_numbers_are_refused_in_chinese(run, cards, words):
    told = run("sheet", cards / "inch.jpg", "-o", cards / "s.pdf", *words, "--lang", "zh")
    assert f"{words[0]} 不能是 {words[1]}" in told.err


def test_json_is_one_object(run, cards):
    told = run(
        "sheet", cards / "inch.jpg", cards / "two.jpg", "-o", cards / "s.pdf", "--mix", "--copies", 2, "--json"
    ).json
    assert (told["schema"], told["exit_code"], told["paper"], told["dpi"]) == ("ephoto.sheet/1", 0, "6in", 300)
    assert told["outputs"] == [str(cards / "s.pdf")]
    (sheet,) = told["sheets"]
    assert sheet["ruler_mm"] == 50
    assert [(card["copies"], card["turned"]) for card in sheet["cards"]] == [(2, False), (2, False)]
    assert sheet["cards"][0]["size_mm"] == [24.977, 34.967]


def test_every_option(run, cards):
    ended = run(
        "sheet", cards / "inch.jpg", cards / "two.jpg", "-o", cards / "s-{page}.png", "--paper", "5x7", "--copies", 9,
        "--gap", 0, "--margin", 5, "--safe-margin", 2, "--cut-lines", "--dpi", 600,
    )  # fmt: skip
    assert ended.code == 0
    image = Image.open(io.BytesIO((cards / "s-1.png").read_bytes()))
    assert sorted(image.size) == [3000, 4205]
    assert (cards / "s-2.png").exists()


def test_a_card_without_resolution_needs_a_word(run, cards):
    ended = run("sheet", cards / "bare.jpg", "-o", cards / "s.jpg")
    assert ended.code == 2
    assert "card_without_dpi" in ended.err
    for words in (("--size", "25x35mm"), ("--dpi", "300", "--force")):
        assert run("sheet", cards / "bare.jpg", "-o", cards / "s.jpg", *words).code == 0
    assert Image.open(io.BytesIO((cards / "s.jpg").read_bytes())).info["dpi"] == (300, 300)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["inch.jpg", "-o", "s.gif"], 2, "bad_option", id="a suffix of no sheet"),
        pytest.param(["inch.jpg"], 2, "argument_missing", id="no output"),
        pytest.param(["-o", "s.pdf"], 2, "argument_missing", id="no card"),
        pytest.param(["inch.jpg", "-o", "s.pdf", "--paper", "b9"], 2, "paper_unknown", id="paper"),
        pytest.param(["inch.jpg", "-o", "s.pdf", "--gap", "wide"], 2, "bad_option", id="no number"),
        pytest.param(["inch.jpg", "-o", "s.pdf", "--copies", "1.5"], 2, "bad_option", id="half a copy"),
        pytest.param(["inch.jpg", "-o", "s.pdf", "--margin", "-1"], 2, "bad_option", id="margin"),
        pytest.param(["inch.jpg", "-o", "s.pdf", "--safe-margin", "inf"], 2, "bad_option", id="endless margin"),
        pytest.param([".", "-o", "s.pdf"], 2, "folder_of_cards", id="a folder"),
        pytest.param(["-", "-o", "s.pdf"], 2, "card_from_stdin", id="stdin"),
        pytest.param(["inch.jpg", "-o", "s.pdf", "--gap", "nan"], 2, "bad_option", id="not a number"),
        pytest.param(["inch.jpg", "-o", "s.pdf", "--size", "60x84cm"], 2, "size_does_not_fit", id="too large"),
        pytest.param(["inch.jpg", "two.jpg", "-o", "s.jpg"], 2, "sheet_needs_page", id="two pictures, one name"),
        pytest.param(["inch.jpg", "-o", "inch.jpg"], 2, "same_file", id="onto the card"),
        pytest.param(["inch.jpg", "-o", "inch.jpg", "--force"], 2, "same_file", id="onto the card, by force"),
        pytest.param(["inch.jpg", "-o", "two.jpg"], 6, "output_exists", id="already there"),
        pytest.param(["inch.jpg", "-o", "nowhere/s.pdf"], 6, "output_failed", id="no folder"),
        pytest.param(["none.jpg", "-o", "s.pdf"], 3, "not_found", id="no such card"),
        pytest.param(["text.jpg", "-o", "s.pdf"], 3, "not_a_picture", id="no picture"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_refusals_write_nothing(run, cards, monkeypatch, words, code, said, as_json):
    monkeypatch.chdir(cards)
    (cards / "text.jpg").write_text("no picture")
    before = {p.name: p.read_bytes() for p in cards.iterdir()}
    ended = run("sheet", *words, *(["--json"] if as_json else []))
    assert ended.code == code
    assert f"[{said}]" in ended.err
    if as_json:
        assert (ended.json["exit_code"], ended.json["error"]["code"]) == (code, said)
    assert {p.name: p.read_bytes() for p in cards.iterdir()} == before


def test_a_sheet_does_not_go_to_stdout(run, cards):
    """A name says whether it is a PDF or a picture; - says nothing."""
    ended = run("sheet", cards / "inch.jpg", "-o", "-")
    assert (ended.code, ended.out) == (2, b"")
    assert "[bad_option]" in ended.err


def test_force_replaces(run, cards):
    (cards / "s.pdf").write_bytes(b"old")
    assert run("sheet", cards / "inch.jpg", "-o", cards / "s.pdf", "--force").code == 0
    assert (cards / "s.pdf").read_bytes().startswith(b"%PDF")


def test_papers_in_the_help_are_those_of_the_table(run):
    from ephoto.sheet.paper import papers

    told = " ".join(run("sheet", "--help").text.split())
    assert all(paper.id in told for paper in papers())
    assert "50 mm, less on small papers" in told
