"""The whole road without a fault, over real sockets and both kinds of database."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.workflow.end_to_end.roads import numbers_once, road, until, waiting
from tests.workflow.end_to_end.taps import Tap
from tests.workflow.people import replacement

GOOD = {
    "created": 1, "data_edited": 2, "photo_attached": 1, "confirmed": 1, "accepted": 1, "packaged": 1, "produced": 1,
    "ready_at_branch": 1, "received": 1, "transport_opened": 1, "financial_activated": 1,
    "social_security_enabled": 1,
}  # fmt: skip


def to_the_end(road, name):
    """From the submission to the enabled card, each step once."""
    (sent,) = road.submit(name)
    assert sent.error is None
    ((package, new),) = road.pack()
    assert (package.count, new) == (1, True)
    road.out(2)
    assert road.receive().errors == []
    with road.listening():
        road.tell("financial_activated", name, channel="branch_terminal")
        until(lambda: not road.state()["webhook"]["waiting"] and road.state()["webhook"]["tried"])
    assert road.receive().errors == []
    road.notify()


def counting(here, kinds):
    """These kinds of adapters through a proxy that hears what is asked."""
    proxy = Tap(here.prepared.http_port)
    here.through(kinds, url=f"http://127.0.0.1:{proxy.port}")
    return proxy


@pytest.mark.parametrize("drop", ["sftp", "folder"])
def test_from_a_portrait_to_an_enabled_card(tmp_path, either_url, card, drop):
    with road(tmp_path, either_url, drop=drop) as here, counting(here, ["notify", "submission"]) as proxy:
        name = here.new(photo=card)
        to_the_end(here, name)
        state, of_card, waits, told = here.outcome(name)
        assert (state, waits, told) == ("received", (), GOOD)
        assert (of_card["state"], of_card["usable"]) == ("in_use", True)
        assert set(of_card["switches"]) == {"financial", "social_security", "transport"}
        numbers_once(here)
        assert waiting(here) == {"submission": 0, "production": 0, "notify": 0}
        assert Counter(proxy.requests()) == {("POST", "/v1/applications"): 1, ("POST", "/v1/notices"): 8}
        assert here.state()["notices"] == 8


def test_with_signatures_of_sm2(tmp_path, database_url):
    with road(tmp_path, database_url, profile="sm2-sm3") as here:
        name = here.new()
        to_the_end(here, name)
        assert here.outcome(name)[3] == GOOD
        assert here.case(name).card["usable"]
        assert here.state()["notices"] == 8
        numbers_once(here)


def counter(**changes):
    """A request at the counter, without pictures yet."""
    return replacement(**({"application_id": None, "photo": None} | changes))


def test_another_card_at_a_branch_ends_the_old_one_only_when_it_works(road):
    first = road.new()
    to_the_end(road, first)
    (case,) = road.state()["applications"]["list"]
    road.tell("received", first, "feed")  # the bank's own book is closed, too
    second = road.new(make=counter, previous={"card_no": case["card_no"]})
    (sent,) = road.submit(second)
    assert (sent.error, sent.taken.state) == (None, "accepted")
    assert road.types(first)["replacement_requested"] == 1
    road.pack()
    road.out(2)
    assert road.receive().errors == []
    assert road.case(first).card["usable"]
    assert "wf.old_card_still_valid" in [finding.code for finding in road.case(second).findings]
    road.tell("received", second, "feed")
    road.receive()
    assert road.case(first).card["usable"]
    road.tell("social_security_enabled", second, "feed", channel="hr_app")
    road.receive()
    assert (road.case(first).card["state"], road.case(first).card["usable"]) == ("replaced", False)
    assert (road.case(second).card["state"], road.case(second).card["usable"]) == ("in_use", True)
    assert road.types(first)["replaced"] == 1
    state = road.state()
    assert state["requests"] == state["requests"] | {"application": 1, "request": 1}
    assert state["cards"] == 2


def test_an_instant_card_by_the_printer(road):
    name = road.new()
    road.submit(name)
    assert road.print(name) == name
    until(lambda: road.state()["requests"].get("jobs"))
    assert road.receive().errors == []
    assert road.case(name).state == "produced"
    road.tell("financial_activated", name, "feed", channel="branch_counter")
    assert road.receive().errors == []
    state, of_card, waits, told = road.outcome(name)
    assert (state, of_card["usable"], waits) == ("received", True, ())
    assert told == {key: count for key, count in GOOD.items() if key != "ready_at_branch"}
    assert road.pack() == []
    assert (road.state()["cards"], road.state()["packages"]) == (1, [])
