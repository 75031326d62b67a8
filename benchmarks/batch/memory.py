"""Memory of a batch that goes on and on, and what a second run over it costs: `python -m benchmarks.batch.memory`."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from benchmarks.batch.runs import folder_of, memory_of, met, ran
from benchmarks.convert import ROOT, SIZES, photo_bytes

__all__ = ["memory"]

GROWTH = 0.05  # less than this is asked for


def memory(data: bytes, count: int, work: Path) -> None:
    """Memory at the first thousand photos and at the last, and then a second run."""
    photos, out = folder_of(data, count, work), Path(tempfile.mkdtemp(dir=work))
    turn = ran(photos, out, 2, every=min(1000, count // 2))
    assert turn.summary.made == count, turn.summary
    print(f"\nmemory, two workers, 0.9 MP, {count} photos in {turn.summary.seconds:.0f} s ({turn.steady:.1f}/s)")
    whole = [(n, 2 * worker + driver) for (n, worker), (_, driver) in zip(turn.worker_mb, turn.driver_mb, strict=True)]
    for name, seen in (("largest worker", turn.worker_mb), ("driver", turn.driver_mb), ("driver and two of it", whole)):
        growth = seen[-1][1] / seen[0][1] - 1
        points = ", ".join(f"{mb:.1f} at {n}" for n, mb in (*seen[:3], *seen[4:-1:5], seen[-1]))
        print(f"  {name}: {growth:+.1%}  target < {GROWTH:.0%}: {met(growth < GROWTH)}  (MB: {points})")
    start = time.perf_counter()
    again = ran(photos, out, 2)
    assert again.summary.unchanged == count, again.summary
    print(f"  a second run over them: {time.perf_counter() - start:.2f} s, nothing made; driver's peak "
          f"{memory_of(os.getpid(), 'VmHWM'):.0f} MB")  # fmt: skip


if __name__ == "__main__":
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--many", type=int, default=20_000, help="photos")
    args = cli.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        memory(photo_bytes(SIZES["0.9 MP"], ROOT / "samples" / "portrait.jpg"), args.many, Path(folder))
