"""Cards in a zip file, by way of a folder beside it."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

from ephoto.batch.sinks import OURS, QUARANTINE, WITHDRAWN, FolderSink, make_folder, told
from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ephoto.batch.items import Source

__all__ = ["ZipSink"]

_ENCRYPTED_FLAG = 0x1  # general purpose bit, APPNOTE.TXT 4.4.4
_DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError)  # what members of an old zip may raise
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # one time for all, so that the same cards give the same zip


class ZipSink:
    """Cards in a zip file: gathered in a folder beside it, put together at the end and renamed into place.

    The same cards give the same bytes; what else was in the zip stays there.
    """

    timed = False
    slow = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)
        self.folder = path.with_name(path.name + OURS)  # all that is not the zip
        self._part = path.with_name(f".ephoto-{path.name}.part")  # of the zip, while it is put together
        self._spool = FolderSink(self.folder / "cards")
        self._spool.shown = self.shown
        self.spool = self._spool.root
        self.quarantine = str(self.folder / QUARANTINE)
        self._old: zipfile.ZipFile | None = None  # the one that is there, as long as none has taken its place
        self._members: dict[str, zipfile.ZipInfo] = {}

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.sqlite"

    def prepare(self) -> None:
        FolderSink(self.folder).prepare()
        self._look()

    def tidy(self, *, cut_short: bool) -> None:
        FolderSink(self.folder).tidy(cut_short=cut_short)
        with told(self.shown):
            self._part.unlink(missing_ok=True)
        self._look()  # again: another run may have put its zip there just before it let the ledger go

    def _look(self) -> None:
        self._old = self._opened()
        self._members = {} if self._old is None else {member.filename: member for member in self._old.infolist()}
        if any(member.flag_bits & _ENCRYPTED_FLAG for member in self._members.values()):
            raise EnvironmentFault("output_failed", path=self.shown, problem="it is encrypted")

    def has(self, name: str) -> bool:
        return self._spool.has(name) or name in self._members

    def holds(self, name: str, sha256: str) -> bool:
        if self._spool.has(name):
            return self._spool.holds(name, sha256)
        if name not in self._members:
            return False
        with suppress(*_DAMAGED):
            return self._old is not None and hashlib.sha256(self._old.read(name)).hexdigest() == sha256
        return False

    def falls_on(self, name: str, source: Source) -> bool:
        """Never: cards are in a file of their own, and `places.check_apart` keeps IN out of the spool."""
        return False

    def deliver(self, name: str, data: bytes) -> None:
        make_folder(self._spool.root)
        self._spool.deliver(name, data)

    def set_aside(self, name: str, data: bytes) -> str:
        return FolderSink(self.folder).set_aside(name, data)

    def release(self, aside: str) -> None:
        FolderSink(self.folder).release(aside)

    def withdraw(self, name: str) -> None:
        fresh = self._spool.root / name
        member = self._members.pop(name, None)
        with told(self.shown, _DAMAGED):
            if fresh.is_file():
                data = fresh.read_bytes()
                fresh.unlink()
            elif self._old is not None and member is not None:
                data = self._old.read(member)
            else:
                return
        FolderSink(self.folder).deliver(f"{WITHDRAWN}/{name}", data)

    def publish(self, name: str, file: Path) -> None:
        FolderSink(self.folder).publish(name, file)

    def finish(self, cards: Iterator[str], extra: dict[str, Path]) -> None:
        """The zip anew: what was made now from the spool, the rest from the zip that is there, whatever it is."""
        try:
            with told(self.shown, _DAMAGED):
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

    def _fill(self, made: zipfile.ZipFile, cards: Iterator[str], extra: dict[str, Path]) -> None:
        old, stay = self._old, self._members.copy()
        for name in cards:
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
