"""Documents of applications and the contracts, both ways: what is built meets its schema, and nothing else leaves."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.contracts.schemas import faults
from ephoto.core.errors import InputError
from ephoto.workflow.documents import (
    PARTS,
    REPLACEMENT,
    SUBMISSION,
    replacement_document,
    submission_document,
)
from ephoto.workflow.findings import blocking
from ephoto.workflow.model import load_application
from ephoto.workflow.validate import validate
from tests.workflow.people import (
    ADULTS,
    TIME,
    TODAY,
    WRONG_CHECK_DIGIT,
    application,
    application_table,
    applications,
    files,
    policy,
    replacement,
)

BUILDERS = {SUBMISSION: submission_document, REPLACEMENT: replacement_document}
MAIL = {"recipient": "测试乙", "mobile": "13900139000", "province": "北京市", "city": "北京市", "district": "东城区"}


def refusal(build, made, sent=None):
    with pytest.raises(InputError) as caught:
        build(made, files() if sent is None else sent)
    for lang in ("en", "zh"):
        assert made.applicant.id_number not in caught.value.message(lang)
    return caught.value.code, caught.value.values.get("field", "")


@given(applications())
@settings(deadline=None)
def test_whatever_is_in_order_makes_a_submission_that_meets_its_schema(made):
    document = submission_document(made, files())
    assert faults(json.loads(json.dumps(document)), SUBMISSION) == []


REMOTE = {"channel": "online_remote", "valid_id_shown_at": None, "verification": {"real_name_at": TIME}}


@pytest.mark.parametrize("kind", ["replacement_loss", "replacement_damage", "reissue_changed_data"])
@pytest.mark.parametrize("way", [{}, REMOTE], ids=["counter", "remote"])
def test_replacements_meet_their_schema(kind, way):
    made = replacement(**({"kind": kind, "previous": {"identity_change_ref": "HR-1", "card_no": "T00000001"}} | way))
    document = replacement_document(made, files())
    assert faults(document, REPLACEMENT) == []
    assert document["previous"]["card_no_masked"] == "T****0001"
    assert "T00000001" not in json.dumps(document)


def test_the_document_of_a_person():
    document = submission_document(application(), files())
    assert document["applicant"]["birth_date"] == "1988-02-29"
    assert document["applicant"]["sex"] == "M"
    assert document["photo"]["file"] == PARTS["photo"]
    assert document["id_card"]["back"]["bytes"] == len(files()["id_card_back"])
    assert document["consent"]["scope"] == ["platform", "bank", "bureau"]
    assert "previous" not in document


def test_only_what_is_needed_goes_along():
    """No address where nothing is mailed, no guardian but by the guardian's route, no ids of our store."""
    delivery = {"method": "pickup_branch", **MAIL}
    guardian = {"name": "测试丙", "id_number": ADULTS[4], "mobile": "13700137000"}
    told = json.dumps(submission_document(application(delivery=delivery, guardian=guardian), files()))
    assert "测试乙" not in json.loads(told)["delivery"].values()
    assert "guardian" not in json.loads(told)
    assert "p-1" not in told


def test_a_photo_on_file_has_no_file():
    made = load_application(application_table(photo=None) | {"photo": {"source": "on_file"}})
    sent = {name: data for name, data in files().items() if name != "photo"}
    assert submission_document(made, sent)["photo"] == {"source": "on_file"}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (application(application_id=None), ("wf.field_required", "application_id")),
        (application(applicant={"mobile": None}), ("wf.field_required", "applicant.mobile")),
        (application(employer=None), ("wf.field_required", "employer.code")),
        (application(route="guardian", employer=None), ("wf.field_required", "guardian.name")),
        (application(bank=None), ("wf.field_required", "bank.code")),
        (application(delivery=None), ("wf.field_required", "delivery.method")),
        (application(delivery={"method": "mail_personal", **MAIL}), ("wf.field_required", "delivery.address")),
        (application(photo=None), ("wf.photo_missing", "")),
        (application(photo={"dpi": None}), ("wf.field_required", "photo.dpi")),
        (application(photo={"report_status": None}), ("wf.field_required", "photo.report_status")),
        (application(photo={"report_status": "fail"}), ("document_unfit", "")),
        (application(photo={"sha256": "0" * 64}), ("wf.photo_rejected", "")),
        (application(photo={"bytes": 1}), ("wf.photo_rejected", "")),
        (application(id_card_back=None), ("wf.id_card_picture_missing", "")),
        (application(id_card_back={"sha256": "0" * 64}), ("wf.field_unfit", "id_card_back")),
        (application(verification=None), ("wf.field_required", "verification.real_name_at")),
        (application(verification={"provider": None}), ("wf.field_required", "verification.provider")),
        (application(pledge_accepted_at=None), ("wf.field_required", "pledge_accepted_at")),
        (application(consent=None), ("wf.field_required", "consent")),
        (application(applicant={"id_number": WRONG_CHECK_DIGIT}), ("wf.id_check_digit", "")),
        (application(applicant={"mobile": "12"}), ("document_unfit", "")),
        (
            application(applicant={"id_type": "passport", "id_number": "E1"}),
            ("wf.field_required", "applicant.birth_date"),
        ),
    ],
)
def test_what_a_submission_lacks_is_named(made, expected):
    assert refusal(submission_document, made) == expected


@pytest.mark.parametrize("part", ["photo", "id_card_front", "id_card_back"])
def test_a_part_that_does_not_come_along_or_is_another_is_noticed(part):
    sent = files()
    code, _ = refusal(submission_document, application(), {**sent, part: sent[part] + b"x"})
    assert code in ("wf.photo_rejected", "wf.field_unfit")
    del sent[part]
    code, _ = refusal(submission_document, application(), sent)
    assert code in ("wf.photo_missing", "wf.id_card_picture_missing")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (replacement(channel=None), ("wf.field_required", "channel")),
        (replacement(valid_id_shown_at=None), ("wf.field_required", "valid_id_shown_at")),
        (replacement(channel="online_remote"), ("wf.field_required", "verification.real_name_at")),
        (replacement(channel="mini_program", verification={"real_name_at": TIME}), ("document_unfit", "")),
        (replacement(kind="first_issue"), ("document_unfit", "")),
        (replacement(kind="reissue_changed_data"), ("document_unfit", "")),
        (replacement(bank={"branch_code": None}), ("document_unfit", "")),
    ],
)
def test_what_a_replacement_lacks_is_named(made, expected):
    assert refusal(replacement_document, made) == expected


_CHANGES = {
    "applicant": ({"mobile": "12"}, {"mobile": None}, {"id_number": "12"}, {"id_type": "passport"}, {"sex": "F"}),
    "employer": (None, {"code": None}, {"name": None}),
    "guardian": (None, {"name": "测试丙", "id_number": "1"}, {"name": "测试丙", "id_number": "12345", "mobile": "1"}),
    "bank": (None, {"code": None}, {"branch_code": None}),
    "delivery": (
        None,
        {"method": "mail_personal"},
        {"method": "mail_personal", **MAIL, "address": "1", "postcode": "x"},
    ),
    "photo": (None, {"report_status": "fail"}, {"spec": None}, {"width": None}, {"source": "on_file"}),
    "id_card_front": (None, {"photo_id": None}),
    "verification": (None, {"face_at": None}, {"provider": None}, {"ref": None}),
    "previous": (None, {"returned": True}, {"card_no": "T1"}, {"card_no": "长" * 32}, {"reason": "x"}),
    "consent": (None, {"scope": ["x"]}),
    "kind": ("first_issue", "replacement_loss", "reissue_changed_data"),
    "route": ("in_service", "individual", "guardian"),
    "channel": (None, "branch_counter", "online_remote", "post"),
    "application_id": (None, "12345678"),
    "pledge_accepted_at": (None, "2026-01-01T00:00:00.000001Z", "1927-01-01T00:00:00+08:05:43"),
    "valid_id_shown_at": (None, TIME),
}
_broken = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in _CHANGES.items()})


@st.composite
def _hardly_broken(draw):
    """One to three changes, of an application or of a request at the counter."""
    keys = draw(st.lists(st.sampled_from(sorted(_CHANGES)), min_size=1, max_size=3, unique=True))
    made = draw(st.sampled_from((application, replacement)))
    return made(**{key: draw(st.sampled_from(_CHANGES[key])) for key in keys})


@given(_broken.map(lambda changes: application(**changes)) | _hardly_broken(), st.sampled_from(sorted(BUILDERS)))
@settings(deadline=None)
def test_whatever_is_wrong_either_a_fit_document_leaves_or_none(made, name):
    try:
        document = BUILDERS[name](made, files())
    except InputError as error:
        code, words = error.code, [error.message(lang) for lang in ("en", "zh")]
    else:
        assert faults(json.loads(json.dumps(document)), name) == []
        return
    assert code.startswith("wf.") or code == "document_unfit"
    assert all(words)


@given(_hardly_broken())
@settings(max_examples=250, deadline=None)
def test_an_application_without_blocking_findings_makes_a_document(made):
    """What validate lets pass is never refused by a schema: the form's by the first, a request's by the second."""
    requested = made.kind != "first_issue" and made.channel in ("branch_counter", "online_remote")
    by_clerk = made.channel == "branch_counter" and not requested  # taken down at the bank itself
    if by_clerk or not made.application_id or blocking(validate(made, policy(), today=TODAY)):
        return
    build = replacement_document if requested else submission_document
    build(made, files())
