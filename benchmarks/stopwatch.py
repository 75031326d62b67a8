"""Time spent in named functions, without touching the code that is timed."""

from __future__ import annotations

import importlib
import statistics
import time
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Stopwatch", "median_ms"]


def median_ms(call: Callable[[], Any], repeats: int, *, warm_up: int = 3) -> tuple[float, float]:
    """Median and half the inter-quartile range of a call's wall time, ms."""
    for _ in range(warm_up):
        call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    quarters = statistics.quantiles(times, n=4)
    return statistics.median(times), (quarters[2] - quarters[0]) / 2


class Stopwatch:
    """Wraps functions by "module:name" while it is open and adds up their time per label."""

    def __init__(self, places: dict[str, str]) -> None:
        self._places = places
        self.laps: dict[str, list[float]] = defaultdict(list)
        self._lap: dict[str, float] = defaultdict(float)

    @contextmanager
    def open(self) -> Iterator[Stopwatch]:
        undo = []
        for place, label in self._places.items():
            module_name, _, path = place.partition(":")
            owner: Any = importlib.import_module(module_name)
            *parents, name = path.split(".")
            for parent in parents:
                owner = getattr(owner, parent)
            original = getattr(owner, name)
            undo.append((owner, name, original))
            setattr(owner, name, self._timed(original, label))
        try:
            yield self
        finally:
            for owner, name, original in reversed(undo):
                setattr(owner, name, original)

    def _timed(self, call: Callable[..., Any], label: str) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                self._lap[label] += (time.perf_counter() - start) * 1e3

        return timed

    def lap(self) -> None:
        """Close one photo: what was added up becomes one sample per label."""
        for label in dict.fromkeys(self._places.values()):
            self.laps[label].append(self._lap.get(label, 0.0))
        self._lap.clear()

    def medians(self) -> dict[str, float]:
        return {label: statistics.median(values) for label, values in self.laps.items()}
