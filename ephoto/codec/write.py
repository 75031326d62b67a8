"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault, EphotoError, UsageError

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
) -> Path:
    """Write `data` under a temporary name beside `path`, then rename it there.

    Raises
    ------
    UsageError
        "same_file" if `path` is one of `inputs`, whatever it is called (links too).
    EnvironmentFault
        "output_exists" unless `overwrite`; "output_failed". No temporary file is left.
    """
    target = Path(path)
    try:
        if any(_same(target, Path(given)) for given in inputs):
            raise UsageError("same_file", path=os.fspath(path))
        if target.is_dir():
            raise EnvironmentFault("output_failed", path=os.fspath(path), problem="it is a folder")
        if not overwrite and os.path.lexists(target):
            raise FileExistsError
        if target.exists() and not target.is_file():  # a device or a pipe would be gone
            raise EnvironmentFault("output_failed", path=os.fspath(path), problem="it is not an ordinary file")
        _replace(target, data, overwrite=overwrite)
    except EphotoError:
        raise
    except FileExistsError:
        raise EnvironmentFault("output_exists", path=os.fspath(path)) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        problem = getattr(error, "strerror", None) or str(error)
        raise EnvironmentFault("output_failed", path=os.fspath(path), problem=problem) from error
    return target


def _same(one: Path, other: Path) -> bool:
    """Whether two names lead to one file that is there, by whatever links."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one of them is not there
        return False


def _replace(target: Path, data: bytes, *, overwrite: bool) -> None:
    part = target.parent / f".ephoto-{secrets.token_hex(8)}.part"
    # Opened by the system call itself, so that the process's umask decides who may read a new file; for one that is
    # replaced, its owner has decided.
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            if overwrite and target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            part.replace(target)
        else:
            _rename_new(part, target)
    finally:
        part.unlink(missing_ok=True)


def _rename_new(part: Path, target: Path) -> None:
    """Rename without replacing: a file that appeared meanwhile wins. Linking is the only atomic way."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        part.replace(target)
