"""Names of photos inside a package, by the target's pattern."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

from ephoto.core.errors import InputError

if TYPE_CHECKING:
    from ephoto.workflow.adapters.production.values import PackageHead, PackageRow

__all__ = ["FIELDS", "fields_of", "is_pattern", "photo_path"]

FIELDS = ("id", "name", "application_id", "row_no", "employer_code", "batch_no")
_PLAIN = re.compile(r"[^/\\:*?\"<>|\x00-\x1f\x7f]*")  # no system takes these in a name
_MOST_BYTES = 200  # of a path in UTF-8: what the schema of the manifest has room for


def fields_of(pattern: str) -> set[str]:
    """The fields of a pattern; a pattern that cannot be parsed has the field "?"."""
    try:
        return {name for _, name, spec, turned in string.Formatter().parse(pattern) if name is not None
                and not spec and not turned}  # fmt: skip
    except ValueError:
        return {"?"}


def is_pattern(pattern: str, *, folder: bool = False) -> bool:
    """Whether it is one of known fields and plain signs; of a photo's name it ends with .jpg and names its person."""
    fields = fields_of(pattern)
    bare = re.sub(r"\{\w+\}", "", pattern)
    known = fields <= set(FIELDS) and "{" not in bare and "}" not in bare
    if folder:
        parts = pattern.removesuffix("/").split("/")
        inside = not pattern or all(part not in ("", ".", "..") for part in parts)
        return (
            known and inside and bool(_PLAIN.fullmatch(bare.replace("/", ""))) and (not pattern or pattern[-1] == "/")
        )
    one_each = bool(fields & {"id", "application_id", "row_no", "name"})
    return known and one_each and bool(_PLAIN.fullmatch(bare)) and pattern.lower().endswith((".jpg", ".jpeg"))


def photo_path(pattern: str, folder: str, row: PackageRow, row_no: int, head: PackageHead) -> str:
    """Where a row's photo stands in the package.

    Raises
    ------
    InputError
        "wf.roster_row": a value cannot be part of a file's name, or is missing.
    """
    values = {
        "id": row.id_number,
        "name": row.name,
        "application_id": row.application_id,
        "row_no": str(row_no),
        "employer_code": row.employer_code,
        "batch_no": head.batch_no,
    }
    used = fields_of(folder) | fields_of(pattern)
    if any(not values[field] for field in used):
        raise InputError("wf.roster_row", row=row_no, problem="what its photo is to be named by is missing")
    if any(not _PLAIN.fullmatch(values[field]) or values[field] in (".", "..") for field in used):
        raise InputError("wf.roster_row", row=row_no, problem="its photo's name would have signs that no file can have")
    path = (folder + pattern).format_map(values)
    if len(path.encode()) > _MOST_BYTES:
        raise InputError("wf.roster_row", row=row_no, problem="its photo's name would be too long")
    return path
