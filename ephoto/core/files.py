"""Files that are there as a whole or not at all, and files for SQLite."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ephoto.core.errors import EnvironmentFault, EphotoError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["database_file", "place_new", "whole_file"]

_MAKING = threading.Lock()


@contextmanager
def whole_file(
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    inputs: Iterable[str | os.PathLike[str]] = (),
    mark: str = "",
) -> Iterator[BinaryIO]:
    """A binary file to write to: under a temporary name beside `path`, renamed there when the block ends well.

    An exception inside the block leaves what was there before, and no temporary file. An OSError inside the block
    counts as the file's own. The temporary name begins with `.ephoto-` and the `mark`, so that what a killed program
    left is known again.

    Raises
    ------
    UsageError
        "same_file" if `path` is one of `inputs`, whatever it is called (links too).
    EnvironmentFault
        "output_exists" unless `overwrite`; "output_failed".
    """
    target = Path(path)
    part = target.parent / f".ephoto-{mark}{secrets.token_hex(8)}.part"
    with _told(path, OSError, ValueError):  # ValueError: a name with a zero byte, or none that the system can write
        _check(target, overwrite=overwrite, inputs=inputs)
        # Opened by the system call itself, so that the process's umask decides who may read a new file; for one that
        # is replaced, its owner has decided.
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with _told(path, OSError):
            with os.fdopen(handle, "wb") as file:
                if overwrite and target.exists():
                    part.chmod(stat.S_IMODE(target.stat().st_mode))
                yield file
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                part.replace(target)
            else:
                place_new(part, target)
    finally:
        with suppress(OSError):  # on a disk that went read-only meanwhile; what failed first is told
            part.unlink(missing_ok=True)


@contextmanager
def _told(path: str | os.PathLike[str], *kinds: type[Exception]) -> Iterator[None]:
    """The system's exceptions as ephoto's."""
    try:
        yield
    except EphotoError:
        raise
    except FileExistsError:
        raise EnvironmentFault("output_exists", path=os.fspath(path)) from None
    except kinds as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise EnvironmentFault("output_failed", path=os.fspath(path), problem=problem) from error


def _check(target: Path, *, overwrite: bool, inputs: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse before anything is written."""
    name = os.fspath(target)
    if b"\0" in os.fsencode(name):
        raise ValueError("embedded null byte")
    if any(_same(target, Path(given)) for given in inputs):
        raise UsageError("same_file", path=name)
    if target.is_dir():
        raise EnvironmentFault("output_failed", path=name, problem="it is a folder")
    if not overwrite and os.path.lexists(target):
        raise FileExistsError
    if target.exists() and not target.is_file():  # a device or a pipe would be gone
        raise EnvironmentFault("output_failed", path=name, problem="it is not an ordinary file")


def _same(one: Path, other: Path) -> bool:
    """Whether two names lead to one file that is there, by whatever links."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one of them is not there
        return False


def place_new(part: Path, target: Path) -> None:
    """Give a file another name without replacing: a file that appeared meanwhile wins. Linking is the only atomic way,
    and leaves the first name for the caller to take away; where there are no links it is gone already.

    Raises
    ------
    OSError
        FileExistsError where there is a file of that name.
    """
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        part.replace(target)


def database_file(path: Path) -> None:
    """Make an empty file for SQLite that nobody but its owner can read even for a moment, unless one is there.

    One that is there is not opened: to close a file gives up all locks that this process has on it (POSIX), those of
    SQLite's other connections too, and two that write without locks destroy the database.

    Raises
    ------
    OSError
        It cannot be made, read or written, or is a folder.
    """
    with _MAKING, suppress(FileExistsError):  # no thread has locks on it before the one that made it has closed it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(path, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
