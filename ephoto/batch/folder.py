"""Photos of a folder and what is below it, or of a pattern such as "in/**/*.jpg"."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.batch.bounds import Bounds
from ephoto.batch.items import Item
from ephoto.batch.rules import is_photo_name
from ephoto.codec.source import read_file
from ephoto.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FileReader", "Folder", "Pattern", "file_item", "place_of", "shown"]


@dataclass(frozen=True, slots=True)
class FileReader:
    """Reads files by their paths, up to `max_bytes`."""

    max_bytes: int
    local: bool = False

    def read(self, locator: str) -> bytes:
        return read_file(locator, self.max_bytes)


@dataclass(slots=True)
class Folder:
    """Every photo of a folder, however deep. Links to files are followed, links to folders are not.

    A folder in it that cannot be read fails as a photo does, so that the others are made and it is not forgotten.
    """

    root: Path
    reader: FileReader
    passed_over: int = field(default=0, init=False)
    _place: tuple[int, int] | None = field(default=None, init=False)
    bounds: Bounds = field(default_factory=Bounds, init=False)

    @property
    def shown(self) -> str:
        return str(self.root)

    @property
    def base(self) -> Path:
        return self.root

    def items(self) -> Iterator[Item]:
        self.passed_over = 0
        self._place = place_of(self.root)
        try:
            open_ = [(iter(_entries(str(self.root))), "")]
        except OSError as error:
            raise InputError("not_readable", path=str(self.root), problem=error.strerror or str(error)) from None
        while open_:  # folders may be nested deeper than calls can be
            entries, prefix = open_[-1]
            entry = next(entries, None)
            if entry is None:
                open_.pop()
                continue
            key = prefix + shown(entry.name)
            taken = is_photo_name(key)
            if taken is not None and entry.is_dir(follow_symlinks=False):
                try:
                    open_.append((iter(_entries(entry.path)), f"{key}/"))
                except OSError as error:
                    fault = InputError("not_readable", path=f"{key}/", problem=error.strerror or str(error))
                    yield Item(f"{key}/", entry.path, None, None, error=fault)
            elif taken:
                yield self.item(key, entry.path) if entry.is_symlink() else file_item(key, entry.path)
            else:
                self.passed_over += taken is False

    def item(self, key: str, path: str) -> Item:
        """A file of it as a photo.

        Raises
        ------
        UsageError
            "out_in_in" where it is a link to a file in OUT.
        """
        self.bounds.check(path, self.shown)
        return file_item(key, path)

    def is_there(self, locator: str | None = None) -> bool:
        """The very folder that was listed: where a disk is unmounted an empty one is left."""
        here = place_of(self.root)
        return here is not None and self._place in (None, here)


@dataclass(slots=True)
class Pattern:
    """The photos that a pattern finds; their keys are paths below its part without signs.

    `**` goes into every folder but hidden ones and links: those may lead in circles.
    """

    pattern: str
    reader: FileReader
    passed_over: int = field(default=0, init=False)
    bounds: Bounds = field(default_factory=Bounds, init=False)

    @property
    def shown(self) -> str:
        return self.pattern

    @property
    def base(self) -> None:
        return None

    @property
    def _start(self) -> str:
        plain = []
        for part in Path(self.pattern).parts[:-1]:
            if glob.has_magic(part):
                break
            plain.append(part)
        return str(Path(*plain)) if plain else ""

    def items(self) -> Iterator[Item]:
        self.passed_over = 0
        start = self._start
        parts = Path(self.pattern).parts[len(Path(start).parts) :]
        for path in sorted(set(_found(start or ".", parts))):
            key = shown(os.path.relpath(path, start or ".")).replace(os.sep, "/")
            taken = is_photo_name(key)
            if taken is None or os.path.isdir(path):  # noqa: PTH112  (a hundred thousand times)
                continue
            if taken:
                self.bounds.check(path, self.shown)
                yield file_item(key, path)
            else:
                self.passed_over += 1

    def is_there(self, locator: str | None = None) -> bool:
        return Path(self._start or ".").is_dir()

    def finds_in(self, folder: Path) -> bool:
        """Whether a file in that folder, or below it, could be found."""
        parts = Path(
            os.path.realpath(self._start or "."), *Path(self.pattern).parts[len(Path(self._start).parts) :]
        ).parts
        return _leads(parts[:-1], Path(os.path.realpath(folder)).parts)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _found(folder: str, parts: tuple[str, ...]) -> Iterator[str]:
    """Paths that a pattern's parts find in a folder; one may be found several times. As a shell does, it passes over
    folders that cannot be read.
    """
    head, *rest = parts if parts[-1] != "**" else (*parts, "*")
    if head == "**":
        yield from _found(folder, tuple(rest))
    elif not glob.has_magic(head):
        path = os.path.join(folder, head)  # noqa: PTH118
        if rest or os.path.lexists(path):
            yield from _found(path, tuple(rest)) if rest else (path,)
        return
    with suppress(OSError):
        fits = re.compile(fnmatch.translate(os.path.normcase(head)), re.DOTALL).match
        for entry in _entries(folder):
            if entry.name.startswith(".") and not head.startswith("."):
                continue
            if head == "**":
                if entry.is_dir(follow_symlinks=False):
                    yield from _found(entry.path, (head, *rest))
            elif fits(os.path.normcase(entry.name)) and (not rest or entry.is_dir()):
                yield from _found(entry.path, tuple(rest)) if rest else (entry.path,)


def _leads(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Whether the folders of a pattern can lead to that folder or below."""
    if "**" in pattern:
        start = pattern.index("**")
        return len(parts) >= start and all(map(fnmatch.fnmatchcase, parts, pattern[:start]))
    return len(pattern) >= len(parts) and all(map(fnmatch.fnmatchcase, parts, pattern))


def place_of(root: Path) -> tuple[int, int] | None:
    """What the system knows a folder by, whatever it is called; None where there is none."""
    try:
        facts = root.stat()
    except OSError:
        return None
    return (facts.st_dev, facts.st_ino) if stat.S_ISDIR(facts.st_mode) else None


def file_item(key: str, path: str) -> Item:
    """A file as an item; one that is not there has no size, and fails when it is read."""
    try:
        facts = os.stat(path)  # noqa: PTH116  (a hundred thousand times)
    except (OSError, ValueError):
        return Item(key, path, None, None)
    return Item(key, path, facts.st_size, facts.st_mtime_ns)


def shown(name: str) -> str:
    """A name as text, also one that an older Chinese system stored in GB18030."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("gb18030", "backslashreplace")
    return name
