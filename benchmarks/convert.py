"""What one conversion costs, stage by stage, beside the floor: `python -m benchmarks.convert`.

The floor is fixed whatever the pipeline calls: one bare decode at the scale that the card needs, one detector, one
landmark, two iris and one segmentation invoke, one card encode; all on one thread, in one pass, which takes turns with
the conversion: a net that runs between other work finds the processor's caches cold, in the pipeline as in the floor.
Ratios travel to other machines, milliseconds do not.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import cv2
import numpy as np
from PIL import Image

from benchmarks.stopwatch import Stopwatch, median_ms
from ephoto.core.settings import Settings
from ephoto.inference import weights
from ephoto.pipeline.converter import Converter

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.pipeline.card import Card

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"0.9 MP": (820, 1094), "3 MP": (1500, 2000), "12 MP": (3000, 4000)}
TARGETS = {"0.9 MP": 1.9, "3 MP": 1.7, "12 MP": 1.5}
FLOOR_NETS = (
    ("face_detection_short_range", 1),
    ("face_landmark", 1),
    ("iris_landmark", 2),
    ("selfie_segmentation", 1),
)
WARM_UP = 3
STAGES = {  # "module:attribute" as the caller sees it -> the row it is counted in
    "ephoto.pipeline.converter:load": "read",
    "ephoto.pipeline.analyse:decode": "decode",
    "ephoto.pipeline.analyse:look": "segmentation (with its view)",
    "ephoto.pipeline.render:look": "segmentation, a second look",
    "ephoto.faces.embedded:EmbeddedFaces.find": "faces: detector, landmarks, irises, pose",
    "ephoto.pipeline.analyse:solve": "frame solver, first guess",
    "ephoto.pipeline.render:solve": "frame solver",
    "ephoto.pipeline.work:solve": "matte: solved on few pixels",
    "ephoto.core.pyramid:Pyramid.draw": "warp of the card",
    "ephoto.pipeline.work:cut": "matte on the card: edge, strands, foreground",
    "ephoto.pipeline.render:over": "compose",
    "ephoto.pipeline.render:encode": "encode (all tries)",
    "ephoto.pipeline.converter:recheck": "measure the written card again",
    "ephoto.pipeline.converter:report_of": "report",
}


def photo_bytes(size_wh: tuple[int, int], source: Path) -> bytes:
    """The sample portrait at another size, with the grain that a camera would have: JPEG, quality 90."""
    with Image.open(source) as image:
        big = image.convert("RGB").resize(size_wh, Image.Resampling.LANCZOS)
    grain = np.random.default_rng(1).normal(0, 3, (size_wh[1], size_wh[0], 1))
    noisy = np.clip(np.asarray(big, np.float32) + grain, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(noisy).save(out, "JPEG", quality=90)
    return out.getvalue()


def bare_decode(data: bytes, scale: float) -> Any:
    image = Image.open(io.BytesIO(data))
    if scale < 1:
        image.draft("RGB", (int(image.width * scale), int(image.height * scale)))
    return np.asarray(image)


def bare_encode(pixels: Any, quality: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


class Floor:
    """What no conversion can do without, on the bare libraries: one pass is one photo's worth, part after part."""

    def __init__(self, data: bytes, card: Card) -> None:
        self._data = data
        self._pixels = card.image
        self._scale = float(card.report.facts["photo"]["decoded_scale"])
        self._quality = int(card.report.facts["encode"]["quality"])
        self._nets = {name: bare_net(name) for name, _ in FLOOR_NETS}
        self.times: dict[str, list[float]] = {}

    def once(self) -> None:
        """One pass; each part's time is kept."""
        self._timed(f"bare decode at 1/{round(1 / self._scale)}", lambda: bare_decode(self._data, self._scale))
        for name, count in FLOOR_NETS:
            self._timed(f"{count} x {name}", self._nets[name].invoke, count)
        self._timed("bare card encode", lambda: bare_encode(self._pixels, self._quality))

    def _timed(self, name: str, call: Callable[[], Any], count: int = 1) -> None:
        start = time.perf_counter()
        for _ in range(count):
            call()
        self.times.setdefault(name, []).append((time.perf_counter() - start) * 1e3)

    def hot_nets_ms(self, repeats: int) -> float:
        """The nets alone, each over and over: what the pass would cost if no other work came between."""
        return sum(count * median_ms(self._nets[name].invoke, repeats)[0] for name, count in FLOOR_NETS)


def bare_net(name: str) -> Any:
    """A net on the runtime itself, its input filled."""
    from ai_edge_litert.interpreter import Interpreter

    net = Interpreter(str(weights.find(name, Settings.from_env())), num_threads=1)
    net.allocate_tensors()
    given = net.get_input_details()[0]
    net.set_tensor(given["index"], np.zeros(given["shape"], np.float32) + 0.5)
    return net


def one_size(label: str, data: bytes, converter: Converter, repeats: int) -> dict[str, Any]:
    """All figures for one photo size. Floor and conversion take turns, so that both see the same machine."""
    floor = Floor(data, converter.convert(data))
    whole: list[float] = []
    for turn in range(repeats + WARM_UP):
        floor.once()
        start = time.perf_counter()
        converter.convert(data)
        whole.append((time.perf_counter() - start) * 1e3)
        if turn < WARM_UP:
            floor.times.clear()
            whole.clear()
    watch = Stopwatch(STAGES)
    with watch.open():
        for _ in range(repeats):
            converter.convert(data)
            watch.lap()
    passes = [sum(parts) for parts in zip(*floor.times.values(), strict=True)]
    quarters = statistics.quantiles(whole, n=4)
    return {
        "photo": label,
        "bytes": len(data),
        "floor_ms": {name: statistics.median(times) for name, times in floor.times.items()},
        "floor_total_ms": statistics.median(passes),
        "hot_nets_ms": floor.hot_nets_ms(repeats),
        "stages_ms": watch.medians(),
        "whole_ms": statistics.median(whole),
        "spread_ms": (quarters[2] - quarters[0]) / 2,
        "ratio": statistics.median(w / f for w, f in zip(whole, passes, strict=True)),
        "target": TARGETS[label],
    }


def child(*args: str, env: dict[str, str] | None = None) -> tuple[float, float]:
    """CPU seconds and peak MB of a child process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime), after.ru_maxrss / 1024


def cold(photo: Path, work: Path) -> dict[str, float]:
    """A fresh process: CPU of one conversion and of --help, import time, peak memory at 12 MP."""
    run = (sys.executable, "-m", "ephoto.cli.app")
    helped = min(child(*run, "--help")[0] for _ in range(5))
    imported = min(child(sys.executable, "-c", "import ephoto")[0] for _ in range(5))
    bare = min(child(sys.executable, "-c", "pass")[0] for _ in range(5))
    card = work / "cold.jpg"
    converted = min(child(*run, "convert", str(photo), "-o", str(card), "--force")[0] for _ in range(5))
    return {
        "python -c pass": bare,
        "import ephoto": imported,
        "ephoto --help": helped,
        "ephoto convert": converted,
    }


def table(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        print(f"\n{row['photo']}  ({row['bytes'] / 1e6:.2f} MB JPEG)")
        for name, ms in row["floor_ms"].items():
            print(f"  floor   {name:45s} {ms:8.2f} ms")
        print(f"  floor   {'in all':45s} {row['floor_total_ms']:8.2f} ms")
        print(f"  (nets   {'alone, over and over':45s} {row['hot_nets_ms']:8.2f} ms)")
        for name, ms in row["stages_ms"].items():
            print(f"  stage   {name:45s} {ms:8.2f} ms")
        print(f"  whole   {'median of convert()':45s} {row['whole_ms']:8.2f} ms +- {row['spread_ms']:.2f}")
        met = "met" if row["ratio"] <= row["target"] else "NOT met"
        print(f"  ratio   {'whole / floor':45s} {row['ratio']:8.2f}  target {row['target']}: {met}")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--repeats", type=int, default=40)
    cli.add_argument("--photo", type=Path, default=ROOT / "samples" / "portrait.jpg")
    cli.add_argument("--json", type=Path, help="write all figures there")
    args = cli.parse_args()
    cv2.setNumThreads(1)
    converter = Converter(checks=False)  # the checks' own cost: python -m benchmarks.checks
    photos = {label: photo_bytes(size, args.photo) for label, size in SIZES.items()}
    rows = [one_size(label, data, converter, args.repeats) for label, data in photos.items()]
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread")
    table(rows)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "small.jpg").write_bytes(photos["0.9 MP"])
        (work / "large.jpg").write_bytes(photos["12 MP"])
        seconds = cold(work / "small.jpg", work)
        print("\ncold, CPU seconds in all (best of 5)")
        for name, value in seconds.items():
            print(f"  {name:30s} {value:6.2f} s")
        run = (sys.executable, "-m", "ephoto.cli.app", "convert", str(work / "large.jpg"), "-o", str(work / "l.jpg"))
        peak = json.loads(
            subprocess.run(
                [sys.executable, "-m", "benchmarks.peak", *run], check=True, capture_output=True, cwd=ROOT, text=True
            ).stdout
        )["peak_mb"]
        print(f"  {'peak memory at 12 MP':30s} {peak:6.0f} MB")
    if args.json:
        figures = {"rows": rows, "cold_s": seconds, "peak_mb": peak, "python": platform.python_version()}
        args.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
