"""Pictures as files: the name promises the format, and the file is there as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.core.errors import UsageError
from ephoto.core.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SUFFIXES", "check_suffix", "suffix_format", "write"]

SUFFIXES = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",)}


def suffix_format(path: str | os.PathLike[str]) -> str | None:
    """The format that a file name promises, or None."""
    suffix = Path(path).suffix.lower()
    return next((known for known, suffixes in SUFFIXES.items() if suffix in suffixes), None)


def check_suffix(path: str | os.PathLike[str], format: str) -> None:
    """Refuse a name that promises another format than the file's: UsageError("suffix_mismatch")."""
    if suffix_format(path) != format:
        raise UsageError("suffix_mismatch", path=os.fspath(path), format=format, allowed=SUFFIXES[format])


def write(
    path: str | os.PathLike[str],
    data: bytes,
    *,
    overwrite: bool = False,
    inputs: Iterable[str | os.PathLike[str]] = (),
    mark: str = "",
) -> Path:
    """Write `data` under a temporary name beside `path`, then rename it there; `mark` as `whole_file` has it.

    Raises
    ------
    UsageError
        "same_file" if `path` is one of `inputs`, whatever it is called (links too).
    EnvironmentFault
        "output_exists" unless `overwrite`; "output_failed". No temporary file is left.
    """
    with whole_file(path, overwrite=overwrite, inputs=inputs, mark=mark) as file:
        file.write(data)
    return Path(path)
