"""The form: whether its route is open, for this person and on this way, and whether its fields are filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.workflow.findings import Finding
from ephoto.workflow.validation.asked import is_set, missing, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.policy import RouteRules
    from ephoto.workflow.validation.asked import Asked

__all__ = ["of_employer", "of_fee", "of_fields", "of_route"]


def of_route(asked: Asked) -> Iterator[Finding]:
    application, rules = asked.application, asked.rules
    if rules is None:
        yield _not_open(asked, "/route", problem="it is not open on this day")
        return
    if application.kind not in rules.kinds:
        yield _not_open(asked, "/kind", problem="it is not for this kind of application")
    if application.channel is not None and rules.channels and application.channel not in rules.channels:
        said = {"event": "confirmed", "channel": application.channel, "allowed": list(rules.channels)}
        yield Finding("wf.channel_not_allowed", "/channel", said)
    if rules.excludes(application.applicant.occupation):
        yield Finding("wf.occupation_excluded", "/applicant/occupation", {"route": application.route})


def of_employer(asked: Asked) -> Iterator[Finding]:
    """People in service apply with their employer, who opens the application first; nobody else has one."""
    application, terms, rules = asked.application, asked.employer, asked.rules
    employer = application.employer
    if application.route != "in_service":
        if employer is not None:
            yield unfit("employer", problem="this route has no employer")
        return
    if not is_set(application, "employer.code"):
        yield missing("employer.code")
    elif terms is not None and employer is not None and employer.code != terms.code:
        yield unfit("employer.code", problem="it is another employer's")
    opened = terms.opened if terms is not None else employer is not None and employer.collective_opened
    if rules is not None and rules.employer_opens_first and not opened:
        yield Finding("wf.employer_not_opened", "/employer/collective_opened")


def of_fields(asked: Asked) -> Iterator[Finding]:
    """What must be there: what every document has, then what the policy asks for besides."""
    rules = asked.rules
    needed = ["applicant.mobile", *(_by_policy(asked, rules) if rules is not None else ())]
    yield from (missing(field) for field in dict.fromkeys(needed) if not is_set(asked.application, field))


def of_fee(asked: Asked) -> Iterator[Finding]:
    fee = asked.application.fee_fen
    if fee > asked.policy.fee_fen:
        yield Finding("wf.fee_not_expected", "/fee_fen", {"fee_fen": fee})


def _by_policy(asked: Asked, rules: RouteRules) -> Iterator[str]:
    """Without what this application cannot have: a card before the first, a check of somebody who is there."""
    for field in rules.required:
        part = field.split(".")[0]
        if (part == "previous" and not asked.replacing) or (part == "verification" and asked.in_person):
            continue
        yield field
    if rules.verification and not asked.in_person:
        yield "verification.provider"


def _not_open(asked: Asked, place: str, *, problem: str) -> Finding:
    said = {"route": asked.application.route, "problem": problem, "allowed": sorted(asked.policy.routes)}
    return Finding("wf.route_not_open", place, said)
