"""The quick clips' frames, filmed once and kept on disk, held once a process."""

from __future__ import annotations

from functools import cache

from ephoto.core.settings import Settings
from ephoto.faces import engines
from ephoto.liveness.challenge import Challenge
from ephoto.liveness.observe import Observer
from ephoto.liveness.session import Session
from samples.liveness.sets import bona_fide
from samples.liveness.store import frames, stored

SECONDS = 7.0


@cache
def observer():
    return Observer(engines.build("embedded", Settings()))


@cache
def clip(number):
    """Frames [(pixels, seconds)] and truth of one of the quick clips of people."""
    kept = stored(bona_fide("proof", quick=True)[number])
    return tuple(frames(kept.path)), kept.truth


def session(asked, **options):
    return Session(Challenge(tuple(asked), "nonce", SECONDS), faces=observer(), **options)


def run(shown, asked, **options):
    """The verdict on frames, and every update on the way."""
    one = session(asked, **options)
    updates = []
    for pixels, seconds in shown:
        updates.append(one.feed(pixels, seconds))
        if updates[-1].verdict is not None:
            break
    return one.finish(), updates
