"""Photos of a folder and what is below it, or of a pattern such as "in/**/*.jpg"."""

from __future__ import annotations

import fnmatch
import glob
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.batch.items import Item
from ephoto.batch.rules import is_photo_name
from ephoto.codec.source import read_file
from ephoto.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FileReader", "Folder", "Pattern", "file_item", "shown"]


@dataclass(frozen=True, slots=True)
class FileReader:
    """Reads files by their paths, up to `max_bytes`."""

    max_bytes: int
    local: bool = False

    def read(self, locator: str) -> bytes:
        return read_file(locator, self.max_bytes)


@dataclass(slots=True)
class Folder:
    """Every photo of a folder, however deep. Links to files are followed, links to folders are not."""

    root: Path
    reader: FileReader
    passed_over: int = field(default=0, init=False)

    @property
    def base(self) -> Path:
        return self.root

    def items(self) -> Iterator[Item]:
        self.passed_over = 0
        yield from self._below(str(self.root), "")

    def is_there(self) -> bool:
        return self.root.is_dir()

    def _below(self, folder: str, prefix: str) -> Iterator[Item]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise InputError("not_readable", path=folder, problem=error.strerror or str(error)) from None
        for entry in entries:
            key = prefix + shown(entry.name)
            taken = is_photo_name(key)
            if taken is None:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(entry.path, f"{key}/")
            elif taken:
                yield file_item(key, entry.path)
            else:
                self.passed_over += 1


@dataclass(slots=True)
class Pattern:
    """The photos that a pattern finds; their keys are paths below its part without signs."""

    pattern: str
    reader: FileReader
    passed_over: int = field(default=0, init=False)

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
        for path in sorted(glob.iglob(self.pattern, recursive=True)):  # noqa: PTH207  (as the shell has it)
            key = shown(os.path.relpath(path, start or ".")).replace(os.sep, "/")
            taken = is_photo_name(key)
            if taken and Path(path).is_file():
                yield file_item(key, path)
            elif taken is False and not Path(path).is_dir():
                self.passed_over += 1

    def is_there(self) -> bool:
        return Path(self._start or ".").is_dir()

    def finds_in(self, folder: Path) -> bool:
        """Whether a file in that folder, or below it, could be found."""
        parts = Path(
            os.path.realpath(self._start or "."), *Path(self.pattern).parts[len(Path(self._start).parts) :]
        ).parts
        return _leads(parts[:-1], Path(os.path.realpath(folder)).parts)


def _leads(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Whether the folders of a pattern can lead to that folder or below."""
    if "**" in pattern:
        start = pattern.index("**")
        return len(parts) >= start and all(map(fnmatch.fnmatchcase, parts, pattern[:start]))
    return len(pattern) >= len(parts) and all(map(fnmatch.fnmatchcase, parts, pattern))


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
