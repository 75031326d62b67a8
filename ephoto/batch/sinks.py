"""Where cards go: a folder, or a zip file by way of one. Each card is there as a whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import zipfile
import zlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from ephoto.codec.write import write
from ephoto.core.errors import EnvironmentFault, EphotoError, InputError
from ephoto.core.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FolderSink", "Sink", "ZipSink"]

OURS = ".ephoto"  # the folder in OUT that holds the ledger
QUARANTINE, WITHDRAWN = "quarantine", "withdrawn"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # one time for all, so that the same cards give the same zip
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

    def prepare(self) -> None:
        """Make what is needed.

        Raises
        ------
        EnvironmentFault
            "output_failed".
        """

    def tidy(self) -> None:
        """Remove what a killed run left half written. Only who has the ledger may: then no other run writes here."""

    def has(self, name: str) -> bool:
        """Whether something is there under that name."""

    def holds(self, name: str, sha256: str) -> bool:
        """Whether that very card is there."""

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

    def finish(self, cards: Iterator[tuple[str, str]], extra: dict[str, Path]) -> None:
        """When nothing waits any more: `cards` are (name, sha256), `extra` files that describe the batch, by name."""


class FolderSink:
    """Cards in a folder."""

    timed = True
    slow = False

    def __init__(self, root: Path) -> None:
        self.root = root
        self._at = str(root)
        self.shown = str(root)
        self.quarantine = str(root / QUARANTINE)

    @property
    def ledger(self) -> Path:
        return self.root / OURS / "ledger.sqlite"

    def prepare(self) -> None:
        _make_folder(self.root)

    def tidy(self) -> None:
        with _told(self.shown):
            for part in self.root.rglob(".ephoto-*.part"):  # left by a run that was killed while it wrote
                part.unlink(missing_ok=True)

    def has(self, name: str) -> bool:
        return os.path.lexists(f"{self._at}/{name}") or self._blocked(name)  # by strings: a hundred thousand times

    def holds(self, name: str, sha256: str) -> bool:
        try:
            return hashlib.sha256((self.root / name).read_bytes()).hexdigest() == sha256
        except OSError:
            return False

    def deliver(self, name: str, data: bytes) -> None:
        path = self.root / name
        try:
            if path.parent != self.root:
                self.root.stat()  # one that was renamed away must not be made anew
                path.parent.mkdir(parents=True, exist_ok=True)
            write(path, data, overwrite=True)
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
        _make_folder(apart.parent)
        with _told(self.shown):
            (self.root / name).replace(apart)

    def publish(self, name: str, file: Path) -> None:
        with whole_file(self.root / name, overwrite=True) as whole, file.open("rb") as text:
            shutil.copyfileobj(text, whole)

    def finish(self, cards: Iterator[tuple[str, str]], extra: dict[str, Path]) -> None:
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


class ZipSink:
    """Cards in a zip file: gathered in a folder beside it, put together at the end and renamed into place.

    The same cards give the same bytes; what else was in the zip stays there.
    """

    timed = False
    slow = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)
        self._work = path.with_name(path.name + OURS)
        self._part = path.with_name(f".ephoto-{path.name}.part")  # of the zip, while it is put together
        self._spool = FolderSink(self._work / "cards")
        self._spool.shown = self.shown
        self.spool = self._spool.root
        self.quarantine = str(self._work / QUARANTINE)
        self._old: zipfile.ZipFile | None = None  # the one that is there, as long as none has taken its place
        self._members: dict[str, zipfile.ZipInfo] = {}

    @property
    def ledger(self) -> Path:
        return self._work / "ledger.sqlite"

    def prepare(self) -> None:
        FolderSink(self._work).prepare()
        self._look()

    def tidy(self) -> None:
        FolderSink(self._work).tidy()
        with _told(self.shown):
            self._part.unlink(missing_ok=True)
        self._look()  # again: another run may have put its zip there just before it let the ledger go

    def _look(self) -> None:
        self._old = self._opened()
        self._members = {} if self._old is None else {member.filename: member for member in self._old.infolist()}
        if any(member.flag_bits & 1 for member in self._members.values()):
            raise EnvironmentFault("output_failed", path=self.shown, problem="it is encrypted")

    def has(self, name: str) -> bool:
        return self._spool.has(name) or name in self._members

    def holds(self, name: str, sha256: str) -> bool:
        if self._spool.has(name):
            return self._spool.holds(name, sha256)
        if name not in self._members:
            return False
        with suppress(OSError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError):
            return self._old is not None and hashlib.sha256(self._old.read(name)).hexdigest() == sha256
        return False

    def deliver(self, name: str, data: bytes) -> None:
        _make_folder(self._spool.root)
        self._spool.deliver(name, data)

    def set_aside(self, name: str, data: bytes) -> str:
        return FolderSink(self._work).set_aside(name, data)

    def release(self, aside: str) -> None:
        FolderSink(self._work).release(aside)

    def withdraw(self, name: str) -> None:
        fresh = self._spool.root / name
        member = self._members.pop(name, None)
        with _told(self.shown):
            if fresh.is_file():
                data = fresh.read_bytes()
                fresh.unlink()
            elif self._old is not None and member is not None:
                data = self._old.read(member)
            else:
                return
        FolderSink(self._work).deliver(f"{WITHDRAWN}/{name}", data)

    def publish(self, name: str, file: Path) -> None:
        FolderSink(self._work).publish(name, file)

    def finish(self, cards: Iterator[tuple[str, str]], extra: dict[str, Path]) -> None:
        """The zip anew: what was made now from the spool, the rest from the zip that is there, whatever it is."""
        try:
            with _told(self.shown):
                with zipfile.ZipFile(self._part, "w", zipfile.ZIP_STORED) as made:
                    self._fill(made, cards, extra)
                with self._part.open("rb+") as whole:
                    os.fsync(whole.fileno())
                if self._old is not None:
                    self._old.close()
                self._part.replace(self.path)
        finally:
            with suppress(OSError):
                self._part.unlink(missing_ok=True)
        shutil.rmtree(self._spool.root, ignore_errors=True)

    def _fill(self, made: zipfile.ZipFile, cards: Iterator[tuple[str, str]], extra: dict[str, Path]) -> None:
        old, stay = self._old, self._members.copy()
        for name, _ in cards:
            fresh = self._spool.root / name
            member = stay.pop(name, None)
            data = fresh.read_bytes() if old is None or member is None or fresh.is_file() else old.read(member)
            made.writestr(_entry(name), data)
        for name, member in stay.items():
            if old is not None and name not in extra and not member.is_dir():
                made.writestr(_entry(name), old.read(member))
        for name, file in extra.items():
            entry = _entry(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with made.open(entry, "w") as out, file.open("rb") as text:
                shutil.copyfileobj(text, out)

    def _opened(self) -> zipfile.ZipFile | None:
        if not self.path.is_file():
            return None
        try:
            return zipfile.ZipFile(self.path)
        except OSError as error:
            raise EnvironmentFault("output_failed", path=self.shown, problem=error.strerror or str(error)) from None
        except Exception:  # damaged lists of members raise much else than BadZipFile
            raise EnvironmentFault("output_failed", path=self.shown, problem="it is there and is no zip file") from None


def _entry(name: str) -> zipfile.ZipInfo:
    """The same on every system: as Unix has it, readable by all."""
    entry = zipfile.ZipInfo(name, _ZIP_TIME)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _make_folder(folder: Path) -> None:
    with _told(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def _told(shown: str) -> Iterator[None]:
    """What the system says of a place, as ours."""
    try:
        yield
    except EphotoError:
        raise
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:  # an old zip's members, too
        problem = getattr(error, "strerror", None) or str(error)
        raise EnvironmentFault("output_failed", path=shown, problem=problem) from None
