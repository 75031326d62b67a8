"""`ephoto cards`: what has become of applications and cards, and the events that make it so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ephoto.cli import office_words as w
from ephoto.cli import options as o

if TYPE_CHECKING:
    from ephoto.cli.voice import Voice
    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.office.recording import Recorded

__all__ = ["SCHEMA", "app"]

SCHEMA = "ephoto.cards/1"
SOURCES = ("bank", "bureau", "hr", "platform", "applicant", "employer", "ephoto")

Type = Annotated[str, typer.Argument(metavar="EVENT", help="What happened: received, financial_activated, ...")]
By = Annotated[str, typer.Option("--source", metavar="NAME", help=", ".join(SOURCES) + ".")]
Way = Annotated[str | None, typer.Option("--channel", metavar="NAME", help="branch_terminal, hr_app, ...")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="When, RFC 3339 with a zone. Default: now.")]
EventId = Annotated[
    str | None, typer.Option("--event-id", metavar="ID", help="The source's own id: told twice, it counts once.")
]
Why = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for what was refused.")]
Port = Annotated[int, typer.Option("--port", metavar="N", help="0 takes a free one.")]
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="This machine alone, unless you say.")]

app = typer.Typer(
    help="Cards: list, show, record events; receive what other systems send.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_cards(
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="Only applications in it.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only applications of it.")] = None,
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
    if as_json:
        voice.json({"schema": SCHEMA, "cases": [case.to_dict(voice.lang) for case in cases]})
    else:
        tell_cases(cases, voice)
        voice.say(voice.label("cases_count", count=len(cases)))
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
    source: By = "bank",
    at: At = None,
    event_id: EventId = None,
    reason: Why = None,
    office: w.OfficePath = None,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Record by hand that something has happened.

    Exit: 0 recorded, or kept until what must come first has come, 2 usage, 3 not allowed, 6 database, key.
    """
    from dataclasses import replace
    from datetime import UTC, datetime
    from random import SystemRandom

    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    _check_word("EVENT", type, "EventType")
    _check_word("--source", source, "Source")
    _check_word("--channel", channel, "Channel")
    with w.opened(office) as here:
        from ephoto.workflow.ids import new_id
        from ephoto.workflow.lifecycle.events import Event, parsed_time

        when = datetime.fromtimestamp(here.clock(), UTC) if at is None else parsed_time(at)
        said = {"channel": channel, "reason": reason}
        payload = {key: value for key, value in said.items() if value is not None}
        name: Any = type
        happened = Event(event_id or new_id(here.clock, SystemRandom()), name, when, application_id, payload=payload)
        by: Any = source
        recorded = here.office.record(replace(happened, source=by))
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


def _check_word(option: str, word: str | None, values: str) -> None:
    """Refuse a word that is none of a list of the workflow's."""
    from typing import get_args

    from ephoto.core.errors import UsageError
    from ephoto.workflow import values as known

    allowed = get_args(getattr(known, values))
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
