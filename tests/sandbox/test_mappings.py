"""The folder's mapping files as ephoto.workflow reads them, and its requests and signatures against the sandbox."""

from __future__ import annotations

import random
import time

import pytest

from ephoto.core.errors import InputError
from ephoto.core.settings import Settings
from ephoto.core.signing import MemoryNonces
from ephoto.sandbox.prepare import prepare
from ephoto.sandbox.serve import running
from ephoto.sandbox.signatures import PROFILES, Message, signed_headers
from ephoto.workflow.wire.http import Client
from ephoto.workflow.wire.mapping import load_mapping
from ephoto.workflow.wire.signing import signer, verifier
from tests.sandbox.office import JPEG, application, replacement

KINDS = ("submission", "replacement", "employer", "production", "activation", "notify")


@pytest.fixture(params=PROFILES)
def served(request, tmp_path):
    with running(prepare(tmp_path / "sandbox", profile=request.param), time.time) as sandbox:
        yield sandbox


def mapping(served, kind):
    return load_mapping(served.prepared.folder / f"{kind}.toml", Settings())


def client(served, by):
    return Client(by.http, signer(by.sign, Settings(), time.time), time.time, time.sleep, random.random)


@pytest.mark.parametrize("drop", ["sftp", "folder"])
def test_every_mapping_is_read(tmp_path, drop):
    folder = prepare(tmp_path / "sandbox", drop=drop).folder
    for kind in KINDS:
        assert load_mapping(folder / f"{kind}.toml", Settings()).adapter.kind == kind


def test_applications_and_replacements_are_taken(served):
    for kind, purpose, document in (
        ("submission", "submit", application()),
        ("replacement", "request", replacement(number="119900199308150026")),
    ):
        by = mapping(served, kind)
        pictures = {"photo": JPEG} | (
            dict.fromkeys(("id_card_front", "id_card_back"), JPEG) if kind == "submission" else {}
        )
        body = by.wire(document, pictures)
        with client(served, by) as http:
            answers = [
                http.send("POST", by.path(purpose), body.data, body.content_type, idempotency_key="key-1")
                for _ in range(2)
            ]
        assert answers[0].body == answers[1].body
        told = by.read(answers[0].body, answers[0].content_type, status=answers[0].status)
        assert told["state"] == "accepted"
    assert len(served.books.cases) == 2


def test_lost_answers_and_busy_servers_are_outlived(served):
    from ephoto.sandbox.faults import Fault

    by = mapping(served, "submission")
    body = by.wire(application(), dict.fromkeys(("photo", "id_card_front", "id_card_back"), JPEG))
    served.faults.ask(Fault("after", cut=True), 1)
    served.faults.ask(Fault("before", status=503), 1)
    with client(served, by) as http:
        answer = http.send("POST", by.path("submit"), body.data, body.content_type, idempotency_key="key-1")
    assert answer.status == 202
    assert len(served.books.cases) == 1


def test_a_refusal_has_its_code(served):
    by = mapping(served, "submission")
    document = application(number="119904199001010024")
    body = by.wire(document, dict.fromkeys(("photo", "id_card_front", "id_card_back"), JPEG))
    with client(served, by) as http, pytest.raises(InputError, match=r"wf\.name_mismatch"):
        http.send("POST", by.path("submit"), body.data, body.content_type, idempotency_key="key-1")


def test_the_sandbox_s_webhooks_are_verified(served):
    by = mapping(served, "activation")
    verify = verifier(by.sign, Settings(), time.time, MemoryNonces())
    message = Message("POST", "/v1/events", "", b"{}")
    headers = signed_headers(served.prepared.keys, message, time.time())
    verify.verify("POST", "/v1/events", "", headers, b"{}")
    wrong = signed_headers(served.prepared.keys, message, time.time(), wrongly=True)
    with pytest.raises(InputError, match="signature_invalid"):
        verify.verify("POST", "/v1/events", "", wrong, b"{}")
