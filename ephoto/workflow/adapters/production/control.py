"""The control file of a drop: one line that is put last, and says what the file beside it must be."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ephoto.core.errors import InputError
from ephoto.workflow.adapters.production.digests import DigestName, hasher

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Control",
    "ControlRules",
    "checked_name",
    "control_line",
    "fits_line",
    "is_name",
    "read_control",
    "tellable",
    "verify_control",
]

FIELDS = ("name", "bytes", "rows", "digest", "batch_no")
# A field's form. Names are plain ASCII without a dot in front: no path leads out of a folder by them.
_FORMS = {
    "name": "[A-Za-z0-9][A-Za-z0-9._-]{0,127}",
    "bytes": "[0-9]{1,12}",
    "rows": "[0-9]{1,7}",
    "digest": "[0-9A-Fa-f]{32}|[0-9A-Fa-f]{64}",
    "batch_no": "[A-Za-z0-9][A-Za-z0-9_-]{0,31}",
}
_MOST_BYTES = 1024
_BLOCK = 1 << 20
_PERSONAL = re.compile(r"\d{11}")  # as long as a mobile number


@dataclass(frozen=True, slots=True)
class ControlRules:
    """[control]: the line's template, and what is put behind a file's name for its control file."""

    line: str = "{name}|{bytes}|{rows}|{digest}|{batch_no}"
    suffix: str = ".ok"
    digest: DigestName = "sha256"

    def name_of(self, file: str) -> str:
        return file + self.suffix


@dataclass(frozen=True, slots=True)
class Control:
    """What a control file says of the file beside it."""

    name: str
    size: int
    rows: int
    digest: str
    batch_no: str


def is_name(text: str) -> bool:
    """Whether a file of a drop may be called so."""
    return bool(re.fullmatch(_FORMS["name"], text))


def checked_name(file: Path) -> str:
    """A file's name, if a file of a drop may be called so.

    Raises
    ------
    InputError
        "wf.package_broken".
    """
    if not is_name(file.name):
        raise InputError("wf.package_broken", problem="its name has signs that no file of a drop has")
    return file.name


def tellable(name: str) -> str:
    """A foreign file's name as an error may repeat it: not where it might hold a person's number."""
    return name if is_name(name) and not _PERSONAL.search(name) else "..."


def fits_line(template: str) -> bool:
    """Whether a template has every field once, and signs between them that none of them has."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        return False
    fields = [name for _, name, spec, turned in parts if name is not None and not spec and not turned]
    between = [literal for literal, _, _, _ in parts[1:] if literal]
    apart = len(between) >= len(FIELDS) - 1 and not any(re.search(r"[A-Za-z0-9._-]", sign) for sign in between)
    return sorted(fields) == sorted(FIELDS) and apart and template.isprintable() and template.isascii()


def control_line(file: Path, rows: int, batch_no: str, rules: ControlRules) -> bytes:
    """The line for a file, its digest taken of what is on the disk.

    Raises
    ------
    InputError
        "wf.package_broken": it has a name that no file of a drop has.
    """
    name = checked_name(file)
    size, digest = _measured(file, rules.digest)
    told = rules.line.format(name=name, bytes=size, rows=rows, digest=digest, batch_no=batch_no)
    return f"{told}\n".encode("ascii")


def read_control(data: bytes, rules: ControlRules) -> Control:
    """What a control file says.

    Raises
    ------
    InputError
        "wf.package_broken": it is not one line by the template.
    """
    parts = string.Formatter().parse(rules.line)
    shape = "".join(
        re.escape(literal) + (f"(?P<{name}>{_FORMS[name]})" if name else "") for literal, name, _, _ in parts
    )
    # A mark at the front and any line's end are let pass: editors and Windows put them there.
    text = data[: _MOST_BYTES + 1].decode("utf-8-sig", "replace").rstrip("\r\n")
    found = re.fullmatch(shape, text) if len(data) <= _MOST_BYTES else None
    if found is None:
        raise InputError("wf.package_broken", problem="its control file is not as the template has it")
    said = found.groupdict()
    return Control(said["name"], int(said["bytes"]), int(said["rows"]), said["digest"].lower(), said["batch_no"])


def verify_control(control: Control, file: Path, rules: ControlRules, *, name: str = "") -> None:
    """Hold a file against its control file.

    Parameters
    ----------
    name : what the file is called in the drop, if it is called otherwise here

    Raises
    ------
    InputError
        "wf.package_checksum".
    """
    size, digest = _measured(file, rules.digest)
    if (control.name, control.size, control.digest) != (name or file.name, size, digest):
        raise InputError("wf.package_checksum", file=tellable(name or file.name))


def _measured(file: Path, digest: DigestName) -> tuple[int, str]:
    made, size = hasher(digest), 0
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            made.update(block)
            size += len(block)
    return size, made.hexdigest()
