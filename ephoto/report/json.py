"""Reports as JSON: numpy values become plain ones, and what JSON has no word for becomes null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

__all__ = ["dumps", "plain"]


def dumps(value: Any, *, ascii_only: bool = False, indent: int | None = 2) -> str:
    """One JSON text; keys keep their order. docs/report.md describes what a report holds."""
    return json.dumps(plain(value), ensure_ascii=ascii_only, indent=indent, allow_nan=False)


def plain(value: Any) -> Any:
    """The same of str, int, float, bool, None, list and dict alone.

    Arrays and their scalars are known by their `tolist`, so numpy is not needed here. JSON has no NaN and no
    infinity: they become null.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(v) for v in value), key=str)
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return str(value)
