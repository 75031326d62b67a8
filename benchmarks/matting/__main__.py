"""`python -m benchmarks.matting [--set proof|tuning] [--photos FOLDER] [--figure FILE]`: one run, one table.

Every head of set.toml before every ground, cut out by ephoto and by whatever else is installed (pymatting; rembg with
the weights in U2NET_HOME), all on the same card frame, one thread, errors against exact alpha and colour.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import cv2

from benchmarks.matting.figure import draw
from benchmarks.matting.ours import Cut, raw, raw_whole, refined, truth
from benchmarks.matting.peers import peers
from benchmarks.matting.real import BLUE, converted, cut_outs, lean, torsos
from benchmarks.matting.scenes import Ground, Head, Person, grounds, heads, person, scene
from benchmarks.matting.scores import Scores, mean_scores, score
from benchmarks.matting.setting import Setting, frames_of, setting_of
from ephoto.core.errors import EphotoError
from ephoto.matting import engines
from ephoto.pipeline.converter import Converter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ephoto.core.types import MattingEngine

KINDS = ("studio", "wall", "busy", "same colour")


def kind_of(ground: Ground) -> str:
    if isinstance(ground.colour, str):
        return "same colour"
    return "studio" if ground.studio else "wall" if ground.kind == "gradient" else "busy"


def candidates(converter: Converter, with_peers: bool) -> dict[str, Callable[[Setting], Cut]]:
    selfie = engines.build("selfie", converter.settings)
    own: dict[str, Callable[[Setting], Cut]] = {
        "(true alpha and ground)": truth,
        "selfie, raw mask": lambda s: raw(s, selfie),
        "selfie, raw, whole photo": lambda s: raw_whole(s, selfie),
        "selfie fast": lambda s: refined(s, selfie, "fast"),
        "selfie high": lambda s: refined(s, selfie, "high"),
    }
    if not with_peers:
        return own
    own |= peers(selfie)
    for name in ("mediapipe", "rembg:u2netp", "rembg:u2net"):
        try:
            engine = engines.build(name, converter.settings)
        except EphotoError:
            continue
        own[f"{name}, ephoto's edge"] = _through(engine)
    return own


def _through(engine: MattingEngine) -> Callable[[Setting], Cut]:
    return lambda s: refined(s, engine, "fast")


class Table:
    """What was measured, candidate by candidate."""

    def __init__(self, made: Mapping[str, Callable[[Setting], Cut]]) -> None:
        self._made = made
        self._scores: dict[str, list[tuple[str, str, Scores]]] = defaultdict(list)
        self._cuts: dict[str, list[Cut]] = defaultdict(list)

    def judge(self, setting: Setting, head: str, ground: Ground) -> None:
        for name, cut in self._made.items():
            result = cut(setting)
            if not self._cuts[name]:
                result = cut(setting)  # the first call compiles and warms up
            self._cuts[name].append(result)
            found = score(result.alpha, result.premultiplied, setting.alpha, setting.premultiplied)
            self._scores[name].append((head, kind_of(ground), found))

    def tell(self) -> None:
        columns = ("mse x1000", "sad k", "grad", "conn", "halo", "worst", "off", *(f"halo {k}" for k in KINDS))
        width = [max(len(c) + 1, 8) for c in columns]
        print(f"{'':28s}" + "".join(f"{c:>{n}}" for c, n in zip(columns, width, strict=True)) + "       ms   own ms")
        for name, rows in self._scores.items():
            mean = mean_scores(s for _, _, s in rows)
            by_kind = [mean_scores(s for _, kind, s in rows if kind == k).halo for k in KINDS]
            values = (mean.mse, mean.sad, mean.gradient, mean.connectivity, mean.halo, mean.worst, mean.off, *by_kind)
            cells = "".join(f"{v:{n}.2f}" for v, n in zip(values, width, strict=True))
            ms, own = (statistics.median(getattr(c, f) for c in self._cuts[name]) for f in ("ms", "own_ms"))
            print(f"{name:28s}{cells}{ms:9.1f}{own:9.2f}")
        print("\nhalo, by head")
        names = list(dict.fromkeys(head for head, _, _ in next(iter(self._scores.values()))))
        print(f"{'':28s}" + "".join(f"{n:>15s}" for n in names))
        for name, rows in self._scores.items():
            by_head = [mean_scores(s for head, _, s in rows if head == n).halo for n in names]
            print(f"{name:28s}" + "".join(f"{v:15.2f}" for v in by_head))


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--set", choices=["proof", "tuning"], default="proof")
    cli.add_argument("--own", action="store_true", help="ephoto's own mattes only")
    cli.add_argument("--every", type=int, default=1, help="one ground in so many")
    cli.add_argument("--photos", type=Path, help="folder of real photos: their cut-outs on the same grounds, and more")
    cli.add_argument("--figure", type=Path, help="write the picture of the candidates side by side, and nothing else")
    args = cli.parse_args()
    cv2.setNumThreads(1)
    converter = Converter(background="white", checks=False)
    made = candidates(converter, not args.own)
    if args.figure is not None:
        draw(args.figure, made, converter)
        return
    table = Table(made)
    rendered = {head: person(head) for head in heads(args.set)}
    _all(table, rendered, converter, args.every)
    count = len(rendered) * len(grounds()[:: args.every])
    print(
        f"{count} photos of the set {args.set!r}, card frame 358 x 441; band: truly soft pixels and 3 px about them\n"
    )
    table.tell()
    if args.photos is not None:
        real = Table(made)
        people = cut_outs(args.photos, converter)
        _all(real, people, converter, args.every)
        print(f"\n{len(people)} real people cut out of even grounds (by ephoto) before the same grounds\n")
        real.tell()
        _studio(args.photos)


def _all(table: Table, people: Mapping[Head, Person], converter: Converter, every: int) -> None:
    for head, whole in people.items():
        frames = frames_of(whole.image, converter)
        for ground in grounds()[::every]:
            table.judge(setting_of(scene(head, whole, ground), frames), head.name, ground)


def _studio(folder: Path) -> None:
    print("\nblue grounds made white: lean of the band's pixels to blue, CIELAB; and the torso's mean alpha")
    for quality in ("fast", "high"):
        converter = Converter(background="white", matte=quality, checks=False)
        for name in BLUE:
            made, photo = converted(folder / f"{name}.jpg", converter)
            assert made.matte is not None
            found = lean(made, photo)
            told = f"most {found.most:4.1f}, {100 * found.share_over_5:.2f} % over 5"
            print(f"{quality:6s}{name:6s}{told:32s}{made.matte.method}")
        least = min(torsos(folder, converter).items(), key=lambda pair: pair[1])
        print(f"{quality:6s}least torso of all photos: {least[1]:.3f} ({least[0]})")


if __name__ == "__main__":
    main()
