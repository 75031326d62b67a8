"""What the command line says: text and JSON to streams that may not be UTF-8, in the caller's language."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TextIO

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.messages import LANGUAGES, text, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ephoto.core.errors import EphotoError
    from ephoto.core.findings import Report
    from ephoto.core.messages import Language

__all__ = ["ERROR_SCHEMA", "Voice", "language", "overheard", "speaking"]

ERROR_SCHEMA = "ephoto.error/1"


@dataclass(frozen=True, slots=True)
class Voice:
    """How one run speaks. `aside` sends everything to stderr, for when stdout carries the card itself."""

    lang: Language = "en"
    as_json: bool = False
    aside: bool = False

    def say(self, line: str) -> None:
        """A line of the result."""
        _write(sys.stderr if self.aside else sys.stdout, line + "\n")

    def warn(self, line: str) -> None:
        """A line that is not the result."""
        _write(sys.stderr, line + "\n")

    def json(self, value: Mapping[str, Any]) -> None:
        """The one JSON object of this run."""
        from ephoto.report.json import dumps

        stream = sys.stderr if self.aside else sys.stdout
        # Escapes are for machines on terminals that cannot show the sign itself.
        _write(stream, dumps(value, ascii_only=not _is_utf8(stream)) + "\n")

    def label(self, code: str, **values: Any) -> str:
        return text("label", code, "text", self.lang, values)

    def error(self, error: EphotoError, about: str = "") -> None:
        """Message, hint and code on stderr, unless the JSON goes there."""
        if self.as_json and self.aside:
            return
        place = f"{visible(about)}: " if about else ""
        self.warn(f"{self.label('error')}: {place}{error.message(self.lang)} [{error.code}]")
        self.warn(f"  {error.hint(self.lang)}")

    def report(self, report: Report, *, foreseen: bool = False, every: bool = False) -> None:
        """The report as a table; `foreseen` where no card was made, `every` with all measures."""
        from ephoto.report.table import table

        stream = sys.stderr if self.aside else sys.stdout
        self.say(table(report, self.lang, terminal=_is_terminal(stream), foreseen=foreseen, every=every))

    def facts(self, report: Report) -> None:
        """What was done, step by step, where no rule judges it."""
        from ephoto.report.rows import fact_rows
        from ephoto.report.table import columns

        self.say(columns([(row.step, row.said) for row in fact_rows(report, self.lang)]))

    def check_stdout(self) -> None:
        """Refuse to send a card where it would be lost.

        Raises
        ------
        UsageError
            "card_on_terminal".
        EnvironmentFault
            "output_failed" where stdout is closed.
        """
        if sys.stdout is None:
            raise EnvironmentFault("output_failed", path="-", problem="it is closed")
        if _is_terminal(sys.stdout):
            raise UsageError("card_on_terminal")

    def bytes(self, data: bytes) -> None:
        """A card on stdout.

        Raises
        ------
        EnvironmentFault
            "output_failed".
        """
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except OSError as error:
            _hush_stdout()
            raise EnvironmentFault("output_failed", path="-", problem=error.strerror or str(error)) from error


def overheard(argv: Sequence[str], env: Mapping[str, str]) -> Voice:
    """The voice that the words ask for, even where they cannot be parsed as a whole."""
    wanted = env.get("EPHOTO_LANG", "en")
    for k, word in enumerate(argv):
        if word.startswith("--lang="):
            wanted = word.removeprefix("--lang=")
        elif word == "--lang" and k + 1 < len(argv):
            wanted = argv[k + 1]
    to_stdout = any(pair in (("-o", "-"), ("--output", "-")) for pair in pairwise(argv))
    aside = to_stdout or "-o-" in argv or "--output=-" in argv
    return Voice("zh" if wanted.lower().startswith("zh") else "en", "--json" in argv, aside)


def language(lang: str | None, default: Language) -> Language:
    """The language that --lang names.

    Raises
    ------
    UsageError
        "bad_option".
    """
    if lang is None:
        return default
    short = lang.lower().replace("_", "-").split("-")[0]
    for known in LANGUAGES:
        if short == known:
            return known
    raise UsageError("bad_option", option="--lang", value=lang, allowed=", ".join(LANGUAGES))


def speaking(lang: str | None, as_json: bool) -> Voice:
    """The voice of a command whose result goes to stdout."""
    from ephoto.core.settings import Settings

    return Voice(language(lang, Settings.from_env().lang), as_json)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _is_utf8(stream: Any) -> bool:
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"


def _write(stream: TextIO | None, words: str) -> None:
    """Write whatever the stream can show; what it cannot becomes an escape, never an exception."""
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    shown = words.encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(shown)
        stream.flush()
    except BrokenPipeError:
        # The reader has gone: nobody is left to be told, and the interpreter must not complain at its exit.
        if stream is sys.stdout:
            _hush_stdout()
    except OSError as error:
        if stream is sys.stdout:
            _hush_stdout()
            raise EnvironmentFault("output_failed", path="-", problem=error.strerror or str(error)) from error


def _hush_stdout() -> None:
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)
