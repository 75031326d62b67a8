"""`ephoto specs`."""

from __future__ import annotations

import tomllib

import pytest

from ephoto.report.json import plain
from ephoto.specs import load


def test_list_names_every_spec(run):
    lines = run("specs", "list").text.splitlines()
    assert [line.split()[0] for line in lines] == [spec.id for spec in load.listing()]
    assert any("358x441" in line and "350 dpi" in line and "14336-40000 B" in line for line in lines)


def test_list_as_json(run):
    told = run("specs", "list", "--json").json
    by_id = {row["id"]: row for row in told["specs"]}
    assert told["schema"] == "ephoto.specs/1"
    assert by_id["cn-social-security-card"]["size_px"] == [358, 441]
    assert by_id["us-visa"]["edit"] == "forbidden"


def test_titles_in_chinese(run):
    assert "社会保障卡" in run("specs", "list", "--lang", "zh").text


@pytest.mark.parametrize("spec_id", [spec.id for spec in load.listing()])
def test_show_is_toml_that_says_the_same(spec_id, run):
    text = run("specs", "show", spec_id).text
    shown = load.show(load.get(spec_id))
    said = run("specs", "show", spec_id, "--json").json["spec"]
    assert plain(tomllib.loads(text)) == said, "an open end is inf in TOML and null in JSON"
    assert list(tomllib.loads(text)["geometry"]) == list(shown["geometry"])


@pytest.mark.parametrize("name", ["cn-resident-id", "icao-9303"])
def test_what_is_shown_is_a_spec_file_again(name, run, tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(run("specs", "show", name).text, "utf-8")
    assert load.get(path).rules == load.get(name).rules
    assert load.get(path).photo_rules == load.get(name).photo_rules


def test_an_alias_and_a_file_of_ones_own(run, tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('same_as = "cn-resident-id"\n', "utf-8")
    assert run("specs", "show", "ds-160", "--json").json["id"] == "us-visa"
    assert run("specs", "show", own, "--json").json["id"] == "mine"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param('same_as = "cn-resident-id"\ncolour = "red"\n', "colour", id="unknown key"),
        pytest.param('same_as = "cn-resident-id"\n[size]\ndpi = "many"\n', "size.dpi", id="wrong type"),
        pytest.param('same_as = "cn-resident-id"\n[quality.nose]\nfail = [0, 1]\n', "quality.nose", id="no check"),
        pytest.param("same_as = \n", "mine.toml", id="not TOML"),
    ],
)
def test_a_wrong_file_names_itself_and_the_key(text, told, run, tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text(text, "utf-8")
    ended = run("specs", "show", own)
    assert ended.code == 2
    assert told in ended.err
    assert "mine.toml" in ended.err
