"""`python -m benchmarks.matting [--set proof|tuning] [--first N] [--figure docs/matting.png]`: one table, one run.

Every head of set.toml before every ground, cut out by ephoto and by whatever else is installed (pymatting; rembg with
the weights in U2NET_HOME), all on the same card frame, one thread, errors against exact alpha and colour.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections import defaultdict
from typing import TYPE_CHECKING

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import cv2

from benchmarks.matting.ours import Cut, raw, raw_whole, refined
from benchmarks.matting.peers import peers
from benchmarks.matting.scenes import Ground, grounds, heads, person, scene
from benchmarks.matting.scores import Scores, mean_scores, score
from benchmarks.matting.setting import Setting, frames_of, setting_of
from ephoto.matting import engines
from ephoto.pipeline.converter import Converter

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("studio", "wall", "busy", "same colour")


def kind_of(ground: Ground) -> str:
    if isinstance(ground.colour, str):
        return "same colour"
    return "studio" if ground.studio else "wall" if ground.kind == "gradient" else "busy"


def candidates(converter: Converter, with_peers: bool) -> dict[str, Callable[[Setting], Cut]]:
    selfie = engines.build("selfie", converter.settings)
    own: dict[str, Callable[[Setting], Cut]] = {
        "selfie, raw mask": lambda s: raw(s, selfie),
        "selfie, raw, whole photo": lambda s: raw_whole(s, selfie),
        "selfie fast": lambda s: refined(s, selfie, "fast"),
        "selfie high": lambda s: refined(s, selfie, "high"),
    }
    return own | (peers(selfie) if with_peers else {})


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--set", choices=["proof", "tuning"], default="proof")
    cli.add_argument("--own", action="store_true", help="ephoto's own mattes only")
    cli.add_argument("--every", type=int, default=1, help="one ground in so many")
    args = cli.parse_args()
    cv2.setNumThreads(1)
    converter = Converter()
    made = candidates(converter, not args.own)
    scores: dict[str, list[tuple[str, str, Scores]]] = defaultdict(list)
    times: dict[str, list[Cut]] = defaultdict(list)
    for head in heads(args.set):
        rendered = person(head)
        frames = frames_of(rendered.image, converter)
        for ground in grounds()[:: args.every]:
            setting = setting_of(scene(head, rendered, ground), frames)
            for name, cut in made.items():
                result = cut(setting)
                if not times[name]:
                    result = cut(setting)  # the first call compiles and warms up
                times[name].append(result)
                found = score(result.alpha, result.premultiplied, setting.alpha, setting.premultiplied)
                scores[name].append((head.name, kind_of(ground), found))
    _tell(args.set, scores, times)


def _tell(which: str, scores: dict[str, list[tuple[str, str, Scores]]], times: dict[str, list[Cut]]) -> None:
    count = len(next(iter(scores.values())))
    print(f"{count} photos of the set {which!r}, card frame 358 x 441; band: truly soft pixels and 3 px about them\n")
    columns = ("mse x1000", "sad k", "grad", "conn", "halo", "worst", "off", *(f"halo {k}" for k in KINDS))
    print(f"{'':28s}" + "".join(f"{c:>{max(len(c) + 1, 9)}}" for c in columns) + "       ms   own ms")
    for name, rows in scores.items():
        mean = mean_scores(s for _, _, s in rows)
        by_kind = [mean_scores(s for _, kind, s in rows if kind == k).halo for k in KINDS]
        values = (mean.mse, mean.sad, mean.gradient, mean.connectivity, mean.halo, mean.worst, mean.off, *by_kind)
        cells = "".join(f"{v:{max(len(c) + 1, 9)}.2f}" for v, c in zip(values, columns, strict=True))
        ms = statistics.median(c.ms for c in times[name])
        own = statistics.median(c.own_ms for c in times[name])
        print(f"{name:28s}{cells}{ms:9.1f}{own:9.2f}")
    print("\nhalo, by head")
    names = list(dict.fromkeys(head for head, _, _ in next(iter(scores.values()))))
    print(f"{'':28s}" + "".join(f"{n:>15s}" for n in names))
    for name, rows in scores.items():
        by_head = [mean_scores(s for head, _, s in rows if head == n).halo for n in names]
        print(f"{name:28s}" + "".join(f"{v:15.2f}" for v in by_head))


if __name__ == "__main__":
    main()
