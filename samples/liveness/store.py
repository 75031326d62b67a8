"""Clips kept on disk: `.cache/liveness/` under the repository's root, one folder a clip.

A folder holds `clip.avi` (Motion JPEG, as a webcam gives it) and `truth.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

from samples.portrait import parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

__all__ = ["FOLDER", "VERSION", "Shown", "StoredClip", "Take", "digest", "fill", "frames", "is_stored", "stored"]

VERSION = 1  # raise it with every change that alters a clip or its truth
FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "liveness"
QUALITY = 95
_VIDEO, _TRUTH = "clip.avi", "truth.json"
_PARTIAL = ".partial-"


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One frame (H, W, 3) uint8 RGB of a take, and what is known of it."""

    pixels: NDArray[np.uint8]
    facts: dict[str, Any]


class Take(Protocol):
    """Anything that can be filmed: it knows what it depends on, its frames, and the truth about them."""

    @property
    def fps(self) -> float: ...

    def parameters(self) -> dict[str, Any]:
        """Plain values that settle every pixel."""

    def truth(self) -> dict[str, Any]:
        """What is known of the clip as a whole, as plain values."""

    def film(self, folder: Path) -> Iterator[Shown]:
        """The frames in their order; clips that they are made of lie in `folder`."""


@dataclass(frozen=True, slots=True)
class StoredClip:
    """A clip on disk. `truth` has what `Take.truth` gave, `size_wh`, `fps`, `count`, and `frames`: facts by frame."""

    path: Path
    truth: dict[str, Any]


def digest(take: Take) -> str:
    """A name for the clip and this version of the renderer, 24 hexadecimal digits."""
    key = [VERSION, parameters.VERSION, type(take).__name__, take.parameters()]
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:24]


def is_stored(take: Take, folder: Path = FOLDER) -> bool:
    """Whether the clip is on disk, whole."""
    return (folder / digest(take) / _TRUTH).is_file()


def stored(take: Take, folder: Path = FOLDER) -> StoredClip:
    """The clip, from disk if it was filmed before.

    It is written under a temporary name and renamed, so that processes may share the folder and one that is ended in
    the middle leaves no half clip.
    """
    place = folder / digest(take)
    if not (place / _TRUTH).is_file():
        _film(take, place, folder)
    return StoredClip(place / _VIDEO, json.loads((place / _TRUTH).read_text("utf-8")))


def frames(path: Path) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """The frames (H, W, 3) uint8 RGB of a video file, each with its time in seconds.

    Raises OSError where the file cannot be read.
    """
    video = cv2.VideoCapture(str(path))
    try:
        if not video.isOpened():
            raise OSError(f"no video in {path.name}")
        fps, k = video.get(cv2.CAP_PROP_FPS), 0
        while True:
            there, pixels = video.read()
            if not there:
                return
            yield np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)), k / fps
            k += 1
    finally:
        video.release()


def _film(take: Take, place: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    partial = folder / f"{_PARTIAL}{place.name}-{os.getpid()}"
    shutil.rmtree(partial, ignore_errors=True)  # of an earlier process with this one's number
    partial.mkdir()
    try:
        truth = take.truth() | _write(take, partial / _VIDEO, folder)
        (partial / _TRUTH).write_text(json.dumps(truth, sort_keys=True) + "\n", encoding="utf-8")
        try:
            partial.rename(place)
        except OSError:  # another process was quicker
            if not (place / _TRUTH).is_file():
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what processes that are no more left behind."""
    for left in folder.glob(f"{_PARTIAL}*"):
        if not _alive(int(left.name.rsplit("-", 1)[1])):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _write(take: Take, path: Path, folder: Path) -> dict[str, Any]:
    """Film into a file; what is known of size and frames."""
    video, facts = None, []
    size: tuple[int, int] = (0, 0)
    try:
        for shown in take.film(folder):
            if video is None:
                size = (shown.pixels.shape[1], shown.pixels.shape[0])
                video = _writer(path, take.fps, size)
            video.write(cv2.cvtColor(shown.pixels, cv2.COLOR_RGB2BGR))
            facts.append(shown.facts)
    finally:
        if video is not None:
            video.release()
    return {"size_wh": list(size), "fps": take.fps, "count": len(facts), "frames": facts}


def _writer(path: Path, fps: float, size_wh: tuple[int, int]) -> cv2.VideoWriter:
    code = cv2.VideoWriter.fourcc(*"MJPG")
    video = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, code, fps, size_wh)
    if not video.isOpened():
        raise OSError(f"no video can be written to {path.name}")
    video.set(cv2.VIDEOWRITER_PROP_QUALITY, QUALITY)
    return video


def _one(take: Take, folder: Path) -> None:
    cv2.setNumThreads(1)
    stored(take, folder)


def fill(takes: Iterable[Take], workers: int = 0, folder: Path = FOLDER) -> Iterator[tuple[int, int]]:
    """Film what is missing, in `workers` processes (0: one a core); yields how many are done and how many there are."""
    missing = {digest(take): take for take in takes if not is_stored(take, folder)}
    done, total = 0, len(missing)
    yield done, total
    if not total:
        return
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_one, take, folder) for take in missing.values()}
        try:
            while waiting:
                ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for job in ready:
                    job.result()
                    done += 1
                yield done, total
        finally:
            for job in waiting:
                job.cancel()
