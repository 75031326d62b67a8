"""The mapping file of production: what a bureau wants of packages, control files and drops; see production.toml."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, cast

from ephoto.core.edited import read_edited
from ephoto.workflow.adapters.production.control import ControlRules, fits_line
from ephoto.workflow.adapters.production.digests import DIGESTS, DigestName
from ephoto.workflow.adapters.production.naming import is_pattern
from ephoto.workflow.adapters.production.roster_columns import RosterColumns

if TYPE_CHECKING:
    from pathlib import Path

    from ephoto.core.edited import Edited

__all__ = [
    "FolderTransport",
    "HotFolderRules",
    "PackageRules",
    "ProductionRules",
    "RosterFormat",
    "SftpTransport",
    "default_file",
    "read_production",
]

RosterFormat = Literal["csv", "xlsx"]
_ROSTERS, _ENCODINGS = ("csv", "xlsx"), ("utf-8-sig", "utf-8", "gb18030")
_SCHEMA = "ephoto.package/1"
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
class FolderTransport:
    """A drop in a folder that this machine sees: `path` holds in, out, archive and error."""

    path: Path


@dataclass(frozen=True, slots=True)
class SftpTransport:
    """A drop behind an SSH server, whose host key is pinned in `known_hosts`."""

    host: str
    port: int
    user: str
    key_file: Path
    known_hosts: Path
    folder: str = "/"
    timeout_s: float = 20.0
    retries: int = 5
    max_backoff_s: float = 60.0
    read_back_bytes: int = 64_000_000


@dataclass(frozen=True, slots=True)
class ProductionRules:
    """The whole file. `version` is the integrator's own word for the receiver's interface."""

    version: str
    transport: FolderTransport | SftpTransport
    package: PackageRules
    columns: RosterColumns
    control: ControlRules
    hot_folder: HotFolderRules | None


def default_file() -> str:
    """production.toml, for integrators to copy."""
    return files("ephoto.workflow").joinpath("mappings", "production.toml").read_text("utf-8")


def read_production(file: Path) -> ProductionRules:
    """A mapping file; paths in it are relative to it, and what it leaves out is as production.toml has it.

    Raises
    ------
    InputError
        "not_readable".
    UsageError
        "settings_invalid".
    """
    edited = read_edited(file)
    adapter = edited.table("adapter")
    adapter.take("kind", "production", "production", "production".__eq__)
    adapter.take("schema", _SCHEMA, _SCHEMA, _SCHEMA.__eq__)
    adapter.take("engine", "ephoto", "a name", bool)
    version = adapter.take("version", "", "a word of your own")
    adapter.done()
    package = _package(edited.table("package"))
    rules = ProductionRules(
        version,
        _transport(edited.table("transport")),
        package,
        RosterColumns.from_edited(edited.table("roster"), package.encoding),
        _control(edited.table("control"), package.digest),
        _hot_folder(edited.table("hot_folder")) if "hot_folder" in edited else None,
    )
    edited.done()
    return rules


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


def _hot_folder(table: Edited) -> HotFolderRules:
    path = _path(table, "path", "printer")
    stale = table.take("stale_min", 30.0, "minutes above 0", lambda n: 0 < n < 1e6)
    table.done()
    return HotFolderRules(path, stale)


def _transport(table: Edited) -> FolderTransport | SftpTransport:
    kind = table.take("type", "folder", "folder, sftp", ("folder", "sftp").__contains__)
    made = FolderTransport(_path(table, "path", "bureau")) if kind == "folder" else _sftp(table)
    table.done()
    return made


def _sftp(table: Edited) -> SftpTransport:
    def word(text: str) -> bool:
        return text.isascii() and text.isprintable() and " " not in text and text[:1] not in ("", "-")

    return SftpTransport(
        table.take("host", "", "a host's name or address", lambda t: word(t) and "@" not in t and "/" not in t),
        table.take("port", 22, "1 to 65535", lambda n: 1 <= n <= 65535),
        table.take("user", "", "a user's name", lambda t: word(t) and "@" not in t),
        _path(table, "key_file", "sftp.key"),
        _path(table, "known_hosts", "known_hosts"),
        table.take("folder", "/", "a folder on the server, letters, digits and . _ - /", _is_remote),
        table.take("timeout_s", 20.0, "seconds, 1 to 600", lambda s: 1 <= s <= 600),
        table.take("retries", 5, "0 to 20", lambda n: 0 <= n <= 20),
        table.take("max_backoff_s", 60.0, "seconds, 0 to 3600", lambda s: 0 <= s <= 3600),
        table.take("read_back_bytes", 64_000_000, "bytes, 0 or more", lambda n: n >= 0),
    )


def _is_remote(text: str) -> bool:
    plain = text.isascii() and all(sign.isalnum() or sign in "._-/" for sign in text)
    return plain and text[:1] not in ("", "-") and ".." not in text.split("/")


def _path(table: Edited, key: str, default: str) -> Path:
    return table.file.parent / table.take(
        key, default, "a path, relative to this file", lambda p: bool(p) and "\0" not in p
    )
