"""Words that the commands of the card workflow share: which office, and data that never stands on the command line."""

from __future__ import annotations

import json
import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ephoto.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.office.opening import Opened

__all__ = [
    "ApplicationFile",
    "ApplicationId",
    "OfficePath",
    "bytes_of",
    "clock",
    "extra",
    "office_path",
    "opened",
    "table_of",
]

MOST_BYTES = 1 << 20  # of an application's data; one has a few thousand

OfficePath = Annotated[
    str | None,
    typer.Option("--office", metavar="FILE", help="The office's TOML file. Default: EPHOTO_OFFICE, or office.toml."),
]
ApplicationId = Annotated[str, typer.Argument(metavar="ID", help="The application's id.")]
ApplicationFile = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="The application's data, a JSON or TOML file; - is stdin. ID numbers never stand in words."
    ),
]
USUAL = "office.toml"


def clock() -> float:
    """Seconds since 1970 UTC."""
    import time

    return time.time()  # noqa: TID251  the command line is where clocks come from


def office_path(words: str | None) -> Path:
    """The office's file.

    Raises
    ------
    UsageError
        "office_missing": none is named, and there is no office.toml here.
    """
    from ephoto.core.settings import Settings

    named = Path(words) if words is not None else Settings.from_env().office
    path = Path(USUAL) if named is None else named
    if not path.is_file():
        raise UsageError("office_missing", file=str(path))
    return path


@contextmanager
def extra() -> Iterator[None]:
    """While the workflow's modules are imported: a package that is not there is told with the extra that brings it.

    Raises
    ------
    EnvironmentFault
        "extra_missing".
    """
    from ephoto.core.errors import EnvironmentFault

    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("ephoto", ""):
            raise
        raise EnvironmentFault("extra_missing", name="workflow", package=package, extra="workflow") from error


@contextmanager
def opened(words: str | None) -> Iterator[Opened]:
    """The office that the words name, until the block ends."""
    from ephoto.core.settings import Settings

    path = office_path(words)
    with extra():
        from ephoto.workflow.office.opening import open_office
    with open_office(path, Settings.from_env(), clock) as office:
        yield office


def bytes_of(words: str, most: int = MOST_BYTES) -> bytes:
    """A file's bytes, or those of stdin.

    Raises
    ------
    InputError
        "not_readable", "too_many_bytes".
    """
    try:
        if words == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with Path(words).open("rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        raise InputError("not_readable", path=words, problem=error.strerror or str(error)) from None
    if len(data) > most:
        raise InputError("too_many_bytes", size=len(data), limit=most)
    return data


def table_of(words: str) -> dict[str, Any]:
    """The table of a JSON or TOML file; what is wrong with it is told without repeating any of it.

    Raises
    ------
    InputError
        "not_readable", "too_many_bytes", "data_unreadable".
    """
    data = bytes_of(words)
    try:
        text = data.decode("utf-8-sig")
        table = tomllib.loads(text) if words.lower().endswith(".toml") else json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("data_unreadable", path=words) from None
    if not isinstance(table, dict):
        raise InputError("data_unreadable", path=words)
    return table
