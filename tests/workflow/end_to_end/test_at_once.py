"""Two workers that take the same step at the same moment: neither fails, and nothing is done twice."""

from __future__ import annotations

import pytest

from tests.workflow.end_to_end.dying import at_once
from tests.workflow.end_to_end.roads import numbers_once, person, until, waiting
from tests.workflow.end_to_end.test_good_road import GOOD

pytestmark = pytest.mark.slow

PEOPLE = 4


def test_two_workers_at_each_step_end_where_the_good_road_ends(road):
    names = [road.new(person(k)) for k in range(PEOPLE)]
    assert at_once(road, "submit") == [0, 0]
    assert at_once(road, "submit") == [0, 0]
    assert {road.case(name).state for name in names} == {"accepted"}
    assert at_once(road, "pack", road.drops) == [0, 0]
    assert waiting(road)["production"] == 0
    road.out(2)
    assert at_once(road, "receive") == [0, 0]
    assert {road.case(name).state for name in names} == {"ready_for_pickup"}
    with road.listening():
        for name in names:
            road.tell("financial_activated", name, channel="branch_terminal")
        assert at_once(road, "receive") == [0, 0]
        until(lambda: road.state()["webhook"]["waiting"] == 0)
    for name in names:
        state, card, waits, told = road.outcome(name)
        assert (state, card["usable"], waits, told) == ("received", True, (), GOOD)
    for _ in range(10):
        assert at_once(road, "notify") == [0, 0]
        road.clock.ahead += 200
        if not waiting(road)["notify"]:
            break
    assert road.state()["notices"] == 8 * PEOPLE
    numbers_once(road, PEOPLE, PEOPLE, len(road.state()["packages"]))
    assert sum(one["rows"] for one in road.state()["packages"]) == PEOPLE
