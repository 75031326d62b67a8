"""Tests with the packages of the extras. Each is skipped where its package is not installed.

EPHOTO_TEST_EXTRA names the extra whose environment this is meant to be: there, skipping is an error.
"""

from __future__ import annotations

import hashlib
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

WANTED = "EPHOTO_TEST_EXTRA"
ROOT = Path(__file__).resolve().parents[2]
PORTRAIT = ROOT / "samples" / "portrait.jpg"
U2NETP_SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"


def absent(extra: str, why: str) -> None:
    """Skip; or fail, where the environment was made for this extra."""
    if os.environ.get(WANTED) == extra:
        pytest.fail(f"{WANTED}={extra}, but {why}")
    pytest.skip(why)


@pytest.fixture(scope="session")
def mediapipe():
    if find_spec("mediapipe") is None:
        absent("mediapipe", "mediapipe is not installed")


@pytest.fixture(scope="session")
def rembg():
    for package in ("onnxruntime", "rembg"):
        if find_spec(package) is None:
            absent("rembg", f"{package} is not installed")


@pytest.fixture
def u2net_home(rembg) -> Path:
    """The folder that U2NET_HOME names, with u2netp.onnx in it."""
    home = os.environ.get("U2NET_HOME")
    if not home or not (Path(home) / "u2netp.onnx").is_file():
        absent("rembg", "U2NET_HOME names no folder with u2netp.onnx (benchmarks/fetch_weights.py gets it)")
    file = Path(str(home)) / "u2netp.onnx"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == U2NETP_SHA256
    return file.parent


@pytest.fixture(scope="session")
def ray():
    for package in ("ray", "pyarrow", "pandas"):
        if find_spec(package) is None:
            absent("ray", f"{package} is not installed")
    from ephoto.core.settings import quiet_ray

    with quiet_ray():  # the clusters of these tests too: docs/scale.md
        import ray
        import ray.data

        yield ray
