"""Everything at once, by chance: workers killed, connections cut, events copied; it ends where the good road ends."""

from __future__ import annotations

import random

import pytest

from tests.workflow.end_to_end.dying import together
from tests.workflow.end_to_end.roads import numbers_once, person, until, waiting
from tests.workflow.end_to_end.taps import Tap
from tests.workflow.end_to_end.test_good_road import GOOD

PEOPLE, ROUNDS = 6, 40
HTTP = ["submission", "activation", "notify"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_dies_and_breaks_nothing_is_lost_or_doubled(road, seed):
    chance = random.Random(seed)
    names = [road.new(person(k)) for k in range(PEOPLE)]
    with Tap(road.prepared.http_port, lost=bool(seed % 2)) as proxy, road.listening():
        road.through(HTTP, url=f"http://127.0.0.1:{proxy.port}", retries=1, timeout_s=5, max_backoff_s=1)
        told = set()
        for number in range(ROUNDS):
            calm = number > ROUNDS / 2
            proxy.cuts[:] = [] if calm else [chance.choice([0, 60, 3000]) for _ in range(2)]
            steps = [chance.choice(["submit", "pack", "receive", "notify"]) for _ in range(3)]
            together(road, [(step, road.drops, -1 if calm else chance.randrange(12)) for step in steps])
            road.clock.ahead += chance.choice([0, 0, 130, 310])
            for case in road.state()["applications"]["list"]:  # what we know of the card by then is another matter
                if case["application_id"] not in told and case["state"] == "produced":
                    told.add(case["application_id"])
                    road.tell("financial_activated", case["application_id"], copies=2, channel="branch_terminal")
        until(lambda: not road.state()["webhook"]["waiting"])
        proxy.cuts.clear()
        finish(road)
    for name in names:
        state, card, waits, history = road.outcome(name)
        assert (state, card["usable"], waits, history) == ("received", True, (), GOOD)
    packages = [one for one in road.state()["packages"] if one["rows"]]
    numbers_once(road, PEOPLE, PEOPLE, len(packages))
    assert sum(one["rows"] for one in packages) == PEOPLE
    assert waiting(road) == {"submission": 0, "production": 0, "notify": 0}
    assert road.state()["notices"] == 8 * PEOPLE


def finish(road):
    """Each step once more, by one who is not disturbed."""
    road.clock.ahead += 4000
    for one in road.submit():
        assert one.error is None, one.error.code
    road.pack()
    until(lambda: not list((road.prepared.bureau / "in").glob("*.zip")))
    road.receive()
    for name in (case["application_id"] for case in road.state()["applications"]["list"]):
        if "financial_activated" not in road.types(name):
            road.tell("financial_activated", name, channel="branch_terminal")
    until(lambda: not road.state()["webhook"]["waiting"])
    assert road.receive().errors == []
    for _ in range(5):
        road.notify()
        road.clock.ahead += 4000
