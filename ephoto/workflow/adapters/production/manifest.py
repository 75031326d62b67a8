"""manifest.json and SHA256SUMS of a package, "ephoto.package/1", piece by piece."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ephoto.contracts.schemas import check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ephoto.workflow.adapters.production.digests import DigestName
    from ephoto.workflow.adapters.production.values import PackageHead, PackageRow

__all__ = ["MANIFEST", "SCHEMA", "SUMS", "Listed", "manifest_blocks", "manifest_row", "sums_blocks"]

SCHEMA = "ephoto.package/1"
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
_CHECKED = 500  # rows that are held against the schema at a time


class Listed(NamedTuple):
    """A file of the package. `digest` is by the package's own algorithm, which may be SHA-256 too."""

    path: str
    size: int
    sha256: str
    digest: str

    def entry(self) -> dict[str, Any]:
        """As the manifest has it; the key is called sha256 whatever the algorithm, which "digest" tells."""
        return {"path": self.path, "bytes": self.size, "sha256": self.digest}


def manifest_row(row: PackageRow, row_no: int, photo: str) -> dict[str, Any]:
    """A row as the manifest has it."""
    told = {
        "row_no": row_no,
        "application_id": row.application_id,
        "id_number": row.id_number,
        "name": row.name,
        "kind": row.kind,
        "photo": photo,
        "delivery": row.delivery,
        "branch_code": row.branch_code,
    }
    return {key: value for key, value in told.items() if value}


def manifest_blocks(
    head: PackageHead, digest: DigestName, files: Sequence[Listed], rows: Sequence[tuple[PackageRow, str]]
) -> Iterator[bytes]:
    """The manifest: one file, then one row, a line.

    Raises
    ------
    InputError
        "document_unfit": a value is not as the schema has it.
    """
    top = _head(head, digest, len(rows))
    few = [one.entry() for one in files[:2]]  # they are all made alike
    for start in range(0, len(rows), _CHECKED):
        part = [manifest_row(row, n, photo) for n, (row, photo) in enumerate(rows[start : start + _CHECKED], start + 1)]
        check(top | {"files": few, "rows": part}, SCHEMA)
    yield _json(top)[:-1].encode() + b',"files":[\n'
    yield from _joined(one.entry() for one in files)
    yield b'],"rows":[\n'
    yield from _joined(manifest_row(row, number, photo) for number, (row, photo) in enumerate(rows, 1))
    yield b"]}\n"


def sums_blocks(files: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """SHA256SUMS of (path, SHA-256) pairs, as `sha256sum --check` reads it."""
    for path, sha256 in files:
        yield f"{sha256}  {path}\n".encode()


def _head(head: PackageHead, digest: DigestName, count: int) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "batch_no": head.batch_no,
        "attempt": head.attempt,
        "sender": head.sender,
        "receiver": head.receiver,
        "created_at": head.created_at.isoformat(),
        "mode": head.mode,
        "digest": digest,
        "count": count,
        "spec": head.spec,
    }


def _joined(entries: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    before = ""
    for entry in entries:
        yield f"{before}{_json(entry)}".encode()
        before = ",\n"
    yield b"\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
