"""A package opened again: every file listed and none besides, every digest right, roster and manifest alike."""

from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import check
from ephoto.core.errors import EphotoError, InputError
from ephoto.core.strict_json import parsed
from ephoto.tables import plain_id, resolve
from ephoto.tables import read as read_table
from ephoto.workflow.adapters.production.digests import hasher
from ephoto.workflow.adapters.production.manifest import MANIFEST, SCHEMA, SUMS
from ephoto.workflow.adapters.production.zip_guard import ZipLimits, guarded
from ephoto.workflow.foreign_json import check_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ephoto.workflow.adapters.production.config import PackageRules
    from ephoto.workflow.adapters.production.zip_guard import GuardedZip

__all__ = ["Manifest", "opened_package", "parsed_json", "verify_package"]

Manifest = dict[str, Any]

_OWN_FILES = 3  # beside the photos: the manifest, the sums, the roster
_BYTES_A_ROW, _BYTES_AT_LEAST = 2000, 100_000  # of manifest, sums and roster; a row of ours has some 400
_DEPTH = 16  # of lists and objects in each other; ours have 4
_SUM = re.compile(r"([0-9a-f]{64}) [ *]([^/\\\x00-\x1f][^\\\x00-\x1f]*)")
_BROKEN = "wf.package_broken"


@contextmanager
def opened_package(path: Path, rules: PackageRules) -> Iterator[tuple[Manifest, GuardedZip]]:
    """A package's manifest, which meets its schema, and its members within the rules' limits; no digest is looked at.

    Raises
    ------
    InputError
        "wf.package_broken", "wf.package_too_large", "not_readable". None repeats a name or a number of a person.
    """
    limits = ZipLimits(rules.max_entries + _OWN_FILES, rules.max_zip_bytes, rules.max_zip_bytes)
    with guarded(path, limits) as members:
        if MANIFEST not in members.names():
            raise InputError("wf.package_missing_file", count=1)
        manifest = parsed_json(members.read(MANIFEST, _most(rules)))
        try:
            check(manifest, SCHEMA)
        except InputError as error:
            raise InputError(_BROKEN, problem="its manifest does not meet ephoto.package/1") from error
        yield manifest, members


def verify_package(path: Path, rules: PackageRules) -> Manifest:
    """Look a whole package through, as its receiver does; photos go through memory in blocks.

    Raises
    ------
    InputError
        "wf.package_broken", "wf.package_too_large", "wf.package_unknown_file", "wf.package_missing_file",
        "wf.package_checksum", "not_readable".
    """
    with opened_package(path, rules) as (manifest, members):
        listed = {one["path"]: one for one in manifest["files"]}
        _check_names(set(members.names()), listed, len(manifest["files"]))
        _check_rows(manifest, listed)
        sums = _sums(members.read(SUMS, _most(rules)))
        if sums.keys() != listed.keys() | {MANIFEST}:
            raise InputError(_BROKEN, problem="SHA256SUMS has other files than the manifest")
        rosters = [name for name in listed if name in ("roster.csv", "roster.xlsx")]
        for number, name in enumerate(sums, 1):
            _check_file(members, name, sums[name], listed.get(name), manifest["digest"], number)
        if len(rosters) != 1:
            raise InputError(_BROKEN, problem="it has no roster, or two")
        _check_roster(members.read(rosters[0], _most(rules)), rosters[0], manifest)
        return manifest


def parsed_json(data: bytes) -> Any:
    """JSON from elsewhere: UTF-8, each key once, nothing that no database takes.

    Raises
    ------
    InputError
        "wf.package_broken"; the parser's own error holds the text, and is not shown.
    """
    try:
        document = parsed(data.decode("utf-8-sig"))
        if isinstance(document, dict):
            check_parts(document, _DEPTH)
    except ValueError:
        raise InputError(_BROKEN, problem="it is not JSON") from None
    except InputError as error:
        raise InputError(_BROKEN, problem=error.values["problem"]) from None
    return document


def _most(rules: PackageRules) -> int:
    return _BYTES_AT_LEAST + rules.max_entries * _BYTES_A_ROW


def _check_names(there: set[str], listed: Mapping[str, Any], entries: int) -> None:
    if len(listed) < entries:
        raise InputError(_BROKEN, problem="its manifest lists a file twice")
    unknown, missing = there - listed.keys() - {MANIFEST, SUMS}, (listed.keys() | {SUMS}) - there
    if unknown:
        raise InputError("wf.package_unknown_file", count=len(unknown))
    if missing:
        raise InputError("wf.package_missing_file", count=len(missing))


def _check_rows(manifest: Manifest, listed: Mapping[str, Any]) -> None:
    """Each person once, each with a photo that is listed and nobody else's."""
    rows = manifest["rows"]
    if manifest["count"] != len(rows):
        raise InputError(_BROKEN, problem="its manifest counts other rows than it has")
    for key in ("row_no", "id_number", "photo"):
        if len({row[key] for row in rows}) < len(rows):
            raise InputError(_BROKEN, problem="its manifest has a person, a number or a photo twice")
    photos = {row["photo"] for row in rows}
    if photos - listed.keys():
        raise InputError("wf.package_missing_file", count=len(photos - listed.keys()))
    besides = listed.keys() - photos
    if len(besides) != 1:
        raise InputError(_BROKEN, problem="it lists files that belong to no row")


def _sums(data: bytes) -> dict[str, str]:
    made: dict[str, str] = {}
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        lines = [""]
    for line in lines:
        found = _SUM.fullmatch(line)
        if found is None or found[2] in made:
            raise InputError(_BROKEN, problem="SHA256SUMS cannot be read")
        made[found[2]] = found[1]
    return made


def _check_file(
    members: GuardedZip, name: str, sha256: str, listed: Mapping[str, Any] | None, digest: Any, number: int
) -> None:
    sums, size = (hashlib.sha256(), hasher(digest)), 0
    for block in members.blocks(name):
        size += len(block)
        for made in sums:
            made.update(block)
    right = sums[0].hexdigest() == sha256
    if listed is not None:
        right = right and (size, sums[1].hexdigest()) == (listed["bytes"], listed["sha256"])
    if not right:  # photos are told by their place in SHA256SUMS: their names are people's numbers
        own = name in (MANIFEST, SUMS) or name.startswith("roster.")
        raise InputError("wf.package_checksum", file=name if own else f"SHA256SUMS {number}")


def _check_roster(data: bytes, name: str, manifest: Manifest) -> None:
    """As many rows as the manifest has and, where its columns can be told, the same people."""
    try:
        table = read_table(data, name=name)
        known = resolve(table.header, (), optional=("id", "name"))
        rows = [row.cells for row in table]
    except EphotoError as error:
        if error.exit_code == InputError.exit_code or error.code.startswith("column_"):
            raise InputError(_BROKEN, problem="its roster cannot be read") from None
        raise
    told = {"id": "id_number", "name": "name"}
    here = [tuple(plain_id(row[known[key]]) for key in known) for row in rows]
    there = [tuple(plain_id(row[told[key]]) for key in known) for row in manifest["rows"]]
    if sorted(here) != sorted(there):
        raise InputError(_BROKEN, problem="its roster has other people than its manifest")
