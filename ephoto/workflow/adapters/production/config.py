"""What a bureau wants of packages, control files and drops: the tables of a production mapping (production.toml)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from ephoto.core.edited import Edited
from ephoto.workflow.adapters.production.control import ControlRules, fits_line
from ephoto.workflow.adapters.production.digests import DIGESTS, DigestName
from ephoto.workflow.adapters.production.naming import is_pattern
from ephoto.workflow.adapters.production.roster_columns import RosterColumns
from ephoto.workflow.wire.mapping import load_mapping
from ephoto.workflow.wire.transport import Folder, Sftp

if TYPE_CHECKING:
    from pathlib import Path

    from ephoto.core.settings import Settings
    from ephoto.workflow.wire.mapping import WireMapping

__all__ = [
    "DropRules",
    "HotFolderRules",
    "PackageRules",
    "ProductionRules",
    "RosterFormat",
    "production_rules",
    "read_production",
]

RosterFormat = Literal["csv", "xlsx"]
_ROSTERS, _ENCODINGS = ("csv", "xlsx"), ("utf-8-sig", "utf-8", "gb18030")
# Beyond these a zip needs the 64-bit form, which many readers of bureaus do not know, and ours refuses.
_MOST_ENTRIES, _MOST_BYTES = 60_000, 4_000_000_000
_LEAST_BYTES = 1000


@dataclass(frozen=True, slots=True)
class PackageRules:
    """[package]"""

    pattern: str = "{id}.jpg"
    folder: str = "photos/"
    max_entries: int = 500
    max_zip_bytes: int = 50_000_000
    roster: RosterFormat = "csv"
    encoding: str = "utf-8-sig"
    digest: DigestName = "sha256"

    @property
    def roster_name(self) -> str:
        return f"roster.{self.roster}"


@dataclass(frozen=True, slots=True)
class HotFolderRules:
    """[hot_folder]"""

    path: Path
    stale_min: float


@dataclass(frozen=True, slots=True)
class DropRules:
    """[drop] and [receipts]

    Attributes
    ----------
    retries : tries after the first one, where the connection was cut
    read_back_bytes : an upload that was gone on with is read back and compared, if it is no larger than that; a larger
        one begins anew
    receipt_bytes : the most that a receipt may have
    """

    retries: int = 5
    max_backoff_s: float = 60.0
    read_back_bytes: int = 64_000_000
    receipt_bytes: int = 64_000_000


@dataclass(frozen=True, slots=True)
class ProductionRules:
    """The whole file. `transport` is None where it names none: packages are then written, and carried by hand."""

    transport: Folder | Sftp | None
    package: PackageRules
    columns: RosterColumns
    control: ControlRules
    drop: DropRules
    hot_folder: HotFolderRules | None


def read_production(file: Path, settings: Settings) -> ProductionRules:
    """A mapping file of the kind "production".

    Raises
    ------
    InputError
        "not_readable".
    UsageError
        "settings_invalid".
    """
    return production_rules(load_mapping(file, settings))


def production_rules(mapping: WireMapping) -> ProductionRules:
    """What a mapping says; what it leaves out is as production.toml has it.

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    if mapping.adapter.kind != "production":
        Edited(mapping.file, {}, "adapter.").refuse("kind", f"it cannot be {mapping.adapter.kind!r}", "production")
    package = _package(mapping.table("package"))
    transport = mapping.transport
    return ProductionRules(
        transport if isinstance(transport, (Folder, Sftp)) else None,
        package,
        RosterColumns.from_edited(mapping.table("roster"), package.encoding),
        _control(mapping.table("control"), package.digest),
        _drop(mapping.table("drop"), mapping.table("receipts")),
        _hot_folder(mapping.table("hot_folder")) if "hot_folder" in mapping.tables else None,
    )


def _package(table: Edited) -> PackageRules:
    own = PackageRules()
    made = PackageRules(
        table.take("pattern", own.pattern, "{id}.jpg, {id}{name}.jpg, {application_id}.jpg, {row_no}.jpg", is_pattern),
        table.take("folder", own.folder, "photos/, pic_{employer_code}/, or nothing", _is_folder),
        table.take("max_entries", own.max_entries, f"1 to {_MOST_ENTRIES}", lambda n: 1 <= n <= _MOST_ENTRIES),
        table.take(
            "max_zip_bytes", own.max_zip_bytes, f"{_LEAST_BYTES} to {_MOST_BYTES}",
            lambda n: _LEAST_BYTES <= n <= _MOST_BYTES,
        ),
        cast("RosterFormat", table.take("roster", own.roster, ", ".join(_ROSTERS), _ROSTERS.__contains__)),
        table.take("encoding", own.encoding, ", ".join(_ENCODINGS), _ENCODINGS.__contains__),
        cast("DigestName", table.take("digest", own.digest, ", ".join(DIGESTS), DIGESTS.__contains__)),
    )  # fmt: skip
    table.done()
    return made


def _is_folder(text: str) -> bool:
    return is_pattern(text, folder=True)


def _control(table: Edited, digest: DigestName) -> ControlRules:
    own = ControlRules()
    made = ControlRules(
        table.take(
            "line", own.line, "fields in braces with signs between: name, bytes, rows, digest, batch_no", fits_line
        ),
        table.take("suffix", own.suffix, ".ok, .chk", lambda s: s[:1] == "." and s[1:].isalnum() and s.isascii()),
        digest,
    )
    table.done()
    return made


def _drop(table: Edited, receipts: Edited) -> DropRules:
    own = DropRules()
    made = DropRules(
        table.take("retries", own.retries, "0 to 20", lambda n: 0 <= n <= 20),
        table.take("max_backoff_s", own.max_backoff_s, "seconds, 0 to 3600", lambda s: 0 <= s <= 3600),
        table.take("read_back_bytes", own.read_back_bytes, "bytes, 0 or more", lambda n: n >= 0),
        receipts.take("max_bytes", own.receipt_bytes, "bytes, 1000 or more", lambda n: n >= _LEAST_BYTES),
    )
    table.done()
    receipts.done()
    return made


def _hot_folder(table: Edited) -> HotFolderRules:
    path = table.file.parent / table.take("path", "printer", "a folder, relative to this file", bool)
    stale = table.take("stale_min", 30.0, "minutes above 0", lambda n: 0 < n < 1e6)
    table.done()
    return HotFolderRules(path, stale)
