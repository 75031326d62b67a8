"""The card of a session: made of its best picture, and only of one that passes the checks of photos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ephoto.core.errors import CheckError, EphotoError, FaceError, InputError, UnmetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.core.findings import Report
    from ephoto.liveness.video import Pixels
    from ephoto.pipeline.card import Card
    from ephoto.pipeline.converter import Converter

__all__ = ["CANDIDATES", "Candidate", "card_from"]

CANDIDATES = 4  # pictures that a session keeps for this: neighbours are alike, and each costs a whole check


class Candidate(Protocol):
    """A picture that a session kept: `pixels` (H, W, 3) uint8 RGB, `score` higher for better ones."""

    @property
    def pixels(self) -> Pixels: ...

    @property
    def score(self) -> float: ...


def card_from(frames: Sequence[Candidate], converter: Converter) -> Card:
    """The card of the picture with the best report; whether the session was live is the caller's to know.

    The best has the fewest required rules that fail, then that are unknown, then warnings, then the highest score. A
    card that fails itself gives way to the next picture's.

    Raises
    ------
    CheckError
        "frames_none" without pictures; "frames_unfit" where none passes, with the best one's `report`.
    FaceError, UnmetError, InputError
        The first picture's, where none could even be checked.
    UsageError, EnvironmentFault
    """
    if not frames:
        raise CheckError("frames_none")
    ranked = _ranked(frames, converter)
    trouble: EphotoError | None = None
    for frame, report in ranked:
        if not report.passed:
            break  # nor do those behind it
        try:
            card = converter.convert(frame.pixels)
        except (CheckError, UnmetError) as error:
            trouble = trouble or (_unfit(error.report) if isinstance(error, CheckError) else error)
            continue
        if card.report.passed:
            return card
        trouble = trouble or _unfit(card.report)
    raise trouble or _unfit(ranked[0][1])


def _ranked(frames: Sequence[Candidate], converter: Converter) -> list[tuple[Candidate, Report]]:
    """Pictures with their reports, the best first; the first picture's error where none has a report."""
    told: list[tuple[Candidate, Report]] = []
    errors: list[EphotoError] = []
    for frame in frames:
        try:
            told.append((frame, converter.check(frame.pixels)))
        except (FaceError, UnmetError, InputError) as error:
            errors.append(error)
    if not told:
        raise errors[0]
    return sorted(told, key=lambda pair: _faults(pair[1], pair[0].score))


def _faults(report: Report, score: float) -> tuple[float, ...]:
    warnings = sum(finding.status == "warn" for finding in report.findings)
    return len(report.failed), len(report.unknown), warnings, -score


def _unfit(report: Report) -> CheckError:
    error = CheckError("frames_unfit", codes=[finding.code for finding in (*report.failed, *report.unknown)])
    error.report = report
    return error
