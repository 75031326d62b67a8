"""One clip through one session, as a worker process runs it."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import cv2

from ephoto.core.settings import Settings
from ephoto.faces import engines
from ephoto.liveness.challenge import Challenge
from ephoto.liveness.observe import Observer
from ephoto.liveness.rules import rules
from ephoto.liveness.session import Session
from samples.liveness.store import frames, stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from samples.liveness.store import Take

__all__ = ["Trial", "observer", "tried"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A clip's verdict: `outcome`, its `reasons`, what the cues measured, and the time a frame, ms (median)."""

    species: str
    variant: str
    person: str
    asked: tuple[str, ...]
    fps: float
    size_wh: tuple[int, int]
    outcome: str
    reasons: tuple[str, ...]
    done: int
    cues: dict[str, float | None]
    frame_ms: float
    evidence: tuple[dict[str, Any], ...] = field(default=())
    clip: str = ""

    @property
    def kind(self) -> str:
        """The species, with what it is made of where that is a real photo."""
        return f"{self.species} (photos)" if self.person == "photo" else self.species


@cache
def observer() -> Observer:
    """The nets, loaded once a process."""
    cv2.setNumThreads(1)
    return Observer(engines.build("embedded", Settings()))


def one(take: Take) -> Trial:
    """Show a session the clip, frame by frame, until it decides or the clip ends."""
    clip = stored(take)
    truth = clip.truth
    session = Session(Challenge(tuple(truth["asked"]), "benchmark", rules().seconds_each), faces=observer())
    spent, count = 0.0, 0
    for pixels, seconds in frames(clip.path):
        start = time.perf_counter()
        update = session.feed(pixels, seconds)
        spent, count = spent + time.perf_counter() - start, count + 1
        if update.verdict is not None:
            break
    verdict = session.finish()
    return Trial(
        species=truth["species"],
        variant=truth.get("variant", ""),
        person=truth["person"],
        asked=tuple(truth["asked"]),
        fps=truth["fps"],
        size_wh=tuple(truth["size_wh"]),
        outcome=verdict.outcome,
        reasons=verdict.reasons,
        done=sum(e.state == "done" for e in verdict.evidence),
        cues={cue.name: cue.measured for cue in verdict.cues},
        frame_ms=1000 * spent / max(count, 1),
        evidence=tuple(e.to_dict() for e in verdict.evidence),
        clip=clip.path.parent.name,
    )


def tried(takes: Iterable[Take], workers: int) -> Iterator[Trial]:
    """Every clip's trial, in order, on some processes."""
    if workers < 2:
        yield from map(one, takes)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(one, takes)
