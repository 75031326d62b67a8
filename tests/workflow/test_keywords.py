"""Keywords of the schemas that jsonschema reads otherwise than their other readers, or too slowly.

Patterns are ECMA 262's, and not those of Python's re: an end is the end, a digit is ASCII.
"""

from __future__ import annotations

import json
import time
from importlib.resources import files

import pytest

from ephoto.contracts.schemas import faults
from tests.workflow.production.people import receipt

EVENT = {
    "schema": "ephoto.event/1",
    "event_id": "evt-00000001",
    "type": "financial_activated",
    "occurred_at": "2026-02-03T09:12:00+08:00",
    "card_no": "T00000001",
    "application_id": "APP-TEST-0001",
}


@pytest.mark.parametrize("name", ["event_id", "occurred_at", "card_no", "application_id"])
def test_a_line_end_behind_a_value_does_not_make_another_one_of_it(name):
    assert faults(EVENT, "ephoto.event/1") == []
    found = faults(EVENT | {name: EVENT[name] + "\n"}, "ephoto.event/1")
    assert [(one.pointer, one.keyword) for one in found] == [(f"/{name}", "pattern")]


def test_digits_of_other_scripts_are_none():
    found = faults(EVENT | {"occurred_at": "２０２６-02-03T09:12:00+08:00"}, "ephoto.event/1")
    assert [one.pointer for one in found] == ["/occurred_at"]


def test_two_people_cannot_have_one_card_number_by_a_line_end():
    document = receipt(2)
    document["rows"][1]["card_no"] = document["rows"][0]["card_no"] + "\n"
    assert [one.pointer for one in faults(document, "ephoto.receipt/1")] == ["/rows/1/card_no"]


@pytest.mark.parametrize(
    "also",
    [[{"": k} for k in range(20_000)], ["x"] * 50_000, [f"x{k}" for k in range(20_000)]],
    ids=["objects", "same", "others"],
)
def test_a_long_list_of_anything_is_refused_in_a_moment(also):
    begun = time.process_time()
    found = faults(EVENT | {"also": also}, "ephoto.event/1")
    assert time.process_time() - begun < 5  # it took minutes
    assert found[0].pointer.startswith("/also")


def test_an_item_that_comes_twice_is_told():
    assert faults(EVENT | {"also": ["received", "transport_opened"]}, "ephoto.event/1") == []
    assert faults(EVENT | {"also": ["received", "received"]}, "ephoto.event/1") == [("/also", "uniqueItems")]


def test_each_pattern_is_of_a_form_that_both_dialects_read_alike():
    for file in files("ephoto.contracts").iterdir():
        if file.name.endswith(".json"):
            for pattern in patterns_in(json.loads(file.read_text("utf-8"))):
                assert pattern.startswith("^"), file.name
                assert (pattern.endswith("$"), pattern.count("$")) == (True, 1), file.name
                assert not {"\\w", "\\s", "\\b", "\\W", "\\S"} & {pattern[k : k + 2] for k in range(len(pattern))}


def patterns_in(part):
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "pattern" and isinstance(value, str))
        for value in part.values():
            yield from patterns_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from patterns_in(value)
