"""Paths of a client inside one folder: nothing above it, no links, nothing published is written over."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Jail"]

_PART, _OK = ".part", ".ok"
_INBOX, _OUTBOX = "in", "out"


class Jail:
    """The drop as a client may see and change it: it writes into `in`, and moves what it has read out of `out`.

    The client's paths begin at "/", which is the folder. Every step of a path must be a plain folder or file: a link
    is refused even where it stays inside.

    Parameters
    ----------
    root : the folder
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve(strict=True)

    def shown(self, path: str) -> str:
        """The client's path without `.` and `..`; what goes above the root stays there."""
        steps: list[str] = []
        for step in path.split("/"):
            if step == "..":
                del steps[-1:]
            elif step not in ("", "."):
                steps.append(step)
        return "/" + "/".join(steps)

    def real(self, path: str) -> Path:
        """Where a client's path lies.

        Raises
        ------
        OSError
            EACCES: a step is a link or has signs that no name has.
        """
        place = self._root
        for step in self.shown(path).split("/")[1:]:
            if not step:
                continue
            if "\0" in step:
                raise _denied()
            place = place / step
            if place.is_symlink():
                raise _denied()
        return place

    def opened(self, path: str, *, reads: bool, writes: bool, new: bool, creates: bool, empties: bool) -> int:
        """A file's descriptor. Files that are published are not written to; NAME.part and control lines are.

        Raises
        ------
        OSError
            EACCES, ENOENT, EEXIST.
        """
        place = self.real(path)
        if writes and place.parent != self._root / _INBOX:
            raise _denied()
        if writes and not place.name.endswith((_PART, _OK)) and os.path.lexists(place):
            raise OSError(errno.EEXIST, "it is there already")
        # Windows has none of them; links are refused above, there too.
        flags = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"))
        flags |= getattr(os, "O_BINARY", 0)
        flags |= (os.O_RDWR if reads else os.O_WRONLY) if writes else os.O_RDONLY
        flags |= (os.O_CREAT if creates else 0) | (os.O_EXCL if new else 0) | (os.O_TRUNC if empties else 0)
        handle = os.open(place, flags, 0o600)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise _denied()
        return handle

    def removed(self, path: str) -> None:
        """Remove what is left of an upload that broke off; nothing else is ever removed."""
        place = self.real(path)
        if not place.name.endswith(_PART):
            raise _denied()
        place.unlink()

    def renamed(self, old: str, new: str) -> None:
        """Give a file another name or folder, in one step, and never over another.

        Raises
        ------
        OSError
            EEXIST, ENOENT, EACCES.
        """
        source, target = self.real(old), self.real(new)
        if not source.exists():
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        inside = self._root / _INBOX in (source.parent, target.parent)
        if not source.is_file() or self._root in (source.parent, target.parent):
            raise _denied()
        if target.parent == self._root / _OUTBOX or (inside and source.parent != target.parent):
            raise _denied()  # the bureau's folder, and what is the bureau's to move
        os.link(source, target, follow_symlinks=False)
        source.unlink()


def _denied() -> OSError:
    return OSError(errno.EACCES, os.strerror(errno.EACCES))
