"""Wrong signatures, replays, clocks that are off, slow systems, hostile receipts: told, and nothing is lost by them."""

from __future__ import annotations

import hashlib
import io
import json
import random
import time
import zipfile

import httpx
import pytest

from ephoto.core.signing import Key, Signer
from tests.workflow.end_to_end.roads import Clock, numbers_once, person, until, waiting
from tests.workflow.end_to_end.test_order import AT_A_BRANCH, ended_well, put_receipt


def ready(road):
    name = road.new()
    road.submit(name)
    road.pack()
    road.out(2)
    road.receive()
    return name


def test_webhooks_with_a_wrong_signature_are_refused_until_it_is_right(road):
    name = ready(road)
    with road.listening():
        road.control("wrong-signature", times=2)
        road.tell("financial_activated", name, "webhook", **AT_A_BRANCH)
        until(lambda: [one["status"] for one in road.state()["webhook"]["tried"]] == [401, 401, 200])
    ended_well(road, name)


def test_requests_with_a_wrong_signature_leave_everything_waiting(road):
    name = road.new()
    key = road.office.with_name("keys") / "office.key"
    right = key.read_bytes()
    key.write_bytes(right[::-1])
    (sent,) = road.submit(name)
    assert sent.error.code == "wf.signature_invalid"
    assert [error.code for _, error in road.receive().errors] == ["wf.signature_invalid"]
    assert road.notify()[0] == 0
    assert (road.case(name).state, road.state()["applications"]["count"], road.state()["notices"]) == (
        "submitted",
        0,
        0,
    )
    key.write_bytes(right)
    road.clock.ahead += 30
    (sent,) = road.submit(name)
    assert (sent.error, road.receive().errors) == (None, [])
    assert road.notify()[1] == 0
    numbers_once(road, 1, 0, 0)


def test_a_webhook_that_comes_again_byte_for_byte_is_refused(road):
    name = ready(road)
    with road.listening():
        road.tell("financial_activated", name, "webhook", **AT_A_BRANCH)
        until(lambda: road.state()["webhook"]["tried"])
        before = road.outcome(name)
        assert [road.control("replay")["status"] for _ in range(2)] == [401, 401]
    with road.listening():  # another process knows it too
        assert road.control("replay")["status"] in (401, 0)
    assert road.outcome(name) == before
    ended_well(road, name)


def posted(road, url, *, secret=None, clock=time.time, body=None, name=""):
    """What a webhook of ours is answered: status and code."""
    key = (road.office.with_name("keys") / "sandbox.key").read_bytes().strip() if secret is None else secret
    told = {"schema": "ephoto.event/1", "event_id": "evt-by-hand-1", "type": "financial_activated",
            "occurred_at": "2026-11-30T09:00:00+08:00", "application_id": name, **AT_A_BRANCH}  # fmt: skip
    data = json.dumps(told).encode() if body is None else body
    headers = Signer(Key("sandbox-1", key), clock).headers("POST", "/v1/events", data, query="", idempotency_key="")
    answer = httpx.post(url, content=data, headers={**headers, "Content-Type": "application/json"}, trust_env=False)
    return answer.status_code, answer.json().get("code", "")


def test_a_webhook_with_an_old_or_early_time_or_another_key_records_nothing(road):
    name = ready(road)
    before = road.outcome(name)
    with road.listening() as url:
        assert posted(road, url, clock=Clock(-400), name=name) == (401, "wf.clock_skew")
        assert posted(road, url, clock=Clock(400), name=name) == (401, "wf.clock_skew")
        assert posted(road, url, secret=b"another key of nobody's", name=name) == (401, "wf.signature_invalid")
        assert posted(road, url, body=b"{}")[0] == 400
        assert road.outcome(name) == before
        assert posted(road, url, name=name) == (200, "")
    ended_well(road, name)


def test_a_clock_of_ours_that_is_off_loses_nothing(road):
    name = road.new()
    right, road.clock = road.clock, Clock(400)
    (sent,) = road.submit(name)
    assert sent.error.code == "wf.clock_skew"
    road.clock = right
    (sent,) = road.submit(name)
    assert sent.error is None
    numbers_once(road, 1, 0, 0)


def test_a_slow_platform_is_asked_again(road):
    name = road.new()
    road.through(["submission"], timeout_s=1, retries=0)
    road.control("slow", seconds=2)
    (sent,) = road.submit(name)
    assert (sent.error.code, road.case(name).state) == ("target_unreachable", "submitted")
    road.through(["submission"], timeout_s=1, retries=5)
    (sent,) = road.submit(name)  # perhaps while the first one is still being worked on
    assert (sent.error, road.case(name).state) == (None, "accepted")
    numbers_once(road, 1, 0, 0)


def test_a_busy_platform_is_asked_again(road):
    name = road.new()
    road.control("busy", status=503, times=2)
    (sent,) = road.submit(name)
    assert sent.error is None
    numbers_once(road, 1, 0, 0)


def test_a_slow_feed_and_subscriber_end_well(road):
    name = ready(road)
    road.tell("financial_activated", name, "feed", **AT_A_BRANCH)
    road.through(["activation", "notify"], timeout_s=1, retries=0)
    road.control("slow", seconds=2)
    assert [error.code for _, error in road.receive().errors] == ["target_unreachable"]
    assert road.receive().errors == []
    ended_well(road, name)
    road.control("slow", seconds=2, when="after")
    assert road.notify() == (0, 8)
    road.clock.ahead += 30
    assert road.notify() == (8, 0)
    assert road.state()["notices"] == 8


def zipped(name, data, *, kind=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as made:
        made.writestr(name, data)
    return out.getvalue()


HOSTILE = {
    "bomb.zip": (zipped("R.json", b" " * 60_000_000), "wf.package_too_large"),
    "broken.zip": (zipped("R.json", b"{}" * 400)[:-30], "wf.package_broken"),
    "outside.zip": (zipped("../R.json", b"{}"), "wf.package_broken"),
    "noise.json": (random.Random(3).randbytes(3000), "wf.package_broken"),
    "deep.json": (b"[" * 100_000, "wf.package_broken"),
    "other.json": (b'{"schema": "ephoto.receipt/1"}', "document_unfit"),
}


def test_hostile_receipts_are_put_aside_and_the_next_good_one_is_taken(road):
    name = road.new()
    road.submit(name)
    road.pack()
    road.out(2)
    out = road.prepared.bureau / "out"
    for file, (data, _) in HOSTILE.items():
        put_receipt(out, f"A-{file}", data, "20260115-000001")
    got = road.receive()
    assert {place: error.code for place, error in got.errors} == {
        f"A-{file}": code for file, (_, code) in HOSTILE.items()
    }
    assert road.case(name).state == "ready_for_pickup"
    aside = {path.name for path in (road.prepared.bureau / "error").iterdir()}
    assert aside == {f"A-{file}{end}" for file in HOSTILE for end in ("", ".ok")}
    refused = [detail for action, detail in road.audits() if action == "receipt_refused"]
    assert sorted(refused) == sorted(code for _, code in HOSTILE.values())
    again = road.receive()
    assert (again.errors, again.applied) == ([], 0)


def tampered(road):
    """Hands a package over with a file in it that it does not list, and a control line that is right."""

    def send(path):
        with zipfile.ZipFile(path) as made:
            batch = json.loads(made.read("manifest.json"))
        data = io.BytesIO(path.read_bytes())
        with zipfile.ZipFile(data, "a") as made:
            made.writestr("extra.txt", b"")
        whole = data.getvalue()
        line = f"{path.name}|{len(whole)}|{batch['count']}|{hashlib.sha256(whole).hexdigest()}|{batch['batch_no']}"
        (road.prepared.bureau / "in" / path.name).write_bytes(whole)
        (road.prepared.bureau / "in" / f"{path.name}.ok").write_text(line)
        return True

    return send


def test_a_package_that_is_refused_goes_in_another_batch(road):
    names = [road.new(person(k)) for k in range(2)]
    road.submit()
    road.pack(send=tampered(road))
    road.out(1)
    assert road.receive().errors == []
    assert [road.case(name).state for name in names] == ["production_failed"] * 2
    assert road.state()["cards"] == 0
    ((package, new),) = road.pack()
    assert (package.count, new) == (2, True)
    road.out(2)
    assert road.receive().errors == []
    assert [road.case(name).state for name in names] == ["ready_for_pickup"] * 2
    numbers_once(road, 2, 2, 1)


REFUSED = {"119904199001010024": "wf.name_mismatch", "119904199001010059": "wf.person_not_allowed"}


def test_an_application_that_is_refused_does_not_hold_the_others_up(road):
    names = [road.new(number) for number in REFUSED] + [road.new()]
    codes = [one.error and one.error.code for one in road.submit()]
    assert codes[0] == "wf.name_mismatch"
    assert codes[2] is None
    assert [road.case(name).state for name in names] == ["rejected", "rejected", "accepted"]
    assert road.submit() == []
    assert waiting(road)["submission"] == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_application_that_was_cancelled_is_not_sent(road, when):
    name = road.new()
    if when == "after":
        with road.opened() as here:
            here.office.take("application_cancelled", name)
            other = road.new()  # the same person may apply anew
        assert [one.application_id for one in road.submit()] == [other]
    else:
        (sent,) = road.submit(name)
        assert sent.error is None
        with road.opened() as here:
            here.office.take("application_cancelled", name)
        assert road.pack() == []
    assert road.case(name).state == "cancelled"
    assert (road.state()["applications"]["count"], waiting(road)["submission"]) == (1, 0)
