"""Connections cut before, within and after each request; the same command again ends where the good road ends."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager, suppress

import pytest

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.adapters.production.config import production_rules
from ephoto.workflow.adapters.production.sender import FileProduction, open_drop
from ephoto.workflow.office.reaching import mapping_of
from tests.workflow.end_to_end.roads import numbers_once, pack, person, road, until, waiting
from tests.workflow.end_to_end.taps import Tap
from tests.workflow.end_to_end.test_good_road import GOOD, counter

# Bytes until the cut, and whether they are the answer's: before the request, in its head, in its body, after all of it
# and before the answer, within the answer.
PLACES = [(0, False), (60, False), (5000, False), (0, True), (40, True)]
FEW = [(0, False), (60, False), (0, True), (40, True)]


@contextmanager
def cutting(road, kinds, cuts, *, lost, retries=0):
    """These kinds of adapters through a proxy, that is gone when the block ends."""
    with Tap(road.prepared.http_port, cuts, lost=lost) as proxy:
        road.through(kinds, url=f"http://127.0.0.1:{proxy.port}", retries=retries, timeout_s=5)
        yield proxy
    road.through(kinds, url=road.prepared.url, retries=5, timeout_s=10)


def test_submissions_cut_anywhere_arrive_once(road):
    names = []
    for k, (cut, lost) in enumerate(PLACES):
        names.append(road.new(person(k)))
        with cutting(road, ["submission"], [cut], lost=lost) as proxy:
            (first,) = road.submit(names[-1])
            assert (first.error.code, proxy.cut) == ("target_unreachable", 1)
            assert road.case(names[-1]).state == "submitted"
            (second,) = road.submit(names[-1])
            assert (second.error, second.taken.state) == (None, "accepted")
    assert {road.case(name).state for name in names} == {"accepted"}
    assert {road.types(name)["accepted"] for name in names} == {1}
    numbers_once(road, len(PLACES), 0, 0)
    assert waiting(road)["submission"] == 0


def test_requests_for_another_card_cut_anywhere_arrive_once(road):
    names = []
    for k, (cut, lost) in enumerate(FEW):
        names.append(road.new(person(k), make=counter))
        with cutting(road, ["replacement"], [cut], lost=lost) as proxy:
            (first,) = road.submit(names[-1])
            assert (first.error.code, proxy.cut) == ("target_unreachable", 1)
            (second,) = road.submit(names[-1])
            assert (second.error, second.taken.state) == (None, "accepted")
    assert {road.types(name)["accepted"] for name in names} == {1}
    numbers_once(road, len(FEW), 0, 0)


def test_webhooks_cut_anywhere_are_recorded_once(road):
    name = road.new()
    road.submit(name)
    road.pack()
    road.out(2)
    road.receive()
    types = ["financial_activated", "transport_topped_up", "suburban_rail_opened", "temp_loss_reported"]
    with road.listening() as url:
        for type, (cut, lost) in zip(types, FEW, strict=True):
            with Tap(int(url.split(":")[2].split("/")[0]), [cut], lost=lost) as proxy:
                road.control("callback", url=f"http://127.0.0.1:{proxy.port}/v1/events")
                road.tell(type, name, "webhook", **({"channel": "branch_terminal"} if "activated" in type else {}))
                until(lambda: not road.state()["webhook"]["waiting"] and road.case(name).card)
                until(lambda type=type: road.types(name)[type])
                until(lambda: road.state()["webhook"]["tried"][-1]["status"] == 200)
                assert proxy.cut == 1
    assert [road.types(name)[type] for type in types] == [1] * len(types)
    assert (road.case(name).card["state"], road.case(name).waiting) == ("temp_lost", ())


def test_a_submission_tries_again_by_itself(road):
    name = road.new()
    with cutting(road, ["submission"], [0, 5000], lost=False, retries=3) as proxy:
        (sent,) = road.submit(name)
    assert (sent.error, proxy.cut) == (None, 2)
    numbers_once(road, 1, 0, 0)


def test_a_round_does_not_ask_a_lost_platform_for_each_application(road):
    names = [road.new(person(k)) for k in range(3)]
    with cutting(road, ["submission"], [0] * 9, lost=False) as proxy:
        assert [one.error.code for one in road.submit()] == ["target_unreachable"] * 3
        assert proxy.cut == 1
    assert [one.error for one in road.submit()] == [None] * 3
    assert {road.case(name).state for name in names} == {"accepted"}
    numbers_once(road, 3, 0, 0)


def test_feed_and_notices_cut_anywhere_come_once(road):
    name = road.new()
    road.submit(name)
    road.pack()
    road.out(2)
    for k, (cut, lost) in enumerate(FEW):
        if k == 1:
            road.tell("financial_activated", name, "feed", channel="branch_terminal")
        with cutting(road, ["activation"], [cut], lost=lost) as proxy:
            errors = road.receive().errors
            assert ([error.code for _, error in errors], proxy.cut) == (["target_unreachable"], 1)
            assert road.receive().errors == []
    state, card, waits, told = road.outcome(name)
    assert (state, card["usable"], waits, told) == ("received", True, (), GOOD)
    for cut, lost in FEW:
        with cutting(road, ["notify"], [cut], lost=lost) as proxy:
            road.notify()
            assert proxy.cut == 1
            assert waiting(road)["notify"] > 0
        road.clock.ahead += 100
    assert road.notify() == (8, 0)
    assert road.state()["notices"] == 8


def sftp(here, proxy):
    """The office's way to the bureau through a proxy, whose port has the bureau's key too."""
    keys = here.office.with_name("keys")
    known = (keys / "known_hosts").read_text().replace(f":{here.prepared.sftp_port} ", f":{proxy.port} ")
    (keys / "known_proxy").write_text(known)
    here.through(["production"], port=proxy.port, known_hosts="keys/known_proxy", timeout_s=5)


def pack_quickly(road):
    """As `Road.pack`, with short waits between tries."""
    with road.opened() as here:
        rules = production_rules(mapping_of(here, "production"))
        drop = open_drop(rules, lambda seconds: time.sleep(seconds / 50), random.random)
        return pack(here, road.drops, FileProduction(rules, drop).send)


@pytest.mark.slow
@pytest.mark.parametrize("lost", [False, True], ids=["sent", "answered"])
def test_sftp_cut_anywhere_hands_over_once_and_reads_once(tmp_path, database_url, lost):
    with road(tmp_path, database_url, drop="sftp") as here:
        name = here.new()
        here.submit(name)
        cuts = [0, 30, 2500, 3500, 4500, 6000, 9000, 15000, 25000, 40000]
        with Tap(here.prepared.sftp_port, cuts, lost=lost) as proxy:
            sftp(here, proxy)
            while waiting(here)["production"] or here.case(name).state == "accepted":
                with suppress(EnvironmentFault):
                    pack_quickly(here)
            here.out(2)
            proxy.cuts[:] = [0, 3500, 4500, 6000, 9000]
            until(lambda: not here.receive().errors)
        assert here.case(name).state == "ready_for_pickup"
        told = {key: count for key, count in here.types(name).items() if GOOD.get(key) != count}
        assert told == {}
        numbers_once(here)
        assert waiting(here)["production"] == 0
        for place, count in (("in", 0), ("out", 0), ("error", 0), ("archive", 6)):
            assert len(list((here.prepared.bureau / place).iterdir())) == count


def test_the_bureau_out_of_reach_loses_nothing(tmp_path):
    with road(tmp_path, drop="sftp") as here:
        name = here.new()
        here.submit(name)
        with Tap(here.prepared.sftp_port) as gone:
            pass
        sftp(here, gone)
        with pytest.raises(EnvironmentFault) as caught:
            pack_quickly(here)
        assert caught.value.code == "connection_lost"
        assert (here.case(name).state, waiting(here)["production"]) == ("producing", 1)
        here.through(["production"], port=here.prepared.sftp_port, known_hosts="keys/known_hosts")
        ((_, new),) = here.pack()
        assert new
        here.out(2)
        assert here.receive().errors == []
        numbers_once(here)
