"""What `ephoto specs show` is made of."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ephoto.specs import load, schema
from ephoto.specs.files import ids
from ephoto.specs.resolve import resolve

if TYPE_CHECKING:
    from ephoto.specs.model import Spec


def again(spec: Spec) -> Spec:
    """Shown, checked like a caller's file, and read again."""
    shown = json.loads(json.dumps(load.show(spec)))
    schema.check(shown, file="shown.toml")
    read = resolve(shown, spec_id=spec.id, file="shown.toml")
    return replace(read, same_as=spec.same_as, profile=spec.profile)


@pytest.mark.parametrize("name", ids())
def test_what_is_shown_is_the_spec(name: str) -> None:
    """Nothing is lost: the shown table, read as a file, gives an equal spec."""
    spec, read = load.get(name), again(load.get(name))
    assert {f.name for f in read.figures} >= {"size.dpi"}
    assert set(read.figures) == set(spec.figures)
    assert replace(read, figures=()) == replace(spec, figures=())


def test_checks_of_the_photo_are_shown_with_all_that_is_stated() -> None:
    shown = load.show(load.get("icao-9303"))["quality"]
    assert shown["inter_eye_distance"]["fail"] == [83.0, float("inf")]
    assert "required" not in shown["head_yaw"]
    assert (shown["head_yaw"]["warn"], shown["head_yaw"]["grade"]) == ([-5.0, 5.0], "A")


def test_an_adhoc_spec_is_shown_too() -> None:
    spec = load.adhoc("25x35mm", 350, "14-30")
    assert replace(again(spec), figures=()) == replace(spec, figures=())


@pytest.mark.parametrize("name", ids())
def test_every_shown_number_has_a_source_and_a_grade(name: str) -> None:
    bare = [key for key, table in _tables(load.show(load.get(name))) if not _cited(table)]
    assert bare == []


def _tables(shown: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    out = [("background", shown["background"])]
    for group in ("size", "geometry", "bytes", "file", "quality"):
        out += [(f"{group}.{k}", v) for k, v in shown.get(group, {}).items() if k != "format"]
    return out


def _cited(table: dict[str, Any]) -> bool:
    return bool(table.get("source") and table.get("grade")) and ("aim" not in table or bool(table.get("aim_source")))


def test_nothing_is_null_because_toml_has_no_null() -> None:
    assert "null" not in json.dumps([load.show(s) for s in load.listing()])


def test_derived_px_are_shown_with_what_was_inherited() -> None:
    derived = load.show(load.get("cn-resident-id"))["derived"]
    assert derived["same_as"] == "cn-social-security-card"
    assert derived["size_px"] == [358, 441]
    assert derived["geometry_px"]["face_width"] == [193, 207, 221]
    assert derived["geometry_px"]["eye_line_from_bottom"] == [207, 225, "open"]


def test_inches_stay_inches() -> None:
    shown = load.show(load.get("us-passport"))
    assert shown["size"]["inch"]["value"] == [2, 2]
    assert "mm" not in shown["size"]
    assert shown["geometry"]["hair_chin"]["unit"] == "inch"
