"""The adapters of an office, as its mapping files have them."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ephoto.workflow.adapters.registry import AdapterKind, Around
from ephoto.workflow.wire.mapping import WireMapping, load_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.office.opening import Opened

__all__ = ["around", "built", "mapping_of"]

Made = TypeVar("Made")


@contextmanager
def around(here: Opened) -> Iterator[Around]:
    """What adapters of an office share; connections end with the block."""
    with Around(here.settings, here.clock, time.sleep, random.SystemRandom().random) as shared:
        yield shared


def mapping_of(here: Opened, kind: str) -> WireMapping:
    """The mapping for a kind of adapter.

    Raises
    ------
    UsageError
        "adapter_missing", "settings_invalid".
    InputError
        "not_readable".
    """
    return load_mapping(here.mapping(kind), here.settings)


def built(kind: AdapterKind[Made], here: Opened, shared: Around) -> Made | None:
    """The adapter, ready; None where the office's file names none.

    Raises
    ------
    As `mapping_of` and `AdapterKind.build`.
    """
    return kind.build(mapping_of(here, kind.name), shared) if kind.name in here.file.mappings else None
