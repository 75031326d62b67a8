"""An office's file: which database, which key, which policy, and a mapping file for each system that it talks to."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ephoto.contracts.schemas import is_code
from ephoto.core.edited import read_edited
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.settings import Settings, secret
from ephoto.workflow.office.office import NOTIFY, Office
from ephoto.workflow.policy import load_policy
from ephoto.workflow.store.database import Store
from ephoto.workflow.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ephoto.core.signing import Clock

__all__ = ["ADAPTERS", "OfficeFile", "Opened", "open_office", "read_office_file"]

ADAPTERS = ("submission", "replacement", "employer", "production", "activation", "notify")
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """What an office's file says; paths are made absolute by its own place."""

    path: Path
    database: str
    policy: str
    sender: str
    receiver: str
    key_file: Path | None
    key_env: str
    mappings: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Opened:
    """An office that is open, and how it reaches the systems about it."""

    office: Office
    file: OfficeFile
    settings: Settings
    clock: Clock

    def mapping(self, kind: str) -> Path:
        """The mapping file for a kind of adapter.

        Raises
        ------
        UsageError
            "adapter_missing": the office's file names none.
        """
        if kind not in self.file.mappings:
            raise UsageError("adapter_missing", kind=kind, file=str(self.file.path))
        return self.file.mappings[kind]


def read_office_file(path: Path) -> OfficeFile:
    """The file, checked key by key.

    Raises
    ------
    InputError
        "not_readable".
    UsageError
        "settings_invalid".
    """
    edited = read_edited(path)
    folder = path.resolve().parent
    database = edited.take("database", "", "sqlite:///FILE or postgresql://USER@HOST/NAME", _is_database)
    policy = edited.take("policy", "beijing", "a policy's name or file")
    sender, receiver = (
        edited.take(key, "", "letters, digits, - and _", _may_be_code) for key in ("sender", "receiver")
    )
    vault = edited.table("vault")
    key_file = vault.take("key_file", "", "a file's name")
    key_env = vault.take("key_env", "", "an environment variable's name")
    if bool(key_file) == bool(key_env):
        vault.refuse("key_file", "one of key_file and key_env is needed, not both", "key_file or key_env")
    vault.done()
    adapters = edited.table("adapters")
    mappings = {kind: adapters.take(kind, "", "a file's name") for kind in ADAPTERS if kind in adapters}
    adapters.done()
    edited.done()
    return OfficeFile(
        path=path,
        database=_at(folder, database),
        policy=_policy(folder, policy),
        sender=sender,
        receiver=receiver,
        key_file=folder / key_file if key_file else None,
        key_env=key_env,
        mappings={kind: folder / name for kind, name in mappings.items()},
    )


@contextmanager
def open_office(path: Path, settings: Settings, clock: Clock) -> Iterator[Opened]:
    """The office of a file, until the block ends.

    Raises
    ------
    InputError, UsageError
        As `read_office_file`.
    EnvironmentFault
        "vault_key_missing", "vault_key_unfit", "vault_sealed", "store_failed", "extra_missing".
    """
    file = read_office_file(path)
    with Store.open(file.database, _vault(file), clock) as store:
        targets = (NOTIFY,) if "notify" in file.mappings else ()
        yield Opened(Office(store, load_policy(file.policy), clock, targets), file, settings, clock)


def _vault(file: OfficeFile) -> Vault:
    if file.key_file is not None:
        return Vault.from_file(file.key_file)
    text = secret(file.key_env)
    if not text:
        raise EnvironmentFault("vault_key_missing", where=file.key_env)
    return Vault.from_text(text)


def _at(folder: Path, database: str) -> str:
    """An SQLite file lies beside the office's file, unless its place is whole."""
    if not database.startswith(_SQLITE):
        return database
    return f"{_SQLITE}{folder / database.removeprefix(_SQLITE)}"


def _policy(folder: Path, policy: str) -> str:
    return str(folder / policy) if policy.endswith(".toml") else policy


def _is_database(url: str) -> bool:
    return (url.startswith(_SQLITE) and len(url) > len(_SQLITE)) or url.startswith(("postgresql://", "postgresql+"))


def _may_be_code(word: str) -> bool:
    """A code, or none: who packs nothing needs none."""
    return not word or is_code(word)
