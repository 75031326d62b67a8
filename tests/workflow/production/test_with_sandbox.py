"""Packages, receipts and jobs with the sandbox's bureau and printer, which know nothing of this room."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ephoto.core.settings import Settings
from ephoto.sandbox.prepare import prepare
from ephoto.sandbox.serve import running
from ephoto.workflow.adapters.production.config import production_rules
from ephoto.workflow.adapters.production.hot_folder import HotFolder
from ephoto.workflow.adapters.production.package import write_package
from ephoto.workflow.adapters.production.receipts import Batch, events_of
from ephoto.workflow.adapters.registry import PRODUCTION, Around
from ephoto.workflow.wire.mapping import load_mapping
from tests.workflow.production.people import CREATED, HEAD, row, rows
from tests.workflow.production.servers import CuttingProxy

BATCH = Batch(HEAD.batch_no, 1, CREATED, {k + 1: f"APP-TEST-{k:05}" for k in range(5)})
DEADLINE_S = 20


@pytest.fixture(params=["sftp", "folder"])
def sandbox(request, tmp_path):
    with running(prepare(tmp_path / "sandbox", drop=request.param), time.time) as served:
        yield served


def office(served):
    mapping = load_mapping(served.prepared.folder / "production.toml", Settings())
    return mapping, PRODUCTION.build(mapping, Around(Settings(), time.time, time.sleep, lambda: 0.1))


def taken(production, count):
    """Receipts as they come, each recorded and settled once, until there are so many events."""
    events, levels, end = {}, [], time.monotonic() + DEADLINE_S
    while len(events) < count and time.monotonic() < end:
        for one in production.receipts():
            assert one.fault is None
            levels.append(one.receipt.level)
            events |= {event.event_id: event for event in events_of(one.receipt, BATCH)}
            one.settle("archive")
        time.sleep(0.05)
    return list(events.values()), levels


@pytest.mark.parametrize("roster", ["csv", "xlsx"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_package_goes_out_and_cards_come_back(sandbox, tmp_path, roster, encoding):
    mapping, production = office(sandbox)
    rules = production_rules(mapping)
    package_rules = replace(rules.package, roster=roster, encoding=encoding)
    people = [*rows(4), row(4, name="𠮷·田=1")]
    package = write_package(tmp_path / HEAD.file_name(), HEAD, people, package_rules, rules.columns)
    assert production.send(package.path)
    events, levels = taken(production, 5)
    assert sorted(levels) == ["file", "row"]
    assert sorted((e.type, e.application_id) for e in events) == [("produced", f"APP-TEST-{k:05}") for k in range(5)]
    assert not production.send(package.path)
    assert list(production.receipts()) == []


def test_a_package_that_the_bureau_refuses_fails_for_everyone(tmp_path):
    """The bureau's limit is lower than ours."""
    prepared = prepare(tmp_path / "sandbox", drop="folder")
    said = prepared.world.read_text("utf-8")
    assert "max_zip_bytes = 600000000" in said
    prepared.world.write_text(said.replace("max_zip_bytes = 600000000", "max_zip_bytes = 1000"), "utf-8")
    with running(prepared, time.time) as served:
        mapping, production = office(served)
        rules = production_rules(mapping)
        package = write_package(tmp_path / HEAD.file_name(), HEAD, rows(5), rules.package, rules.columns)
        production.send(package.path)
        events, _ = taken(production, 5)
        assert {(e.type, e.payload["fail_code"]) for e in events} == {("production_failed", "wf.package_too_large")}
        assert not production.send(package.path)


@pytest.mark.slow
@pytest.mark.parametrize("cut", [100, 2500, 4000, 6000, 100_000])
def test_a_cut_on_the_way_to_another_kind_of_server(tmp_path, cut):
    """The sandbox's SFTP server is Twisted's."""
    with running(prepare(tmp_path / "sandbox"), time.time) as served:
        mapping, _ = office(served)
        port = mapping.transport.port
        with CuttingProxy(port, [cut] * 4) as proxy:
            known = mapping.transport.known_hosts
            (tmp_path / "known").write_text(known.read_text().replace(f":{port} ", f":{proxy.port} "))
            to = replace(mapping.transport, port=proxy.port, known_hosts=tmp_path / "known")
            around = Around(Settings(), time.time, lambda _: None, lambda: 0.0)
            production = PRODUCTION.build(replace(mapping, transport=to), around)
            rules = production_rules(mapping)
            package = write_package(tmp_path / HEAD.file_name(), HEAD, rows(5), rules.package, rules.columns)
            production.send(package.path)
            events, _ = taken(production, 5)
        assert len(events) == 5
        assert [one["result"] for one in served.books.packages] == ["accepted"]


def test_a_job_is_printed_and_read_back(sandbox):
    rules = production_rules(office(sandbox)[0])
    folder = HotFolder(rules.hot_folder, rules.columns, time.time)
    folder.put(row(0), HEAD.spec)
    end = time.monotonic() + DEADLINE_S
    while not (found := list(folder.results())) and time.monotonic() < end:
        time.sleep(0.05)
    event = found[0].event()
    assert (event.type, event.application_id) == ("produced", "APP-TEST-00000")
    assert len(event.card_no) == 9
    folder.settle(found[0])
    assert list(folder.results()) == []
    assert folder.stale() == []
