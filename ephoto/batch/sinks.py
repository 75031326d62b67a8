"""Where cards go, and the plainest such place, a folder. Each card is there as a whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ephoto.batch.naming import folded
from ephoto.codec.write import write
from ephoto.core.errors import EnvironmentFault, EphotoError, InputError
from ephoto.core.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.batch.items import Source

__all__ = ["FolderSink", "Sink", "make_folder", "told"]

OURS = ".ephoto"  # the folder in OUT that holds the ledger
QUARANTINE, WITHDRAWN = "quarantine", "withdrawn"
_MARK = "batch-"  # in the names of half files: those of other programs are theirs
# What systems say to a name that they cannot have: too long, not in the disk's own alphabet (a FAT stick and a colon).
_BAD_NAME = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})


class Sink(Protocol):
    """What a batch asks of the place that its cards go to. Names are paths with `/`."""

    @property
    def shown(self) -> str: ...

    @property
    def quarantine(self) -> str:
        """Where failed photos are put, as people are told."""

    @property
    def timed(self) -> bool:
        """Whether what describes the batch tells how long things took, which differs from run to run."""

    @property
    def slow(self) -> bool:
        """Whether it is over a network: a delivery is for good, and what is there is not asked for card by card."""

    @property
    def ledger(self) -> Path | None:
        """Where the ledger is kept, if this is a place for one."""

    @property
    def folder(self) -> Path | None:
        """The folder of this machine that the manifest is put into, if there is one."""

    def prepare(self) -> None:
        """Make what is needed.

        Raises
        ------
        EnvironmentFault
            "output_failed".
        """

    def tidy(self, *, cut_short: bool) -> None:
        """Remove what a run left half written, if the last one was `cut_short`.

        Only who has the ledger may: then no other run writes here.
        """

    def has(self, name: str) -> bool:
        """Whether something is there under that name."""

    def holds(self, name: str, sha256: str) -> bool:
        """Whether that very card is there."""

    def falls_on(self, name: str, source: Source) -> bool:
        """Whether a card of that name would lie among the photos of a folder or prefix."""

    def deliver(self, name: str, data: bytes) -> None:
        """Put one card there.

        Raises
        ------
        EnvironmentFault
            "output_failed"; "output_exists" where that name can hold no card, because a folder has it or a file has
            the name of its folder.
        InputError
            "name_unsafe" where the disk cannot have that name.
        """

    def set_aside(self, name: str, data: bytes) -> str:
        """Put one failed photo into quarantine; gives its path there."""

    def release(self, aside: str) -> None:
        """Take a photo out of quarantine that has its card now."""

    def withdraw(self, name: str) -> None:
        """Take a card back that no photo stands behind any more; it is kept apart from the others.

        Raises
        ------
        EnvironmentFault
            "output_failed".
        """

    def publish(self, name: str, file: Path) -> None:
        """Put a file there that describes the batch as far as it is; the one before is replaced."""

    def finish(self, cards: Iterator[str], extra: dict[str, Path]) -> None:
        """When nothing waits any more: `cards` are names, `extra` files that describe the batch, by name."""


class FolderSink:
    """Cards in a folder."""

    timed = True
    slow = False

    def __init__(self, root: Path) -> None:
        self.root = root
        self._at = str(root)
        self.shown = str(root)
        self.quarantine = str(root / QUARANTINE)
        self._amid: dict[str, bool] = {}  # folders of cards: whether they are of IN

    @property
    def ledger(self) -> Path:
        return self.root / OURS / "ledger.sqlite"

    @property
    def folder(self) -> Path:
        return self.root

    def prepare(self) -> None:
        make_folder(self.root)

    def tidy(self, *, cut_short: bool) -> None:
        if cut_short:
            with told(self.shown):
                for part in self.root.rglob(f".ephoto-{_MARK}*.part"):
                    part.unlink(missing_ok=True)

    def has(self, name: str) -> bool:
        return os.path.lexists(f"{self._at}/{name}")  # by strings: a hundred thousand times

    def holds(self, name: str, sha256: str) -> bool:
        try:
            return hashlib.sha256((self.root / name).read_bytes()).hexdigest() == sha256
        except OSError:
            return False

    def falls_on(self, name: str, source: Source) -> bool:
        folder = name.rpartition("/")[0]
        if folder not in self._amid:
            base = None if source.base is None or not source.base.is_dir() else _real(source.base)
            real = _real(self.root / folder)  # by whatever links
            self._amid[folder] = base is not None and (real == base or base in real.parents)
        return self._amid[folder]

    def deliver(self, name: str, data: bytes) -> None:
        path = self.root / name
        try:
            if path.parent != self.root:
                self.root.stat()  # one that was renamed away must not be made anew
                path.parent.mkdir(parents=True, exist_ok=True)
            write(path, data, overwrite=True, mark=_MARK)
        except OSError as error:
            raise self._told(name, error) from None

    def set_aside(self, name: str, data: bytes) -> str:
        aside = f"{QUARANTINE}/{name}"
        self.deliver(aside, data)
        return aside

    def release(self, aside: str) -> None:
        with suppress(OSError):
            (self.root / aside).unlink(missing_ok=True)

    def withdraw(self, name: str) -> None:
        apart = self.root / OURS / WITHDRAWN / name
        make_folder(apart.parent)
        with told(self.shown):
            (self.root / name).replace(apart)

    def publish(self, name: str, file: Path) -> None:
        with whole_file(self.root / name, overwrite=True, mark=_MARK) as whole, file.open("rb") as text:
            shutil.copyfileobj(text, whole)

    def finish(self, cards: Iterator[str], extra: dict[str, Path]) -> None:
        for name, file in extra.items():
            self.publish(name, file)

    def _blocked(self, name: str) -> bool:
        """Whether a file has the name of the card's folder."""
        folder = name.rpartition("/")[0]
        while folder:
            if os.path.lexists(self.root / folder) and not (self.root / folder).is_dir():
                return True
            folder = folder.rpartition("/")[0]
        return False

    def _told(self, name: str, error: OSError) -> EphotoError:
        """What went wrong, in words without the card's name."""
        cause = error.__cause__ if isinstance(error, EphotoError) else error
        if isinstance(cause, OSError) and cause.errno in _BAD_NAME:
            return InputError("name_unsafe", problem="not every system can have such a name")
        if self._blocked(name) or (self.root / name).is_dir():
            return EnvironmentFault("output_exists", path=name)
        problem = error.values["problem"] if isinstance(error, EphotoError) else error.strerror or str(error)
        return EnvironmentFault("output_failed", path=self.shown, problem=problem)


def make_folder(folder: Path) -> None:
    """Make it, and those that it lies in: EnvironmentFault("output_failed")."""
    if folder.is_file():
        raise EnvironmentFault("output_failed", path=str(folder), problem="it is a file")
    with told(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)


def _real(path: Path) -> Path:
    """Where a name leads, in the one form that all disks take it for."""
    return Path(folded(os.path.realpath(path)))


@contextmanager
def told(shown: str, kinds: tuple[type[Exception], ...] = (OSError,)) -> Iterator[None]:
    """What the system says of a place, as ours."""
    try:
        yield
    except EphotoError:
        raise
    except kinds as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise EnvironmentFault("output_failed", path=shown, problem=problem) from None
