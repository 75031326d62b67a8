"""What the commands of the card workflow say: cases, findings and steps, with nothing in it that names a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.core.messages import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.cli.voice import Voice
    from ephoto.workflow.findings import Finding
    from ephoto.workflow.office.case import Case

__all__ = ["BLOCKED", "tell_audits", "tell_case", "tell_cases", "tell_findings", "tell_history"]

BLOCKED = 1  # exit code


def tell_case(case: Case, voice: Voice, **more: Any) -> None:
    """One application."""
    if voice.as_json:
        voice.json({**case.to_dict(voice.lang), **more})
        return
    voice.say(voice.label("case_line", id=case.application_id, kind=case.kind, state=case.state, person=case.person))
    if case.external_no:
        voice.say(voice.label("case_external_no", number=case.external_no))
    if case.reason or case.fail_type:
        words = ": ".join(word for word in (case.fail_type, visible(case.reason)) if word)
        voice.say(voice.label("case_reason", reason=words))
    if case.card is not None:
        on = ", ".join(case.card["switches"]) or "-"
        voice.say(voice.label("case_card", number=case.card["card_no"], state=case.card["state"], switches=on))
    if case.waiting:
        voice.say(voice.label("case_waiting", events=", ".join(case.waiting)))
    tell_findings(case.findings, voice)


def tell_cases(cases: Sequence[Case], voice: Voice) -> None:
    """A line an application."""
    from ephoto.report.table import columns

    lines = [
        (
            case.application_id,
            case.state,
            case.kind,
            "-" if case.card is None else f"{case.card['state']} {'+'.join(case.card['switches'])}".strip(),
            case.person,
        )
        for case in cases
    ]
    if lines:
        voice.say(columns(lines))


def tell_findings(findings: Sequence[Finding], voice: Voice) -> None:
    """Each with its hint."""
    for finding in findings:
        place = f" ({finding.pointer})" if finding.pointer else ""
        voice.say(f"{voice.label(f'level_{finding.level}')}: {finding.message(voice.lang)}{place} [{finding.code}]")
        voice.say(f"  {finding.hint(voice.lang)}")


def tell_audits(lines: Sequence[Any], voice: Voice) -> None:
    """A line an act: when, what, about which application, to whom, how many."""
    from datetime import UTC, datetime

    from ephoto.report.table import columns

    rows = [
        (
            datetime.fromtimestamp(line.at, UTC).astimezone().isoformat(timespec="seconds"),
            line.action,
            line.application_id,
            line.receiver,
            str(line.count),
            line.detail,
        )
        for line in lines
    ]
    if rows:
        voice.say(columns(rows))


def tell_history(entries: Sequence[Any], voice: Voice) -> None:
    """A line an event: when, what, by whom; derived ones say so."""
    from ephoto.report.table import columns

    voice.say(
        columns(
            [
                (
                    entry.event.occurred_at.astimezone().isoformat(timespec="seconds"),
                    entry.event.type,
                    entry.event.source,
                    str(entry.event.payload.get("channel", "")),
                    voice.label("history_derived") if entry.derived_from else "",
                )
                for entry in entries
            ]
        )
    )
