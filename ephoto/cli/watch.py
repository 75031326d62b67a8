"""`ephoto watch`: a folder that photos arrive in, a card of each made as it does."""

from __future__ import annotations

from ephoto.cli import options as o
from ephoto.cli.card_words import CardWords
from ephoto.cli.job_words import JobWords, circumstances, job_of, ledger_of, privately
from ephoto.cli.spread import spread

__all__ = ["watch"]


@spread
def watch(
    source: o.WatchIn,
    out: o.WatchOut,
    *,
    words: JobWords,
    poll: o.Poll = False,
    spec: o.SpecName = None,
    card: CardWords,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Make the card of each photo that arrives in a folder.

    A camera, a scanner or a copy may write it in its own time. Goes on until Ctrl-C or SIGTERM: the photos in hand are
    finished then; the same command goes on later. Exit: 0 no photo of IN failed, 1 some did, now or in an earlier
    watch, 2 usage, 3 IN cannot be read, 6 output or environment, 70 a bug.
    """
    import sys
    from contextlib import closing

    from ephoto.batch.notices import Bell
    from ephoto.batch.watch import watch as watched
    from ephoto.cli.signals import asked_to_end
    from ephoto.cli.voice import speaking
    from ephoto.cli.watch_voice import WatchVoice

    terminal = sys.stderr is not None and sys.stderr.isatty()
    with privately(), closing(WatchVoice(speaking(lang, as_json), terminal=terminal)) as voice:
        job, bell = job_of(source, out, words, spec, card), Bell()
        with asked_to_end(bell.end):
            ledger = ledger_of(words, job.sink)
            summary = watched(job, ledger, bell, tell=voice.follow, poll=poll, **circumstances())
    return voice.ended(summary)
