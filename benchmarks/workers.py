"""Threads against processes for many photos, and what larger batches give: `python -m benchmarks.workers`.

Prints photos a second and processor time a photo for one worker, threads and processes, each on one thread of its own,
with the C library's memory as it is and kept (freed memory is not handed back to the kernel), the best of several
rounds; then what batches of the nets' calls give (benchmarks.batches).
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import cv2

from benchmarks import batches
from benchmarks.convert import SIZES, photo_bytes
from ephoto.pipeline.converter import Converter

ROOT = Path(__file__).resolve().parent.parent
WAYS = ("one", "threads", "processes")
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # the numbers of mallopt's parameters in the GNU C library's malloc.h
KEPT_BYTES = 1 << 28

_converters: list[Converter] = []  # a worker process's own


def keep_memory() -> None:
    """Have the GNU C library keep what was freed: both bounds at once, as either alone makes it worse."""
    library = ctypes.CDLL(None)
    for number in (TRIM_THRESHOLD, MMAP_THRESHOLD):
        library.mallopt(number, KEPT_BYTES)


def begin(kept: bool) -> None:
    """Make a worker process ready."""
    if kept:
        keep_memory()
    cv2.setNumThreads(1)
    _converters.append(Converter(checks=False))


def one_card(data: bytes) -> int:
    """A card's bytes, from a worker process."""
    return len(_converters[0].convert(data).data)


def measured(way: str, label: str, workers: int, count: int, *, kept: bool) -> tuple[float, float]:
    """Wall and processor seconds for `count` photos; in this process, which should be a fresh one."""
    photo = photo_bytes(SIZES[label], ROOT / "samples" / "portrait.jpg")
    begin(kept)
    if way != "processes":
        threads = workers if way == "threads" else 1
        list(_converters[0].convert_many([photo] * 4, workers=threads))
        wall, cpu = time.perf_counter(), time.process_time()
        list(_converters[0].convert_many([photo] * count, workers=threads))
        return time.perf_counter() - wall, time.process_time() - cpu
    with ProcessPoolExecutor(workers, initializer=begin, initargs=(kept,)) as pool:
        list(pool.map(one_card, [photo] * 4 * workers))
        before, wall = children_cpu(), time.perf_counter()
        list(pool.map(one_card, [photo] * count))
        return time.perf_counter() - wall, children_cpu() - before


def children_cpu() -> float:
    """Processor seconds that the living children of this process have used, from Linux's /proc."""
    ticks = 0
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # utime and stime (proc_pid_stat(5), 14 and 15)
    return ticks / os.sysconf("SC_CLK_TCK")


def in_fresh_process(way: str, label: str, workers: int, count: int, *, kept: bool) -> tuple[float, float]:
    words = [way, label, str(workers), str(count), str(int(kept))]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.workers", "--child", *words], check=True, capture_output=True, cwd=ROOT
    )
    wall, cpu = (float(word) for word in done.stdout.split()[-2:])
    return wall, cpu


def table(workers: int, count: int, rounds: int) -> None:
    """All ways in turn, several times; the best of each counts, as others may work on the machine."""
    print(f"{'photo':8s} {'way':22s} {'memory':8s} {'photos/s':>9s} {'CPU ms':>8s}")
    for label in SIZES:
        cases = [(way, kept) for kept in (False, True) for way in WAYS]
        runs: dict[tuple[str, bool], list[tuple[float, float]]] = {case: [] for case in cases}
        for _ in range(rounds):
            for way, kept in cases:
                runs[way, kept].append(in_fresh_process(way, label, workers, count, kept=kept))
        for (way, kept), done in runs.items():
            wall, cpu = (min(times) for times in zip(*done, strict=True))
            name = way if way == "one" else f"{workers} {way}"
            memory = "kept" if kept else "as it is"
            print(f"{label:8s} {name:22s} {memory:8s} {count / wall:9.1f} {cpu / count * 1e3:8.1f}")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--workers", type=int, default=2)
    cli.add_argument("--count", type=int, default=40, help="photos in a run")
    cli.add_argument("--rounds", type=int, default=3)
    cli.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    args = cli.parse_args()
    if args.child:
        way, label, workers, count, kept = args.child
        print(*measured(way, label, int(workers), int(count), kept=kept == "1"))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} processors\n")
    table(args.workers, args.count, args.rounds)
    print()
    batches.table()


if __name__ == "__main__":
    main()
