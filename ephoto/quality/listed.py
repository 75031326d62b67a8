"""Every measure as plain values for a report, whether a rule judges it or not."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ephoto.quality.gate import limits
from ephoto.quality.scalar import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ephoto.quality.assess import Measured

__all__ = ["listed", "units"]


def listed(measured: Iterable[Measured]) -> dict[str, dict[str, Any]]:
    """By component: `native` in `unit`, its 0..100 `scalar` if there is one, or the `reason` why it is not known."""
    return {m.component: _one(m) for m in measured}


def _one(measured: Measured) -> dict[str, Any]:
    native = measured.native
    return {
        "native": None if native is None else float(f"{native:.4g}"),
        "unit": units()[measured.component],
        "scalar": None if native is None else scalar(measured.component, native),
        "reason": None if native is not None else measured.reason,
    }


@cache
def units() -> Mapping[str, str]:
    """The unit of each component: its rule's, or that of units.toml."""
    bare = tomllib.loads(files(__package__).joinpath("units.toml").read_text("utf-8"))
    return bare | {rule.component: rule.unit for rule in limits().values()}
