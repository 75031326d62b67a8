"""Rendered portraits kept on disk: `.cache/renders/` under the repository's root, one file a portrait."""

from __future__ import annotations

import os
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from samples.portrait.parameters import Portrait, digest
from samples.portrait.picture import Rendered, render
from samples.portrait.truth import Truth

__all__ = ["FOLDER", "cached"]

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "renders"
_PICTURES = ("image", "foreground", "background")


def cached(portrait: Portrait, folder: Path = FOLDER) -> Rendered:
    """The rendered portrait, from disk if it was rendered before by this version of the renderer.

    Files are written under a temporary name and renamed, so that processes may share the folder; an unreadable
    file is rendered again.
    """
    path = folder / f"{digest(portrait)}.npz"
    try:
        return _read(path, portrait)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        pass
    fresh = render(portrait)
    _write(path, fresh)
    return fresh


def _read(path: Path, portrait: Portrait) -> Rendered:
    with path.open("rb") as file, np.load(file) as kept:
        truth = Truth(**{f.name: kept[f"truth_{f.name}"] for f in fields(Truth)})
        scalars = {f.name: float(getattr(truth, f.name)) for f in fields(Truth) if getattr(truth, f.name).ndim == 0}
        truth = Truth(**{f.name: scalars.get(f.name, getattr(truth, f.name)) for f in fields(Truth)})
        alpha = kept["alpha"].astype(np.float32) / np.float32(65535)
        return Rendered(portrait=portrait, alpha=alpha, truth=truth, **{name: kept[name] for name in _PICTURES})


def _write(path: Path, rendered: Rendered) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    truth = {f"truth_{f.name}": np.asarray(getattr(rendered.truth, f.name)) for f in fields(Truth)}
    alpha = np.rint(rendered.alpha * 65535).astype(np.uint16)
    handle, name = tempfile.mkstemp(suffix=".npz", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            arrays: dict[str, Any] = {"alpha": alpha, **{n: getattr(rendered, n) for n in _PICTURES}, **truth}
            np.savez_compressed(file, **arrays)
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
