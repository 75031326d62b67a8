"""`ephoto sandbox`: a counterpart of every system that a card's life touches, on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ephoto.cli import options as o

if TYPE_CHECKING:
    from ephoto.cli.voice import Voice
    from ephoto.sandbox.prepare import Prepared

__all__ = ["sandbox"]

SCHEMA = "ephoto.sandbox-ready/1"
_MOST_PORT = 65535

Folder = Annotated[
    str,
    typer.Argument(metavar="FOLDER", help="A new or empty folder for keys, mappings and drops, or one made before."),
]
Port = Annotated[str | None, typer.Option("--port", metavar="N", help="Of HTTP. Default: a free one, kept.")]
SftpPort = Annotated[str | None, typer.Option("--sftp-port", metavar="N", help="Of SFTP. Default: a free one, kept.")]
Callback = Annotated[
    str | None,
    typer.Option("--callback", metavar="URL", help="Where events are sent as webhooks; the feed has them anyway."),
]
Sm2 = Annotated[bool, typer.Option("--sm2", help="Sign with SM2 and SM3; needs the program openssl.")]
PlainDrop = Annotated[
    bool, typer.Option("--folder-drop", help="Let production.toml use the drop's folder instead of SFTP.")
]
Try = Annotated[
    str | None,
    typer.Option(
        "--try", metavar="PHOTO", help="Go the whole road with this photo, from selfie to enabled card, and end."
    ),
]


def sandbox(
    folder: Folder,
    photo: Try = None,
    port: Port = None,
    sftp_port: SftpPort = None,
    callback: Callback = None,
    sm2: Sm2 = False,
    folder_drop: PlainDrop = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Start a counterpart of every system of a card's life, here.

    It makes the folder with fresh keys, an office.toml and its mappings, and serves until it is ended (Ctrl-C).
    It is for fictional people only. Exit: 0 ended, 2 usage, 6 a port is taken or a package is missing, 70 a bug.
    """
    import threading
    from pathlib import Path

    from ephoto.cli.signals import asked_to_end
    from ephoto.cli.voice import Voice, language
    from ephoto.core.settings import Settings
    from ephoto.sandbox.prepare import prepare
    from ephoto.sandbox.serve import serve

    voice = Voice(language(lang, Settings.from_env().lang), as_json)
    ports = [_port("--port", port), _port("--sftp-port", sftp_port)]
    prepared = prepare(
        Path(folder),
        http_port=ports[0],
        sftp_port=ports[1],
        profile="sm2-sm3" if sm2 else None,
        drop="folder" if folder_drop else "sftp",
    )
    if photo is not None:
        from ephoto.cli.tour import tour

        return tour(prepared, Path(photo), voice)
    ended = threading.Event()
    with asked_to_end(ended.set):
        serve(prepared, _clock(), ended, callback=callback, ready=lambda _: _tell(prepared, callback, voice))
    return 0


def _clock() -> Any:
    import time

    return time.time  # noqa: TID251  (the clock itself, passed in)


def _port(option: str, words: str | None) -> int:
    from ephoto.core.errors import UsageError

    number = o.parse_whole(option, words, least=0)
    if number is not None and number > _MOST_PORT:
        raise UsageError("bad_option", option=option, value=str(words), allowed=f"0 - {_MOST_PORT}")
    return number or 0


def _tell(prepared: Prepared, callback: str | None, voice: Voice) -> None:
    """Where everything is, at once, whoever reads it through a pipe."""
    import sys

    from ephoto.sandbox.prepare import HOST, USER

    sftp = f"sftp://{USER}@{HOST}:{prepared.sftp_port}/"
    if voice.as_json:
        told = {
            "schema": SCHEMA,
            "folder": str(prepared.folder),
            "office": str(prepared.office),
            "url": prepared.url,
            "control": f"{prepared.url}/control/",
            "sftp": sftp,
            "bureau": str(prepared.bureau),
            "printer": str(prepared.printer),
            "callback": callback,
            "profile": prepared.keys.profile,
        }
        voice.json(told)
    else:
        places: list[tuple[str, Any]] = [
            ("sandbox_office", prepared.office),
            ("sandbox_behaviour", prepared.world),
            ("sandbox_http", prepared.url),
            ("sandbox_sftp", sftp),
            ("sandbox_drop", prepared.bureau),
            ("sandbox_printer", prepared.printer),
            ("sandbox_control", f"{prepared.url}/control/state"),
        ]
        voice.say(voice.label("sandbox_ready"))
        for label, place in places:
            voice.say(f"  {voice.label(label, place=str(place))}")
        voice.say(voice.label("sandbox_events", place=callback) if callback else voice.label("sandbox_feed_only"))
    if sys.stdout is not None:
        sys.stdout.flush()
