"""The layout of the database: made where there is none, refused where it is another's."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, inspect, select, text

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.store.tables import AUDIT, HISTORY, LAYOUT, METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ephoto.workflow.vault import Vault

__all__ = ["lay_out"]

_VERSION = 1
_LOCK = 0x65_70_68_6F_74_6F  # of PostgreSQL, while a process looks and makes; "ephoto"
_ABOUT = "layout"
# Rows of which one may be there once only, by the column that a clash is told by.
_APPENDED = ((HISTORY, "event_id"), (AUDIT, "seq"))


def lay_out(db: Connection, vault: Vault, where: str) -> None:
    """Within one transaction: all of it or nothing.

    Raises
    ------
    EnvironmentFault
        "store_failed": a foreign database, another version, or one begun with another key to mark with; "vault_sealed".
    """
    if db.dialect.name == "postgresql":
        db.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    there = set(inspect(db).get_table_names())
    if LAYOUT.name in there:
        _recognise(db, vault, where)
        return
    foreign = there if db.dialect.name == "sqlite" else there & set(METADATA.tables)
    if foreign:
        raise EnvironmentFault("store_failed", where=where, problem="it is there and holds something else")
    METADATA.create_all(db, checkfirst=False)
    for statement in _beyond(db.dialect.name):
        db.exec_driver_sql(statement)
    sealed = vault.seal(b"", _ABOUT)
    db.execute(insert(LAYOUT).values(version=_VERSION, sealed=sealed, mark=vault.mark(_ABOUT, "")))


def _recognise(db: Connection, vault: Vault, where: str) -> None:
    """A wrong key is told now, and not by a person who is not found."""
    row = db.execute(select(LAYOUT)).mappings().first()
    if row is None or row["version"] != _VERSION:
        raise EnvironmentFault("store_failed", where=where, problem="another version of ephoto wrote it")
    vault.open(row["sealed"], _ABOUT)
    if row["mark"] != vault.mark(_ABOUT, ""):
        raise EnvironmentFault("store_failed", where=where, problem="it was begun with another key")


def _beyond(dialect: str) -> list[str]:
    rules = _rules()[dialect]
    made = list(rules["before"])
    for table, key in _APPENDED:
        same = " OR ".join(f"{name} = NEW.{name}" for name in dict.fromkeys(("seq", key)))
        made += [s.format(table=table.name, key=key, same=same) for s in rules["statements"]]
    return made


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("beyond.toml").read_text("utf-8"))
