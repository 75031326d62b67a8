"""Cards of rendered portraits against what is known of them: `python -m benchmarks.truth [--every 3] [--matte fast]`.

Alpha and colour are compared in the band about the true edge, lengths with the renderer's ground truth. The portraits
are those of the geometry tests, on which the matte was tuned; `--first` renders others, which it has never seen.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import cv2
import numpy as np

from ephoto.core.geometry import for_opencv
from ephoto.matting import engines
from ephoto.pipeline.converter import Converter
from ephoto.pipeline.render import Made, make
from samples.render import Rendered, cached
from tests.integration.portraits import COUNT, SEED, portrait

if TYPE_CHECKING:
    from numpy.typing import NDArray

BAND = np.ones((7, 7), np.uint8)  # px about soft pixels that count as the band


@dataclass(frozen=True)
class Errors:
    """Of one card. `mse` of alpha and `halo` (mean difference in CIELAB on white) in the band; `sad` in thousands of px
    over the whole card; lengths are what was predicted minus the truth, px.
    """

    mse: float
    sad: float
    halo: float
    hair_top: float
    face_width: float
    eye_line: float


def on_card(plane: NDArray[np.float32], made: Made) -> NDArray[np.float32]:
    affine = for_opencv(made.framing.photo_to_card)
    size = made.framing.size_wh
    return cv2.warpAffine(plane, affine, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def lab(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.cvtColor(np.clip(pixels / 255, 0, 1).astype(np.float32), cv2.COLOR_RGB2Lab)


def errors_of(rendered: Rendered, made: Made) -> Errors:
    assert made.matte is not None
    alpha = np.clip(on_card(rendered.alpha, made), 0, 1)
    foreground = on_card(rendered.foreground.astype(np.float32), made)
    near = cv2.dilate(((alpha > 0.02) & (alpha < 0.98)).astype(np.uint8), BAND).astype(bool)
    ideal = alpha[..., None] * foreground + (1 - alpha[..., None]) * 255
    away = lab(made.pixels.astype(np.float32)) - lab(ideal)
    truth = rendered.truth.measures(rendered.alpha, made.framing.photo_to_card, made.framing.size_wh)
    told = made.framing.measures
    return Errors(
        mse=float(np.square(made.matte.alpha - alpha)[near].mean()),
        sad=float(np.abs(made.matte.alpha - alpha).sum()) / 1000,
        halo=float(np.sqrt((away**2).sum(2))[near].mean()),
        hair_top=told["hair_top_gap"] - truth["hair_top_gap"],
        face_width=told["face_width"] - truth["face_width"],
        eye_line=told["eye_from_top"] - truth["eye_from_top"],
    )


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--every", type=int, default=3)
    cli.add_argument("--matte", choices=["fast", "high"], default="fast")
    cli.add_argument("--first", type=int, default=SEED, help="seed of the first portrait")
    args = cli.parse_args()
    cv2.setNumThreads(1)
    converter = Converter(matte=args.matte)
    matting = engines.build("selfie", converter.settings)
    rows = []
    for k in range(1, COUNT, args.every):
        rendered = cached(portrait(k, args.first))
        rows.append(errors_of(rendered, make(converter.analyse(rendered.image), converter.request, matting)))
    print(f"{len(rows)} portraits from seed {args.first}, matte {args.matte}\n")
    print(f"{'':12s} {'mean':>8s} {'median':>8s} {'sd':>8s} {'least':>8s} {'most':>8s}")
    for name, unit in (
        ("mse", 1000.0),
        ("sad", 1.0),
        ("halo", 1.0),
        ("hair_top", 1.0),
        ("face_width", 1.0),
        ("eye_line", 1.0),
    ):
        v = np.array([getattr(row, name) for row in rows]) * unit
        label = f"{name} x 1000" if unit != 1 else name
        print(f"{label:12s} {v.mean():8.2f} {np.median(v):8.2f} {v.std():8.2f} {v.min():8.2f} {v.max():8.2f}")


if __name__ == "__main__":
    main()
