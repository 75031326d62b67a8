"""Real batches on real files, through the driver that `ephoto batch` runs, and what they cost."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ephoto.batch.job import Job
from ephoto.batch.naming import Naming
from ephoto.batch.places import sink_of, source_of
from ephoto.batch.run import run
from ephoto.cli.bug import told_as_bug
from ephoto.core.settings import Settings
from ephoto.specs import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.batch.job import Progress, Summary

__all__ = ["Ran", "cleared", "folder_of", "memory_of", "met", "ran"]

_SETTLED = 0.1  # of the photos: by then every worker is warm


@dataclass(slots=True)
class Ran:
    """How a batch went. `steady` is photos a second from the first tenth of the photos to the last."""

    summary: Summary
    steady: float
    worker_mb: list[tuple[int, float]] = field(default_factory=list)  # (photos done, the largest worker's memory)
    driver_mb: list[tuple[int, float]] = field(default_factory=list)


def folder_of(data: bytes, count: int, parent: Path) -> Path:
    """A folder with `count` photos of the same bytes: links to one file, as the disk is not what is measured."""
    folder = Path(tempfile.mkdtemp(dir=parent))
    first = folder / "000000.jpg"
    first.write_bytes(data)
    for k in range(1, count):
        part = folder / f"{k // 1000:03d}"
        part.mkdir(exist_ok=True)
        os.link(first, part / f"{k:06d}.jpg")
    return folder


def ran(photos: Path, out: Path, workers: int, *, every: int = 0) -> Ran:
    """One batch, checks off; memory is looked at each time that `every` photos more are done."""
    settings = Settings()
    spec = load.get(load.DEFAULT)
    job = Job(
        source_of(str(photos), settings.max_bytes),
        sink_of(str(out)),
        Naming(None, spec_id=spec.id, format=spec.format, has_ids=False),
        {"spec": spec, "checks": False, "settings": settings},
        workers=workers,
    )
    seen = _Seen(every)
    ledger = out / ".ephoto" / "ledger.sqlite"
    summary = run(job, ledger, version="benchmark", now=lambda: datetime.now(UTC), bug=told_as_bug, tell=seen.look)
    return Ran(summary, seen.steady(), seen.worker_mb, seen.driver_mb)


class _Seen:
    """What is seen of a batch from outside, several times a second."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._next = every
        self._points: list[tuple[float, int]] = []
        self.worker_mb: list[tuple[int, float]] = []
        self.driver_mb: list[tuple[int, float]] = []

    def look(self, progress: Progress) -> None:
        import time

        self._points.append((time.perf_counter(), progress.done))
        self._photos = progress.waiting
        if self._every and progress.done >= self._next:
            self._next += self._every
            self.worker_mb.append((progress.done, max(memory_of(pid) for pid in children())))
            self.driver_mb.append((progress.done, memory_of(os.getpid())))

    def steady(self) -> float:
        points = [(t, n) for t, n in self._points if n >= _SETTLED * self._photos]
        full = [t for t, n in points if n == points[-1][1]]
        (start, first), last = points[0], points[-1][1]
        return (last - first) / (full[0] - start) if full[0] > start else 0.0


def children() -> Iterator[int]:
    """Process numbers of the workers."""
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text().split():
            yield int(pid)


def memory_of(pid: int, line: str = "VmRSS") -> float:
    """A process's memory in MB; 0 for one that has gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(words.split()[1]) / 1024 for words in text.splitlines() if words.startswith(line)), 0.0)


def cleared(folder: Any) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def met(holds: bool) -> str:
    return "met" if holds else "NOT met"
