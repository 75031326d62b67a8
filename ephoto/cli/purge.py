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


def purge(older_than: Days = None, office: w.OfficePath = None, as_json: o.Json = False, lang: o.Lang = None) -> int:
    """Delete the photos and ID-card pictures of applications that ended long ago; their history stays.

    Exit: 0, 2 usage, 6 database, key.
    """
    from ephoto.cli.voice import speaking

    voice = speaking(lang, as_json)
    days = o.parse_whole("--older-than", older_than, 0)
    with w.opened(office) as here:
        from ephoto.workflow.store.purge import purge as delete

        now = here.clock()
        days = here.office.policy(now).retention_days if days is None else days
        done = delete(here.office.store, now - days * _DAY_S, now)
    if as_json:
        voice.json({"schema": SCHEMA, "days": days, "photos": done.photos, "applications": done.applications})
    else:
        voice.say(voice.label("purged", photos=done.photos, applications=done.applications, days=days))
    return 0
