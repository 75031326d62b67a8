"""Liveness screening on clips with ground truth: `python -m benchmarks.liveness [--quick]`, all in one run.

People who do what they are asked (bona fide) and attacks of every species, on heads that no limit was set on, and the
same attacks with real photos where EPHOTO_TEST_PHOTOS names them. Printed are, with exact 95 % bounds (Clopper and
Pearson): BPCER, the share of bona fide clips that are not called live, and APCER of each species, the share of its
clips that are. An inconclusive verdict is an error for a person, and is printed apart for attacks. Then the cost.

Rendered clips are not people: these figures say how the instrument does on its own kind of picture, and no more.
Missing clips are filmed first, which takes an hour for the full set; they are kept under .cache/liveness.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from scipy.stats import beta

from benchmarks.liveness.cost import cost, met
from benchmarks.liveness.trial import Trial, tried
from samples.liveness.attacks import SPECIES
from samples.liveness.sets import attacks, bona_fide, photo_attacks
from samples.liveness.store import fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samples.liveness.store import Take

BPCER = 0.03  # what is asked for
NONE_PASSES = ("still", "tilted-print", "bent-print", "loop", "wrong-challenge", "swap")
FRAME_MS = 8.0
PEOPLE = "bona-fide"


def bounds(errors: int, n: int) -> tuple[float, float]:
    """The exact 95 % interval of a share."""
    low = 0.0 if errors == 0 else float(beta.ppf(0.025, errors, n - errors + 1))
    high = 1.0 if errors == n else float(beta.ppf(0.975, errors + 1, n - errors))
    return low, high


def shown(errors: int, n: int) -> str:
    low, high = bounds(errors, n)
    return f"{errors:3d} of {n:3d}  {100 * errors / n:5.1f} %  [{100 * low:.1f}, {100 * high:.1f}]"


def gathered(which: str, quick: bool) -> tuple[list[Take], list[Take]]:
    """Clips of people, and attacks."""
    people: list[Take] = list(bona_fide(which, quick))  # type: ignore[arg-type]
    against: list[Take] = [a for name in SPECIES for a in attacks(name, which, quick)]  # type: ignore[arg-type]
    if which == "proof" and not quick:
        against += [a for name in SPECIES for a in photo_attacks(name)]
    return people, against


def filmed(stages: Sequence[Sequence[Take]], workers: int) -> None:
    for stage in stages:
        for done, total in fill(stage, workers):
            if sys.stderr.isatty() or done == total or done % 50 == 0:
                print(f"filmed {done} of {total}", file=sys.stderr, flush=True)


def people_table(trials: Sequence[Trial]) -> bool:
    """BPCER, whole and by what may matter; whether the target holds."""
    wrong = [t for t in trials if t.outcome != "live"]
    print(f"\nBona fide: BPCER  {shown(len(wrong), len(trials))}   target <= {100 * BPCER:.0f} %: "
          f"{met(len(wrong) <= BPCER * len(trials))}")  # fmt: skip
    parts = {
        "fps": lambda t: f"{t.fps:.0f}",
        "size": lambda t: "x".join(map(str, t.size_wh)),
        "gestures": lambda t: str(len(t.asked)),
    }
    for name, of in parts.items():
        counts = {key: [t for t in trials if of(t) == key] for key in sorted({of(t) for t in trials})}
        told = ", ".join(f"{k}: {sum(t.outcome != 'live' for t in v)} of {len(v)}" for k, v in counts.items())
        print(f"  by {name}: {told}")
    for t in wrong:
        print(f"  {t.outcome}: {', '.join(t.reasons)}  ({t.person}, {', '.join(t.asked)}, {t.fps:.0f} fps, {t.clip})")
    return len(wrong) <= BPCER * len(trials)


def attack_table(trials: Sequence[Trial]) -> bool:
    """APCER of every species, the worst last; whether nothing passes of those that must not."""
    print("\nAttacks            APCER                               inconclusive  decided by")
    shares, holds = {}, True
    for name in dict.fromkeys(t.kind for t in trials):
        own = [t for t in trials if t.kind == name]
        passed = [t for t in own if t.outcome == "live"]
        unsure = sum(t.outcome == "inconclusive" for t in own)
        reasons = Counter(t.reasons[0] for t in own if t.outcome == "not_live").most_common(3)
        told = ", ".join(f"{reason} {count}" for reason, count in reasons)
        print(f"{name:24s} {shown(len(passed), len(own))}  {unsure:3d}  {told}")
        for t in passed:
            print(f"    live: {t.variant}, {t.person}, {', '.join(t.asked)}, {t.clip}")
        shares[name] = len(passed) / len(own)
        if own[0].species in NONE_PASSES:
            holds = holds and not passed
    worst = max(shares, key=lambda name: shares[name])
    print(f"worst: {worst}, {100 * shares[worst]:.1f} %;  none of {', '.join(NONE_PASSES)}: {met(holds)}")
    return holds


def main(argv: Sequence[str] | None = None) -> int:
    cli = argparse.ArgumentParser(prog="python -m benchmarks.liveness", description=__doc__.splitlines()[0])
    cli.add_argument("--quick", action="store_true", help="a few short clips a species")
    cli.add_argument("--set", dest="which", choices=("proof", "tuning"), default="proof")
    cli.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    cli.add_argument("--json", type=Path, metavar="FILE", help="every trial, for looking into")
    args = cli.parse_args(argv)
    people, against = gathered(args.which, args.quick)
    needed = [clip for attack in against for clip in getattr(attack, "clips", ()) if clip not in set(people)]
    filmed([people, list(dict.fromkeys(needed)), against], args.workers)
    print("Rendered clips are not people: a measure of the instrument on its own kind of picture.")
    print(f"{'quick, ' if args.quick else ''}{args.which} set; presentation-attack screening, no certification")
    trials = list(tried([*people, *against], args.workers))
    if args.json:
        args.json.write_text(json.dumps([asdict(t) for t in trials], indent=1) + "\n", encoding="utf-8")
    well = people_table([t for t in trials if t.species == PEOPLE])
    safe = attack_table([t for t in trials if t.species != PEOPLE])
    cost(FRAME_MS, count=2 if args.quick else 6)
    return 0 if args.which == "tuning" or (well and safe) else 1


if __name__ == "__main__":
    raise SystemExit(main())
