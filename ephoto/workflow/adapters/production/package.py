"""A package for the card bureau: "ephoto.package/1", a zip whose bytes depend on what is in it alone."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ephoto.core.errors import InputError
from ephoto.core.files import whole_file
from ephoto.workflow.adapters.production.digests import hasher, hex_of
from ephoto.workflow.adapters.production.manifest import MANIFEST, SUMS, Listed, manifest_blocks, sums_blocks
from ephoto.workflow.adapters.production.naming import photo_path
from ephoto.workflow.adapters.production.roster import outside_gbk, write_roster
from ephoto.workflow.adapters.production.values import Package
from ephoto.workflow.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ephoto.workflow.adapters.production.config import PackageRules
    from ephoto.workflow.adapters.production.digests import DigestName
    from ephoto.workflow.adapters.production.roster_columns import RosterColumns
    from ephoto.workflow.adapters.production.values import PackageHead, PackageRow

__all__ = ["write_package"]

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # one time for all, so that the same rows give the same zip
_BLOCK = 1 << 20  # bytes
_MEMBER_BYTES, _END_BYTES = 30 + 46, 22  # that a stored member and the zip's end need beside names and contents


def write_package(
    path: str | os.PathLike[str],
    head: PackageHead,
    rows: Iterable[PackageRow],
    rules: PackageRules,
    columns: RosterColumns,
    *,
    overwrite: bool = False,
) -> Package:
    """Write a package, whole or not at all.

    Every file but the manifest and SHA256SUMS is listed in the manifest, and none is there besides; members are sorted,
    not deflated, and bear one time. Photos are read one at a time, when they are written.

    Raises
    ------
    InputError
        "wf.package_too_large" beyond the rules; "wf.roster_duplicate" and "wf.package_names_clash" with the row;
        "wf.roster_row"; "wf.package_checksum": a photo is not the one that its row tells of; "document_unfit".
        None repeats a name or a number of a person.
    EnvironmentFault
        "output_exists", "output_failed", "extra_missing"; what reading a photo raises.
    """
    given = _named(head, rows, rules)
    if not given:
        raise InputError("wf.package_broken", problem="it would hold nobody")
    target = Path(path)
    fresh = not target.exists()
    with tempfile.TemporaryFile(dir=target.parent) as roster, tempfile.TemporaryFile(dir=target.parent) as manifest:
        write_roster(roster, rules, columns, given, target.parent)
        files = _listed(rules, given, roster)
        for block in manifest_blocks(head, rules.digest, files, given):
            manifest.write(block)
        mark = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12] + "-"
        with whole_file(target, overwrite=overwrite, mark=mark) as file:
            if fresh and hasattr(os, "fchmod"):  # people's numbers and photos: for its owner alone, unless he says so
                os.fchmod(file.fileno(), 0o600)
            _write_zip(file, given, files, {rules.roster_name: roster, MANIFEST: manifest})
            size = file.tell()
            if size > rules.max_zip_bytes:  # by the manifest and the sums, which were not counted before
                raise InputError("wf.package_too_large", problem=f"its bytes are more than {rules.max_zip_bytes}")
    for left in target.parent.glob(f".ephoto-{mark}*.part"):  # people's photos, of a program that was killed at it
        with suppress(OSError):
            left.unlink()
    return Package(target, head, len(given), size, tuple(_findings(rules, given)))


def _named(head: PackageHead, rows: Iterable[PackageRow], rules: PackageRules) -> list[tuple[PackageRow, str]]:
    """Rows with their photos' paths; the same person twice, or two photos of one name, is refused."""
    people: dict[str, int] = {}
    names: dict[str, int] = {}
    made: list[tuple[PackageRow, str]] = []
    for number, row in enumerate(rows, 1):
        if number > rules.max_entries:
            raise InputError("wf.package_too_large", problem=f"its people are more than {rules.max_entries}")
        first = people.setdefault(row.id_number, number)
        if first != number:
            raise InputError("wf.roster_duplicate", row=first)
        path = photo_path(rules.pattern, rules.folder, row, number, head)
        other = names.setdefault(path.casefold(), number)
        if other != number:
            raise InputError("wf.package_names_clash", row=number, other=other)
        made.append((row, path))
    return made


def _listed(rules: PackageRules, rows: Sequence[tuple[PackageRow, str]], roster: BinaryIO) -> list[Listed]:
    """The files by path. Photos are read here only where the receiver wants another digest than theirs."""
    sums = hashlib.sha256(), hasher(rules.digest)
    size = 0
    for block in _blocks(roster):
        size += len(block)
        for made in sums:
            made.update(block)
    files = [Listed(rules.roster_name, size, sums[0].hexdigest(), sums[1].hexdigest())]
    total = size + _END_BYTES
    for number, (row, path) in enumerate(rows, 1):
        total += row.photo.size + _MEMBER_BYTES + 2 * len(path.encode())
        if total > rules.max_zip_bytes:
            raise InputError("wf.package_too_large", problem=f"its bytes are more than {rules.max_zip_bytes}")
        files.append(Listed(path, row.photo.size, row.photo.sha256, _digest_of(row, number, rules.digest)))
    return sorted(files)


def _digest_of(row: PackageRow, number: int, name: DigestName) -> str:
    if name == "sha256":
        return row.photo.sha256
    made = hasher(name)
    made.update(_photo(row, number))
    return made.hexdigest()


def _photo(row: PackageRow, number: int) -> bytes:
    data = row.photo.read()
    if len(data) != row.photo.size or hashlib.sha256(data).hexdigest() != row.photo.sha256:
        raise InputError("wf.package_checksum", file=f"photo {number}")
    return data


def _write_zip(
    file: BinaryIO, rows: Sequence[tuple[PackageRow, str]], files: Sequence[Listed], written: Mapping[str, BinaryIO]
) -> None:
    """All members by name; `written` are those that lie in files of their own by now."""
    photos = {path: number for number, (_, path) in enumerate(rows, 1)}
    sums = sorted([(MANIFEST, hex_of("sha256", _blocks(written[MANIFEST]))), *((f.path, f.sha256) for f in files)])
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted([SUMS, *(path for path, _ in sums)]):
            if name in photos:
                number = photos[name]
                _put(archive, name, [_photo(rows[number - 1][0], number)])
            else:
                _put(archive, name, sums_blocks(sums) if name == SUMS else _blocks(written[name]))


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """A file from its start."""
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block


def _put(archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> None:
    member = zipfile.ZipInfo(name, _ZIP_TIME)
    member.create_system = 3  # Unix, wherever it is made: a file that is read and written by its owner, read by others
    member.external_attr = 0o100644 << 16
    with archive.open(member, "w") as file:
        for block in blocks:
            file.write(block)


def _findings(rules: PackageRules, rows: Sequence[tuple[PackageRow, str]]) -> Iterator[Finding]:
    """Names with signs that GBK lacks: told where the receiver may read the roster or the photos' names as GBK."""
    if rules.encoding == "gb18030" or "{name}" in rules.pattern + rules.folder:
        for number, (row, _) in enumerate(rows, 1):
            if outside_gbk(row.name):
                yield Finding("wf.name_not_in_gbk", f"/rows/{number}/name")
