"""Zip files from elsewhere, read within limits: what a zip says of itself proves nothing."""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ephoto.core.errors import InputError
from ephoto.core.zip_names import name_of
from ephoto.workflow.adapters.production.control import tellable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["GuardedZip", "ZipLimits", "guarded"]

_ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000  # general purpose bits, APPNOTE.TXT 4.4.4
_END, _END_SIZE, _MOST_COMMENT = b"PK\x05\x06", 22, 65535  # the record at a zip's end, APPNOTE.TXT 4.3.16
_END64_SIZE = 20
_ENTRY_BYTES = 46 + 3 * 65535  # the most that the directory may say of one member
_LOCAL_SIZE = 30
_BLOCK = 1 << 16
_FREE_RATIO_BYTES = 1 << 16  # so small a member may be packed as tightly as it likes
_UNSAFE = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f]')
_ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".zst", ".jar")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError,
            struct.error, KeyError, OverflowError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """The most that a zip may hold: members, bytes of all together unpacked, bytes of one, and bytes of a member for
    each byte of it in the zip.
    """

    entries: int
    total_bytes: int
    member_bytes: int
    ratio: float = 100.0


class GuardedZip:
    """A zip whose directory was looked through: no paths out of it, links, secrets, archives inside, or one name twice.

    Raises
    ------
    InputError
        "wf.package_broken" and "wf.package_too_large", from every method.
    """

    def __init__(self, archive: zipfile.ZipFile, limits: ZipLimits) -> None:
        self._archive, self._limits = archive, limits
        self._members = _checked(archive, limits)

    def names(self) -> list[str]:
        """The members' names in the directory's order; folders are none."""
        return list(self._members)

    def size(self, name: str) -> int:
        """What the directory says; `blocks` gives as many bytes or refuses."""
        return self._members[name].file_size

    def blocks(self, name: str) -> Iterator[bytes]:
        """A member's bytes."""
        member = self._members[name]
        size = 0
        with _told(), self._archive.open(member) as file:
            while block := file.read(_BLOCK):
                size += len(block)
                if size > member.file_size:
                    raise InputError("wf.package_broken", problem="a member has more bytes than it says")
                yield block
        if size != member.file_size:
            raise InputError("wf.package_broken", problem="a member has fewer bytes than it says")

    def read(self, name: str, most: int) -> bytes:
        """A member at once, if it has no more bytes than that."""
        if self._members[name].file_size > most:
            raise InputError("wf.package_too_large", problem=f"a member's bytes are more than {most}")
        return b"".join(self.blocks(name))


@contextmanager
def guarded(path: Path, limits: ZipLimits) -> Iterator[GuardedZip]:
    """A zip file, open as long as the block lasts.

    Raises
    ------
    InputError
        "not_readable"; "wf.package_broken", "wf.package_too_large".
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError("not_readable", path=tellable(path.name), problem=error.strerror or str(error)) from None
    with file:
        with _told():
            _check_end(file, limits)
            archive = zipfile.ZipFile(file)
        with archive:
            yield GuardedZip(archive, limits)


@contextmanager
def _told() -> Iterator[None]:
    """What zipfile raises of damaged bytes, as ours; its own words may hold a member's name."""
    try:
        yield
    except InputError:
        raise
    except _DAMAGED:
        raise InputError("wf.package_broken", problem="it is no zip file, or damaged") from None


def _check_end(file: BinaryIO, limits: ZipLimits) -> None:
    """Refuse a directory that is too large before zipfile reads it: each entry costs more memory than bytes."""
    file.seek(0, 2)
    size = file.tell()
    start = max(0, size - _END_SIZE - _MOST_COMMENT)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise InputError("wf.package_broken", problem="it is no zip file, or damaged")
    disk, other, here, entries, directory, offset, _ = struct.unpack("<4H2LH", tail[at + 4 : at + _END_SIZE])
    if tail[max(0, at - _END64_SIZE) : at].startswith(b"PK\x06\x07") or 0xFFFF in (here, entries):
        raise InputError("wf.package_too_large", problem="it is a zip of the 64-bit kind")
    if disk or other or here != entries:
        raise InputError("wf.package_broken", problem="it is a part of a zip file only")
    if entries > limits.entries:
        raise InputError("wf.package_too_large", problem=f"its members are more than {limits.entries}")
    if directory > entries * _ENTRY_BYTES or directory + offset != start + at:
        raise InputError("wf.package_broken", problem="it is no zip file, or damaged")


def _checked(archive: zipfile.ZipFile, limits: ZipLimits) -> dict[str, zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > limits.entries:
        raise InputError("wf.package_too_large", problem=f"its members are more than {limits.entries}")
    made: dict[str, zipfile.ZipInfo] = {}
    folded: set[str] = set()
    total = 0
    for member in members:
        name = name_of(member)
        _check_member(member, name, limits)
        total += member.file_size
        if total > limits.total_bytes:
            raise InputError("wf.package_too_large", problem=f"it unpacks to more bytes than {limits.total_bytes}")
        if member.is_dir() and not member.file_size:
            continue
        alike = unicodedata.normalize("NFC", name).casefold()
        if alike in folded:
            raise InputError("wf.package_broken", problem="two of its members have one name")
        folded.add(alike)
        made[name] = member
    _check_apart(members)
    return made


def _check_member(member: zipfile.ZipInfo, name: str, limits: ZipLimits) -> None:
    parts = name.removesuffix("/").split("/")
    if _UNSAFE.search(name) or any(part in ("", ".", "..") for part in parts):
        raise InputError("wf.package_broken", problem="a member's name leads out of it, or is none")
    mode = stat.S_IFMT(member.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InputError("wf.package_broken", problem="a member is a link, or no ordinary file")
    if member.flag_bits & _ENCRYPTED_FLAGS:
        raise InputError("wf.package_broken", problem="it is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError("wf.package_broken", problem="a member is packed in a way that is not taken")
    if name.lower().endswith(_ARCHIVES):
        raise InputError("wf.package_broken", problem="it holds another archive")
    if member.file_size > limits.member_bytes:
        raise InputError("wf.package_too_large", problem=f"a member's bytes are more than {limits.member_bytes}")
    if member.file_size > _FREE_RATIO_BYTES and member.file_size > limits.ratio * max(member.compress_size, 1):
        raise InputError("wf.package_too_large", problem="a member unpacks to many times its bytes")


def _check_apart(members: list[zipfile.ZipInfo]) -> None:
    """Members that share bytes make a small zip unpack to a large one."""
    end = 0
    for member in sorted(members, key=lambda m: m.header_offset):
        if member.header_offset < end:
            raise InputError("wf.package_broken", problem="its members lie over each other")
        end = member.header_offset + _LOCAL_SIZE + member.compress_size
