"""What a worker does with one photo of a batch, and what it sends back."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import CheckError, EphotoError
from ephoto.pipeline.converter import Converter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ephoto.batch.items import Reader
    from ephoto.core.findings import Report

__all__ = ["Made", "Recipe", "Refusal", "findings_of", "maker"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a worker needs to be built: where photos are, and the words of the converter."""

    reader: Reader
    wishes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A finished card on its way: its bytes, both digests, and what its report says did not pass."""

    data: bytes
    sha256: str
    card_sha256: str
    passed: bool
    findings: list[dict[str, Any]]
    timings_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no card, with what a strict report found."""

    error: EphotoError
    findings: list[dict[str, Any]] = field(default_factory=list)


def maker(recipe: Recipe) -> Callable[[str | bytes], Made | Refusal]:
    """A converter that takes the place of a photo, or its bytes, and never raises for a photo's own fault."""
    converter = Converter(**recipe.wishes)

    def make(photo: str | bytes) -> Made | Refusal:
        try:
            return _made(converter, recipe.reader, photo)
        except CheckError as error:
            return Refusal(error, [] if error.report is None else findings_of(error.report))
        except EphotoError as error:
            return Refusal(error)

    return make


def findings_of(report: Report) -> list[dict[str, Any]]:
    """What did not pass, as the manifest tells it: codes and numbers, no sentences."""
    return [
        {
            "code": finding.code,
            "status": finding.status,
            "required": finding.required,
            "native": finding.native,
            "unit": finding.unit,
            "bounds": [finding.low, finding.high],
        }
        for finding in report.findings
        if finding.status != "pass"
    ]


def _made(converter: Converter, reader: Reader, photo: str | bytes) -> Made:
    start = time.perf_counter()
    data = photo if isinstance(photo, bytes) else reader.read(photo)
    read = time.perf_counter()
    card = converter.convert(data)
    made = time.perf_counter()
    return Made(
        card.data,
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(card.data).hexdigest(),
        card.report.passed,
        findings_of(card.report),
        {"read": round(1e3 * (read - start), 2), "convert": round(1e3 * (made - read), 2)},
    )
