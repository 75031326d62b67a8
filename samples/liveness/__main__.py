"""Film the clips that are missing.

usage: python -m samples.liveness [--set tuning|proof] [--quick] [--workers N] [--species S] [--sheet OUT.png]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from samples.liveness.attacks import SPECIES
from samples.liveness.sets import attacks, bona_fide, photo_attacks
from samples.liveness.store import fill, frames, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from samples.liveness.sets import Set
    from samples.liveness.store import Take

__all__ = ["contact_sheet", "main"]

BONA_FIDE = "bona-fide"
_SHEET_FRAMES, _SHEET_COLUMNS, _SHEET_ROW_PX = 12, 4, 240


def contact_sheet(path: Path) -> NDArray[np.uint8]:
    """Twelve frames (H, W, 3) of a clip, evenly spread in time."""
    every = [pixels for pixels, _ in frames(path)]
    chosen = [every[round(k * (len(every) - 1) / (_SHEET_FRAMES - 1))] for k in range(_SHEET_FRAMES)]
    width = round(every[0].shape[1] * _SHEET_ROW_PX / every[0].shape[0])
    small = [cv2.resize(one, (width, _SHEET_ROW_PX), interpolation=cv2.INTER_AREA) for one in chosen]
    rows = [np.hstack(small[k : k + _SHEET_COLUMNS]) for k in range(0, _SHEET_FRAMES, _SHEET_COLUMNS)]
    return np.vstack(rows)


def _parser() -> argparse.ArgumentParser:
    cli = argparse.ArgumentParser(prog="python -m samples.liveness", description="Film the clips that are missing.")
    cli.add_argument("--set", dest="which", choices=("tuning", "proof"), help="both unless given")
    cli.add_argument("--quick", action="store_true", help="a few short clips a species")
    cli.add_argument("--workers", type=int, default=0, help="processes; one a core unless given")
    cli.add_argument("--species", action="append", help="bona-fide or a species of attack; may be repeated")
    cli.add_argument("--sheet", type=Path, metavar="OUT.png", help="draw twelve frames of one clip, and film no other")
    cli.add_argument("--number", type=int, default=0, help="of the clip that --sheet shows")
    return cli


def _takes(which: Set, species: Sequence[str] | None, quick: bool) -> list[list[Take]]:
    """What is asked for, in stages: what later clips are made of comes first."""
    wanted = [name for name in SPECIES if not species or name in species]
    made: list[Take] = [attack for name in wanted for attack in attacks(name, which, quick)]
    if which == "proof" and not quick:
        made += [attack for name in wanted for attack in photo_attacks(name)]
    needed = {clip: None for attack in made for clip in attack.clips}
    whole = list(bona_fide(which, quick)) if not species or BONA_FIDE in species else []
    return [whole, [clip for clip in needed if clip not in whole], made]


def main(argv: list[str] | None = None) -> int:
    """Film, and tell how far it is on one line."""
    args = _parser().parse_args(argv)
    sets: tuple[Set, ...] = (args.which,) if args.which else ("proof", "tuning")
    stages = [stage for which in sets for stage in _takes(which, args.species, args.quick) if stage]
    if args.sheet:
        take = [one for stage in stages for one in stage][args.number]
        cv2.imwrite(str(args.sheet), cv2.cvtColor(contact_sheet(stored(take).path), cv2.COLOR_RGB2BGR))
        return 0
    for number, stage in enumerate(stages, 1):
        for done, total in fill(stage, args.workers):
            print(f"\rstage {number} of {len(stages)}: {done} of {total} clips", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
