"""What a session costs a frame of 640x480 on one thread, beside the bare nets that no session can do without."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.liveness.trial import observer
from ephoto.core.types import Photo, SourceFacts
from ephoto.liveness.challenge import Challenge
from ephoto.liveness.rules import rules
from ephoto.liveness.session import Session
from samples.liveness.sets import bona_fide
from samples.liveness.store import frames, is_stored, stored

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cost", "met"]

WIDE = (640, 480)


def cost(limit_ms: float, count: int) -> None:
    """Print the mean over each clip's frames, in processor time; the best of three turns counts."""
    cv2.setNumThreads(1)
    clips = [t for t in bona_fide("proof") if t.portrait.size_wh == WIDE and is_stored(t)][:count]
    clips = clips or [t for t in bona_fide("proof") if is_stored(t)][:1]
    whole, bare, slowest = [], [], []
    for take in clips:
        clip = stored(take)
        shown = [(_at(pixels), seconds) for pixels, seconds in frames(clip.path)]
        turns = [_session(shown, tuple(clip.truth["asked"])) for _ in range(3)]
        whole.append(min(float(np.mean(t)) for t in turns))
        slowest.append(float(np.percentile(np.min(turns, axis=0), 99)))
        bare.append(min(_nets(shown) for _ in range(3)))
    ms = float(np.mean(whole))
    print(f"\nA frame of 640x480, one thread ({len(clips)} clips, processor time): {ms:.1f} ms a frame, "
          f"99th percentile {np.mean(slowest):.1f} ms; target {limit_ms:.0f}: {met(ms <= limit_ms)}")  # fmt: skip
    print(f"  the landmark net alone, once a frame: {np.mean(bare):.1f} ms; ratio {ms / np.mean(bare):.1f}")


def met(holds: bool) -> str:
    return "met" if holds else "MISSED"


def _at(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame at 640x480, whatever the clip has."""
    if (pixels.shape[1], pixels.shape[0]) == WIDE:
        return pixels
    return np.asarray(cv2.resize(pixels, WIDE, interpolation=cv2.INTER_LINEAR), np.uint8)


def _session(shown: list[tuple[NDArray[np.uint8], float]], asked: tuple[str, ...]) -> list[float]:
    """Each frame's time, ms; frames after the verdict do not count."""
    session = Session(Challenge(asked, "benchmark", rules().seconds_each), faces=observer())  # type: ignore[arg-type]
    times = []
    for pixels, seconds in shown:
        start = time.process_time()
        update = session.feed(pixels, seconds)
        times.append(1000 * (time.process_time() - start))
        if update.verdict is not None:
            break
    return times


def _nets(shown: list[tuple[NDArray[np.uint8], float]]) -> float:
    """The landmark net's time a frame, ms, along a face that the engine found once."""
    engine = observer().engine
    first = shown[0][0]
    faces = engine.find(Photo(first, SourceFacts("array", "RGB", WIDE)))
    guess = faces[0].landmarks
    start = time.process_time()
    for pixels, _ in shown:
        seen = engine.follow(pixels, guess)
        guess = guess if seen is None else seen
    return 1000 * (time.process_time() - start) / len(shown)
