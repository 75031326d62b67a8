"""By when a card should have been made. Post is not counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ephoto.workflow.findings import Finding

if TYPE_CHECKING:
    from ephoto.workflow.policy import Policy
    from ephoto.workflow.values import Kind

__all__ = ["due_on", "overdue"]

_SATURDAY = 5


def due_on(submitted: date, kind: Kind, policy: Policy) -> date:
    """The last day in time: so many days after the one of the application.

    Working days are those from Monday to Friday. Public holidays, and the weekends that are worked in exchange, are not
    known here: about a long holiday the true day is later.
    """
    if kind in policy.sla_calendar_kinds:
        return submitted + timedelta(days=policy.sla_days)
    day, left = submitted, policy.sla_working_days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day


def overdue(submitted: date, kind: Kind, policy: Policy, *, today: date) -> tuple[Finding, ...]:
    """ "wf.overdue" on the days after the last one in time; for applications whose card is not made yet."""
    due = due_on(submitted, kind, policy)
    return (Finding("wf.overdue", "", {"due": due.isoformat()}),) if today > due else ()
