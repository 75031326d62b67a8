"""The whole road without a fault, over real sockets and both kinds of database."""

from __future__ import annotations

import pytest

from tests.workflow.end_to_end.roads import numbers_once, road, until, waiting

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
        until(lambda: road.state()["webhook"]["tried"])
    assert road.receive().errors == []
    road.notify()


@pytest.mark.parametrize("drop", ["sftp", "folder"])
def test_from_a_portrait_to_an_enabled_card(tmp_path, database_url, card, drop):
    with road(tmp_path, database_url, drop=drop) as here:
        name = here.new(photo=card)
        to_the_end(here, name)
        state, of_card, waits, told = here.outcome(name)
        assert (state, waits, told) == ("received", (), GOOD)
        assert (of_card["state"], of_card["usable"]) == ("in_use", True)
        assert set(of_card["switches"]) >= {"financial", "social_security"}
        numbers_once(here)
        assert waiting(here) == {"submission": 0, "production": 0, "notify": 0}
        assert here.state()["notices"] == here.state()["notice_requests"] if "notice_requests" in here.state() else True
