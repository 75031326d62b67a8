"""The photo checks on labelled portraits, and their cost: `python -m benchmarks.checks PHOTOS`.

PHOTOS is a folder with labels.csv. A rule that refuses counts as positive where it fails, one that advises where it
warns; what it could not judge counts as wrong. With fewer than five positives or negatives a rule is listed, not
scored.
"""

from __future__ import annotations

import argparse
import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import cv2

from benchmarks.convert import SIZES, photo_bytes
from benchmarks.stopwatch import median_ms
from ephoto.core.errors import EphotoError
from ephoto.pipeline.checks import check
from ephoto.pipeline.converter import Converter
from ephoto.quality.gate import limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.core.findings import Finding

ROOT = Path(__file__).resolve().parent.parent
LEAST = 5
# Rule -> whether the label says that it is broken; None: the label does not say.
LABELS: dict[str, Callable[[dict[str, str]], bool | None]] = {
    "head_yaw": lambda r: r["yaw_class"] != "frontal",
    "eyes_open": lambda r: r["eyes"] == "closed" or r["glasses"] in ("dark", "glare"),
    "mouth_closed": lambda r: r["mouth"] != "closed",
    "smile": lambda r: r["mouth"] == "teeth",
    "face_shadow": lambda r: None if r["lighting"] == "dark" else r["lighting"] == "side",
    "background_plain": lambda r: r["background"] == "busy",
    "sharp": lambda r: r["sharp"] == "0",
}


def said(finding: Finding) -> bool | None:
    """Whether a rule calls the photo defective; None where it could not judge."""
    if finding.status == "unknown":
        return None
    return finding.status == "fail" if finding.required else finding.status != "pass"


def accuracy(folder: Path, converter: Converter) -> None:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["n_faces"] == "1"]
    told: dict[str, list[tuple[bool, bool | None, str]]] = {code: [] for code in LABELS}
    for row in rows:
        try:
            report = converter.check(folder / row["file"])
        except EphotoError as error:
            print(f"  {row['file']}: {error.code}, left out")
            continue
        found = {f.code: f for f in report.findings}
        for code, label in LABELS.items():
            truth = label(row)
            if truth is not None:
                told[code].append((truth, said(found[code]), row["file"].removesuffix(".jpg")))
    print(f"\n  {'rule':18s} {'n pos':>6s} {'n neg':>6s} {'hit':>6s} {'quiet':>6s} {'balanced':>9s}  wrong")
    for code, cases in told.items():
        positive, negative = [c for c in cases if c[0]], [c for c in cases if not c[0]]
        hit = sum(c[1] is True for c in positive) / max(len(positive), 1)
        quiet = sum(c[1] is False for c in negative) / max(len(negative), 1)
        few = min(len(positive), len(negative)) < LEAST
        score = "listed" if few else f"{(hit + quiet) / 2:.2f}"
        wrong = " ".join(name for truth, call, name in cases if call is not truth)
        print(f"  {code:18s} {len(positive):6d} {len(negative):6d} {hit:6.2f} {quiet:6.2f} {score:>9s}  {wrong}")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("photos", type=Path, nargs="?", help="folder of labelled photos; without it only the cost")
    cli.add_argument("--repeats", type=int, default=60)
    args = cli.parse_args()
    cv2.setNumThreads(1)
    converter = Converter()
    if args.photos is not None:
        accuracy(args.photos, converter)
    print(f"\n  {'photo':8s} {'checks':>10s}  ({len(limits())} rules, one thread, on top of the analysis)")
    for label, size in SIZES.items():
        analysis = converter.analyse(photo_bytes(size, ROOT / "samples" / "portrait.jpg"))
        ms, spread = median_ms(lambda analysis=analysis: check(analysis, converter.request), args.repeats)
        print(f"  {label:8s} {ms:7.2f} ms  +- {spread:.2f}")


if __name__ == "__main__":
    main()
