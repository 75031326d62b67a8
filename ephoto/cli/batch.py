"""`ephoto batch`: many photos in, a card of each out; what was begun can be gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ephoto.batch.job import Job
    from ephoto.batch.ledger import Ledger
    from ephoto.batch.sinks import Sink

__all__ = ["batch"]


def batch(
    source: o.BatchIn,
    out: o.BatchOut,
    spec: o.SpecName = None,
    size: o.Size = None,
    dpi: o.Dpi = None,
    kb: o.Kb = None,
    profile: o.Profile = None,
    background: o.Background = None,
    matte: o.MatteQuality = "fast",
    tone: o.Tone = "none",
    engine: o.Engine = "selfie",
    faces: o.Faces = "embedded",
    workers: o.Workers = None,
    run_on: o.RunOn = "local",
    naming: o.NamingTemplate = None,
    column: o.Columns = None,
    on_fail: o.OnFail = "skip",
    report: o.ReportFile = None,
    ledger: o.LedgerFile = None,
    resume: o.Resume = False,
    retry: o.Retry = False,
    verify: o.Verify = False,
    force: o.ForceBatch = False,
    strict: o.Strict = False,
    checks: o.Checks = True,
    allow: o.Allow = None,
    limit: o.Limits = None,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Make the cards of a folder, a zip file, a table or an object store; nothing is lost, nothing is made twice.

    Exit: 0 all done, 1 some photos have no card, 2 usage, 3 IN cannot be read, 6 output or environment, 130
    interrupted: --resume goes on.
    """
    from ephoto.batch.places import check_apart, sink_of, source_of
    from ephoto.cli.app import INTERRUPTED
    from ephoto.cli.batch_voice import BatchVoice
    from ephoto.cli.bug import told_as_bug
    from ephoto.cli.voice import speaking
    from ephoto.cli.wishes import check_wishes, specs_of
    from ephoto.core.errors import EphotoError
    from ephoto.core.settings import Settings

    settings = Settings.from_env()
    voice = BatchVoice(speaking(lang, as_json))
    wished: dict[str, Any] = {"background": background, "matte": matte, "tone": tone}
    wished |= o.parse_rules(allow, limit)
    (document,) = o.one_spec(specs_of(spec, size, dpi, kb, profile))
    check_wishes((document,), wished)
    photos = source_of(source, settings.max_bytes, o.parse_columns(column))
    cards = sink_of(out)
    check_apart(photos, cards, (source, out))
    wished |= {"spec": document, "engine": engine, "faces": faces, "checks": checks, "strict": strict}
    job = _job(
        photos, cards, wished | {"settings": settings}, naming,
        workers=o.parse_workers(workers), on_fail=o.parse_on_fail(on_fail),
        resume=resume, force=force, retry=retry, verify=verify,
    )  # fmt: skip
    try:
        summary = _run(job, _ledger(ledger, cards), report, run_on, voice, force=force)
    except EphotoError:
        raise
    except Exception as error:
        raise told_as_bug(error, private=True) from None
    finally:
        voice.close()
    code = voice.ended(summary, again=resume)
    if code == INTERRUPTED:  # all is told: as a number it would be taken for a Ctrl-C of which nothing was said yet
        raise SystemExit(code)
    return code


def _job(source: Any, sink: Sink, wishes: dict[str, Any], naming: str | None, **others: Any) -> Job:
    from ephoto.batch.job import Job
    from ephoto.batch.listed import Listed
    from ephoto.batch.naming import Naming

    spec = wishes["spec"]
    names = Naming(naming, spec_id=spec.id, format=spec.format, has_ids=isinstance(source, Listed))
    return Job(source, sink, names, wishes, **others)


def _ledger(given: str | None, sink: Sink) -> Path:
    from pathlib import Path

    from ephoto.core.errors import UsageError

    if given is not None:
        return Path(given)
    if sink.ledger is None:
        raise UsageError("ledger_needed", path=sink.shown)
    return sink.ledger


def _run(job: Job, ledger: Path, report: str | None, run_on: str, voice: Any, *, force: bool) -> Any:
    from datetime import UTC, datetime
    from functools import partial

    from ephoto import __version__
    from ephoto.batch.run import run
    from ephoto.cli.bug import told_as_bug
    from ephoto.cli.signals import ended_politely

    with ended_politely():
        return run(
            job,
            ledger,
            version=__version__,
            now=partial(datetime.now, UTC),  # noqa: TID251  (the clock itself, passed in)
            bug=partial(told_as_bug, private=True),
            tell=voice.tell,
            crew=_crew(run_on),
            after=_reporter(report, job, force=force or job.resume),
        )


def _crew(run_on: str) -> Any:
    from ephoto.core.errors import UsageError

    if run_on == "local":
        from ephoto.batch.local import work

        return work
    if run_on == "ray":
        from ephoto.batch.on_ray import work as work_on_ray

        return work_on_ray
    raise UsageError("bad_option", option="--run-on", value=run_on, allowed="local, ray")


def _reporter(report: str | None, job: Job, *, force: bool) -> Callable[[Ledger, int], None]:
    from ephoto.batch.reporting import check_report, write_report

    if report is None:
        return lambda ledger, run: None
    check_report(report, force=force)
    return lambda ledger, run: write_report(report, ledger, run, job.spec.id)
