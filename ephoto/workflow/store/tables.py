"""The tables, alike in both databases. Columns of bytes are sealed; what ends in _mark is looked up by a mark.

Names begin with ephoto_, since a PostgreSQL database may hold other things too.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from ephoto.workflow.store.rows import ENDED

__all__ = [
    "APPLICATION",
    "AUDIT",
    "BATCH",
    "BATCH_ROW",
    "CARD",
    "CURSOR",
    "HISTORY",
    "LAYOUT",
    "METADATA",
    "NONCE",
    "OUTBOX",
    "PARKED",
    "PHOTO",
    "RECEIPT",
]

METADATA = MetaData()

_COUNT = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER alone
_ID = String().with_variant(String(collation="C"), "postgresql")  # one order of ids in both, by their bytes


def _application() -> ForeignKey:
    return ForeignKey("ephoto_application.id")


LAYOUT = Table(
    "ephoto_layout",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("mark", String, nullable=False),
)

APPLICATION = Table(
    "ephoto_application",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("person", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("route", String, nullable=False),
    Column("state", String, nullable=False),
    Column("photo_id", String),
    Column("idempotency_mark", String),
    Column("external_mark", String),
    Column("predecessor_id", _ID, _application()),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("ended_at", Double),  # since when it is no longer open
    Column("sealed", LargeBinary, nullable=False),
    Index("ephoto_application_idempotency_mark", "idempotency_mark", unique=True),
    Index("ephoto_application_external_mark", "external_mark", unique=True),
    Index("ephoto_application_of_person", "person"),
    Index("ephoto_application_in_state", "state"),
    Index("ephoto_application_before", "predecessor_id"),
)
_open = APPLICATION.c.state.not_in(ENDED)
Index(
    "ephoto_application_person", APPLICATION.c.person, unique=True, sqlite_where=_open, postgresql_where=_open
)  # one open application a person

CARD = Table(
    "ephoto_card",
    METADATA,
    Column("application_id", _ID, _application(), primary_key=True),
    Column("card_mark", String, nullable=False),
    Column("state", String, nullable=False),
    Column("switches", String, nullable=False),  # sorted, with commas
    Column("made_at", Double, nullable=False),
    Column("received_at", Double),
    Column("usable", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ephoto_card_card_mark", "card_mark", unique=True),
)

HISTORY = Table(
    "ephoto_history",
    METADATA,
    Column("seq", _COUNT, primary_key=True, autoincrement=True),
    Column("event_id", _ID, nullable=False),
    Column("application_id", _ID, _application(), nullable=False),
    Column("type", String, nullable=False),
    Column("source", String, nullable=False),
    Column("occurred_at", Double, nullable=False),
    Column("recorded_at", Double, nullable=False),
    Column("derived_from", String),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("event_id", name="ephoto_history_event_id"),
    Index("ephoto_history_of_application", "application_id", "seq"),
    sqlite_autoincrement=True,
)

PARKED = Table(
    "ephoto_parked",
    METADATA,
    Column("event_id", _ID, ForeignKey("ephoto_history.event_id"), primary_key=True),
    Column("application_id", _ID, _application(), nullable=False),
    Column("until", Double, nullable=False),
    Index("ephoto_parked_of_application", "application_id"),
    Index("ephoto_parked_due", "until"),
)

PHOTO = Table(
    "ephoto_photo",
    METADATA,
    Column("id", String, primary_key=True),
    Column("application_id", _ID, _application(), nullable=False),
    Column("role", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("application_id", "role", name="ephoto_photo_application_id"),
)

OUTBOX = Table(
    "ephoto_outbox",
    METADATA,
    Column("id", _COUNT, primary_key=True, autoincrement=True),
    Column("target", String, nullable=False),
    Column("event_id", String, nullable=False),
    Column("state", String, nullable=False),  # waiting, sent, dead
    Column("attempts", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("next_at", Double, nullable=False),  # not before; while it is claimed, the lease's end
    Column("ended_at", Double),
    Column("last_code", String, nullable=False),
    Column("sealed", LargeBinary),
    UniqueConstraint("target", "event_id", name="ephoto_outbox_target"),
    Index("ephoto_outbox_due", "target", "state", "next_at"),
    sqlite_autoincrement=True,
)

BATCH = Table(
    "ephoto_batch",
    METADATA,
    Column("batch_no", _ID, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("mode", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("receiver", String, nullable=False),
    Column("created_at", Double, nullable=False),
)

BATCH_ROW = Table(
    "ephoto_batch_row",
    METADATA,
    Column("batch_no", _ID, ForeignKey("ephoto_batch.batch_no"), primary_key=True),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("application_id", _ID, _application(), nullable=False),
    Column("result", String),
    Index("ephoto_batch_row_of_application", "application_id"),
)
_without_result = BATCH_ROW.c.result.is_(None)
Index(
    "ephoto_batch_row_application_id",
    BATCH_ROW.c.application_id,
    unique=True,
    sqlite_where=_without_result,
    postgresql_where=_without_result,
)  # an application is in one open batch at most

RECEIPT = Table(
    "ephoto_receipt",
    METADATA,
    Column("receipt_no", _ID, primary_key=True),
    Column("batch_no", _ID, ForeignKey("ephoto_batch.batch_no"), nullable=False),
    Column("digest", String, nullable=False),
    Column("recorded_at", Double, nullable=False),
)

CURSOR = Table(
    "ephoto_cursor",
    METADATA,
    Column("feed", String, primary_key=True),
    Column("cursor", String, nullable=False),
)

NONCE = Table(
    "ephoto_nonce",
    METADATA,
    Column("key_id", String, primary_key=True),
    Column("nonce", String, primary_key=True),
    Column("mark", String, nullable=False),
    Column("until_s", Double, nullable=False),
    Index("ephoto_nonce_until", "until_s"),
)

AUDIT = Table(
    "ephoto_audit",
    METADATA,
    Column("seq", _COUNT, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("action", String, nullable=False),
    Column("application_id", String, nullable=False),
    Column("receiver", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("detail", String, nullable=False),
    Index("ephoto_audit_of_application", "application_id"),
    sqlite_autoincrement=True,
)
