"""Photos in a zip file. Members are read one at a time and never unpacked."""

from __future__ import annotations

import calendar
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ephoto.batch.items import Item
from ephoto.batch.rules import is_photo_name
from ephoto.core.errors import InputError
from ephoto.core.zip_names import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Archive", "ArchiveReader"]

_ENCRYPTED_FLAG = 0x1  # general purpose bit, APPNOTE.TXT 4.4.4


class ArchiveReader:
    """Reads members by place in the list and checksum, "7:123456789", up to `max_bytes` each."""

    local = False

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path, self._max_bytes = path, max_bytes
        self._open: tuple[zipfile.ZipFile, list[zipfile.ZipInfo]] | None = None

    def __reduce__(self) -> tuple[type[ArchiveReader], tuple[Path, int]]:
        return ArchiveReader, (self._path, self._max_bytes)

    def members(self) -> list[zipfile.ZipInfo]:
        """What is in the file.

        Raises
        ------
        InputError
            "not_found", "not_readable".
        """
        return self._opened()[1]

    def read(self, locator: str) -> bytes:
        archive, members = self._opened()
        place, _, crc = locator.partition(":")
        member = members[int(place)] if int(place) < len(members) else None
        if member is None or str(member.CRC) != crc:
            raise InputError("not_readable", path=self._path.name, problem="it was changed meanwhile")
        if member.flag_bits & _ENCRYPTED_FLAG:
            raise InputError("not_readable", path=self._path.name, problem="it is encrypted")
        if member.file_size > self._max_bytes:
            raise InputError("too_many_bytes", size=member.file_size, limit=self._max_bytes)
        try:
            with archive.open(member) as file:
                data = file.read(self._max_bytes + 1)
        except Exception as error:  # the many ways in which a damaged archive fails
            raise InputError("not_readable", path=self._path.name, problem=str(error)) from None
        if len(data) > self._max_bytes:  # the header lied
            raise InputError("too_many_bytes", size=len(data), limit=self._max_bytes)
        return data

    def _opened(self) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
        if self._open is None:
            try:
                archive = zipfile.ZipFile(self._path)
            except FileNotFoundError:
                raise InputError("not_found", path=str(self._path)) from None
            except Exception as error:  # damaged lists of members raise much else than BadZipFile
                problem = getattr(error, "strerror", None) or str(error)
                raise InputError("not_readable", path=str(self._path), problem=problem) from None
            self._open = archive, archive.infolist()
        return self._open


@dataclass(slots=True)
class Archive:
    """Every photo of a zip file, however deep in its folders."""

    path: Path
    reader: ArchiveReader
    passed_over: int = field(default=0, init=False)

    @property
    def shown(self) -> str:
        return str(self.path)

    @property
    def base(self) -> Path:
        return self.path

    def items(self) -> Iterator[Item]:
        self.passed_over = 0
        for place, member in enumerate(self.reader.members()):
            key = name_of(member).replace("\\", "/")  # as programs on Windows write it
            taken = is_photo_name(key)
            if taken and not member.is_dir():
                yield Item(key, f"{place}:{member.CRC}", member.file_size, _mtime_ns(member))
            elif taken is False and not member.is_dir():
                self.passed_over += 1

    def is_there(self, locator: str | None = None) -> bool:
        return self.path.is_file()


def _mtime_ns(member: zipfile.ZipInfo) -> int:
    """The stored time, as if it were UTC (an archive does not say where it was made), and the checksum in the
    nanoseconds: times are stored in steps of two seconds. Month 0 is no time, and some programs write it.
    """
    try:
        seconds = calendar.timegm((*member.date_time, 0, 0, 0))
    except ValueError:
        seconds = 0
    return seconds * 10**9 + member.CRC % 10**9
