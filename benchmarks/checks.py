"""The photo checks on labelled and on rendered portraits, and their cost: `python -m benchmarks.checks PHOTOS`.

PHOTOS is a folder with labels.csv; its photos were in view when limits were set, so that only the renders are held
out. A rule that refuses counts as positive where it fails, one that advises where it warns; what it could not judge
counts as wrong. With fewer than five positives or negatives a rule is listed, not scored, and rendered portraits
decide (`--renders`): twenty heads with each defect and twenty without, on which no limit was set.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections import defaultdict
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
from samples.defects import PROOF, Defect, defects, neutral, photo

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.core.findings import Finding, Report

ROOT = Path(__file__).resolve().parent.parent
LEAST = 5
HEADS = 20
# Rule -> whether the label says that it is broken; None: the label does not say.
LABELS: dict[str, Callable[[dict[str, str]], bool | None]] = {
    "head_yaw": lambda r: r["yaw_class"] != "frontal",
    "head_roll": lambda r: abs(float(r["roll_deg"])) > 8 if r["roll_deg"] else None,
    "eyes_open": lambda r: None if r["glasses"] in ("dark", "glare") else r["eyes"] == "closed",
    "dark_lenses": lambda r: r["glasses"] == "dark",
    "glare": lambda r: r["glasses"] == "glare",
    "head_covering": lambda r: r["hair"] == "covering",
    "mouth_closed": lambda r: r["mouth"] != "closed",
    "smile": lambda r: r["mouth"] == "teeth",
    "exposure": lambda r: r["lighting"] == "dark",
    "face_shadow": lambda r: None if r["lighting"] == "dark" else r["lighting"] == "side",
    "background_even": lambda r: r["background"] == "busy" or "shadow on the grey wall" in r["notes"],
    "background_plain": lambda r: r["background"] == "busy",
    "clothes_apart": lambda r: r["clothes_light"] == "1",
    "sharp": lambda r: r["sharp"] == "0",
}


def said(finding: Finding | None) -> bool | None:
    """Whether a rule calls the photo defective; None where it could not judge."""
    if finding is None or finding.status == "unknown":
        return None
    return finding.status == "fail" if finding.required else finding.status != "pass"


def real(folder: Path, converter: Converter) -> None:
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
    print(f"\n  real photos{'':9s} {'n pos':>6s} {'n neg':>6s} {'hit':>6s} {'quiet':>6s} {'balanced':>9s}  wrong")
    for code, cases in told.items():
        _line(code, cases)


def _line(name: str, cases: list[tuple[bool, bool | None, str]]) -> None:
    positive, negative = [c for c in cases if c[0]], [c for c in cases if not c[0]]
    hit = sum(c[1] is True for c in positive) / max(len(positive), 1)
    quiet = sum(c[1] is False for c in negative) / max(len(negative), 1)
    few = min(len(positive), len(negative)) < LEAST
    score = "listed" if few else f"{(hit + quiet) / 2:.2f}"
    wrong = " ".join(label for truth, call, label in cases if call is not truth)
    print(f"  {name:20s} {len(positive):6d} {len(negative):6d} {hit:6.2f} {quiet:6.2f} {score:>9s}  {wrong}")


def checked(data: bytes, spec: str, converters: dict[str, Converter]) -> Report | EphotoError:
    """What a document's checks say of a photo, or why it is refused."""
    if spec not in converters:
        converters[spec] = Converter(spec)
    try:
        return converters[spec].check(data)
    except EphotoError as error:
        return error


def finds(told: Report | EphotoError, defect: Defect) -> bool | None:
    """What the defect's own rule says of a photo; two comparable faces are refused before any rule is asked."""
    if isinstance(told, EphotoError):
        return True if (told.code, defect.rule) == ("many_faces", "single_face") else None
    return said(next((f for f in told.findings if f.code == defect.rule), None))


def rendered(first: int) -> None:
    """Each defect on heads whose seeds begin at `first`, and what skin does to the measures of perfect photos."""
    converters: dict[str, Converter] = {}
    print(f"\n  renders{'':13s} {'n pos':>6s} {'n neg':>6s} {'hit':>6s} {'quiet':>6s} {'balanced':>9s}  wrong")
    for defect in defects().values():
        cases = []
        for k in range(HEADS):
            with_it, without = photo(defect, k, first), photo(None, k, first, perfect_for=defect)
            cases.append((True, finds(checked(with_it, defect.spec, converters), defect), f"+{k}"))
            cases.append((False, finds(checked(without, defect.spec, converters), defect), f"-{k}"))
        _line(defect.name, cases)
    spread: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for k in range(HEADS):
        for component, one in (
            converters["cn-social-security-card"].check(photo(None, k, first)).facts["quality"].items()
        ):
            if one["native"] is not None:
                spread[component].append((neutral(k, first).skin_lightness, one["native"]))
    print(f"\n  perfect photos, by skin{'':9s} {'L* 25-45':>10s} {'45-65':>10s} {'65-85':>10s}   all: least .. most")
    for component, pairs in spread.items():
        thirds = [[v for tone, v in pairs if low <= tone < low + 20.01] for low in (25, 45, 65)]
        means = " ".join(f"{sum(part) / max(len(part), 1):10.3g}" for part in thirds)
        values = [v for _, v in pairs]
        print(f"  {component:32s} {means}   {min(values):.3g} .. {max(values):.3g}")


def cost(converter: Converter, repeats: int) -> None:
    print(
        f"\n  {'photo':8s} {'checks':>10s}  ({len(converter.request.rules)} rules, one thread, on top of the analysis)"
    )
    for label, size in SIZES.items():
        analysis = converter.analyse(photo_bytes(size, ROOT / "samples" / "portrait.jpg"))
        ms, spread = median_ms(lambda analysis=analysis: check(analysis, converter.request), repeats)
        print(f"  {label:8s} {ms:7.2f} ms  +- {spread:.2f}")
    print("  nothing is skipped")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("photos", type=Path, nargs="?", help="folder of labelled photos")
    cli.add_argument("--renders", action="store_true", help="rendered portraits with and without each defect")
    cli.add_argument("--first", type=int, default=PROOF, help="first seed of the rendered heads")
    cli.add_argument("--repeats", type=int, default=60)
    args = cli.parse_args()
    cv2.setNumThreads(1)
    converter = Converter()
    if args.photos is not None:
        real(args.photos, converter)
    if args.renders:
        rendered(args.first)
    cost(converter, args.repeats)


if __name__ == "__main__":
    main()
