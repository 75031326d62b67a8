"""Cards of a folder of real photos, one folder a spec: `python -m benchmarks.real_photos PHOTOS OUT`.

Prints what became of each photo. The cards can then be measured by an instrument that is not ours. Exit 1 if a photo
that shows one usable face gave no card.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.core.errors import EphotoError
from ephoto.pipeline.converter import Converter

if TYPE_CHECKING:
    from ephoto.core.findings import Finding

# Photos of one face that may be refused, and why; everything else with one face must give a card.
MAY_BE_REFUSED = {
    "p21": "profile",
    "p24": "turned, and a bystander",
    "p34": "too tight",
    "p35": "head bowed, hat",
    "p38": "too tight, leaning on an arm",
    "p39": "profile, hat",
    "p40": "too tight",
}


def one_face(photos: Path) -> set[str]:
    """Stems of the photos that show exactly one face, by labels.csv."""
    with (photos / "labels.csv").open(encoding="utf-8", newline="") as rows:
        return {Path(row["file"]).stem for row in csv.DictReader(rows) if row["n_faces"] == "1"}


def told(findings: tuple[Finding, ...]) -> str:
    """What does not pass, in one line."""
    return "; ".join(f"{f.code} {f.native} {f.unit}".strip() for f in findings if f.status != "pass")


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("photos", type=Path)
    cli.add_argument("out", type=Path)
    cli.add_argument("--spec", action="append", default=[])
    cli.add_argument("--background")
    args = cli.parse_args()
    wanted, lost = one_face(args.photos), []
    for spec in args.spec or ["cn-social-security-card", "cn-resident-id"]:
        converter = Converter(spec, background=args.background)
        folder = args.out / spec
        folder.mkdir(parents=True, exist_ok=True)
        for photo in sorted(args.photos.glob("*.jpg")):
            try:
                card = converter.convert(photo)
            except EphotoError as error:
                print(f"{spec} {photo.stem}: {error}")
                if photo.stem in wanted - MAY_BE_REFUSED.keys():
                    lost.append(f"{spec} {photo.stem}")
                continue
            card.save(folder / f"{photo.stem}.jpg", overwrite=True)
            print(f"{spec} {photo.stem}: {len(card.data)} bytes; {told(card.report.findings)}")
    print(f"{len(lost)} photos lost: {', '.join(lost)}" if lost else "no photo lost")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
