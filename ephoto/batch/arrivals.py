"""What has arrived in a folder and is whole: a camera, a scanner or a copy writes a photo in its own time.

A photo is taken when its size and time have been the same for a while by our own clock; times of files come from other
clocks, on a network share, and are only compared with one another. One whose bytes end as its kind ends is taken
sooner. One that cannot be read all the same is looked at again, until it has been still so long that it is at fault.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ephoto.batch.folder import place_of, shown
from ephoto.batch.rules import is_photo_name, rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ephoto.batch.folder import FileReader, Folder
    from ephoto.batch.items import Item

__all__ = ["Arrivals", "Look", "ends_whole"]

_UNFINISHED = frozenset({"empty", "not_a_picture", "format_unsupported", "truncated", "corrupt", "not_readable"})
_GONE = "not_found"
_HEAD_BYTES, _TAIL_BYTES = 16, 16
_MANY = 1000  # files that a look at the whole folder finds in less time than one by one


@dataclass(slots=True)
class _Seen:
    """A file as it was last seen: since when it is so, and when it is due to be taken (seconds of our clock)."""

    item: Item
    since: float
    due: float | None  # None: it was taken
    hasty: bool  # it may be taken at once if it ends as a whole file does
    look: int


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: photos to be taken, keys of files that went away, and when to look again, if there is
    a file that waits (seconds of the same clock).
    """

    items: list[Item] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    next_s: float | None = None


class Arrivals:
    """A folder as a source that goes on. Only one thread looks; `spared` may be called from any.

    Parameters
    ----------
    folder : Folder
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._seen: dict[str, _Seen] = {}
        self._waiting: set[str] = set()
        self._looks = 0
        self._mount = _mount(folder.root)
        self._place = place_of(folder.root)

    # ---- as a source

    @property
    def reader(self) -> FileReader:
        return self.folder.reader

    @property
    def shown(self) -> str:
        return self.folder.shown

    @property
    def base(self) -> Path:
        return self.folder.root

    @property
    def passed_over(self) -> int:
        return self.folder.passed_over

    def items(self) -> Iterator[Item]:
        """All that was seen, settled or not."""
        return (seen.item for seen in self._seen.values())

    def is_there(self, locator: str | None = None) -> bool:
        """Whether the very folder is there that was last found."""
        return self._place is not None and self._here() == self._place

    # ---- looking

    @property
    def waiting(self) -> int:
        """Files that are there and were not taken yet."""
        return len(self._waiting)

    def find_again(self) -> bool:
        """Whether there is a folder in that place, on a disk if it was on one; then that is the one from now on."""
        self._place = self._here()
        return self._place is not None

    def _here(self) -> tuple[int, int] | None:
        """Where a disk is unmounted an empty folder is left: it is not IN."""
        return place_of(self.folder.root) if self._mount.is_mount() else None

    def look(self, now_s: float) -> Look:
        """Look at the whole folder.

        Raises
        ------
        InputError
            "not_readable"; what was found so far is kept.
        """
        self._looks += 1
        for item in self.folder.items():
            self._see(item, now_s)
        gone = [key for key, seen in self._seen.items() if seen.look != self._looks]
        return self._looked(now_s, gone)

    def look_at(self, paths: Collection[str], now_s: float) -> Look | None:
        """Look at these files and at those that wait; None where only a look at all of it can tell."""
        if len(self._waiting) + len(paths) > _MANY:
            return None
        gone = []
        for path in {*paths, *(self._seen[key].item.locator for key in self._waiting)}:
            key = _key(path, str(self.folder.root))
            kind = "folder" if key is None else self._kind(key, path)
            if key is None or kind == "folder":
                return None
            if kind == "gone" and key in self._seen:
                gone.append(key)
            elif kind == "file" and is_photo_name(key):
                self._see(self.folder.item(key, path), now_s)
        return self._looked(now_s, gone)

    def spared(self, key: str, code: str, now_s: float) -> bool:
        """Whether a photo that could not be read is looked at again later instead of failing."""
        seen = self._seen.get(key)
        if seen is None or code not in _UNFINISHED | {_GONE}:
            return False
        patient = seen.since + rules().arrival_patience_s
        if code != _GONE and now_s >= patient:
            return False
        seen.due = now_s + rules().arrival_settle_s if code == _GONE else patient
        self._waiting.add(key)
        return True

    def _kind(self, key: str, path: str) -> Literal["file", "folder", "gone", "elsewhere"]:
        try:
            is_folder = stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116
        except OSError:
            if key in self._seen:
                return "gone"
            was_folder = any(known.startswith(f"{key}/") for known in self._seen)
            return "folder" if was_folder else "gone"
        if is_folder:
            return "folder"
        # Links to folders are not followed.
        within = os.path.realpath(self.folder.root) + path[len(str(self.folder.root)) :]
        return "file" if os.path.realpath(os.path.dirname(path)) == os.path.dirname(within) else "elsewhere"  # noqa: PTH120

    def _see(self, item: Item, now_s: float) -> None:
        seen = self._seen.get(item.key)
        if seen is not None and _mark(seen.item) == _mark(item):
            seen.look = self._looks
            return
        if item.error is None and (item.size is None or _is_being_written(item.key)):
            return  # it went away meanwhile, or is renamed at its end
        hasty = self._looks > 1 and item.error is None  # not each of a hundred thousand, when a watch begins
        wait_s = rules().arrival_hasty_s if hasty else rules().arrival_settle_s
        self._seen[item.key] = _Seen(item, now_s, now_s + wait_s, hasty, self._looks)
        self._waiting.add(item.key)

    def _looked(self, now_s: float, gone: list[str]) -> Look:
        for key in gone:
            del self._seen[key]
            self._waiting.discard(key)
        items = [seen.item for seen in map(self._seen.__getitem__, sorted(self._waiting)) if self._settled(seen, now_s)]
        self._waiting.difference_update(item.key for item in items)
        next_s = min((seen.due for key in self._waiting if (seen := self._seen[key]).due is not None), default=None)
        return Look(items, gone, next_s)

    def _settled(self, seen: _Seen, now_s: float) -> bool:
        if seen.due is None or now_s < seen.due:
            return False
        if seen.hasty and not ends_whole(seen.item.locator):
            seen.hasty = False
            seen.due = seen.since + rules().arrival_settle_s
            if now_s < seen.due:
                return False
        seen.due = None
        return True


def ends_whole(path: str) -> bool:
    """Whether a file begins and ends as a kind of picture does that says where it ends (batch.toml)."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            head = file.read(_HEAD_BYTES)
            file.seek(max(os.fstat(file.fileno()).st_size - _TAIL_BYTES, 0))
            tail = file.read()
    except OSError:
        return False
    return any(head.startswith(start) and tail.endswith(end) for start, end in rules().whole_files)


def _mark(item: Item) -> tuple[int | None, int | None]:
    return item.size, item.mtime_ns


def _is_being_written(key: str) -> bool:
    name = key.rpartition("/")[2].lower()
    return any(fnmatchcase(name, pattern) for pattern in rules().unfinished_names)


def _key(path: str, root: str) -> str | None:
    """A path's key, or None where it is not below the root, or its name came through in a form of its own."""
    prefix = root.rstrip(os.sep) + os.sep
    if not path.startswith(prefix) or "\ufffd" in path:
        return None
    return shown(path[len(prefix) :]).replace(os.sep, "/")


def _mount(root: Path) -> Path:
    """The point at which the file system that holds a folder is mounted."""
    whole = root.resolve()
    return next((folder for folder in (whole, *whole.parents) if folder.is_mount()), Path(whole.anchor))
