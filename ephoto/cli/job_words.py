"""The options that `batch` and `watch` share, and the job that they describe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o

if TYPE_CHECKING:
    from pathlib import Path

    from ephoto.batch.job import Job
    from ephoto.batch.sinks import Sink

__all__ = ["JobWords", "job_of", "ledger_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWords:
    """Each field is an option; see options.py."""

    spec: o.SpecName = None
    size: o.Size = None
    dpi: o.Dpi = None
    kb: o.Kb = None
    profile: o.Profile = None
    background: o.Background = None
    matte: o.MatteQuality = "fast"
    tone: o.Tone = "none"
    engine: o.Engine = "selfie"
    faces: o.Faces = "embedded"
    strict: o.Strict = False
    checks: o.Checks = True
    allow: o.Allow = None
    limit: o.Limits = None
    workers: o.Workers = None
    naming: o.NamingTemplate = None
    on_fail: o.OnFail = "skip"
    ledger: o.LedgerFile = None
    force: o.ForceBatch = False


def job_of(inside: str, outside: str, words: JobWords, columns: list[str] | None = None, **others: bool) -> Job:
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
    wishes = _wishes(words)
    source = source_of(inside, settings.max_bytes, o.parse_columns(columns))
    sink = sink_of(outside)
    check_apart(source, sink, (inside, outside))
    spec = wishes["spec"]
    naming = Naming(words.naming, spec_id=spec.id, format=spec.format, has_ids=isinstance(source, Listed))
    return Job(
        source, sink, naming, wishes | {"settings": settings},
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


def _wishes(words: JobWords) -> dict[str, Any]:
    from ephoto.cli.wishes import check_wishes, specs_of

    wished: dict[str, Any] = {"background": words.background, "matte": words.matte, "tone": words.tone}
    wished |= o.parse_rules(words.allow, words.limit)
    (spec,) = o.one_spec(specs_of(words.spec, words.size, words.dpi, words.kb, words.profile))
    check_wishes((spec,), wished)
    return wished | {
        "spec": spec, "engine": words.engine, "faces": words.faces, "checks": words.checks, "strict": words.strict,
    }  # fmt: skip
