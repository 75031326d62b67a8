"""`ephoto purge`: photos deleted when their time is over; the audit trail stays."""

from __future__ import annotations

from typing import Annotated

import typer

from ephoto.cli import office_words as w
from ephoto.cli import options as o

__all__ = ["SCHEMA", "purge"]

SCHEMA = "ephoto.purge/1"
_DAY_S = 86400

Days = Annotated[
    str | None,
    typer.Option(
        "--older-than",
        metavar="DAYS",
        help="So many days after the card was received, or the application ended. Default: as the policy has it.",
    ),
]


Drafts = Annotated[
    str | None,
    typer.Option("--drafts", metavar="DAYS", help="Of drafts too that nobody has touched for so many days."),
]


def purge(
    older_than: Days = None,
    drafts: Drafts = None,
    office: w.OfficePath = None,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Delete the pictures of applications that are over. Their history stays.

    With --drafts those too of drafts that nobody has touched for so long; who goes on attaches them again.

    Exit: 0, 2 usage, 6 database, key.
    """
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    days = o.parse_whole("--older-than", older_than, 0)
    draft_days = o.parse_whole("--drafts", drafts, 1)
    with w.opened(office) as here:
        from ephoto.workflow.office.abandoned import forget_drafts
        from ephoto.workflow.store.purge import purge as delete

        now = here.clock()
        days = here.office.policy(now).retention_days if days is None else days
        done = delete(here.office.store, now - days * _DAY_S, now)
        left = None if draft_days is None else forget_drafts(here.office, now - draft_days * _DAY_S)
        photos, applications = done.photos, done.applications
        if left is not None:
            photos, applications = photos + left.photos, applications + left.applications
        with here.office.store.reading() as unit:
            kept = unit.count_photos()
    if as_json:
        told = {"days": days, "photos": photos, "applications": applications, "kept": kept}
        voice.json({"schema": SCHEMA, **told})
    else:
        voice.say(voice.label("purged", photos=photos, applications=applications, days=days))
    return 0
