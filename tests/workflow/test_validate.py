"""What keeps an application from being confirmed: each rule of the card's road by its code, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.messages import LANGUAGES, phrase
from ephoto.core.resident_id import check_digit
from ephoto.workflow.findings import blocking
from ephoto.workflow.lifecycle.fold import fold
from ephoto.workflow.lifecycle.state import Terms
from ephoto.workflow.terms import EmployerTerms, with_terms
from ephoto.workflow.validate import next_steps, validate
from tests.workflow.histories import TO_ACCEPTED, TO_RECEIVED, events
from tests.workflow.people import (
    ADULTS,
    MINOR,
    TODAY,
    WRONG_CHECK_DIGIT,
    WRONG_DAY,
    application,
    applications,
    policy,
    replacement,
)

MAIL = {"recipient": "测试乙", "mobile": "13900139000", "province": "北京市", "city": "北京市", "district": "东城区"}
GUARDIAN = {"name": "测试丙", "id_number": ADULTS[4], "mobile": "13700137000"}
OPENED = EmployerTerms("EMP-0001", opened=True)


def minor(**changes):
    whole = {
        "route": "guardian",
        "employer": None,
        "applicant": {"id_number": MINOR, "occupation": None},
        "guardian": GUARDIAN,
        "consent": {"by": "guardian"},
    }
    return application(**(whole | changes))


def alone(**changes):
    return application(**({"route": "individual", "employer": None} | changes))


def found(made, *, day=TODAY, rules=None, **how):
    """Codes and places; the region of nobody is always warned of."""
    findings = validate(made, rules or policy(day), today=day, **how)
    for finding in findings:
        for lang in LANGUAGES:
            told = finding.to_dict(lang)
            assert "{" not in told["message"] + told["hint"]
            assert made.applicant.id_number not in str(told)
    return {(f.code, f.pointer) for f in findings} - {("wf.id_region_unknown", "/applicant/id_number")}


def test_applications_in_order():
    assert found(application()) == set()
    assert found(alone()) == set()
    assert found(minor()) == set()
    assert found(replacement()) == set()


def test_an_unknown_region_only_warns():
    (finding,) = validate(application(), policy(), today=TODAY)
    assert (finding.code, finding.level) == ("wf.id_region_unknown", "warn")
    assert blocking((finding,)) == ()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        # login, name, face
        (application(verification={"login_method": None}), ("wf.login_required", "/verification/login_method")),
        (application(verification={"real_name_at": None}), ("wf.real_name_required", "/verification/real_name_at")),
        (application(verification={"face_at": None}), ("wf.face_not_verified", "/verification/face_at")),
        (application(verification={"provider": None}), ("wf.field_required", "/verification/provider")),
        # the form
        (application(employer={"collective_opened": False}), ("wf.employer_not_opened", "/employer/collective_opened")),
        (application(employer={"code": None}), ("wf.field_required", "/employer/code")),
        (application(id_card_front=None), ("wf.id_card_picture_missing", "/id_card_front")),
        (application(id_card_back=None), ("wf.id_card_picture_missing", "/id_card_back")),
        (application(applicant={"mobile": None}), ("wf.field_required", "/applicant/mobile")),
        (application(applicant={"id_valid_to": None}), ("wf.field_required", "/applicant/id_valid_to")),
        (application(applicant={"occupation": "学生"}), ("wf.occupation_excluded", "/applicant/occupation")),
        (application(applicant={"occupation": "Freelance"}), ("wf.occupation_excluded", "/applicant/occupation")),
        (application(bank={"code": "BANK-9", "branch_code": "B7"}), ("wf.bank_not_allowed", "/bank/code")),
        (application(bank={"code": None}), ("wf.field_required", "/bank/code")),
        (application(bank={"branch_code": None}), ("wf.branch_required", "/bank/branch_code")),
        (application(bank={"code": "BANK-2"}), ("wf.field_unfit", "/bank/branch_code")),  # another bank's branch
        (application(delivery={"method": None}), ("wf.field_required", "/delivery/method")),
        (alone(delivery={"method": "on_site"}), ("wf.field_unfit", "/delivery/method")),
        (application(delivery={"method": "mail_personal"}), ("wf.address_required", "/delivery")),
        (application(delivery={"method": "mail_personal", **MAIL}), ("wf.address_required", "/delivery")),
        (
            application(delivery={"method": "mail_personal", **MAIL, "address": "1", "mobile": "12"}),
            ("wf.mobile_invalid", "/delivery/mobile"),
        ),
        (
            application(delivery={"method": "mail_personal", **MAIL, "address": "1", "postcode": "1000"}),
            ("wf.field_unfit", "/delivery/postcode"),
        ),
        (application(pledge_accepted_at=None), ("wf.pledge_required", "/pledge_accepted_at")),
        (application(fee_fen=500), ("wf.fee_not_expected", "/fee_fen")),
        (application(instant=True, bank={"branch_code": "B9"}), ("wf.branch_not_instant", "/bank/branch_code")),
        # the photo
        (application(photo=None), ("wf.photo_missing", "/photo")),
        (application(photo={"report_status": "fail"}), ("wf.photo_rejected", "/photo")),
        (application(photo={"spec": "cn-social-security-card@2"}), ("wf.photo_rejected", "/photo")),
        (application(photo={"width": 357}), ("wf.photo_rejected", "/photo")),
        (application(photo={"dpi": 300}), ("wf.photo_rejected", "/photo")),
        (application(photo={"bytes": 14335}), ("wf.photo_rejected", "/photo")),
        (application(photo={"bytes": 40001}), ("wf.photo_rejected", "/photo")),
        (application(photo={"sha256": None}), ("wf.photo_rejected", "/photo")),
        # consent
        (application(consent=None), ("wf.consent_required", "/consent")),
        (application(consent={"scope": ["platform", "bank"]}), ("wf.consent_required", "/consent")),
        # who it is
        (application(applicant={"id_number": WRONG_CHECK_DIGIT}), ("wf.id_check_digit", "/applicant/id_number")),
        (application(applicant={"id_number": WRONG_DAY}), ("wf.id_birth_date", "/applicant/id_number")),
        (application(applicant={"id_number": "119900880229001"}), ("wf.id_invalid", "/applicant/id_number")),
        (application(applicant={"birth_date": "1988-02-28"}), ("wf.id_birth_date", "/applicant/birth_date")),
        (application(applicant={"sex": "F"}), ("wf.id_sex", "/applicant/sex")),
        (application(applicant={"mobile": "12800138000"}), ("wf.mobile_invalid", "/applicant/mobile")),
        (application(applicant={"id_valid_to": "2026-01-14"}), ("wf.id_expired", "/applicant/id_valid_to")),
        (application(applicant={"id_valid_from": "2026-01-16"}), ("wf.id_expired", "/applicant/id_valid_from")),
        (
            application(applicant={"id_type": "hk_macao_taiwan_residence"}),
            ("wf.id_invalid", "/applicant/id_number"),  # a resident's number
        ),
        # ways that are no ways
        (alone(employer={"code": "EMP-0001"}), ("wf.field_unfit", "/employer")),
        (application(previous={"returned": True}), ("wf.field_unfit", "/previous")),
        # minors
        (alone(applicant={"id_number": MINOR}, consent={"by": "guardian"}), ("wf.guardian_required", "/route")),
        (minor(guardian=None), ("wf.guardian_required", "/guardian")),
        (minor(applicant={"occupation": None}), ("wf.guardian_not_needed", "/route")),
        (minor(consent={"by": "applicant"}), ("wf.guardian_consent_required", "/consent/by")),
        (minor(delivery={"method": "mail_personal", **MAIL, "address": "1"}), ("wf.field_unfit", "/delivery/method")),
        (minor(guardian=GUARDIAN | {"id_number": ""}), ("wf.field_required", "/guardian/id_number")),
        (minor(guardian=GUARDIAN | {"name": ""}), ("wf.field_required", "/guardian/name")),
        (minor(guardian=GUARDIAN | {"mobile": "12"}), ("wf.mobile_invalid", "/guardian/mobile")),
        (minor(guardian=GUARDIAN | {"id_number": WRONG_CHECK_DIGIT}), ("wf.id_check_digit", "/guardian/id_number")),
        # another card
        (replacement(valid_id_shown_at=None), ("wf.valid_id_required", "/valid_id_shown_at")),
        (replacement(kind="reissue_changed_data"), ("wf.change_at_department_first", "/previous/identity_change_ref")),
        (replacement(previous={"card_no": "T1"}), ("wf.field_unfit", "/previous/card_no")),
    ],
)
def test_what_is_missing_or_wrong_is_said_where_it_is(made, expected):
    assert found(made) == {expected}


def test_a_guardian_is_of_age_and_somebody_else():
    child = minor(guardian=GUARDIAN | {"id_number": MINOR})
    assert found(child) == {("wf.field_unfit", "/guardian/id_number")}
    first = "11990420100101001"
    other_child = minor(guardian=GUARDIAN | {"id_number": first + check_digit(first)})
    assert found(other_child) == {("wf.field_unfit", "/guardian/id_number")}
    assert phrase("a guardian is of age", "zh") in {
        phrase(f.values["problem"], "zh") for f in blocking(validate(other_child, policy(), today=TODAY))
    }


def test_the_day_of_the_eighteenth_birthday_ends_the_guardians_route():
    birthday = date(2030, 10, 5)
    assert ("wf.guardian_not_needed", "/route") not in found(minor(), day=birthday - timedelta(days=1))
    assert ("wf.guardian_not_needed", "/route") in found(minor(), day=birthday)
    assert ("wf.guardian_required", "/route") not in found(alone(applicant={"id_number": MINOR}), day=birthday)


def test_from_fourteen_on_people_consent_themselves():
    consents = minor(consent={"by": "applicant"})
    birthday = date(2026, 10, 5)
    assert ("wf.guardian_consent_required", "/consent/by") in found(consents, day=birthday - timedelta(days=1))
    assert ("wf.guardian_consent_required", "/consent/by") not in found(consents, day=birthday)


def test_before_august_2025_only_people_in_service_may_apply():
    assert ("wf.route_not_open", "/route") in found(alone(), day=date(2025, 7, 31))
    assert found(alone(applicant={"occupation": "学生"}), day=date(2025, 8, 1)) == set()


def test_an_employee_may_apply_alone_from_2026_on():
    employee = alone(applicant={"occupation": "企业职工"})
    assert found(employee, day=date(2025, 12, 31)) == {("wf.occupation_excluded", "/applicant/occupation")}
    assert found(employee, day=date(2026, 1, 1)) == set()


def test_a_kind_and_a_channel_that_a_route_does_not_have():
    rules = policy()
    narrow = replace(rules.routes["in_service"], kinds=("replacement_loss",), channels=("hr_portal",))
    rules = policy(routes={"in_service": narrow})
    assert found(application(), rules=rules) == {("wf.route_not_open", "/kind"), ("wf.channel_not_allowed", "/channel")}


def test_whoever_is_there_in_person_is_not_checked_online():
    counter = alone(channel="branch_counter", verification=None)
    assert found(counter) == set()
    online = found(alone(channel="mini_program", verification=None))
    assert {code for code, _ in online} == {
        "wf.login_required",
        "wf.real_name_required",
        "wf.face_not_verified",
        "wf.field_required",
    }


def test_other_documents_must_be_told_birth_and_sex():
    passport = application(applicant={"id_type": "passport", "id_number": "E12345678"})
    places = {place for _, place in found(passport)}
    assert places == {"/applicant/birth_date", "/applicant/sex"}
    told = application(
        applicant={"id_type": "passport", "id_number": "E12345678", "birth_date": "1990-01-01", "sex": "F"}
    )
    assert found(told) == set()
    to_come = {"id_type": "passport", "id_number": "E1 2", "birth_date": "2026-01-16", "sex": "F"}
    assert ("wf.id_birth_date", "/applicant/birth_date") in found(application(applicant=to_come))


def test_a_photo_on_file_needs_nothing_else():
    table = {"source": "on_file", "width": None, "height": None, "dpi": None, "spec": None, "report_status": None}
    assert found(application(photo=table | {"sha256": None, "bytes": None, "photo_id": None})) == set()


def test_the_old_card_is_never_asked_for():
    assert found(replacement(previous=None)) == set()
    assert found(replacement(previous={"returned": False})) == set()


def test_remote_replacement_is_for_banks_that_have_it():
    remote = {"channel": "online_remote", "verification": application().verification.model_dump()}
    assert found(replacement(**remote)) == set()
    other = replacement(**remote, bank={"code": "BANK-2", "branch_code": "B5"})
    assert found(other) == {("wf.remote_not_supported", "/channel")}
    assert {code for code, _ in found(replacement(channel="online_remote"))} >= {"wf.face_not_verified"}


def test_data_that_was_changed_at_its_department_is_taken():
    changed = replacement(kind="reissue_changed_data", previous={"identity_change_ref": "HR-1"})
    assert found(changed) == set()


@pytest.mark.parametrize(
    ("terms", "made", "expected"),
    [
        (OPENED, application(employer={"collective_opened": False}), set()),
        (
            EmployerTerms("EMP-0001", opened=False),
            application(),
            {("wf.employer_not_opened", "/employer/collective_opened")},
        ),
        (EmployerTerms("EMP-0002", opened=True), application(), {("wf.field_unfit", "/employer/code")}),
        (
            EmployerTerms("EMP-0001", opened=True, bank_codes=("BANK-2",)),
            application(),
            {("wf.bank_not_allowed", "/bank/code")},
        ),
        (EmployerTerms("EMP-0001", opened=True, bank_codes=("BANK-1", "BANK-9")), application(), set()),
        (
            EmployerTerms("EMP-0001", opened=True, bank_codes=("BANK-1", "BANK-2", "BANK-3", "BANK-4")),
            application(),
            {("wf.field_unfit", "/employer")},
        ),
        (
            EmployerTerms("EMP-0001", opened=True, branch_code="B0002"),
            application(),
            {("wf.field_locked", "/bank/branch_code")},
        ),
        (EmployerTerms("EMP-0001", opened=True, branch_code="B0001"), application(), set()),
        (EmployerTerms("EMP-0001", opened=True, branch_code="B1"), application(bank={"branch_code": None}), set()),
        (
            EmployerTerms("EMP-0001", opened=True, delivery="on_site"),
            application(),
            {("wf.field_locked", "/delivery/method")},
        ),
        (EmployerTerms("EMP-0001", opened=True, delivery="on_site"), application(delivery=None), set()),
        (
            EmployerTerms("EMP-0001", opened=True, branch_code="B0001"),
            application(bank={"code": "BANK-2", "branch_code": None}),
            {("wf.field_unfit", "/bank/branch_code")},  # the employer's branch is another bank's
        ),
        # a lock that the application claims and the employer has not set
        (
            OPENED,
            application(branch_locked=True, bank={"branch_code": None}),
            {("wf.branch_required", "/bank/branch_code")},
        ),
    ],
)
def test_what_the_employer_has_settled(terms, made, expected):
    assert found(made, employer=terms) == expected


def test_without_terms_a_locked_branch_is_not_asked_for():
    assert found(application(branch_locked=True, bank={"branch_code": None})) == set()


def test_terms_fill_in_what_is_open_and_leave_what_is_chosen():
    terms = EmployerTerms("EMP-0001", opened=True, branch_code="B7", delivery="on_site")
    filled = with_terms(application(bank={"branch_code": None}, delivery=None), terms)
    assert (filled.bank.branch_code, filled.branch_locked) == ("B7", True)
    assert (filled.delivery.method, filled.delivery.locked) == ("on_site", True)
    assert found(filled, employer=terms) == set()
    chosen = with_terms(application(), terms)
    assert {code for code, _ in found(chosen, employer=terms)} == {"wf.field_locked"}
    freed = with_terms(application(delivery={"method": "pickup_branch", "locked": True}, branch_locked=True), OPENED)
    assert (freed.branch_locked, freed.delivery.locked) == (False, False)


def test_what_a_policy_requires_of_what_cannot_be_there_is_not_asked_for():
    rules = policy()
    asks = replace(rules.routes["individual"], required=("previous.reason", "verification.ref", "applicant.nation"))
    rules = policy(routes={**rules.routes, "individual": asks})
    bare = {"verification": None, "applicant": {"nation": None}, "channel": "branch_counter"}
    assert found(alone(**bare), rules=rules) == {("wf.field_required", "/applicant/nation")}
    assert found(replacement(previous=None), rules=rules) == {("wf.field_required", "/previous/reason")}


@given(applications())
@settings(deadline=None)
def test_everything_that_is_in_order_passes(made):
    assert found(made) == set()


@given(applications(), st.dates(date(2024, 1, 1), date(2040, 1, 1)))
@settings(deadline=None)
def test_any_day_gives_findings_and_no_error(made, day):
    found(made, day=day)


def problems_of(made, **how):
    for finding in validate(made, policy(), today=TODAY, **how):
        yield finding.values.get("problem", "")


@pytest.mark.parametrize("field", ["report_status", "spec", "width", "dpi", "bytes", "sha256"])
def test_why_a_photo_is_rejected_is_said_in_chinese(field):
    change = {"report_status": "fail", "spec": "x@1", "width": 1, "dpi": 1, "bytes": 1, "sha256": None}[field]
    problems = [p for p in problems_of(application(photo={field: change})) if p]
    assert problems
    assert all(phrase(problem, "zh") != problem for problem in problems)


def test_values_that_are_words_are_said_in_the_language():
    (missing,) = (f for f in validate(application(bank=None), policy(), today=TODAY) if f.code == "wf.field_required")
    assert missing.message("en") == "bank.code is required."
    assert missing.message("zh") == "办卡银行为必填项。"
    (side,) = (f for f in validate(application(id_card_back=None), policy(), today=TODAY) if "picture" in f.code)
    assert "国徽面" in side.message("zh")
    mail = application(delivery={"method": "mail_personal"})
    (lacking,) = (f for f in validate(mail, policy(), today=TODAY) if f.code == "wf.address_required")
    assert "收卡人, 手机, 省, 市, 区县, 地址" in lacking.message("zh")


@pytest.mark.parametrize(
    ("types", "old", "steps"),
    [
        (("created",), False, ["confirm_pending"]),
        (("created", "photo_attached"), True, ["confirm_pending", "old_card_still_valid"]),
        ((*TO_ACCEPTED, "packaged"), True, ["old_card_still_valid"]),
        ((*TO_ACCEPTED, "packaged", "produced"), True, ["old_card_still_valid"]),
        ((*TO_ACCEPTED, "application_cancelled"), True, []),
        (TO_RECEIVED, False, ["activate_at_branch", "topup_required"]),
        ((*TO_RECEIVED, "transport_topped_up"), False, ["activate_at_branch"]),
        ((*TO_RECEIVED, "social_security_enabled"), True, ["activate_at_branch", "topup_required"]),
        ((*TO_RECEIVED, "financial_activated"), True, ["topup_required"]),
        ((*TO_RECEIVED, "financial_activated", "loss_reported"), False, []),
    ],
)
def test_what_comes_next(types, old, steps):
    case = fold(events(*types), Terms(delivery="pickup_branch"))
    assert case.pending == ()
    informs = next_steps(case, policy(), old_card_usable=old)
    assert [f.code.removeprefix("wf.") for f in informs] == steps
    assert {f.level for f in informs} <= {"inform"}
    assert all(f.message(lang) and f.hint(lang) for f in informs for lang in LANGUAGES)
