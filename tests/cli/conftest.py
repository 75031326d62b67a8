"""Running the command line in tests: in this process for the many, as a process of its own for the important ones."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ephoto.cli.app import main
from samples.render import Portrait, cached

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(capsysbinary, monkeypatch):
    """Run in this process: run("convert", path, stdin=b"...")."""

    def ended(*words, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsysbinary.readouterr()
        code = main([str(word) for word in words])
        out, err = capsysbinary.readouterr()
        return Ended(code, out, err.decode())

    return ended


@pytest.fixture
def process(tmp_path):
    """Run as a process of its own: process("convert", path, stdin=b"...", env={...})."""

    def ended(*words, stdin=b"", env=None, cwd=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("EPHOTO_")}
        command = [sys.executable, "-m", "ephoto.cli.app", *(str(word) for word in words)]
        done = subprocess.run(
            command, input=stdin, capture_output=True, check=False, cwd=cwd or tmp_path,
            env=clean | {"PYTHONPATH": str(ROOT)} | (env or {}),
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    return ended


@pytest.fixture(scope="session")
def portrait_bytes():
    """A rendered portrait as a JPEG."""
    out = io.BytesIO()
    Image.fromarray(cached(Portrait(size_wh=(420, 560), seed=5)).image).save(out, "JPEG", quality=92)
    return out.getvalue()


@pytest.fixture
def photo(tmp_path, portrait_bytes):
    """The portrait as a file in a folder of its own."""
    folder = tmp_path / "photos"
    folder.mkdir()
    path = folder / "me.jpg"
    path.write_bytes(portrait_bytes)
    return path
