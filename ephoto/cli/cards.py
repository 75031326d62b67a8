"""`ephoto cards`: what has become of applications and cards, and the events that make it so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ephoto.cli import office_words as w
from ephoto.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.cli.voice import Voice
    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.office.recording import Recorded
    from ephoto.workflow.values import EventType, Source

__all__ = ["SCHEMA", "app"]

SCHEMA = "ephoto.cards/1"
# Steps that are more than their event: each has a command of its own, which checks and keeps what belongs to it.
STEPS = ("created", "data_edited", "photo_attached", "photo_removed", "confirmed", "reopened")
SOURCES = ("bank", "bureau", "hr", "platform", "applicant", "employer", "ephoto")

Type = Annotated[str, typer.Argument(metavar="EVENT", help="What happened: received, financial_activated, ...")]
By = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help=", ".join(SOURCES) + ". Default: who usually says so."),
]
Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="FILE",
        help="What else belongs to it (external_no, card_no, fail_type, ...), JSON or TOML; - is stdin.",
    ),
]
Way = Annotated[str | None, typer.Option("--channel", metavar="NAME", help="branch_terminal, hr_app, ...")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="When, RFC 3339 with a zone. Default: now.")]
EventId = Annotated[
    str | None, typer.Option("--event-id", metavar="ID", help="The source's own id: told twice, it counts once.")
]
Why = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for what was refused.")]
Port = Annotated[int, typer.Option("--port", metavar="N", help="0 takes a free one.")]
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="This machine alone, unless you say.")]

app = typer.Typer(
    help="Cards: list, show, record events, receive, notify.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_cards(
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="Only applications in it.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only applications of it.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose card should have been made.")] = False,
    office: w.OfficePath = None,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Every application: its state, its card, its person masked.

    Exit: 0, 2 usage, 6 database, key.
    """
    from ephoto.cli.office_voice import tell_cases
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    _check_word("--state", state, "ApplicationState")
    _check_word("--kind", kind, "Kind")
    with w.opened(office) as here:
        cases = list(here.office.cases(state=state, kind=kind))
    if overdue:
        cases = [case for case in cases if any(finding.code == "wf.overdue" for finding in case.findings)]
    if as_json:
        voice.json({"schema": SCHEMA, "cases": [case.to_dict(voice.lang) for case in cases]})
    else:
        tell_cases(cases, voice)
        voice.say(voice.label("cases_count", count=len(cases)))
    return 0


@app.command()
def audit(office: w.OfficePath = None, as_json: o.Json = False, lang: o.Lang = None) -> int:
    """What was done with people's data: sent to whom, packed, deleted.

    Exit: 0, 6 database, key.
    """
    from ephoto.cli.office_voice import tell_audits
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    with w.opened(office) as here, here.office.store.reading() as unit:
        lines = list(unit.audits())
        kept = unit.count_photos()
    if as_json:
        told = [
            {"at": line.at, "action": line.action, "application_id": line.application_id or None,
             "receiver": line.receiver or None, "count": line.count, "detail": line.detail}
            for line in lines
        ]  # fmt: skip
        voice.json({"schema": SCHEMA, "audit": told, "pictures": kept})
    else:
        tell_audits(lines, voice)
        voice.say(voice.label("pictures_kept", count=kept))
    return 0


@app.command()
def show(
    application_id: w.ApplicationId, office: w.OfficePath = None, as_json: o.Json = False, lang: o.Lang = None
) -> int:
    """One application and its card, with all that has happened.

    Exit: 0, 3 there is no such application, 6 database, key.
    """
    from ephoto.cli.office_voice import tell_case, tell_history
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    with w.opened(office) as here:
        case = here.office.case(application_id)
        history = here.office.history(application_id)
    told = [
        {
            "event_id": entry.event.event_id,
            "type": entry.event.type,
            "occurred_at": entry.event.occurred_at.isoformat(),
            "source": entry.event.source,
            "channel": entry.event.payload.get("channel"),
            "derived": entry.derived_from is not None,
        }
        for entry in history
    ]
    tell_case(case, voice, history=told)
    if not as_json:
        tell_history(history, voice)
    return 0


@app.command()
def event(
    application_id: w.ApplicationId,
    type: Type,
    channel: Way = None,
    source: By = None,
    at: At = None,
    event_id: EventId = None,
    reason: Why = None,
    data: Data = None,
    office: w.OfficePath = None,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Record by hand that something has happened.

    Exit: 0 recorded, or kept until what must come first has come, 2 usage, 3 not allowed, 6 database, key.
    """
    from datetime import UTC, datetime
    from random import SystemRandom

    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    _check_word("EVENT", type, "EventType", besides=STEPS)
    _check_word("--source", source, "Source")
    _check_word("--channel", channel, "Channel")
    with w.opened(office) as here:
        from ephoto.workflow.ids import new_id
        from ephoto.workflow.lifecycle.events import Event, parsed_time

        when = datetime.fromtimestamp(here.clock(), UTC) if at is None else parsed_time(at)
        payload = _said(data, channel=channel, reason=reason)
        card_no = payload.pop("card_no", "")
        name: Any = type
        by: Any = _usual_source(name) if source is None else source
        named = event_id or new_id(here.clock, SystemRandom())
        happened = Event(named, name, when, application_id, card_no, by, payload=payload)
        recorded = here.office.record(happened)
    _tell_recorded(recorded, happened, voice)
    return 0


@app.command()
def receive(office: w.OfficePath = None, as_json: o.Json = False, lang: o.Lang = None) -> int:
    """Fetch what waits elsewhere: receipts of the bureau, results of the printer, events of the feed.

    Exit: 0 all was taken, 3 something was refused and is told, 6 a system was not reached.
    """
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    with w.opened(office) as here:
        from ephoto.workflow.office.receiving import receive_all

        got = receive_all(here)
    if as_json:
        voice.json({"schema": SCHEMA, **got.to_dict(voice.lang)})
    else:
        voice.say(voice.label("received_count", applied=got.applied, parked=got.parked, duplicates=got.duplicates))
        if got.stale:
            voice.say(voice.label("jobs_stale", jobs=", ".join(got.stale)))
        for place, error in got.errors:
            voice.error(error, about=place)
    return max((error.exit_code for _, error in got.errors), default=0)


@app.command()
def notify(office: w.OfficePath = None, as_json: o.Json = False, lang: o.Lang = None) -> int:
    """Send the notices that wait in the outbox; each arrives at least once, and a receiver knows it by its id.

    Exit: 0 none waits any longer, 6 some could not be sent.
    """
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    with w.opened(office) as here:
        from ephoto.workflow.office.notifying import notify_waiting

        sent, waiting = notify_waiting(here)
    if as_json:
        voice.json({"schema": SCHEMA, "sent": sent, "waiting": waiting})
    else:
        voice.say(voice.label("notices_sent", sent=sent, waiting=waiting))
    return 6 if waiting else 0


@app.command()
def listen(
    port: Port = 8080,
    host: Host = "127.0.0.1",
    office: w.OfficePath = None,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Take signed webhooks at /v1/events until Ctrl-C.

    Exit: 0 stopped, 2 usage, 6 the port is taken, database, key.
    """
    from ephoto.cli.bug import Bugs
    from ephoto.cli.voice import speaking

    voice, bugs = speaking(lang, as_json), Bugs()

    def ready(url: str) -> None:
        if as_json:
            voice.json({"schema": SCHEMA, "listening": url})
        else:
            voice.say(voice.label("listening", url=url))

    with w.opened(office) as here:
        from ephoto.workflow.office.receiving import listen as serve

        serve(here, host, port, ready, lambda error: voice.error(bugs(error)))
    return 0


def _usual_source(type: EventType) -> Source:
    """Who says such a thing first of all."""
    from ephoto.workflow.lifecycle.transitions import of_application, of_card

    return (of_application().get(type) or of_card()[type]).by[0]


def _said(data: str | None, **words: str | None) -> dict[str, Any]:
    """What belongs to an event, of the file and of the command line; each a text or a number.

    Raises
    ------
    InputError
        "not_readable", "too_many_bytes", "data_unreadable".
    """
    from ephoto.core.errors import InputError

    table = {} if data is None else w.table_of(data)
    if data is not None and not all(isinstance(value, (str, int)) for value in table.values()):
        raise InputError("data_unreadable", path=data)
    return table | {key: value for key, value in words.items() if value is not None}


def _check_word(option: str, word: str | None, values: str, *, besides: Sequence[str] = ()) -> None:
    """Refuse a word that is none of a list of the workflow's."""
    from typing import get_args

    from ephoto.core.errors import UsageError
    from ephoto.workflow import values as known

    allowed = [one for one in get_args(getattr(known, values)) if one not in besides]
    if word is not None and word not in allowed:
        raise UsageError("bad_option", option=option, value=word, allowed=", ".join(allowed))


def _tell_recorded(recorded: Recorded, event: Event, voice: Voice) -> None:
    from ephoto.cli.office_voice import tell_findings

    if voice.as_json:
        voice.json(
            {
                "schema": SCHEMA,
                "status": recorded.status,
                "event_id": recorded.event_id,
                "application_id": recorded.application_id,
                "state": recorded.state,
                "findings": [finding.to_dict(voice.lang) for finding in recorded.findings],
            }
        )
        return
    voice.say(voice.label(f"event_{recorded.status}", event=event.type, state=recorded.state))
    tell_findings(recorded.findings, voice)
