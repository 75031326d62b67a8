"""Where cards are written, and what is refused before any work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ephoto.cli.targets import plan
from ephoto.core.errors import EphotoError
from ephoto.specs import load

CARD, ID = load.get("cn-social-security-card"), load.get("cn-resident-id")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """Relative names stand in a folder of the test's own, with one photo."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/me.jpg").write_bytes(b"photo")
    Path("in/you.jpg").write_bytes(b"photo")


def paths(photos, specs, output, **kw):
    return [
        None if t.path is None else t.path.as_posix() for t in plan(photos, specs, output, **({"force": False} | kw))
    ]


def refused(photos, specs, output, **kw):
    with pytest.raises(EphotoError) as caught:
        paths(photos, specs, output, **kw)
    return caught.value.code


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(None, "in/me.cn-social-security-card.jpg", id="left out"),
        pytest.param("card.jpg", "card.jpg", id="file"),
        pytest.param("in", "in/me.cn-social-security-card.jpg", id="folder"),
        pytest.param("new/", "new/me.cn-social-security-card.jpg", id="folder to be made"),
        pytest.param("{stem}-{spec}.jpeg", "me-cn-social-security-card.jpeg", id="template"),
        pytest.param("-", None, id="stdout"),
    ],
)
def test_one_card(output, expected):
    assert paths(["in/me.jpg"], [CARD], output) == [expected]


def test_stdin_goes_to_stdout_unless_told_otherwise():
    assert paths(["-"], [CARD], None) == [None]
    assert paths(["-"], [CARD], "in") == ["in/stdin.cn-social-security-card.jpg"]


def test_several_cards_in_order():
    assert paths(["in/me.jpg", "in/you.jpg"], [CARD, ID], "{stem}.{spec}.jpg") == [
        "me.cn-social-security-card.jpg",
        "me.cn-resident-id.jpg",
        "you.cn-social-security-card.jpg",
        "you.cn-resident-id.jpg",
    ]


def test_names_with_spaces_and_signs_are_kept():
    Path("in/我 的 🙂.jpg").write_bytes(b"photo")
    assert paths(["in/我 的 🙂.jpg"], [CARD], None) == ["in/我 的 🙂.cn-social-security-card.jpg"]


@pytest.mark.parametrize(
    ("photos", "specs", "output", "code"),
    [
        pytest.param(["in"], [CARD], None, "folder_input", id="folder as photo"),
        pytest.param(["in/me.jpg", "in/you.jpg"], [CARD], "card.jpg", "several_outputs", id="photos to one file"),
        pytest.param(["in/me.jpg"], [CARD, ID], "card.jpg", "several_outputs", id="specs to one file"),
        pytest.param(["in/me.jpg"], [CARD, ID], "-", "several_outputs", id="specs to stdout"),
        pytest.param(["-"], [CARD, ID], None, "several_outputs", id="specs from stdin to stdout"),
        pytest.param(["-", "-"], [CARD], "in", "stdin_twice", id="stdin twice"),
        pytest.param(["in/me.jpg"], [CARD, ID], "{stem}.jpg", "same_output", id="template without spec"),
        pytest.param(["in/me.jpg", "in/me.jpg"], [CARD], None, "same_output", id="one photo twice"),
        pytest.param(["in/me.jpg"], [CARD], "card.png", "suffix_mismatch", id="suffix"),
        pytest.param(["in/me.jpg"], [CARD], "card", "suffix_mismatch", id="no suffix"),
        pytest.param(["in/me.jpg"], [CARD], "in/me.jpg", "same_file", id="itself"),
        pytest.param(["in/me.jpg"], [CARD], "in/../in/me.jpg", "same_file", id="itself by another name"),
        pytest.param(["in/gone.jpg"], [CARD], "in/gone.jpg", "same_file", id="itself though it is not there"),
        pytest.param(["in/me.jpg"], [CARD], "in/you.jpg", "output_exists", id="exists"),
        pytest.param(["in/me.jpg"], [CARD], "nowhere/card.jpg", "output_failed", id="no folder"),
        pytest.param(["in/me.jpg"], [CARD], "in/you.jpg/card.jpg", "output_failed", id="a file as folder"),
        pytest.param(["in/me.jpg"], [CARD], "in/you.jpg/", "output_failed", id="a file as folder to be made"),
        pytest.param(["in/me.jpg"], [CARD], f"{'a' * 300}.jpg", "output_failed", id="too long a name"),
        pytest.param(["in/me.jpg"], [CARD], f"{'a' * 300}/", "output_failed", id="too long a folder"),
        pytest.param([""], [CARD], None, "bad_option", id="photo without a name"),
        pytest.param(["in/me.jpg"], [CARD], "", "bad_option", id="output without a name"),
    ],
)
def test_what_is_refused(photos, specs, output, code):
    assert refused(photos, specs, output) == code


def test_force_replaces_a_file_but_never_the_photo():
    assert paths(["in/me.jpg"], [CARD], "in/you.jpg", force=True) == ["in/you.jpg"]
    assert refused(["in/me.jpg"], [CARD], "in/me.jpg", force=True) == "same_file"


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
def test_the_photo_by_a_link_is_the_photo(link):
    link(Path("in/me.jpg").absolute(), "card.jpg")
    assert refused(["in/me.jpg"], [CARD], "card.jpg", force=True) == "same_file"


def test_a_dangling_link_is_something_that_is_there():
    Path("card.jpg").symlink_to("nothing.jpg")
    assert refused(["in/me.jpg"], [CARD], "card.jpg") == "output_exists"


def test_no_photo_that_was_named_is_replaced_by_the_card_of_another():
    """The card of the first would be the second, even by a link."""
    Path("in/me.cn-resident-id.jpg").write_bytes(b"photo")
    photos = ["in/me.jpg", "in/me.cn-resident-id.jpg"]
    assert refused(photos, [ID], None, force=True) == "same_file"
    os.link("in/you.jpg", "me.jpg")
    assert refused(["in/me.jpg", "in/you.jpg"], [CARD], "{stem}.jpg", force=True) == "same_file"


@pytest.mark.parametrize("photo", ["nowhere/me.jpg", "in/me.jpg/me.jpg", f"{'a' * 300}.jpg"])
def test_a_photo_that_is_not_there_is_left_to_be_told_when_it_is_read(photo):
    """That the photo is missing says more than that its folder is."""
    (path,) = paths([photo], [CARD], None)
    assert path.endswith(".cn-social-security-card.jpg")


def test_a_folder_that_is_named_like_a_card_is_a_folder():
    Path("cards.jpg").mkdir()
    assert paths(["in/me.jpg"], [CARD], "cards.jpg") == ["cards.jpg/me.cn-social-security-card.jpg"]
