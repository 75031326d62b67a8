"""The platform and the bank: applications and replacements over real sockets."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ephoto.contracts.schemas import check
from tests.sandbox.office import JPEG, ME, NOW, OTHER, application, facts, form, photo, replacement

REFUSED = {
    "119904199001010016": "wf.person_not_found",
    "119904199001010024": "wf.name_mismatch",
    "119904199001010032": "wf.already_has_card",
}


def code_of(answer):
    return answer.json()["code"]


def test_an_application_is_taken_and_found_again(office):
    answer = office.apply()
    assert answer.status_code == 202
    told = answer.json()
    check(told, "ephoto.submission-answer/1")
    assert (told["application_id"], told["state"]) == ("APP-TEST-0001", "accepted")
    again = office.send("GET", f"/v1/applications/{told['external_no']}")
    assert again.status_code == 200
    assert again.json() == told
    assert office.state()["applications"]["count"] == 1


def test_a_photo_on_file_needs_no_part(office):
    document = application(photo={"source": "on_file"})
    assert office.apply(document, {"id_card_front": JPEG, "id_card_back": JPEG}).status_code == 202


def test_the_same_key_and_content_is_answered_as_before(office):
    first, second = (office.apply(key="key-1") for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert office.state()["applications"]["count"] == 1


@pytest.mark.parametrize("other", ["document", "picture"])
def test_the_same_key_with_other_content_is_a_conflict(office, other):
    office.apply(key="key-1")
    if other == "document":
        answer = office.apply(application(application_id="APP-TEST-0009"), key="key-1")
    else:
        changed = JPEG + b"."
        document = application(photo=photo(changed))
        pictures = {"photo": changed, "id_card_front": JPEG, "id_card_back": JPEG}
        answer = office.apply(document, pictures, key="key-1")
    assert (answer.status_code, code_of(answer)) == (422, "wf.idempotency_conflict")


def test_two_at_once_with_one_key_make_one_application(office):
    """Whoever comes while the first is worked on is told to ask again, and then gets the first one's answer."""
    office.control("slow", seconds=0.5)
    start = threading.Barrier(8)

    def send(_):
        start.wait()
        return office.apply(key="key-1")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [202, *[409] * 7]
    assert {code_of(a) for a in answers if a.status_code == 409} == {"wf.in_progress"}
    assert {a.headers["retry-after"] for a in answers if a.status_code == 409} == {"1"}
    assert office.apply(key="key-1").status_code == 202
    assert office.state()["applications"]["count"] == 1


def test_an_answer_that_is_lost_is_given_again(office):
    import httpx

    office.control("cut", when="after")
    with pytest.raises(httpx.RemoteProtocolError):
        office.apply(key="key-1")
    assert office.apply(key="key-1").status_code == 202
    assert office.state()["applications"]["count"] == 1


def test_a_connection_cut_before_leaves_nothing(office):
    import httpx

    office.control("cut", when="before")
    with pytest.raises(httpx.RemoteProtocolError):
        office.apply(key="key-1")
    assert office.state()["applications"]["count"] == 0


def test_a_busy_server_says_when_to_come_again(office):
    office.control("busy", times=2)
    answers = [office.apply(key="key-1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 202]
    assert answers[0].headers["retry-after"] == "1"


def test_no_key_is_refused(office):
    answer = office.apply(key="")
    assert (answer.status_code, code_of(answer)) == (400, "wf.field_required")


def test_a_second_open_application_of_a_person_is_refused(office):
    assert office.apply().status_code == 202
    for document in (application(application_id="APP-TEST-0009"), application()):
        answer = office.apply(document)
        assert (answer.status_code, code_of(answer)) == (422, "wf.duplicate_application")
    assert office.apply(application(application_id="APP-TEST-0010", number=OTHER)).status_code == 202


@pytest.mark.parametrize(("number", "code"), REFUSED.items())
def test_people_who_get_no_card(office, number, code):
    answer = office.apply(application(number=number), key="key-1")
    assert (answer.status_code, code_of(answer)) == (422, code)
    assert office.apply(application(number=number), key="key-1").content == answer.content
    assert number not in answer.text


def test_a_person_may_be_rejected_in_the_answer(office):
    told = office.apply(application(number="119904199001010059")).json()
    check(told, "ephoto.submission-answer/1")
    assert (told["state"], told["code"]) == ("rejected", "wf.person_not_allowed")


@pytest.mark.parametrize(("number", "event"), [("119904199001010067", "rejected"), ("119904199001010112", "accepted")])
def test_a_person_may_be_decided_later(office, number, event):
    assert office.apply(application(number=number)).json()["state"] == "submitted"
    (told,) = office.feed()["events"]
    assert (told["type"], told["application_id"]) == (event, "APP-TEST-0001")


def test_what_does_not_meet_the_schema_is_told_by_place_and_never_repeated(office):
    document = application(secret="7" * 20)
    del document["applicant"]["mobile"]
    document["applicant"]["name"] = ""
    answer = office.apply(document)
    assert (answer.status_code, code_of(answer)) == (400, "wf.body_invalid")
    errors = {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert errors == {
        ("", "wf.field_unfit"), ("/applicant", "wf.field_required"), ("/applicant/name", "wf.field_unfit"),
    }  # fmt: skip
    assert ME not in answer.text
    assert "7777" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"{", b"\xff", b'{"schema": NaN}', b'{"a": 1, "a": 1}', b"[" * 100_000],
    ids=["empty", "list", "cut", "no text", "NaN", "a key twice", "deep"],
)
def test_no_document_at_all(office, body):
    answer = office.apply(body)
    assert (answer.status_code, code_of(answer)) == (400, "wf.body_invalid")


def test_no_form(office):
    answer = office.send("POST", "/v1/applications", b"{}", key="key-1")
    assert (answer.status_code, code_of(answer)) == (400, "wf.body_invalid")
    body, kind = form(application())
    for cut in (body[: len(body) // 2], body[:-6]):
        answer = office.send("POST", "/v1/applications", cut, kind, key="key-1")
        assert (answer.status_code, code_of(answer)) == (400, "wf.body_invalid")


PICTURES = {"photo": JPEG, "id_card_front": JPEG, "id_card_back": JPEG}


@pytest.mark.parametrize(
    ("pictures", "code"),
    [
        pytest.param({**PICTURES, "photo": JPEG + b"."}, "wf.photo_rejected", id="other bytes"),
        pytest.param({**PICTURES, "id_card_back": JPEG[:-1] + b"."}, "wf.photo_rejected", id="other sum"),
        pytest.param({"photo": JPEG, "id_card_front": JPEG}, "wf.id_card_picture_missing", id="no back"),
        pytest.param({"id_card_front": JPEG, "id_card_back": JPEG}, "wf.photo_missing", id="no photo"),
        pytest.param({**PICTURES, "selfie": JPEG}, "wf.body_invalid", id="one more"),
    ],
)
def test_pictures_that_are_not_those_of_the_document(office, pictures, code):
    answer = office.apply(None, pictures)
    assert (answer.status_code, code_of(answer)) == (400, code)


def test_a_photo_that_is_no_jpeg(office):
    data = b"\x89PNG" + bytes(100)
    answer = office.apply(application(photo=photo(data)), {**PICTURES, "photo": data})
    assert (answer.status_code, code_of(answer)) == (400, "wf.photo_rejected")


def test_a_photo_under_another_name(office):
    answer = office.apply(application(photo=photo() | {"file": "me.jpg"}))
    assert (answer.status_code, code_of(answer)) == (400, "wf.photo_rejected")


def test_an_unknown_number(office):
    answer = office.send("GET", "/v1/applications/P-0")
    assert (answer.status_code, code_of(answer)) == (404, "wf.application_unknown")


def test_a_body_that_is_too_large(office):
    answer = office.send("POST", "/v1/employer-checks", b" " * 20_000_001)
    assert (answer.status_code, code_of(answer)) == (413, "wf.body_invalid")


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v2", 404), ("DELETE", "/v1/events", 405)])
def test_other_places(office, method, path, status):
    assert office.send(method, path).status_code == status


def test_a_replacement_is_taken(office):
    answer = office.replace(replacement())
    assert answer.status_code == 202
    told = answer.json()
    check(told, "ephoto.replacement-answer/1")
    assert (told["state"], told["instant"]) == ("accepted", True)
    assert office.send("GET", f"/v1/applications/{told['external_no']}").json() == told


def online(bank):
    made = replacement(channel="online_remote", bank={"code": bank}, verification={"real_name_at": NOW})
    del made["valid_id"]
    return made


def test_remote_replacement_is_a_banks_own_gift(office):
    assert office.replace(online("BANK-1")).json()["instant"] is False
    answer = office.replace(online("BANK-2") | {"application_id": "APP-TEST-0005"})
    assert (answer.status_code, code_of(answer)) == (422, "wf.remote_not_supported")


def test_who_has_no_card_has_none_to_replace(office):
    answer = office.replace(replacement(number="119904199001010040"))
    assert (answer.status_code, code_of(answer)) == (422, "wf.no_card")
    assert office.apply(application(number="119904199001010040")).status_code == 202


def test_keys_of_the_two_systems_are_apart(office):
    assert office.apply(key="key-1").status_code == 202
    assert office.replace(replacement(number=OTHER), key="key-1").status_code == 202


def employer_check(code="EMP-0001"):
    numbers = (ME, "119904199001010016", "119904199001010040")
    rows = [{"row_no": k, "id_number": number, "name": "测试甲"} for k, number in enumerate(numbers, 1)]
    told = {"schema": "ephoto.employer-check/1", "request_id": "REQ-00001", "employer_code": code}
    return told | {"batch_no": "B1", "rows": rows}


def test_an_employer_is_told_which_people_may_not(office):
    answer = office.post("/v1/employer-checks", employer_check())
    assert answer.status_code == 200
    told = answer.json()
    check(told, "ephoto.employer-check-answer/1")
    assert told["collective_opened"]
    assert [row["code"] for row in told["rows"]] == [None, "wf.person_not_found", None]


def test_employers_differ(office):
    closed = office.post("/v1/employer-checks", employer_check("EMP-0002")).json()
    locked = office.post("/v1/employer-checks", employer_check("EMP-0003")).json()
    assert not closed["collective_opened"]
    assert (locked["bank_codes"], locked["branch_code"], locked["delivery"]) == (
        ["BANK-1"],
        "B0001",
        "employer_collect",
    )
    assert office.post("/v1/employer-checks", {"schema": "x"}).status_code == 400


def test_a_subscriber_takes_each_notice_once(office):
    event = {
        "schema": "ephoto.event/1",
        "event_id": "evt-00000001",
        "type": "received",
        "occurred_at": NOW,
    }
    event |= {"application_id": "APP-TEST-0001"}
    assert [office.post("/v1/notices", event).json() for _ in range(3)] == [
        {"duplicate": False}, {"duplicate": True}, {"duplicate": True},
    ]  # fmt: skip
    reordered = dict(sorted(event.items()))
    assert office.post("/v1/notices", reordered).json() == {"duplicate": True}
    answer = office.post("/v1/notices", event | {"type": "cancelled"})
    assert (answer.status_code, code_of(answer)) == (409, "wf.event_conflict")
    assert office.post("/v1/notices", {"schema": "ephoto.event/1"}).status_code == 400
    assert office.state()["notices"] == 1


def test_the_state_tells_nobodys_name_and_number(office):
    office.apply()
    told = json.dumps(office.state(), ensure_ascii=False)
    assert ME not in told
    assert "测试" not in told
    assert facts()["sha256"] not in told
