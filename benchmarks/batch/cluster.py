"""What a card costs the driver of a Ray cluster: `python -m benchmarks.batch.cluster`, where ephoto[ray] is installed.

Real batches on two nodes of this machine, whose actors answer at once with a card that was made before: what is left
is the driver's work. It is told in time of its own processor, since driver and actors share this machine's. Then cards
in earnest, beside plain processes; and photos sent from the driver's disk, as another machine would ask for them.
docs/scale.md has the figures.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.convert import ROOT, SIZES, photo_bytes
from ephoto.batch import local, on_ray
from ephoto.batch.archive import ArchiveReader
from ephoto.batch.cluster import connected
from ephoto.batch.folder import FileReader, Folder
from ephoto.batch.hand import Hand
from ephoto.batch.job import Job
from ephoto.batch.naming import Naming
from ephoto.batch.rules import rules
from ephoto.batch.run import run
from ephoto.batch.sinks import FolderSink
from ephoto.batch.tray import Tray
from ephoto.batch.work import Recipe, maker
from ephoto.core.settings import Settings
from ephoto.specs.load import get

if TYPE_CHECKING:
    from ephoto.batch.desk import Desk

PORTRAIT = ROOT / "samples" / "portrait.jpg"
MOST_BYTES = 10**8
WISHES = {"spec": get("cn-social-security-card"), "settings": Settings()}
RECIPE = Recipe(FileReader(MOST_BYTES), WISHES)


class Instant(Hand):
    """Answers every photo with the same card, once it has its bytes."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self._card = maker(RECIPE)(str(PORTRAIT))

    def _worked(self, here: Any) -> Any:
        if not isinstance(here, str | bytes):
            self._get(here)
        return self._card


def folder_of(count: int, work: Path, data: bytes) -> Path:
    folder = Path(tempfile.mkdtemp(dir=work))
    for number in range(count):
        (folder / f"{number:05}.jpg").write_bytes(data)
    return folder


def job_of(count: int, work: Path, data: bytes) -> Job:
    spec = WISHES["spec"]
    naming = Naming(None, spec_id=spec.id, format=spec.format, has_ids=False)
    source = Folder(folder_of(count, work, data), FileReader(MOST_BYTES))
    return Job(source, FolderSink(Path(tempfile.mkdtemp(dir=work)) / "out"), naming, WISHES, workers=2)


def ran(job: Job, crew: Any) -> Any:
    return run(job, job.sink.ledger, version="0", now=partial(datetime.now, UTC), bug=_raised, crew=crew)


def _raised(error: BaseException) -> Any:
    raise error


def entering(count: int, work: Path) -> float:
    """Milliseconds from a card in the driver's hand to one on disk and in the ledger: wall clock."""
    made = maker(RECIPE)(str(PORTRAIT))
    took: list[float] = []

    def crew(desk: Desk, tell: Any) -> bool:
        for row in desk.rows():
            start = time.perf_counter()
            desk.finish(row, made)
            took.append(1e3 * (time.perf_counter() - start))
        return True

    ran(job_of(count, work, PORTRAIT.read_bytes()), crew)
    return statistics.median(took)


@dataclass
class Drive:
    """A batch from its first card to its last: photos, and seconds of the driver's processor and of wall clock."""

    photos: int
    cpu_s: float
    wall_s: float


def driven(job: Job, work_on: Any) -> Drive:
    marks: list[tuple[int, float, float]] = []

    def crew(desk: Desk, tell: Any) -> bool:
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.02) and desk.progress.done < desk.progress.waiting:
                if desk.progress.done:
                    marks.append((desk.progress.done, time.process_time(), time.perf_counter()))

        threading.Thread(target=watch, daemon=True).start()
        try:
            return bool(work_on(desk, tell))
        finally:
            over.set()

    summary = ran(job, crew)
    assert summary.made == summary.photos, summary
    first, last = marks[0], marks[-1]
    return Drive(last[0] - first[0], last[1] - first[1], last[2] - first[2])


def driving(count: int, page: int, work: Path) -> Drive:
    """With actors that have nothing to do, and so many photos behind a ticket."""
    before = on_ray.rules, on_ray.Hand
    on_ray.rules, on_ray.Hand = partial(replace, rules(), photos_a_ticket=page), Instant
    try:
        return driven(job_of(count, work, PORTRAIT.read_bytes()), on_ray.work)
    finally:
        on_ray.rules, on_ray.Hand = before


def sending(ray: Any, work: Path) -> list[tuple[str, float, float]]:
    """Photos of each size out of a zip by way of the tray, one at a time: MB, and milliseconds each."""
    rows = []
    for label, size_wh in SIZES.items():
        data = photo_bytes(size_wh, PORTRAIT)
        path = work / f"{label}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.jpg", data)
        tray = ray.remote(Tray).options(num_cpus=0).remote(ArchiveReader(path, MOST_BYTES))
        took = []
        for _ in range(30):
            start = time.perf_counter()
            assert ray.get(tray.photo.remote("0")) == data
            took.append(1e3 * (time.perf_counter() - start))
        rows.append((label, len(data) / 1e6, statistics.median(took[5:])))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=2000, help="of a batch whose actors answer at once")
    parser.add_argument("--real", type=int, default=150, help="of a batch whose actors make cards")
    wanted = parser.parse_args()
    tell = partial(print, file=sys.stdout, flush=True)  # while Ray is connected, stdout is shut
    with tempfile.TemporaryDirectory() as name, connected(2) as ray:
        work = Path(name)
        tell(f"Ray {ray.__version__}, two actors on this machine, {wanted.photos} photos a batch")
        tell(f"ledger and delivery: {entering(min(wanted.photos, 500), work):.2f} ms a photo, wall clock")
        for page in (1, rules().photos_a_ticket):
            drive = driving(wanted.photos, page, work)
            ms = 1e3 * drive.cpu_s / drive.photos
            tell(f"photos a ticket {page}: driver's processor {ms:.2f} ms a photo, at most {1e3 / ms:.0f} photos/s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tell(f"driver's peak: {peak:.0f} MB")
        for label, size_wh in SIZES.items():
            data, rates = photo_bytes(size_wh, PORTRAIT), {}
            for name, crew in {"two processes": local.work, "two actors": on_ray.work}.items():
                drive = driven(job_of(wanted.real, work, data), crew)
                rates[name] = drive.photos / drive.wall_s
            tell(f"{label}: " + ", ".join(f"{name} {rate:.1f} photos/s" for name, rate in rates.items()))
        for label, mb, ms in sending(ray, work):
            tell(f"{label}: {mb:.2f} MB from the driver's disk in {ms:.1f} ms, {mb / ms * 1e3:.0f} MB/s")


if __name__ == "__main__":
    main()
