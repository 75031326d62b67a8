"""Events that come twice, by two ways, too early and in another order end where the good road ends."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest

from tests.workflow.end_to_end.roads import (
    CARD_FAILS_ONCE,
    LATER,
    PENDING,
    PHOTO_FAILS,
    numbers_once,
    person,
    road,
    until,
)
from tests.workflow.end_to_end.test_good_road import GOOD

AT_A_BRANCH = {"channel": "branch_terminal"}


def ended_well(road, name):
    state, card, waits, told = road.outcome(name)
    assert (state, card["state"], card["usable"], waits, told) == ("received", "in_use", True, (), GOOD)


def tried(road):
    return len([one for one in road.state()["webhook"]["tried"] if one["status"] == 200])


def packed(road, name):
    road.submit(name)
    road.pack()
    road.out(2)


def test_copies_and_both_ways_count_once(road):
    name = road.new()
    packed(road, name)
    with road.listening():
        road.receive()
        road.tell("financial_activated", name, copies=3, **AT_A_BRANCH)
        until(lambda: tried(road) >= 3)
        got = road.receive()
        assert (got.errors, got.applied, got.duplicates >= 3) == ([], 0, True)
        road.receive()
    ended_well(road, name)
    road.notify()
    assert road.state()["notices"] == 8


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
def test_any_order(road, order):
    """Reversed: the activation first, then that the card is ready, and the receipts last."""
    name = road.new()
    with road.listening():
        road.control("hold")
        packed(road, name)
        road.tell("financial_activated", name, "webhook", copies=2, **AT_A_BRANCH)
        road.control("release", order=order)
        assert road.case(name).state == "producing"
        assert road.case(name).waiting
        assert road.receive().errors == []
    ended_well(road, name)
    numbers_once(road)


def test_an_event_of_a_card_that_is_not_known_yet(road):
    """By its number alone: the webhook refuses it until the receipt is read, and the feed holds it."""
    name = road.new()
    packed(road, name)
    (case,) = road.state()["applications"]["list"]
    event = {"type": "financial_activated", "card_no": case["card_no"], "deliver": "both", **AT_A_BRANCH}
    with road.listening():
        road.control("events", **event)
        until(lambda: [one for one in road.state()["webhook"]["tried"] if one["status"] == 404])
        road.receive()
        until(lambda: tried(road))
    road.receive()
    ended_well(road, name)
    assert ("event_passed_over", "") not in road.audits()


def test_a_platform_that_decides_later_by_both_ways(road):
    name = road.new(LATER)
    with road.listening():
        (sent,) = road.submit(name)
        assert sent.taken.state == "submitted"
        until(lambda: road.case(name).state == "accepted")
    assert road.receive().duplicates == 1
    assert road.types(name)["accepted"] == 1


def read_again(road, suffix=""):
    """Put all receipts that were read into the drop once more."""
    bureau = road.prepared.bureau
    count = 0
    for control in sorted((bureau / "archive").glob("R-*.json.ok")):
        for name in (control.name.removesuffix(".ok"), control.name):
            shutil.copy(bureau / "archive" / name, bureau / "out" / name)
        count += 1
    return count


def test_receipts_read_twice_count_once(road):
    name = road.new()
    packed(road, name)
    assert road.receive().errors == []
    before = road.outcome(name)
    assert read_again(road) == 2
    got = road.receive()
    assert (got.errors, got.applied) == ([], 0)
    assert road.outcome(name) == before
    assert list((road.prepared.bureau / "out").iterdir()) == []


def test_a_receipt_of_the_same_number_and_other_content_is_refused(road):
    name = road.new()
    packed(road, name)
    road.receive()
    before = road.outcome(name)
    archive, out = road.prepared.bureau / "archive", road.prepared.bureau / "out"
    last = sorted(archive.glob("R-*.json"))[-1]
    told = json.loads(last.read_bytes())
    told["rows"][0]["card_no"] = "T99999999"
    put_receipt(out, last.name, json.dumps(told).encode(), told["batch_no"])
    got = road.receive()
    assert [error.code for _, error in got.errors] == ["wf.event_conflict"]
    assert road.outcome(name) == before
    assert (road.prepared.bureau / "error" / last.name).exists()


def put_receipt(out, name, data, batch_no, rows=1):
    """A receipt's file as a bureau puts it, with its control line."""
    (out / name).write_bytes(data)
    line = f"{name}|{len(data)}|{rows}|{hashlib.sha256(data).hexdigest()}|{batch_no}\n"
    (out / f"{name}.ok").write_text(line, "utf-8")


def test_partial_receipts_in_any_order(road):
    names = [road.new(person(k)) for k in range(2)] + [road.new(PENDING)]
    road.submit()
    road.control("bureau", produce="on_request")
    road.pack()
    road.out(1)
    road.control("produce", first=1)
    road.control("produce")
    out = road.prepared.bureau / "out"
    controls = road.out(3)
    later = out / controls[1]
    kept = later.read_bytes()
    later.unlink()  # the second receipt is there before the first
    assert road.receive().errors == []
    later.write_bytes(kept)
    assert road.receive().errors == []
    road.control("produce")
    assert road.receive().errors == []
    assert [road.case(name).state for name in names] == ["ready_for_pickup"] * 3
    assert [road.types(name)["produced"] for name in names] == [1] * 3
    numbers_once(road, 3, 3, 1)


def test_a_card_that_failed_is_in_the_next_package(road):
    names = [road.new(), road.new(CARD_FAILS_ONCE)]
    road.submit()
    road.pack()
    road.out(2)
    assert road.receive().errors == []
    assert [road.case(name).state for name in names] == ["ready_for_pickup", "production_failed"]
    ((package, _),) = road.pack()
    assert package.count == 1
    road.out(2)
    assert road.receive().errors == []
    assert road.case(names[1]).state == "ready_for_pickup"
    assert road.types(names[1])["repackaged"] == 1
    numbers_once(road, 2, 2, 2)
    assert road.pack() == []


def test_a_photo_that_failed_reopens_the_application(road):
    name = road.new(PHOTO_FAILS)
    packed(road, name)
    road.receive()
    assert road.case(name).state == "production_failed"
    assert road.pack() == []
    with road.opened() as here:
        here.office.take("reopened", name)
        road.attach(here, name)
        here.office.confirm(name)
    (sent,) = road.submit(name)
    assert (sent.error, road.case(name).state) == (None, "accepted")
    ((_, new),) = road.pack()
    assert new
    road.out(2)
    assert road.receive().errors == []
    assert road.case(name).state == "ready_for_pickup"
    assert (road.types(name)["accepted"], road.types(name)["produced"]) == (2, 1)
    assert road.state()["cards"] == 1


def test_the_bank_is_first_to_say_that_a_card_is_ready(tmp_path):
    """By the feed, all of it before any receipt is read."""
    with road(tmp_path) as here:
        name = here.new()
        packed(here, name)
        here.tell("financial_activated", name, "feed", **AT_A_BRANCH)
        out = here.prepared.bureau / "out"
        hidden = {path: path.read_bytes() for path in out.glob("*.ok")}
        for path in hidden:
            path.unlink()
        got = here.receive()
        assert (got.errors, got.parked) == ([], 2)
        for path, data in hidden.items():
            path.write_bytes(data)
        here.receive()
        ended_well(here, name)
