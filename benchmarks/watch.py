"""How long after a photo is whole its card is there: `python -m benchmarks.watch [--photos N] [--known N] [--poll]`.

A watch runs as a process; photos are put into its folder one at a time, and the time until the card has its name is
taken, to two milliseconds. `--known` fills folder, ledger and OUT with that many photos that have their cards before.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

PHOTO = Path(__file__).resolve().parents[1] / "samples" / "portrait.jpg"
STEP_S = 0.002


def fill(root: Path, count: int) -> None:
    """Folder, ledger and OUT as an earlier watch would have left them."""
    from ephoto.batch.ledger import Ledger
    from ephoto.batch.planning import plan
    from ephoto.cli.job_words import JobWords, job_of, ledger_of

    words = JobWords()
    for name in ("in", "out"):
        (root / name / "known").mkdir(parents=True)
    for k in range(count):
        for name in ("in", "out"):
            (root / name / "known" / f"{k:06}.jpg").touch()
    job = job_of(str(root / "in"), str(root / "out"), words)
    ledger = Ledger(ledger_of(words, job.sink))
    with ledger.planning():
        run = ledger.start(job.fingerprint(), "benchmark", datetime.now(UTC).isoformat())
        plan(job, ledger, run, anew=False)
        ledger._db.execute("UPDATE photo SET state = 'done', card_sha256 = ''")
    ledger.end(run, datetime.now(UTC).isoformat())
    ledger.close()


def timed(root: Path, photos: int, words: list[str]) -> list[float]:
    """Seconds from the end of writing to the card, for each photo."""
    command = [sys.executable, "-m", "ephoto.cli.app", "watch", str(root / "in"), str(root / "out"), *words]
    start = time.perf_counter()
    watch = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    times = []
    try:
        for k in range(photos + 1):
            shutil.copyfile(PHOTO, root / "in" / f"new-{k}.jpg")
            written = time.perf_counter()
            while not (root / "out" / f"new-{k}.jpg").exists():
                time.sleep(STEP_S)
            if k == 0:
                print(f"first card, from the start of the process: {time.perf_counter() - start:.2f} s")
            else:
                times.append(time.perf_counter() - written)
            time.sleep(0.5)
    finally:
        watch.terminate()
        watch.communicate()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10)
    parser.add_argument("--known", type=int, default=0)
    parser.add_argument("--poll", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, given.known)
        times = timed(root, given.photos, ["--poll"] if given.poll else [])
    spread = f"least {min(times):.2f} s, most {max(times):.2f} s"
    print(f"whole file to card, {len(times)} photos: median {statistics.median(times):.2f} s, {spread}")
    print("in order: " + " ".join(f"{seconds:.2f}" for seconds in times))


if __name__ == "__main__":
    main()
