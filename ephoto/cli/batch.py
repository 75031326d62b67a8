"""`ephoto batch`: many photos in, a card of each out; what was begun can be gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o
from ephoto.cli.job_words import JobWords, job_of, ledger_of
from ephoto.cli.spread import spread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ephoto.batch.job import Job
    from ephoto.batch.ledger import Ledger

__all__ = ["batch"]


@spread
def batch(
    source: o.BatchIn,
    out: o.BatchOut,
    words: JobWords,
    column: o.Columns = None,
    encoding: o.Encoding = None,
    sheet: o.SheetName = None,
    report: o.ReportFile = None,
    run_on: o.RunOn = "local",
    resume: o.Resume = False,
    retry: o.Retry = False,
    verify: o.Verify = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Make the cards of a folder, a zip file, a table or an object store; nothing is lost, nothing is made twice.

    Exit: 0 all done, 1 some photos have no card, 2 usage, 3 IN cannot be read, 6 output or environment, 130
    interrupted: --resume goes on.
    """
    from ephoto.batch.places import read_as
    from ephoto.cli.app import INTERRUPTED
    from ephoto.cli.batch_voice import BatchVoice
    from ephoto.cli.bug import told_as_bug
    from ephoto.cli.voice import speaking
    from ephoto.core.errors import EphotoError

    voice = BatchVoice(speaking(lang, as_json))
    job = job_of(source, out, words, column, resume=resume, retry=retry, verify=verify)
    read_as(job.source, encoding=encoding, sheet=sheet)
    try:
        summary = _run(job, ledger_of(words, job.sink), report, run_on, voice)
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


def _run(job: Job, ledger: Path, report: str | None, run_on: str, voice: Any) -> Any:
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
            after=_reporter(report, job),
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


def _reporter(report: str | None, job: Job) -> Callable[[Ledger, int], None]:
    from ephoto.batch.reporting import check_report, write_report

    if report is None:
        return lambda ledger, run: None
    inputs = () if job.source.base is None else (job.source.base,)
    check_report(report, force=job.force or job.resume, inputs=inputs)
    return lambda ledger, run: write_report(report, ledger, run, job.spec.id)
