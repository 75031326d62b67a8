"""Our adapters against the sandbox, which shares no code of the wire: its own signatures, parsers and schemas."""

from __future__ import annotations

import time
from copy import deepcopy

import pytest

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.core.settings import Settings
from ephoto.sandbox.faults import Fault
from ephoto.sandbox.prepare import prepare
from ephoto.sandbox.serve import running
from ephoto.workflow.adapters.registry import EMPLOYER, REPLACEMENT, SUBMISSION, Around
from ephoto.workflow.wire.mapping import load_mapping
from ephoto.workflow.wire.sample import samples


@pytest.fixture(params=["hmac-sha256", "sm2-sm3"])
def served(request, tmp_path):
    with running(prepare(tmp_path / "sandbox", profile=request.param), time.time) as sandbox:
        yield sandbox


def adapter(served, kind, waits=None, clock=time.time):
    mapping = load_mapping(served.prepared.folder / f"{kind.name}.toml", Settings())
    quick = time.sleep if waits is None else waits.append
    return kind.build(mapping, Around(Settings(), clock, quick, lambda: 0.5))


def person(number, birth_date="1990-01-01", sex="M", kind="submission", sample=0):
    """A sample as another fictional person; the sandbox's answers go by the ID number."""
    document, pictures = deepcopy(samples(kind)[sample])
    document["applicant"] |= {"id_number": number, "birth_date": birth_date, "sex": sex}
    document["application_id"] = f"APP-{number}"
    return document, pictures


def test_an_application_is_taken_once_and_its_state_is_told(served):
    (document, pictures), one = samples("submission")[0], adapter(served, SUBMISSION)
    first = one.submit(document, pictures, idempotency_key="key-a")
    again = one.submit(document, pictures, idempotency_key="key-a")
    assert first.state in ("submitted", "accepted")
    assert (again.external_no, again.received_at) == (first.external_no, first.received_at)
    assert one.status(first.external_no).external_no == first.external_no
    other = document | {"bank": {"code": "BANK-2", "branch_code": "B0002"}}
    with pytest.raises(InputError) as caught:
        one.submit(other, pictures, idempotency_key="key-a")
    assert caught.value.code == "wf.idempotency_conflict"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_cut_anywhere_doubles_nothing(served, when):
    document, pictures = samples("submission")[0]
    served.faults.ask(Fault(when, cut=True), 2)
    waits = []
    got = adapter(served, SUBMISSION, waits).submit(document, pictures, idempotency_key=f"key-{when}")
    assert got.external_no
    assert len(waits) == 2
    assert len(served.books.cases) == 1


def test_a_server_that_still_works_on_the_first_try_is_asked_again(served):
    """The first try is given up, the next ones find the request still running (409), the last one its answer."""
    document, pictures = samples("submission")[0]
    file = served.prepared.folder / "submission.toml"
    file.write_text(file.read_text().replace("timeout_s = 10", "timeout_s = 0.5"))
    served.faults.ask(Fault("during", seconds=1.5), 1)
    assert adapter(served, SUBMISSION).submit(document, pictures, idempotency_key="key-slow").external_no
    assert len(served.books.cases) == 1


def test_a_busy_server_is_waited_for(served):
    document, pictures = samples("submission")[2]
    served.faults.ask(Fault("before", status=503), 2)
    waits = []
    assert adapter(served, SUBMISSION, waits).submit(document, pictures, idempotency_key="key-busy").external_no
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("number", "code"), [("119904199001010016", "wf.person_not_found"), ("119904199001010024", "wf.name_mismatch")]
)
def test_the_platforms_refusals_have_their_codes(served, number, code):
    document, pictures = person(number, sex="M" if int(number[16]) % 2 else "F")
    with pytest.raises(InputError) as caught:
        adapter(served, SUBMISSION).submit(document, pictures, idempotency_key=f"key-{code}")
    assert caught.value.code == code
    assert number not in str(caught.value) + repr(caught.value.values)


def test_a_clock_that_is_wrong_is_told(served):
    document, pictures = samples("submission")[0]
    with pytest.raises(InputError) as caught:
        adapter(served, SUBMISSION, clock=lambda: time.time() - 3600).submit(
            document, pictures, idempotency_key="key-c"
        )
    assert caught.value.code == "wf.clock_skew"


def test_an_unknown_number_is_told(served):
    with pytest.raises(InputError) as caught:
        adapter(served, SUBMISSION).status("P-NOBODY-1")
    assert caught.value.code == "wf.application_unknown"


@pytest.mark.parametrize("number", range(2), ids=["branch", "online"])
def test_a_replacement_is_taken(served, number):
    document, pictures = samples("replacement")[number]
    document = deepcopy(document) | {"application_id": f"APP-REPLACED-{number}"}
    got = adapter(served, REPLACEMENT).request(document, pictures, idempotency_key=f"key-replaced-{number}")
    assert got.external_no


def test_an_employer_answers(served):
    from ephoto.workflow.adapters.employer import CheckRow

    rows = [CheckRow(2, "119900198802290011", "测试甲"), CheckRow(3, "119904199001010016", "测试丙")]
    got = adapter(served, EMPLOYER).check("EMP-0001", "20260115-000001", rows)
    assert got.terms.opened
    assert got.findings[3].code == "wf.person_not_found"


def test_a_sandbox_that_is_gone_is_not_reached(tmp_path):
    prepared = prepare(tmp_path / "sandbox")
    mapping = load_mapping(prepared.folder / "submission.toml", Settings())
    waits = []
    one = SUBMISSION.build(mapping, Around(Settings(), time.time, waits.append, lambda: 0.5))
    document, pictures = samples("submission")[0]
    with pytest.raises(EnvironmentFault) as caught:
        one.submit(document, pictures, idempotency_key="key-gone")
    assert caught.value.code == "target_unreachable"
    assert len(waits) == 5
