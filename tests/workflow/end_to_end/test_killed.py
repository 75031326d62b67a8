"""Processes killed between any commit and any message: nothing is lost, nothing is doubled."""

from __future__ import annotations

import signal

import pytest

from ephoto.core.errors import InputError
from ephoto.workflow.office.receiving import printer_of
from tests.workflow.end_to_end.dying import killed, killed_everywhere, killed_listener
from tests.workflow.end_to_end.roads import numbers_once, person, until, waiting
from tests.workflow.end_to_end.test_good_road import GOOD

pytestmark = pytest.mark.slow

PEOPLE = 2


def test_every_step_killed_everywhere_ends_where_the_good_road_ends(road):
    names = [road.new(person(k)) for k in range(PEOPLE)]
    assert killed_everywhere(road, "submit", ahead=301) >= 6
    assert [road.case(name).state for name in names] == ["accepted"] * PEOPLE
    assert killed_everywhere(road, "pack", road.drops) >= 8
    road.out(2)
    assert killed_everywhere(road, "receive") >= 8
    with road.listening():
        for name in names:
            road.tell("financial_activated", name, channel="branch_terminal")
        until(lambda: all(road.case(name).state == "received" for name in names))
    killed_everywhere(road, "receive")
    assert killed_everywhere(road, "notify", ahead=200) >= 5
    for name in names:
        state, card, waits, told = road.outcome(name)
        assert (state, card["usable"], waits, told) == ("received", True, (), GOOD)
    numbers_once(road, PEOPLE, PEOPLE, 1)
    assert waiting(road) == {"submission": 0, "production": 0, "notify": 0}
    assert road.state()["notices"] == 8 * PEOPLE


def arrived(road):
    return any(one["status"] == 200 for one in road.state()["webhook"]["tried"])


@pytest.mark.parametrize("at", range(5))
def test_a_listener_killed_before_or_after_its_commit_has_the_event_once(road, at):
    name = road.new()
    road.submit(name)
    road.pack()
    road.out(2)
    road.receive()
    with killed_listener(road, at) as child:
        road.tell("financial_activated", name, deliver="webhook", channel="branch_terminal")
        until(lambda: not child.is_alive() or arrived(road))
        assert child.exitcode in (-signal.SIGKILL, None)
    with road.listening():
        until(lambda: arrived(road))
    assert road.types(name)["financial_activated"] == 1
    assert road.case(name).card["usable"]


@pytest.mark.parametrize("at", range(6))
def test_a_printer_job_is_put_once_wherever_its_program_is_killed(road, at):
    name = road.new()
    road.submit(name)
    assert killed(road, "print", name, at)
    try:
        road.print(name)
    except InputError as error:  # claimed: nobody knows whether the printer has it, until somebody looks
        told = error.code
    else:
        told = ""
    assert told == ("" if at < 3 else "wf.job_known")
    if at in (3, 4):
        road.clock.ahead += 3600
        assert road.receive().stale == [name]
        with road.opened() as here:
            printer_of(here).release(name)
        road.print(name)
    until(lambda: road.state()["requests"].get("jobs"))
    assert road.receive().errors == []
    assert (road.case(name).state, road.state()["requests"]["jobs"]) == ("produced", 1)
    assert road.types(name)["packaged"] == 1
