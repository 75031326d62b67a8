"""The options that `batch` and `watch` share besides those of the card, and the job that they describe."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ephoto.batch.job import Job
    from ephoto.batch.sinks import Sink
    from ephoto.cli.card_words import CardWords

__all__ = ["JobWords", "circumstances", "job_of", "ledger_of", "privately"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWords:
    """Each field is an option; see options.py."""

    workers: o.Workers = None
    naming: o.NamingTemplate = None
    on_fail: o.OnFail = "skip"
    ledger: o.LedgerFile = None
    force: o.ForceBatch = False


def job_of(
    inside: str,
    outside: str,
    words: JobWords,
    spec: str | None,
    card: CardWords,
    columns: list[str] | None = None,
    **others: bool,
) -> Job:
    """What IN, OUT and the options ask for; `others` are fields of the job.

    Raises
    ------
    UsageError, InputError
        Whatever makes no sense, before anything is read or made.
    """
    from ephoto.batch.job import Job
    from ephoto.batch.listed import Listed
    from ephoto.batch.naming import Naming
    from ephoto.batch.places import check_apart, sink_of, source_of
    from ephoto.core.settings import Settings

    settings = Settings.from_env()
    asked = o.one_spec(card.specs(spec))
    wishes = card.wishes((asked,)) | {"spec": asked, "settings": settings}
    source = source_of(inside, settings.max_bytes, o.parse_columns(columns))
    sink = sink_of(outside)
    check_apart(source, sink, (inside, outside))
    naming = Naming(words.naming, spec_id=asked.id, format=asked.format, has_ids=isinstance(source, Listed))
    return Job(
        source, sink, naming, wishes,
        workers=o.parse_workers(words.workers), on_fail=o.parse_on_fail(words.on_fail), force=words.force, **others,
    )  # fmt: skip


def ledger_of(words: JobWords, sink: Sink) -> Path:
    """Where the ledger is kept.

    Raises
    ------
    UsageError
        "ledger_needed" where OUT is no place for one and none is named.
    """
    from pathlib import Path

    from ephoto.core.errors import UsageError

    if words.ledger is not None:
        return Path(words.ledger)
    if sink.ledger is None:
        raise UsageError("ledger_needed", path=sink.shown)
    return sink.ledger


def circumstances() -> dict[str, Any]:
    """What `run` and `watch` cannot know themselves: the version, the clock, and how a bug is told."""
    from datetime import UTC, datetime
    from functools import partial

    from ephoto import __version__
    from ephoto.cli.bug import Bugs

    return {
        "version": __version__,
        "now": partial(datetime.now, UTC),  # noqa: TID251  (the clock itself, passed in)
        "bug": Bugs(),
    }


@contextmanager
def privately() -> Iterator[None]:
    """While it is open, an exception that nobody meant is told by its kind: its text may hold a person's data.

    Raises
    ------
    EphotoError
        "internal" in its place.
    """
    from ephoto.cli.bug import told_as_bug
    from ephoto.core.errors import EphotoError

    try:
        yield
    except EphotoError:
        raise
    except Exception as error:
        raise told_as_bug(error, private=True) from None
