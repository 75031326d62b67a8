"""What every spec of the package must fulfil."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, get_args

import pytest

from ephoto.core.units import px_from_mm, round_half_up
from ephoto.specs import load, schema
from ephoto.specs.files import DATA, INDEX, folded, ids, read
from ephoto.specs.model import MEASURES, Grade, Measure, Spec
from ephoto.specs.resolve import LENGTHS, POSITIONS

FILES = sorted(p.name for p in DATA.glob("*.toml") if p.name != INDEX)
ASKED_FOR = [
    "cn-social-security-card",
    "cn-resident-id",
    "cn-residence-permit",
    "cn-passport",
    "cn-passport-print",
    "cn-visa",
    "cn-driving-licence",
    "cn-1inch",
    "cn-small-1inch",
    "cn-large-1inch",
    "cn-2inch",
    "cn-small-2inch",
    "cn-large-2inch",
    "cn-teacher",
    "cn-student-record",
    "us-passport",
    "us-visa",
    "schengen",
    "de-passport",
    "de-id",
    "uk-passport",
    "uk-passport-print",
    "india-passport",
    "japan-passport",
    "japan-my-number",
    "korea-passport",
    "hk-passport",
    "hk-passport-print",
    "tw-passport",
    "canada-passport",
    "canada-visa",
    "australia",
    "icao-9303",
]
EDITS = {  # specs.md has no other rule than these; print sizes come with none
    "forbidden": "australia canada-passport canada-passport-online canada-visa cn-passport cn-passport-print cn-visa "
    "de-passport icao-9303 india-passport korea-passport schengen tw-passport uk-passport uk-passport-print "
    "us-passport us-visa",
    "silent": "cn-driving-licence cn-residence-permit cn-resident-id cn-social-security-card cn-student-record "
    "cn-teacher hk-passport hk-passport-print japan-my-number japan-passport japan-passport-upload",
    "ok": "cn-1inch cn-2inch cn-small-1inch cn-small-2inch cn-large-1inch cn-large-2inch",
}


@pytest.fixture(params=ids())
def spec(request: pytest.FixtureRequest) -> Spec:
    return load.get(request.param)


@pytest.mark.parametrize("name", FILES)
def test_file_has_the_shape_that_callers_files_must_have(name: str) -> None:
    schema.check(read(DATA / name), file=name)


@pytest.mark.parametrize("name", ASKED_FOR)
def test_document_is_there(name: str) -> None:
    assert load.get(name).size_wh[0] > 0


def test_measures_of_the_type_and_of_the_table_are_the_same() -> None:
    assert set(get_args(Measure)) == set(MEASURES)


def test_titles_are_in_both_languages(spec: Spec) -> None:
    assert spec.title_en != spec.id
    assert re.search(r"[\u4e00-\u9fff]", spec.title_zh)


def test_px_follow_from_the_print_size(spec: Spec) -> None:
    stated = {f.name: f.value for f in spec.figures}
    if "size.px" in stated:
        assert spec.size_wh == stated["size.px"]
    elif "size.inch" in stated:
        assert spec.size_wh == tuple(round_half_up(v * spec.dpi) for v in stated["size.inch"])
    else:
        assert spec.size_wh == tuple(px_from_mm(v, spec.dpi) for v in stated["size.mm"])
    if spec.size_mm is not None:
        for px, mm in zip(spec.size_wh, spec.size_mm, strict=True):
            assert abs(px - mm / 25.4 * spec.dpi) <= 1


def test_every_number_in_the_files_has_its_own_source_and_grade() -> None:
    bare = [f"{name}: {key}" for name in FILES for key in _uncited(read(DATA / name))]
    assert bare == []


def _uncited(raw: dict[str, Any]) -> list[str]:
    """Tables and values with a number and without a source or grade."""
    tables = {f"size.{k}": v for k, v in raw.get("size", {}).items()}
    tables |= {f"file.{k}": v for k, v in raw.get("file", {}).items() if k != "format"}
    tables |= {f"geometry.{k}": v for k, v in raw.get("geometry", {}).items()}
    tables |= {f"bytes.{k}": v for k, v in raw.get("bytes", {}).items()}
    tables |= {f"quality.{k}": v for k, v in raw.get("quality", {}).items()}
    if "background" in raw:
        tables["background"] = raw["background"]
    return [k for k, v in tables.items() if not isinstance(v, dict) or not v.get("source") or not v.get("grade")]


def test_every_resolved_number_has_a_source_and_a_grade(spec: Spec) -> None:
    cited = [(f.source, f.grade) for f in spec.figures]
    cited += [(r.source, r.grade) for r in spec.rules]
    cited += [(r.aim_source, r.aim_grade) for r in spec.rules if r.aim is not None]
    cited += [(p.source, p.grade) for p in spec.profiles]
    cited += [(p.prefer_source, p.prefer_grade) for p in spec.profiles if p.prefer_low is not None]
    cited += [(r.source, r.grade) for r in spec.photo_rules]
    cited += [(spec.background.source, spec.background.grade)]
    assert all(source not in ("", "not stated") and grade in get_args(Grade) for source, grade in cited)
    assert {f.name for f in spec.figures} >= {"size.dpi"}


def test_says_when_it_was_checked_and_how_files_are_named(spec: Spec) -> None:
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", spec.checked)
    assert spec.names[0] == "{id}.jpg"


def test_a_frame_is_determined(spec: Spec) -> None:
    measures = {r.measure for r in spec.rules}
    assert measures & set(LENGTHS)
    assert measures & set(POSITIONS)
    assert "eye_mid_x" in measures
    hard = {r.measure for r in spec.rules if not r.soft}
    assert hard & set(LENGTHS), "the scale must not rest on advice"
    assert hard & set(POSITIONS), "nor the height"


def test_hair_is_told_to_stay_inside_wherever_the_skull_is_measured(spec: Spec) -> None:
    rule = spec.rule("hair_top_gap")
    assert rule is not None
    assert rule.low is not None
    assert rule.low >= 0
    assert rule.aim is not None
    assert rule.aim > 0


def test_one_rule_a_measure_and_bounds_in_order(spec: Spec) -> None:
    assert len({r.measure for r in spec.rules}) == len(spec.rules)
    for rule in spec.rules:
        steps = [v for v in (rule.low, rule.aim, rule.high) if v is not None]
        assert steps == sorted(steps)
        assert len(steps) >= 2, "a bound and an aim"
        assert 0 <= steps[0] <= steps[-1] <= spec.side_px(rule.measure)


def test_priority_names_each_hard_rule_once(spec: Spec) -> None:
    hard = {r.measure for r in spec.rules if not r.soft}
    assert len(set(spec.priority)) == len(spec.priority)
    assert hard - {"hair_top_gap"} <= set(spec.priority) <= {r.measure for r in spec.rules}


def test_byte_windows_are_in_order_and_named_once(spec: Spec) -> None:
    assert spec.profiles[0].name == spec.profile == "default"
    assert len({p.name for p in spec.profiles}) == len(spec.profiles)
    for window in spec.profiles:
        steps = [v for v in (window.low, window.prefer_low, window.prefer_high, window.high) if v is not None]
        assert steps == sorted(steps)
        assert (window.prefer_low is None) == (window.prefer_high is None)
        if window.low is not None:
            assert window.low % 1024 == 0, "a minimum counts K as 1024"
        if window.high is not None:
            assert window.high % 1000 == 0, "a maximum counts K as 1000"


@pytest.mark.parametrize(("edit", "names"), EDITS.items(), ids=EDITS)
def test_background_may_be_replaced_where_the_documents_rule_allows(edit: str, names: str) -> None:
    assert sorted(s.id for s in load.listing() if s.background.edit == edit) == sorted(names.split())


def test_background_is_kept_by_default_only_where_edits_are_forbidden(spec: Spec) -> None:
    assert (spec.background.default == "keep") == (spec.background.edit == "forbidden")


def test_enlarging_is_forbidden_by_icao_and_germany_only() -> None:
    assert {s.id for s in load.listing() if s.enlarge != "warn"} == {"icao-9303", "de-passport"}


def test_portals_that_crop_by_themselves_are_marked() -> None:
    assert {s.id for s in load.listing() if s.portal_crops} == {"us-passport", "uk-passport"}


def test_no_two_specs_are_equal() -> None:
    """Names that mean one thing must be aliases of one record."""
    alike = defaultdict(list)
    for one in load.listing():
        geometry = tuple((r.measure, r.low, r.high, r.soft) for r in one.rules)
        ground = (one.background.rgb, one.background.min_rgb, one.background.edit)
        windows = tuple((p.low, p.high) for p in one.profiles)
        alike[(one.size_wh, one.dpi, geometry, ground, windows, one.format)].append(one.id)
    assert [names for names in alike.values() if len(names) > 1] == []


def test_names_are_unique_across_ids_and_aliases() -> None:
    names = [folded(n) for s in load.listing() for n in (s.id, *s.aliases)]
    assert sorted({n for n in names if names.count(n) > 1}) == []


def test_ids_are_written_as_they_are_compared() -> None:
    assert [n for n in ids() if folded(n) != n] == []


def test_nothing_inherits_from_a_record_and_states_nothing_of_its_own() -> None:
    """A spec that only renames another one should be an alias."""
    for name in ids():
        own = set(read(DATA / f"{name}.toml")) - {"same_as", "aliases", "checked", "notes", "title"}
        assert own, name
