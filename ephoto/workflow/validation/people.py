"""Who the applicant and the guardian are: ID numbers, birth date and sex, age, mobile numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.core.errors import InputError
from ephoto.workflow.findings import Finding
from ephoto.workflow.identity import age_on, fits_other_id, read_id
from ephoto.workflow.mobile import plain_mobile
from ephoto.workflow.validation.asked import NUMBERED, is_set, missing, pointer, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.model import Applicant, Guardian
    from ephoto.workflow.validation.asked import Asked

__all__ = ["of_applicant", "of_guardian"]


def of_applicant(asked: Asked) -> Iterator[Finding]:
    applicant = asked.application.applicant
    yield from _number(asked, applicant, "applicant")
    if asked.number is not None and not asked.number.region_known:
        yield Finding("wf.id_region_unknown", "/applicant/id_number")
    yield from _told_by_number(asked)
    yield from _validity(asked)
    yield from mobile(applicant.mobile, "applicant.mobile")


def of_guardian(asked: Asked) -> Iterator[Finding]:
    """Minors have one, and nobody else comes by the guardian's route."""
    application, born = asked.application, asked.born
    is_minor = born is not None and age_on(born, asked.today) < asked.policy.minor_age
    if application.route != "guardian":
        if is_minor:
            yield Finding("wf.guardian_required", "/route")
        return
    if born is not None and not is_minor:
        yield Finding("wf.guardian_not_needed", "/route")
    if application.guardian is None:
        yield Finding("wf.guardian_required", "/guardian")
        return
    yield from _guardian(asked, application.guardian)


def mobile(number: str, field: str) -> Iterator[Finding]:
    """A number that is given must be one."""
    if number and plain_mobile(number) != number:
        yield Finding("wf.mobile_invalid", pointer(field))


def _guardian(asked: Asked, guardian: Guardian) -> Iterator[Finding]:
    needed = ("guardian.name", "guardian.id_number", "guardian.mobile")
    yield from (missing(field) for field in needed if not is_set(asked.application, field))
    yield from mobile(guardian.mobile, "guardian.mobile")
    if not guardian.id_number:
        return
    faults = tuple(_number(asked, guardian, "guardian"))
    yield from faults
    if guardian.id_number == asked.application.applicant.id_number:
        yield unfit("guardian.id_number", problem="it is the applicant's own")
    elif not faults and guardian.id_type in NUMBERED:
        born = read_id(guardian.id_number).birth_date
        if age_on(born, asked.today) < asked.policy.minor_age:
            yield unfit("guardian.id_number", problem="a guardian is of age")


def _number(asked: Asked, person: Applicant | Guardian, who: str) -> Iterator[Finding]:
    """What is wrong with the number, by the kind of its document."""
    place = pointer(f"{who}.id_number")
    if person.id_type not in NUMBERED:
        if not fits_other_id(person.id_number):
            yield Finding("wf.id_invalid", place, {"problem": "it has other signs, or another length"})
        return
    try:
        number = read_id(person.id_number, today=asked.today)
    except InputError as error:
        yield Finding(error.code, place, error.values)
        return
    if number.residence_permit != (person.id_type == "hk_macao_taiwan_residence"):
        yield Finding("wf.id_invalid", place, {"problem": "it is of another kind of document"})


def _told_by_number(asked: Asked) -> Iterator[Finding]:
    """Birth date and sex: those that are given are the number's, or must be given where it tells none."""
    applicant, number = asked.application.applicant, asked.number
    if number is not None:
        if applicant.birth_date not in (None, number.birth_date):
            yield Finding("wf.id_birth_date", "/applicant/birth_date")
        if applicant.sex not in (None, number.sex):
            yield Finding("wf.id_sex", "/applicant/sex")
        return
    if applicant.birth_date is not None and applicant.birth_date > asked.today:
        yield Finding("wf.id_birth_date", "/applicant/birth_date")
    if applicant.id_type not in NUMBERED:
        needed = ("applicant.birth_date", "applicant.sex")
        yield from (missing(field) for field in needed if not is_set(asked.application, field))


def _validity(asked: Asked) -> Iterator[Finding]:
    applicant = asked.application.applicant
    if applicant.id_valid_from is not None and applicant.id_valid_from > asked.today:
        yield Finding("wf.id_expired", "/applicant/id_valid_from")
    until = applicant.id_valid_to
    if until is not None and until != "long_term" and until < asked.today:
        yield Finding("wf.id_expired", "/applicant/id_valid_to")
