"""A package for the card bureau, opened with distrust: sizes, names, checksums, and nothing that is not listed."""

from __future__ import annotations

import hashlib
import json
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import faults
from ephoto.sandbox.pictures import is_jpeg
from ephoto.sandbox.refusals import Refused
from ephoto.sandbox.roster import rows_of
from ephoto.sandbox.sm2 import sm3

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ephoto.sandbox.world import BureauRules

__all__ = ["Control", "digest_named", "digest_of", "open_package", "read_control"]

_MANIFEST = "manifest.json"
_SUMS = {"SHA256SUMS": "sha256", "SM3SUMS": "sm3", "MD5SUMS": "md5"}
_DIGESTS: dict[str, Callable[[bytes], str]] = {
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "sm3": sm3,
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
# What zipfile raises, of one kind or another, at bytes that are no zip.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError, LookupError)
_ENCRYPTED = 0x1
_FIELDS = 5
_LARGE = 1 << 20  # smaller files may have any ratio: a roster of like rows packs well


@dataclass(frozen=True, slots=True)
class Control:
    """A control line: name|bytes|rows|digest|batch_no."""

    name: str
    size: int
    rows: int
    digest: str
    batch_no: str


@dataclass(slots=True)
class _Open:
    """A zip that is being read. `left` is what may still be unpacked."""

    zip: zipfile.ZipFile
    entries: dict[str, zipfile.ZipInfo]
    rules: BureauRules
    digests: dict[str, str] = field(default_factory=dict)


def read_control(text: str) -> Control | None:
    """The control line; None if it is none, or not yet whole."""
    parts = text.strip("\ufeff\r\n ").split("|")
    if len(parts) != _FIELDS or not (parts[1].isdecimal() and parts[2].isdecimal() and parts[4]):
        return None
    if len(parts[3]) not in (32, 64) or len(parts[1]) > 18 or len(parts[2]) > 18:
        return None
    return Control(parts[0], int(parts[1]), int(parts[2]), parts[3].lower(), parts[4])


def digest_of(data: bytes, name: str) -> str:
    """The digest by its name: sha256, sm3, md5."""
    return _DIGESTS[name](data)


def digest_named(data: bytes, digest: str) -> str:
    """Which digest of the data this is; "" if it is none."""
    return next((name for name, made in _DIGESTS.items() if made(data) == digest), "")


def open_package(path: Path, rules: BureauRules) -> dict[str, Any]:
    """The manifest of a package that is in order; its pictures were looked at.

    Raises
    ------
    Refused
        422 "wf.package_too_large", "wf.package_broken", "wf.package_missing_file", "wf.package_unknown_file",
        "wf.package_checksum".
    """
    if path.stat().st_size > rules.max_zip_bytes:
        raise Refused(422, "wf.package_too_large", problem="it has too many bytes")
    try:
        with zipfile.ZipFile(path) as opened:
            package = _Open(opened, _entries(opened, rules), rules)
            manifest = _manifest(package)
            _check_files(package, manifest)
            _check_rows(package, manifest)
            return manifest
    except Refused:
        raise
    except _BROKEN:
        raise Refused(422, "wf.package_broken", problem="it is no zip, or a damaged one") from None


def _entries(opened: zipfile.ZipFile, rules: BureauRules) -> dict[str, zipfile.ZipInfo]:
    """The files of the zip by name, none of which can be a trap."""
    infos = opened.infolist()
    if len(infos) > rules.max_entries:
        raise Refused(422, "wf.package_too_large", problem="it has too many files")
    named = {info.filename: info for info in infos}
    if len(named) < len(infos):
        raise Refused(422, "wf.package_broken", problem="a name comes twice")
    for info in infos:
        if _is_trap(info):
            raise Refused(422, "wf.package_broken", problem="an entry is no plain file with a plain name")
        many = info.file_size > _LARGE and info.file_size > rules.max_ratio * max(info.compress_size, 1)
        if many or info.file_size > rules.max_file_bytes:
            raise Refused(422, "wf.package_too_large", problem="a file unpacks to too much")
    if sum(info.file_size for info in infos) > rules.max_zip_bytes:
        raise Refused(422, "wf.package_too_large", problem="it has too many bytes")
    _check_places(infos)
    return named


def _is_trap(info: zipfile.ZipInfo) -> bool:
    name, mode = info.filename, info.external_attr >> 16
    odd = any(part in ("", ".", "..") for part in name.split("/")) or "\\" in name or ":" in name
    special = stat.S_IFMT(mode) not in (0, stat.S_IFREG)
    packed = info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return odd or special or packed or info.is_dir() or bool(info.flag_bits & _ENCRYPTED)


def _check_places(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse entries that share bytes: a bomb of few kilobytes is made so."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise Refused(422, "wf.package_broken", problem="entries overlap")
        end = info.header_offset + info.compress_size


def _read(package: _Open, name: str) -> bytes:
    """A file's bytes, not one more than it says that it has."""
    info = package.entries[name]
    with package.zip.open(info) as file:
        data = file.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise Refused(422, "wf.package_broken", problem="it is no zip, or a damaged one")
    return data


def _manifest(package: _Open) -> dict[str, Any]:
    if _MANIFEST not in package.entries:
        raise Refused(422, "wf.package_missing_file", count=1)
    try:
        document = json.loads(_read(package, _MANIFEST).decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused(422, "wf.package_broken", problem="its manifest is no JSON") from None
    if faults(document, "ephoto.package/1"):
        raise Refused(422, "wf.package_broken", problem="its manifest does not meet the schema")
    made: dict[str, Any] = document
    return made


def _check_files(package: _Open, manifest: dict[str, Any]) -> None:
    listed = {one["path"]: one for one in manifest["files"]}
    sums = [name for name in _SUMS if name in package.entries]
    missing = set(listed) - set(package.entries)
    unknown = set(package.entries) - set(listed) - {_MANIFEST, *sums}
    if missing or not sums:
        raise Refused(422, "wf.package_missing_file", count=len(missing) or 1)
    if unknown or len(listed) < len(manifest["files"]):
        raise Refused(422, "wf.package_unknown_file", count=len(unknown) or 1)
    made = _DIGESTS[manifest["digest"]]
    for path, one in listed.items():
        data = _read(package, path)
        package.digests[path] = made(data)
        if len(data) != one["bytes"] or package.digests[path] != one["sha256"]:
            raise Refused(422, "wf.package_checksum", file=_kind(path))
        if path.lower().endswith((".jpg", ".jpeg")) and not is_jpeg(data):
            raise Refused(422, "wf.package_broken", problem="a photo is no JPEG")
    for name in sums:
        _check_sums(package, name, set(listed), same=_SUMS[name] == manifest["digest"])


def _check_sums(package: _Open, name: str, listed: set[str], *, same: bool) -> None:
    """Lines as `sha256sum` writes and checks them; `same` where the digests are those that the manifest has."""
    made = _DIGESTS[_SUMS[name]]
    try:
        lines = _read(package, name).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise Refused(422, "wf.package_checksum", file=name) from None
    seen = set()
    for line in lines:
        digest, _, path = line.partition(" ")
        path = path[1:]  # a blank, or * for binary
        if path not in package.entries:
            raise Refused(422, "wf.package_checksum", file=name)
        known = package.digests.get(path) if same else None
        if digest != (known or made(_read(package, path))):
            raise Refused(422, "wf.package_checksum", file=name)
        seen.add(path)
    if not listed <= seen:
        raise Refused(422, "wf.package_checksum", file=name)


def _check_rows(package: _Open, manifest: dict[str, Any]) -> None:
    rows = manifest["rows"]
    photos = [row["photo"] for row in rows]
    known = set(photos)
    if manifest["count"] != len(rows) or len({row["row_no"] for row in rows}) < len(rows):
        raise Refused(422, "wf.package_broken", problem="its manifest's rows do not add up")
    others = [one["path"] for one in manifest["files"] if one["path"] not in known]
    if len(others) != 1 or len(known) < len(rows):
        raise Refused(422, "wf.package_broken", problem="photos and rows do not belong together")
    if not known <= set(package.digests):
        raise Refused(422, "wf.package_missing_file", count=len(known - set(package.digests)))
    found = rows_of(_read(package, others[0]), others[0])
    if len(found) != len(rows) or not all(_has(row, cells) for row, cells in zip(rows, found, strict=True)):
        raise Refused(422, "wf.package_broken", problem="roster and manifest differ")


def _has(row: dict[str, Any], cells: set[str]) -> bool:
    return row["id_number"] in cells and row["name"] in cells


def _kind(path: str) -> str:
    """What of a path may be told: its name may be a person's number."""
    return "*" + path[path.rfind(".") :] if "." in path else "*"
