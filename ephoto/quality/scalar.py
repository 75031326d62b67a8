"""From native values to the standard's 0 to 100."""

from __future__ import annotations

import math
import tomllib
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["components", "scalar"]


def scalar(component: str, native: float) -> int | None:
    """The scalar of a component of ISO/IEC 29794-5, 0..100; None where the standard has none for it.

    The mappings are those of OFIQ 1.0.3 (scalars.toml). Our natives are measured on other landmarks and masks than
    OFIQ's, so scalars are OFIQ-like and no conformance is claimed.
    """
    form = _form(component)
    if form is None:
        return None
    if not math.isfinite(native):
        raise ValueError(f"{component} must be a finite number, got {native}")
    return min(max(_half_away(form(native)), 0), 100)


def components() -> frozenset[str]:
    """The components that have a scalar."""
    return frozenset(_table())


@cache
def _form(component: str) -> Callable[[float], float] | None:
    """The mapping of a component with its numbers."""
    table = dict(_table().get(component, {}))
    return partial(_FORMS[table.pop("form")], **table) if table else None


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("scalars.toml").read_text("utf-8"))


def _half_away(x: float) -> int:
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


def _logistic(x: float, x0: float, w: float) -> float:
    t = (x - x0) / w
    return 1 / (1 + math.exp(-t)) if t >= 0 else math.exp(t) / (1 + math.exp(t))  # neither overflows


def _sigmoid(
    x: float, *, x0: float, w: float, h: float = 100.0, a: float = 0.0, s: float = 1.0, off: float | None = None
) -> float:
    return h * (a + s * _logistic(x if off is None else abs(x - off), x0, w))


def _between(x: float, *, x0: float, x1: float, w: float) -> float:
    return 100 * _logistic(x, x0, w) * (1 - _logistic(x, x1, w))


def _sine(x: float, *, k: float) -> float:
    return 100 * math.sin(math.pi * k * x / (k * x + 1))


def _cos_squared(x: float) -> float:
    return 100 * max(0.0, math.cos(math.radians(x))) ** 2


def _power(x: float, *, k: float) -> float:
    return 100 * math.pow(max(x, 0.0), k)


_FORMS: dict[str, Callable[..., float]] = {
    "sigmoid": _sigmoid,
    "between": _between,
    "sine": _sine,
    "cos_squared": _cos_squared,
    "power": _power,
    "linear": lambda x, *, k: k * x,
    "inverse": lambda x, *, k: 1 / (max(x, 0.0) + k),
    "one_minus": lambda x: 100 * (1 - x),
}
