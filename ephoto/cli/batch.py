"""`ephoto batch`: many photos in, a card of each out; what was begun can be gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o
from ephoto.cli.card_words import CardWords
from ephoto.cli.job_words import JobWords, circumstances, job_of, ledger_of, privately
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
    *,
    words: JobWords,
    column: o.Columns = None,
    encoding: o.Encoding = None,
    sheet: o.SheetName = None,
    report: o.ReportFile = None,
    run_on: o.RunOn = "local",
    resume: o.Resume = False,
    retry: o.Retry = False,
    verify: o.Verify = False,
    spec: o.SpecName = None,
    card: CardWords,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Make the card of each photo of a folder, zip, table or URL.

    Nothing is lost, and nothing is made twice. Exit: 0 all done, 1 some photos have no card, 2 usage, 3 IN cannot be
    read, 6 output or environment, 70 a bug, 130 interrupted: --resume goes on.
    """
    from contextlib import closing

    from ephoto.batch.places import read_as
    from ephoto.batch.run import run
    from ephoto.cli.app import INTERRUPTED
    from ephoto.cli.batch_voice import BatchVoice
    from ephoto.cli.signals import ended_politely
    from ephoto.cli.voice import speaking

    with privately(), closing(BatchVoice(speaking(lang, as_json))) as voice:
        job = job_of(source, out, words, spec, card, column, resume=resume, retry=retry, verify=verify)
        read_as(job.source, encoding=encoding, sheet=sheet)
        ledger = ledger_of(words, job.sink)
        how = {"crew": _crew(run_on), "after": _reporter(report, job, ledger)}
        with ended_politely():
            summary = run(job, ledger, tell=voice.tell, **how, **circumstances())
    code = voice.ended(summary)
    if code == INTERRUPTED:  # all is told: as a number it would be taken for a Ctrl-C of which nothing was said yet
        raise SystemExit(code)
    return code


def _crew(run_on: str) -> Any:
    from ephoto.core.errors import UsageError

    if run_on == "local":
        from ephoto.batch.local import work

        return work
    if run_on == "ray":
        from ephoto.batch.on_ray import work as work_on_ray

        return work_on_ray
    raise UsageError("bad_option", option="--run-on", value=run_on, allowed="local, ray")


def _reporter(report: str | None, job: Job, ledger: Path) -> Callable[[Ledger, int], None]:
    from ephoto.batch.products import MANIFEST
    from ephoto.batch.reporting import check_report, write_report

    if report is None:
        return lambda ledger, run: None
    manifest = None if job.sink.folder is None else job.sink.folder / MANIFEST
    kept = tuple(path for path in (job.source.base, manifest, ledger) if path is not None)
    check_report(report, force=job.force or job.resume, inputs=kept)
    return lambda ledger, run: write_report(report, ledger, run, job.spec.id)
