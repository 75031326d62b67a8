"""`ephoto apply`: an application from its first data to its submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ephoto.cli import office_words as w
from ephoto.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.cli.voice import Voice
    from ephoto.workflow.findings import Finding
    from ephoto.workflow.model import Application
    from ephoto.workflow.office.opening import Opened
    from ephoto.workflow.office.submitting import Sent
    from ephoto.workflow.values import EventType

__all__ = ["SCHEMA", "app"]

SCHEMA = "ephoto.apply/1"
MOST_PICTURE_BYTES = 16 << 20
UNCONFIRMED = ("draft", "photo_accepted", "rejected", "production_failed", "cancelled")

Front = Annotated[str | None, typer.Option("--front", metavar="FILE", help="Picture of the side with the face.")]
Back = Annotated[str | None, typer.Option("--back", metavar="FILE", help="Picture of the side with the emblem.")]

app = typer.Typer(
    help="Applications: new, photo, validate, submit, status.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Key = Annotated[
    str,
    typer.Option(
        "--key", metavar="TEXT", help="Idempotency key: the same key and data again give the same application."
    ),
]
Actor = Annotated[str, typer.Option("--actor", metavar="CODE", help="Who does it, as a code for the history.")]


@app.command()
def new(
    data: w.ApplicationFile,
    office: w.OfficePath = None,
    key: Key = "",
    actor: Actor = "",
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Open an application as a draft, and say what it still lacks.

    Exit: 0 opened, 2 usage, 3 the data cannot be read or an open application exists, 6 database, key.
    """
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    application = _application(data)
    with w.opened(office) as here:
        case = here.office.open(application, actor=actor, idempotency_key=key)
        _tell_draft(here, case.application_id, voice)
    return 0


@app.command()
def edit(
    application_id: w.ApplicationId,
    data: w.ApplicationFile,
    office: w.OfficePath = None,
    actor: Actor = "",
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Give a draft other data; its person, kind, photo and pictures stay.

    Exit: as `new`.
    """
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    application = _application(data)
    with w.opened(office) as here:
        here.office.edit(application_id, application, actor=actor)
        _tell_draft(here, application_id, voice)
    return 0


@app.command("attach-photo")
def attach_photo(
    application_id: w.ApplicationId,
    card: Annotated[str, typer.Argument(metavar="CARD", help="A card that `ephoto convert` made; - is stdin.")],
    captured: Annotated[bool, typer.Option("--captured", help="It was taken on the spot.")] = False,
    office: w.OfficePath = None,
    actor: Actor = "",
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Check a finished card by its own bytes, and keep it with the application, encrypted.

    Exit: 0 kept, 2 usage, 3 it does not meet the card's specification, 4 no usable face, 6 database, key.
    """
    from ephoto.cli.office_voice import tell_case
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    picture = w.bytes_of(card, MOST_PICTURE_BYTES)
    with w.opened(office) as here:
        from ephoto.workflow.office.photo import Judge

        judged = Judge(here.office.policy(here.clock()), here.settings)(picture)
        source: Literal["captured", "uploaded"] = "captured" if captured else "uploaded"
        tell_case(here.office.attach_photo(application_id, picture, judged, source=source, actor=actor), voice)
    return 0


@app.command("attach-id-card")
def attach_id_card(
    application_id: w.ApplicationId,
    front: Front = None,
    back: Back = None,
    office: w.OfficePath = None,
    actor: Actor = "",
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Keep pictures of the ID card with the application: upright, without position or other metadata, encrypted.

    Exit: 0 kept, 2 usage, 3 unreadable, 6 database, key.
    """
    from ephoto.cli.office_voice import tell_case
    from ephoto.cli.voice import speaking
    from ephoto.core.errors import UsageError

    voice = speaking(lang, as_json)
    sides: list[tuple[Literal["front", "back"], str]] = []
    if front is not None:
        sides.append(("front", front))
    if back is not None:
        sides.append(("back", back))
    if not sides:
        raise UsageError("argument_missing", name="--front", command="ephoto apply attach-id-card")
    given = [(side, w.bytes_of(path, MOST_PICTURE_BYTES)) for side, path in sides]
    with w.opened(office) as here:
        from ephoto.workflow.office.photo import id_picture

        pictures = [(side, id_picture(data, here.settings)) for side, data in given]
        for side, picture in pictures:
            case = here.office.attach_id_card(application_id, side, picture, actor=actor)
        tell_case(case, voice)
    return 0


@app.command()
def validate(
    application_id: w.ApplicationId, office: w.OfficePath = None, as_json: o.Json = False, lang: o.Lang = None
) -> int:
    """Say what keeps an application from being submitted today.

    Exit: 0 nothing does, 1 something does, 3 there is no such application, 6 database, key.
    """
    from ephoto.cli.office_voice import BLOCKED
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    with w.opened(office) as here:
        findings = here.office.validate(application_id)
    _tell_findings(application_id, findings, voice)
    return BLOCKED if any(finding.level == "block" for finding in findings) else 0


@app.command()
def submit(
    application_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="The application's id.", show_default=False)
    ] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Send every application that was confirmed.")] = False,
    office: w.OfficePath = None,
    actor: Actor = "",
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Confirm an application, and send it to the platform or the bank; again if it was cut short: it arrives once.

    Exit: 0 taken, 1 something blocks it, 3 refused by the other system, or no such application, 6 not reached.
    """
    from ephoto.cli.voice import speaking
    from ephoto.core.errors import UsageError

    voice = speaking(lang, as_json)
    if (application_id is None) == (not waiting):
        raise UsageError("argument_missing", name="ID", command="ephoto apply submit")
    with w.opened(office) as here:
        from ephoto.workflow.adapters.registry import REPLACEMENT, SUBMISSION
        from ephoto.workflow.office.reaching import around, built
        from ephoto.workflow.office.submitting import submit_waiting

        if application_id is not None and here.office.case(application_id).state in UNCONFIRMED:
            here.office.confirm(application_id, actor=actor)
        with around(here) as shared:
            adapters = built(SUBMISSION, here, shared), built(REPLACEMENT, here, shared)
            sent = list(submit_waiting(here.office, *adapters, only=application_id))
        _tell_sent(sent, voice)
        if waiting and not sent and not as_json:
            voice.say(voice.label("none_waits"))
        if application_id is not None and not sent and not as_json:
            _tell_case(here, application_id, voice)
    return max((one.error.exit_code for one in sent if one.error is not None), default=0)


@app.command()
def status(
    application_id: w.ApplicationId, office: w.OfficePath = None, as_json: o.Json = False, lang: o.Lang = None
) -> int:
    """Where an application stands, and what comes next.

    Exit: 0, 3 there is no such application, 6 database, key.
    """
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    with w.opened(office) as here:
        _tell_case(here, application_id, voice)
    return 0


@app.command()
def reopen(
    application_id: w.ApplicationId,
    office: w.OfficePath = None,
    actor: Actor = "",
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Take an application up again that was rejected, or whose photo failed in production: it is a draft once more.

    Exit: 0, 3 there is no such application or it was not rejected, 6 database, key.
    """
    return _take("reopened", application_id, office, actor, as_json, lang)


@app.command()
def cancel(
    application_id: w.ApplicationId,
    office: w.OfficePath = None,
    actor: Actor = "",
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Cancel an application that is not in production.

    Exit: 0, 3 there is no such application or it is too late, 6 database, key.
    """
    return _take("application_cancelled", application_id, office, actor, as_json, lang)


def _take(type: EventType, name: str, office: str | None, actor: str, as_json: bool, lang: str | None) -> int:
    """A step without data, and where the application stands then."""
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    with w.opened(office) as here:
        here.office.take(type, name, actor=actor)
        _tell_case(here, name, voice)
    return 0


def _application(words: str) -> Application:
    """The application of a file of data."""
    table = w.table_of(words)
    with w.extra():
        from ephoto.workflow.model import load_application
    return load_application(table)


def _tell_case(here: Opened, application_id: str, voice: Voice, **more: Any) -> None:
    from ephoto.cli.office_voice import tell_case

    tell_case(here.office.case(application_id), voice, **more)


def _tell_draft(here: Opened, application_id: str, voice: Voice) -> None:
    """A draft, and what it lacks."""
    from ephoto.cli.office_voice import tell_findings

    lacks = here.office.validate(application_id)
    _tell_case(here, application_id, voice, lacks=[finding.to_dict(voice.lang) for finding in lacks])
    if not voice.as_json:
        tell_findings(lacks, voice)


def _tell_findings(application_id: str, findings: Sequence[Finding], voice: Voice) -> None:
    from ephoto.cli.office_voice import tell_findings

    if voice.as_json:
        found = [finding.to_dict(voice.lang) for finding in findings]
        voice.json({"schema": SCHEMA, "application_id": application_id, "findings": found})
        return
    tell_findings(findings, voice)
    if not findings:
        voice.say(voice.label("application_fit", id=application_id))


def _tell_sent(sent: Sequence[Sent], voice: Voice) -> None:
    if voice.as_json:
        listed = [
            {
                "application_id": one.application_id,
                "external_no": None if one.taken is None else one.taken.external_no,
                "state": None if one.taken is None else one.taken.state,
                "error": None if one.error is None else one.error.to_dict(voice.lang),
            }
            for one in sent
        ]
        voice.json({"schema": SCHEMA, "sent": listed})
        return
    for one in sent:
        if one.error is not None:
            voice.error(one.error, about=one.application_id if len(sent) > 1 else "")
        elif one.taken is not None:
            said = {"number": one.taken.external_no, "state": one.taken.state}
            voice.say(voice.label("application_sent", id=one.application_id, **said))
