"""A mapping file checked whole before anything is sent: its keys, tables that only its adapter reads, and samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.core.signing import MemoryNonces, Verifier
from ephoto.workflow.wire.mapping import load_mapping
from ephoto.workflow.wire.sample import shown

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

    from ephoto.core.settings import Settings
    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.wire.mapping import WireMapping
    from ephoto.workflow.wire.sample import Shown

__all__ = ["check_mapping"]

OWN = "ephoto"


def check_mapping(file: str | Path, settings: Settings) -> list[Shown]:
    """Load a mapping file and run it on the samples of its kind; none for kinds that send no document. No key is read,
    and nothing is sent. The tables of another package's adapter are its own to check.

    Raises
    ------
    UsageError
        "settings_invalid".
    InputError
        "not_readable"; what the mapping cannot say of a sample: "wf.field_unfit", "wf.value_too_long".
    """
    mapping = load_mapping(file, settings)
    if mapping.adapter.engine == OWN:
        _read_tables(mapping)
    return shown(mapping)


def _read_tables(mapping: WireMapping) -> None:
    if mapping.adapter.kind == "production":
        from ephoto.workflow.adapters.production.config import production_rules

        production_rules(mapping)
    elif mapping.adapter.kind == "activation":
        from ephoto.workflow.adapters.activation import webhook
        from ephoto.workflow.adapters.feed import feed_rules

        feed_rules(mapping.table("feed"))
        # Making a receiver reads its table; nobody calls this one, and it knows no key.
        webhook(mapping, _never, Verifier((), lambda: 0.0, MemoryNonces()))
    elif mapping.adapter.kind == "notify":
        from ephoto.workflow.adapters.notify import outbox_rules

        outbox_rules(mapping.table("outbox"))


def _never(event: Event) -> NoReturn:
    raise AssertionError(event.event_id)
