"""`ephoto watch`: a folder that photos arrive in, a card of each made as it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.cli import options as o
from ephoto.cli.job_words import JobWords, job_of, ledger_of
from ephoto.cli.spread import spread

if TYPE_CHECKING:
    from pathlib import Path

    from ephoto.batch.job import Job, Summary
    from ephoto.cli.watch_voice import WatchVoice

__all__ = ["watch"]


@spread
def watch(
    source: o.WatchIn,
    out: o.WatchOut,
    words: JobWords,
    poll: o.Poll = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Make the card of each photo that a camera, a scanner or a copy puts into a folder, when it is whole.

    Goes on until Ctrl-C or SIGTERM: the photos in hand are finished then; the same command goes on later. Exit: 0 no
    photo of IN failed, 1 some did, now or in an earlier watch, 2 usage, 3 IN cannot be read, 6 output or environment.
    """
    import sys

    from ephoto.cli.voice import speaking
    from ephoto.cli.watch_voice import WatchVoice

    voice = WatchVoice(speaking(lang, as_json), terminal=sys.stderr is not None and sys.stderr.isatty())
    job = job_of(source, out, words)
    try:
        summary = _watch(job, ledger_of(words, job.sink), voice, poll=poll)
    finally:
        voice.close()
    return voice.ended(summary, again=True)


def _watch(job: Job, ledger: Path, voice: WatchVoice, *, poll: bool) -> Summary:
    from datetime import UTC, datetime
    from functools import partial

    from ephoto import __version__
    from ephoto.batch.notices import Bell
    from ephoto.batch.watch import watch as watched
    from ephoto.cli.bug import told_as_bug
    from ephoto.cli.signals import asked_to_end

    bell = Bell()
    with asked_to_end(bell.end):
        return watched(
            job,
            ledger,
            bell,
            version=__version__,
            now=partial(datetime.now, UTC),  # noqa: TID251  (the clock itself, passed in)
            bug=partial(told_as_bug, private=True),
            tell=voice.follow,
            poll=poll,
        )
