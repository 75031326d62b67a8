"""What cutting the person out of a whole photo costs, step by step: `python -m benchmarks.cutout [--repeats 7]`.

A portrait is rendered at 3 megapixels and enlarged to 12, with a camera's grain; both are JPEGs. One thread.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import cv2
import numpy as np
from PIL import Image

from benchmarks.stopwatch import Stopwatch
from ephoto.pipeline.converter import Converter
from samples.render import Portrait, cached

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PORTRAIT = Portrait(size_wh=(1500, 2000), head=0.36, hair="long", background="office", position=(0.5, 0.36), seed=7)
SIZES = {"3 MP": (1500, 2000), "12 MP": (3000, 4000)}
GRAIN = 3.0  # grey levels
QUALITIES = ("fast", "high")
MOST_MS, MOST_MB = 1500, 600  # at 12 MP: the encoder not counted
WARM_UP = 2
STEPS = {  # "module:attribute" as the caller sees it -> the row it is counted in
    "ephoto.pipeline.whole:decode": "decode",
    "ephoto.faces.embedded:EmbeddedFaces.find": "faces",
    "ephoto.pipeline.whole:looks": "nets: looks at the person",
    "ephoto.pipeline.whole:solve": "solve",
    "ephoto.pipeline.whole:cut": "draw on a halving",
    "ephoto.pipeline.whole:straight": "compose, without enlarging",
    "ephoto.pipeline.whole:enlarge": "draw on the photo, compose",
    "ephoto.pipeline.converter:cutout_of": "facts",
    "ephoto.codec.png:png": "PNG encode",
}
ENCODE = "PNG encode"


def photos() -> Iterator[tuple[str, bytes]]:
    """The photos by size, JPEG, quality 92."""
    drawn = Image.fromarray(cached(PORTRAIT).image)
    for label, (w, h) in SIZES.items():
        big = np.asarray(drawn.resize((w, h), Image.Resampling.BICUBIC), np.float32)
        noisy = big + np.random.default_rng(1).normal(0, GRAIN, (h, w, 1)).astype(np.float32)
        out = io.BytesIO()
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=92)
        yield label, out.getvalue()


def measured(data: bytes, quality: str, repeats: int) -> dict[str, float]:
    """Median ms by step and in all, and the peak MB of a fresh process."""
    converter = Converter(matte=quality)
    for _ in range(WARM_UP):
        converter.matte(data)
    watch, totals = Stopwatch(STEPS), []
    with watch.open():
        for _ in range(repeats):
            start = time.perf_counter()
            cutout = converter.matte(data)
            totals.append((time.perf_counter() - start) * 1e3)
            _ = cutout.data
            watch.lap()
    steps = watch.medians()
    encode = steps.pop(ENCODE)
    total = statistics.median(totals)
    known = sum(steps.values())
    return steps | {
        "the rest": total - known,
        "total without encoder": total,
        ENCODE: encode,
        "peak MB": peak(data, quality),
    }


def peak(data: bytes, quality: str) -> float:
    """MB at most in a process that cuts one photo out and writes its PNG."""
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder, "photo.jpg")
        photo.write_bytes(data)
        run = (sys.executable, "-m", "ephoto.cli.app", "matte", str(photo), "--matte", quality)
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.peak", *run], check=True, capture_output=True, cwd=ROOT, text=True
        ).stdout
    return float(json.loads(told)["peak_mb"])


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--repeats", type=int, default=7)
    args = cli.parse_args()
    cv2.setNumThreads(1)
    columns = {f"{size} {q}": measured(data, q, args.repeats) for size, data in photos() for q in QUALITIES}
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread; ms, median of {args.repeats}")
    print(f"{'':28s}" + "".join(f"{head:>12s}" for head in columns))
    for row in next(iter(columns.values())):
        print(f"{row:28s}" + "".join(f"{column[row]:12.0f}" for column in columns.values()))
    large = [column for head, column in columns.items() if head.startswith("12")]
    met = all(c["total without encoder"] <= MOST_MS and c["peak MB"] <= MOST_MB for c in large)
    print(f"at 12 MP: at most {MOST_MS} ms and {MOST_MB} MB: {'met' if met else 'NOT met'}")


if __name__ == "__main__":
    main()
