"""What no batch can do without, on the bare libraries, in as many processes as the batch has."""

from __future__ import annotations

import multiprocessing as mp
import time
from typing import TYPE_CHECKING, Any

from benchmarks.convert import Floor
from ephoto.pipeline.converter import Converter

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["floor_rate", "rate_of"]


def floor_rate(data: bytes, workers: int, photos: int) -> float:
    """Photos a second of bare decode, network calls and encode, `workers` processes at once."""
    return rate_of(_bare, data, workers, photos)


def rate_of(build: Callable[[bytes], Callable[[], Any]], data: bytes, workers: int, photos: int) -> float:
    """Calls a second of what `build` makes of a photo, in `workers` processes that begin together."""
    context = mp.get_context("spawn")
    ready, each = context.Barrier(workers + 1), max(photos // workers, 1)
    done: Any = context.Queue()
    crew = [context.Process(target=_repeat, args=(build, data, each, ready, done)) for _ in range(workers)]
    for process in crew:
        process.start()
    ready.wait()
    start = time.perf_counter()
    for _ in crew:
        done.get()
    seconds = time.perf_counter() - start
    for process in crew:
        process.join()
    return workers * each / seconds


def _repeat(build: Callable[[bytes], Callable[[], Any]], data: bytes, count: int, ready: Any, done: Any) -> None:
    import cv2

    cv2.setNumThreads(1)
    call = build(data)
    for _ in range(3):
        call()
    ready.wait()
    for _ in range(count):
        call()
    done.put(count)


def _bare(data: bytes) -> Callable[[], Any]:
    return Floor(data, Converter(checks=False).convert(data)).once
