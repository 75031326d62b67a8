"""Where cards go: a folder, or a zip file by way of one. Each card is there as a whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from ephoto.codec.write import write
from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FolderSink", "Sink", "ZipSink"]

OURS = ".ephoto"  # the folder in OUT that holds the ledger
QUARANTINE = "quarantine"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # one time for all, so that the same cards give the same zip


class Sink(Protocol):
    """What a batch asks of the place that its cards go to. Names are paths with `/`."""

    @property
    def shown(self) -> str: ...

    @property
    def quarantine(self) -> str:
        """Where failed photos are put, as people are told."""

    @property
    def slow(self) -> bool:
        """Whether it is over a network: asking for each of many cards takes long, and a delivery is for good."""

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

    def has(self, name: str) -> bool:
        """Whether something is there under that name."""

    def holds(self, name: str, sha256: str) -> bool:
        """Whether that very card is there."""

    def deliver(self, name: str, data: bytes) -> None:
        """Put one card there.

        Raises
        ------
        EnvironmentFault
            "output_failed".
        """

    def set_aside(self, name: str, data: bytes) -> str:
        """Put one failed photo into quarantine; gives its path there."""

    def release(self, aside: str) -> None:
        """Take a photo out of quarantine that has its card now."""

    def publish(self, name: str, file: Path) -> None:
        """Put a file there that describes the batch as far as it is; the one before is replaced."""

    def finish(self, cards: Iterator[tuple[str, str]], extra: dict[str, Path]) -> None:
        """When nothing waits any more: `cards` are (name, sha256), `extra` files that describe the batch, by name."""


class FolderSink:
    """Cards in a folder."""

    slow = False

    def __init__(self, root: Path) -> None:
        self.root = root
        self.shown = str(root)
        self.quarantine = str(root / QUARANTINE)

    @property
    def ledger(self) -> Path:
        return self.root / OURS / "ledger.sqlite"

    def prepare(self) -> None:
        _make_folder(self.root)
        for part in self.root.rglob(".ephoto-*.part"):  # left by a run that was killed while it wrote
            part.unlink(missing_ok=True)

    def has(self, name: str) -> bool:
        return os.path.lexists(self.root / name)

    def holds(self, name: str, sha256: str) -> bool:
        try:
            return hashlib.sha256((self.root / name).read_bytes()).hexdigest() == sha256
        except OSError:
            return False

    def deliver(self, name: str, data: bytes) -> None:
        path = self.root / name
        if path.parent != self.root:
            _make_folder(path.parent)
        write(path, data, overwrite=True)

    def set_aside(self, name: str, data: bytes) -> str:
        aside = f"{QUARANTINE}/{name}"
        self.deliver(aside, data)
        return aside

    def release(self, aside: str) -> None:
        with suppress(OSError):
            (self.root / aside).unlink(missing_ok=True)

    def publish(self, name: str, file: Path) -> None:
        part = self.root / f".ephoto-{name}.part"
        try:
            shutil.copyfile(file, part)
            part.replace(self.root / name)
        except OSError as error:
            problem = error.strerror or str(error)
            raise EnvironmentFault("output_failed", path=str(self.root / name), problem=problem) from None

    def finish(self, cards: Iterator[tuple[str, str]], extra: dict[str, Path]) -> None:
        for name, file in extra.items():
            self.publish(name, file)


class ZipSink:
    """Cards in a zip file: gathered in a folder beside it, put together at the end and renamed into place."""

    slow = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)
        self._work = path.with_name(path.name + OURS)
        self._spool = FolderSink(self._work / "cards")
        self.quarantine = str(self._work / QUARANTINE)
        self._members: dict[str, zipfile.ZipInfo] = {}

    @property
    def ledger(self) -> Path:
        return self._work / "ledger.sqlite"

    def prepare(self) -> None:
        self._spool.prepare()
        self._members = self._listed()

    def has(self, name: str) -> bool:
        return self._spool.has(name) or name in self._members

    def holds(self, name: str, sha256: str) -> bool:
        if self._spool.has(name):
            return self._spool.holds(name, sha256)
        member = self._members.get(name)
        return member is not None and hashlib.sha256(self._old(member)).hexdigest() == sha256

    def deliver(self, name: str, data: bytes) -> None:
        self._spool.deliver(name, data)

    def set_aside(self, name: str, data: bytes) -> str:
        return FolderSink(self._work).set_aside(name, data)

    def release(self, aside: str) -> None:
        FolderSink(self._work).release(aside)

    def publish(self, name: str, file: Path) -> None:
        FolderSink(self._work).publish(name, file)

    def finish(self, cards: Iterator[tuple[str, str]], extra: dict[str, Path]) -> None:
        """The zip anew: what was made now from the spool, the rest from the zip that is there."""
        part = self.path.with_name(f".ephoto-{self.path.name}.part")
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as made:
                for name, _ in cards:
                    fresh = self._spool.root / name
                    data = fresh.read_bytes() if fresh.is_file() else self._old(self._members[name])
                    made.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data)
                for name, file in extra.items():
                    entry = zipfile.ZipInfo(name, _ZIP_TIME)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    with made.open(entry, "w") as out, file.open("rb") as text:
                        shutil.copyfileobj(text, out)
            with part.open("rb+") as whole:
                os.fsync(whole.fileno())
            part.replace(self.path)
        except OSError as error:
            raise EnvironmentFault("output_failed", path=self.shown, problem=error.strerror or str(error)) from None
        finally:
            part.unlink(missing_ok=True)
        shutil.rmtree(self._spool.root, ignore_errors=True)

    def _listed(self) -> dict[str, zipfile.ZipInfo]:
        if not self.path.is_file():
            return {}
        try:
            with zipfile.ZipFile(self.path) as archive:
                return {member.filename: member for member in archive.infolist()}
        except zipfile.BadZipFile:
            raise EnvironmentFault("output_failed", path=self.shown, problem="it is there and is no zip file") from None

    def _old(self, member: zipfile.ZipInfo) -> bytes:
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(member)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault("output_failed", path=str(folder), problem=error.strerror or str(error)) from None
