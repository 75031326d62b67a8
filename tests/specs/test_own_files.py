"""A caller's own TOML: what it inherits, and what each mistake is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ephoto.core.errors import SpecError
from ephoto.core.messages import LANGUAGES
from ephoto.specs import load
from ephoto.specs.files import inherit
from ephoto.specs.model import PhotoRule

if TYPE_CHECKING:
    from pathlib import Path

    from ephoto.specs.model import Spec

BADGE = """
[title]
en = "Badge"
[size]
mm = [30, 40]
dpi = 300
[geometry.crown_chin]
unit = "mm"
min = 24
max = 28
[geometry.hair_top_gap]
unit = "mm"
min = 2
max = 6
"""


def own(folder: Path, text: str, name: str = "my.toml") -> Spec:
    path = folder / name
    path.write_text(text, "utf-8")
    return load.get(str(path))


def told(folder: Path, text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        own(folder, text)
    error = caught.value
    assert error.code == "spec_invalid"
    assert error.values["file"] == "my.toml"
    for lang in LANGUAGES:
        assert "my.toml" in error.message(lang)
        assert error.values["key"] in error.message(lang)
    return error


def test_a_whole_spec(tmp_path: Path) -> None:
    spec = own(tmp_path, BADGE)
    assert (spec.id, spec.title_en, spec.title_zh, spec.size_wh) == ("my", "Badge", "my", (354, 472))
    assert [r.measure for r in spec.rules] == ["crown_chin", "hair_top_gap"]
    assert spec.rules[0].low == pytest.approx(24 / 25.4 * 300)
    assert (spec.rules[0].source, spec.rules[0].grade) == ("not stated", "C")
    assert spec.rules[0].aim == pytest.approx(26 / 25.4 * 300)
    assert (spec.background.edit, spec.background.default, spec.background.rgb) == ("ok", "replace", (255, 255, 255))
    assert (spec.window.low, spec.window.high) == (None, None)
    assert spec.names == ("{id}.jpg",)


def test_a_size_alone_gets_the_iso_defaults(tmp_path: Path) -> None:
    spec = own(tmp_path, "[size]\npx = [300, 400]")
    assert spec.same_as == "_iso-defaults"
    assert spec.rules == load.adhoc("300x400px").rules
    assert spec.dpi == 300


def test_bytes_alone_over_another_spec(tmp_path: Path) -> None:
    spec = own(tmp_path, 'same_as = "cn-social-security-card"\n[bytes.default]\nmin = 9216\nmax = 20000')
    base = load.get("cn-social-security-card")
    assert spec.rules == base.rules
    assert (spec.size_wh, spec.quality, spec.priority) == (base.size_wh, base.quality, base.priority)
    assert [p.name for p in spec.profiles] == ["default"], "windows are replaced as a whole"
    assert (spec.window.low, spec.window.high) == (9216, 20000)
    assert spec.aliases == (), "names are never inherited"


def test_one_rule_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """So that no number keeps the source of another one."""
    spec = own(tmp_path, 'same_as = "cn-resident-id"\n[geometry.face_width]\nmin = 200')
    rule = spec.rule("face_width")
    assert rule is not None
    assert (rule.low, rule.high, rule.aim, rule.source) == (200, None, None, "not stated")
    assert spec.rule("hair_top_gap") == load.get("cn-resident-id").rule("hair_top_gap")


QUALITY = "[quality.head_yaw]\nfail = [-8, 8]\nwarn = [-5.0, 5]\nsource = 'a sheet'\ngrade = 'B'\n"


def test_checks_of_the_photo(tmp_path: Path) -> None:
    spec = own(tmp_path, BADGE + QUALITY + "[quality.smile]\nwarn = [-inf, 1.0]\n[quality.gaze]\nasked = false\n")
    gaze, yaw, smile = spec.photo_rules
    assert yaw == PhotoRule("head_yaw", (-8.0, 8.0), (-5.0, 5.0), None, None, "a sheet", "B")
    assert (smile.fail, smile.warn) == (None, (-float("inf"), 1.0))
    assert (gaze.asked, gaze.required, gaze.source) == (False, None, "not stated")
    assert load.get("cn-1inch").photo_rules == ()


def test_checks_of_the_photo_are_inherited_one_by_one(tmp_path: Path) -> None:
    spec = own(tmp_path, "same_as = 'icao-9303'\n[quality.head_yaw]\nfail = [-3, 3]")
    inherited = {r.code: r for r in load.get("icao-9303").photo_rules}
    told = {r.code: r for r in spec.photo_rules}
    assert told.keys() == inherited.keys()
    assert told["head_pitch"] == inherited["head_pitch"]
    assert (told["head_yaw"].fail, told["head_yaw"].warn, told["head_yaw"].source) == ((-3, 3), None, "not stated")


def test_a_rule_can_be_left_out(tmp_path: Path) -> None:
    spec = own(tmp_path, 'same_as = "schengen"\nwithout = ["eye_line_from_bottom"]')
    assert spec.rule("eye_line_from_bottom") is None
    assert spec.rule("crown_chin") is not None


def test_what_a_parent_left_out_stays_out() -> None:
    """japan-my-number inherits from japan-passport, which drops two rules of schengen."""
    assert load.get("japan-passport").rule("eye_from_top") is None
    assert load.get("japan-my-number").rule("eye_from_top") is None
    assert load.get("japan-my-number").rule("hair_top_gap") is not None, "from the third record up"


def test_an_own_file_may_have_the_name_of_the_spec_that_it_changes(tmp_path: Path) -> None:
    spec = own(tmp_path, 'same_as = "us-visa"\n[file]\nmax_compression_ratio = 10', "us-visa.toml")
    assert spec.max_compression_ratio == 10


def test_mm_rules_follow_a_new_resolution(tmp_path: Path) -> None:
    spec = own(tmp_path, 'same_as = "schengen"\n[size]\ndpi = 600')
    assert spec.size_wh == (827, 1063)
    rule = spec.rule("crown_chin")
    assert rule is not None
    assert rule.low == pytest.approx(32 / 25.4 * 600)


@pytest.mark.parametrize(
    "value", ["[35, 45]", '{ value = [35, 45], source = "letter", grade = "A" }'], ids=["bare", "cited"]
)
def test_a_value_may_be_bare_or_cited(tmp_path: Path, value: str) -> None:
    spec = own(tmp_path, f"[size]\nmm = {value}\ndpi = 300")
    assert spec.size_wh == (413, 531)
    assert spec.figures[-1].source == ("letter" if "letter" in value else "not stated")


def test_same_as_takes_an_alias(tmp_path: Path) -> None:
    spec = own(tmp_path, 'same_as = "一寸"')
    assert (spec.same_as, spec.size_wh) == ("cn-1inch", (295, 413))


def test_a_circle_is_refused() -> None:
    """No file of the package has one: a table that pretends to be the root of its own parent."""
    with pytest.raises(SpecError, match="leads back to itself"):
        inherit({"same_as": "cn-residence-permit"}, file="x.toml", spec_id="cn-resident-id")


def test_file_names_follow_the_format(tmp_path: Path) -> None:
    assert own(tmp_path, BADGE + "[file]\nformat = 'PNG'\n").names == ("{id}.png",)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_bytes(b"\xef\xbb\xbf" + BADGE.encode())
    assert load.get(path).size_wh == (354, 472)


TYPOS = [  # text, key, and a word of what is allowed
    ("sise = 3", "sise", "size"),
    ("[size]\nmm = [30, 40]\ndip = 300", "size.dip", "dpi"),
    ("[size.mm]\nvalue = [30, 40]\nsourse = 'x'", "size.mm.sourse", "source"),
    ("[size.range]\nmini = [3, 4]", "size.range.mini", "aspect"),
    ("[title]\nde = 'x'", "title.de", "zh"),
    ("[background]\ncolor = '#FFFFFF'", "background.color", "colour"),
    ("[file]\nformt = 'JPEG'", "file.formt", "format"),
    ("[file.quality]\nvalue = 80\ngrad = 'A'", "file.quality.grad", "grade"),
    ("[bytes.default]\nmaximum = 3", "bytes.default.maximum", "max"),
    ("[quality.head_yaw]\nfailed = [1, 2]", "quality.head_yaw.failed", "warn"),
    ("[quality.'Head yaw']\nfail = [1, 2]", 'quality."Head yaw"', "docs/checks.md"),
    ("[geometry.face_widht]\nmin = 3", "geometry.face_widht", "face_width"),
    ("[geometry.face_width]\nminimum = 3", "geometry.face_width.minimum", "min"),
]


@pytest.mark.parametrize(("text", "key", "allowed"), TYPOS, ids=[t[1] for t in TYPOS])
def test_an_unknown_key_is_named_with_the_known_ones(tmp_path: Path, text: str, key: str, allowed: str) -> None:
    error = told(tmp_path, text)
    assert error.values["key"] == key
    assert error.values["problem"].startswith("unknown key")
    assert allowed in error.values["allowed"]
    assert allowed in error.hint()


def test_a_slip_of_the_pen_is_answered(tmp_path: Path) -> None:
    assert "did you mean face_width" in told(tmp_path, "[geometry.face_widht]\nmin = 3").values["problem"]


WRONG = [  # text, key, words of the problem, words of what is allowed
    ("[size]\nmm = 30", "size.mm", "cannot be 30", "two numbers above 0"),
    ("[size]\nmm = [30]", "size.mm", "cannot be [30]", "two numbers above 0"),
    ("[size]\nmm = [30, -1]", "size.mm", "cannot be -1", "two numbers above 0"),
    ("[size]\nmm = [30, nan]", "size.mm", "cannot be nan", "two numbers above 0"),
    ("[size]\nmm = { source = 'x' }", "size.mm.value", "missing", "two numbers above 0"),
    ("[size]\npx = [300, 400.5]", "size.px", "cannot be 400.5", "whole numbers"),
    ("[size]\ndpi = '300'", "size.dpi", "cannot be '300'", "30 to 2400"),
    ("[size]\ndpi = true", "size.dpi", "cannot be true", "30 to 2400"),
    ("[size]\ndpi = 10", "size.dpi", "cannot be 10", "30 to 2400"),
    ("[size.range]\nunit = 'inch'", "size.range.unit", "cannot be 'inch'", "px or mm"),
    ("size = 3", "size", "cannot be 3", "table"),
    ("[quality.gaze]\nfail = [1]", "quality.gaze.fail", "cannot be [1]", "[low, high]"),
    ("[quality.gaze]\nwarn = 1", "quality.gaze.warn", "cannot be 1", "[low, high]"),
    ("[quality.gaze]\nasked = 1", "quality.gaze.asked", "cannot be 1", "true or false"),
    ("priority = ['eyes']", "priority", "cannot be 'eyes'", "eye_from_top"),
    ("without = ['eyes']", "without", "cannot be 'eyes'", "eye_from_top"),
    ("enlarge = 'no'", "enlarge", "cannot be 'no'", "forbidden"),
    ("hair_may_be_cut = 1", "hair_may_be_cut", "cannot be 1", "true or false"),
    ("checked = 2026-01-02", "checked", "cannot be 2026-01-02", "in quotes"),
    ("aliases = 'x'", "aliases", "cannot be 'x'", "a list"),
    ("names = []", "names", "cannot be []", "{id}"),
    ("[background]\ncolour = 'white'", "background.colour", "cannot be 'white'", "#RRGGBB"),
    ("[background]\nedit = 'never'", "background.edit", "cannot be 'never'", "forbidden"),
    ("[background]\nmax_spread = 300", "background.max_spread", "cannot be 300", "0 to 255"),
    ("[file]\nformat = 'GIF'", "file.format", "cannot be 'GIF'", "JPEG or PNG"),
    ("[file]\nquality = 101", "file.quality", "cannot be 101", "1 to 100"),
    ("[bytes.default]\nmin = 0", "bytes.default.min", "cannot be 0", "bytes above 0"),
    ("[bytes.default]\nprefer = [3]", "bytes.default.prefer", "cannot be [3]", "[from, to]"),
    ("'' = 1", '""', "unknown key", "size"),
    ("same_as = 'cn-1inch'\n[bytes.20k-plus]\nmin = 'x'", "bytes.20k-plus.min", "cannot be 'x'", "bytes above 0"),
    ("[bytes.Upper]\nmin = 1", "bytes.Upper", "unknown key", "a-z"),
    ("[geometry.ied]\nmin = -1", "geometry.ied.min", "cannot be -1", "not below 0"),
    ("[geometry.ied]\nunit = 'cm'", "geometry.ied.unit", "cannot be 'cm'", "inch"),
    ("[geometry.ied]\ngrade = 'Z'", "geometry.ied.grade", "cannot be 'Z'", "A, A'"),
    ("[geometry.ied]\nsoft = 'yes'", "geometry.ied.soft", "cannot be 'yes'", "true or false"),
    ("geometry = [1]", "geometry", "cannot be [1]", "face_width"),
]


@pytest.mark.parametrize(("text", "key", "problem", "allowed"), WRONG, ids=[f"{w[1]}-{k}" for k, w in enumerate(WRONG)])
def test_a_wrong_value_is_told_with_what_is_allowed(
    tmp_path: Path, text: str, key: str, problem: str, allowed: str
) -> None:
    error = told(tmp_path, text)
    assert error.values["key"] == key
    assert problem in error.values["problem"]
    assert allowed in error.hint()


SENSELESS = [  # right in shape, wrong in meaning
    ("same_as = 'us-passprt'", "same_as", "is no spec", "us-passport"),
    ("same_as = '../secret'", "same_as", "is no spec", "us-passport"),
    ("[size]\ndpi = 300", "size", "no size", "mm"),
    ("names = ['card.jpg']\n" + BADGE, "names", "no template", "{id}"),
    ("names = ['{id}.png']\n" + BADGE, "names", "no template", ".jpg"),
    ("names = ['../{id}.jpg']\n" + BADGE, "names", "no template", "{id}"),
    ("names = ['{id}{age}.jpg']\n" + BADGE, "names", "no template", "{name}"),
    ("priority = ['ied']\n" + BADGE, "priority", "no rule", "crown_chin"),
    ("priority = ['crown_chin', 'crown_chin']\n" + BADGE, "priority", "twice", "once"),
    (BADGE.replace("dpi = 300", "dpi = 300\npx = [300, 400]"), "size.px", "not the print size", "354, 472"),
    ("[size]\npx = [20, 30]", "size", "20 x 30 px", "48 to 12000"),
    ("[size]\nmm = [9000, 9000]", "size", "106299 x 106299 px", "48 to 12000"),
    (BADGE.replace("dpi = 300", "dpi = 300\ninch = [1, 2]"), "size.inch", "twice", "mm or inch"),
    (BADGE + "[size.range]\nmax = [300, 400]\n", "size.px", "outside size.range", "300, 400"),
    (BADGE + "[size.range]\naspect = [1, 1]\n", "size.px", "aspect", "1:1"),
    (BADGE.replace("max = 28", "max = 20"), "geometry.crown_chin.max", "below min", "at least 24"),
    (BADGE.replace("max = 28", "max = 28\naim = 30"), "geometry.crown_chin.aim", "outside the bounds", "24 to 28"),
    (BADGE.replace("max = 28", "max = 41"), "geometry.crown_chin.max", "more than the card's side", "up to 40"),
    (BADGE + "[geometry.ied]\nunit = 'ratio'\nmin = 25\n", "geometry.ied.min", "more than the card's side", "up to 1"),
    (BADGE + "[geometry.ied]\naim = 100\n", "geometry.ied", "neither a minimum nor a maximum", "min, max"),
    (BADGE.replace("crown_chin", "crown_gap"), "geometry", "scale of the face", "face_width"),
    (BADGE.replace("hair_top_gap", "eye_mid_x"), "geometry", "height of the face", "eye_from_top"),
    (BADGE + "[quality.head_yaw]\nfail = [9, 8]\n", "quality.head_yaw.fail", "holds nothing", "low first"),
    (BADGE + "[quality.head_yaw]\nwarn = [nan, 8]\n", "quality.head_yaw.warn", "holds nothing", "low first"),
    (BADGE + "[quality.gaze]\nfail = [0, 2]\nwarn = [1, 3]\n", "quality.gaze.warn", "not inside fail", "0 to 2"),
    (BADGE + "[quality.gaze]\nsource = 'me'\n", "quality.gaze", "nothing is stated", "fail, warn, required or asked"),
    (BADGE + "[quality.gaze]\nfail = [0, 2]\nrequired = false\n", "quality.gaze.fail", "only advises", "warn alone"),
    (BADGE + "[bytes.small]\nmax = 3000\n", "bytes", "no profile named default", "bytes.default"),
    (BADGE + "[bytes.default]\nmin = 3000\nmax = 2000\n", "bytes.default", "out of order", "min <= prefer"),
    (BADGE + "[bytes.default]\nmax = 2000\nprefer = [1000, 3000]\n", "bytes.default", "out of order", "min <= prefer"),
    ("same_as = 'cn-resident-id'\n[size]\nmm = [25, 35]", "geometry.", "belong to the size", "without"),
    ("same_as = 'cn-resident-id'\n[size]\ndpi = 300", "size.px", "not the print size", "307"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "problem", "allowed"), SENSELESS, ids=[str(k) for k in range(len(SENSELESS))])
def test_a_senseless_spec_is_told(tmp_path: Path, text: str, key: str, problem: str, allowed: str) -> None:
    error = told(tmp_path, text)
    assert error.values["key"].startswith(key)
    assert problem in error.values["problem"]
    assert allowed in error.hint()


@pytest.mark.parametrize(
    ("data", "key", "allowed"),
    [
        (b"[size\n", "line 1", "TOML"),
        (b"a = 1\na = 2\n", "line 2", "TOML"),
        (b"# \xff\n", "byte 2", "UTF-8"),
        (b"a = " + b"[" * 5000, "file", "three deep"),
    ],
    ids=["syntax", "twice", "not-utf8", "too-deep"],
)
def test_a_file_that_is_not_toml_says_where(tmp_path: Path, data: bytes, key: str, allowed: str) -> None:
    path = tmp_path / "my.toml"
    path.write_bytes(data)
    with pytest.raises(SpecError) as caught:
        load.get(path)
    assert caught.value.code == "spec_invalid"
    assert caught.value.values["key"].startswith(key)
    assert allowed in caught.value.hint()
