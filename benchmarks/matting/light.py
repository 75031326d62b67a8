"""Whether colours should be mixed as light or as sRGB values: `python -m benchmarks.matting.light [--set proof]`.

A lens mixes light, so photos are made here as a lens makes them, and the truth on a new ground is mixed the same way.
ephoto's matte of each is laid on white, blue and red in three ways: as sRGB values; as light, with the alpha that was
solved on sRGB values; and as light with alpha solved again as light, from the same colours of person and ground. The
first two rows of the table are the true alpha and colour, mixed both ways.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from benchmarks.matting.__main__ import KINDS, kind_of
from benchmarks.matting.ours import worked
from benchmarks.matting.scenes import GAMMA, grounds, heads, on_card, person, scene
from benchmarks.matting.scores import GROUNDS, band_of, lab
from benchmarks.matting.setting import frames_of, setting_of
from ephoto.core.geometry import compose, invert
from ephoto.matting import engines
from ephoto.pipeline.converter import Converter
from ephoto.pipeline.work import on_card as drawn_on_card

if TYPE_CHECKING:
    from numpy.typing import NDArray

WAYS = ("truth as sRGB", "ours as sRGB", "ours as light", "ours as light, solved as light")


def to_light(srgb: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(np.clip(srgb / np.float32(255), 0, 1) ** GAMMA, np.float32)


def from_light(light: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(255 * np.clip(light, 0, 1) ** (1 / GAMMA), np.float32)


def solved_as_light(
    alpha: NDArray[np.float32], foreground: NDArray[np.float32], ground: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Alpha (H, W) of the same mixture, if its colours were mixed as light."""
    a = alpha[..., None]
    seen = to_light(a * foreground + (1 - a) * ground)
    f, b = to_light(foreground), to_light(ground)
    line = f - b
    share = ((seen - b) * line).sum(2) / np.maximum((line * line).sum(2), 1e-4)
    return np.where((alpha > 0) & (alpha < 1), np.clip(share, 0, 1), alpha).astype(np.float32)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--set", choices=["proof", "tuning"], default="proof")
    cli.add_argument("--every", type=int, default=1, help="one ground in so many")
    cli.add_argument("--matte", choices=["fast", "high"], default="fast")
    args = cli.parse_args()
    cv2.setNumThreads(1)
    converter = Converter(matte=args.matte)
    selfie = engines.build("selfie", converter.settings)
    halos: dict[tuple[str, str, Any], list[float]] = defaultdict(list)
    for head in heads(args.set):
        rendered = person(head)
        frames = frames_of(rendered.image, converter)
        affine, size = frames.card.photo_to_card, frames.card.size_wh
        a = rendered.alpha[..., None]
        premultiplied = on_card(a * to_light(rendered.foreground), affine, size)
        for ground in grounds()[:: args.every]:
            setting = setting_of(scene(head, rendered, ground, light=True), frames)
            work = worked(setting, selfie, args.matte)
            matte = drawn_on_card(setting.photo, frames.head, work, frames.card)
            onto = compose(invert(work.photo_to_work), affine)
            behind = on_card(np.ascontiguousarray(work.solution.ground[..., :3]), onto, size)
            own = matte.foreground.astype(np.float32)
            share = solved_as_light(matte.alpha, own, behind)
            band = band_of(setting.alpha)
            for new in GROUNDS:
                n = np.float32(new)
                truth = lab(from_light(premultiplied + (1 - setting.alpha[..., None]) * to_light(n)))
                ours, light = matte.alpha[..., None], share[..., None]
                pictures = (
                    setting.premultiplied + (1 - setting.alpha[..., None]) * n,
                    ours * own + (1 - ours) * n,
                    from_light(ours * to_light(own) + (1 - ours) * to_light(n)),
                    from_light(light * to_light(own) + (1 - light) * to_light(n)),
                )
                for way, picture in zip(WAYS, pictures, strict=True):
                    halo = float(np.sqrt(((lab(picture) - truth) ** 2).sum(2))[band].mean())
                    for key in (kind_of(ground), "all"):
                        halos[way, key, new].append(halo)
    print(f"halo (mean CIELAB difference in the band) on white, blue and red; matte {args.matte}, set {args.set!r}\n")
    print(f"{'':32s}" + "".join(f"{k:>24s}" for k in ("all", *KINDS)))
    for way in WAYS:
        cells = (" ".join(f"{np.mean(halos[way, k, new]):7.2f}" for new in GROUNDS) for k in ("all", *KINDS))
        print(f"{way:32s}" + "".join(f"{c:>24s}" for c in cells))


if __name__ == "__main__":
    main()
