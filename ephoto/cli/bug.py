"""An exception that nobody meant: one line for people, the trace in a file that only its owner can read."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback

from ephoto import __version__
from ephoto.core.errors import EphotoError

__all__ = ["Bugs", "told_as_bug"]

MOST_SIGNS = 200


def told_as_bug(error: BaseException, *, private: bool = False) -> EphotoError:
    """The error "internal" (exit 70) that stands for an unexpected one; saves its trace in the temporary folder.

    With `private` it names the exception's kind only: the text may hold a person's name or number.
    """
    kind = type(error).__name__
    problem = kind if private else f"{kind}: {error}".splitlines()[0][:MOST_SIGNS]
    return EphotoError("internal", problem=problem, trace=_save(error))


class Bugs:
    """The same for many photos, in private: what goes wrong at one place leaves one trace, not one a photo."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], EphotoError] = {}

    def __call__(self, error: BaseException) -> EphotoError:
        lines = "".join(traceback.format_exception(error)).splitlines()
        place = next((line.strip() for line in reversed(lines) if line.lstrip().startswith("File ")), "")
        key = (type(error).__name__, place)
        if key not in self._known:
            self._known[key] = told_as_bug(error, private=True)
        return self._known[key]


def _save(error: BaseException) -> str:
    head = f"ephoto {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", prefix="ephoto-", suffix=".txt", delete=False
        ) as file:
            file.write(head + "".join(traceback.format_exception(error)))
        return file.name
    except OSError:
        return os.devnull
