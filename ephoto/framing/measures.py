"""A spec's rules as intervals on (s, a, b), and a framed head's measures in card px.

s is card px per photo px; (a, b) is the card position of the point between the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ephoto.framing.limits import limits
from ephoto.framing.strain import FAR_PX, Interval
from ephoto.specs.model import MEASURES

if TYPE_CHECKING:
    from ephoto.core.face import Head
    from ephoto.specs.model import Rule

__all__ = ["Build", "intervals", "measure"]


@dataclass(frozen=True, slots=True)
class Build:
    """A head's lengths in photo px, from the eye line or the eye midpoint; hair_px is upwards to the hair top."""

    face_width_px: float
    head_width_px: float
    head_left_px: float
    head_right_px: float
    ied_px: float
    chin_px: float
    crown_px: float
    hair_px: float

    @classmethod
    def of(cls, head: Head, hair_px: float) -> Build:
        wider = head.head_width_px / max(head.face_width_px, 1e-6)
        return cls(
            face_width_px=head.face_width_px,
            head_width_px=head.head_width_px,
            head_left_px=head.left_px * wider,
            head_right_px=head.right_px * wider,
            ied_px=head.ied_px,
            chin_px=head.chin_px,
            crown_px=head.crown_px,
            hair_px=hair_px,
        )

    def length(self, measure: str) -> float | None:
        """The photo length that a measure is a multiple of, or None if it is a position."""
        return {
            "face_width": self.face_width_px,
            "head_width": self.head_width_px,
            "ied": self.ied_px,
            "crown_chin": self.crown_px + self.chin_px,
            "hair_chin": self.hair_px + self.chin_px,
        }.get(measure)


def measure(build: Build, s: float, a: float, b: float, card_wh: tuple[int, int]) -> dict[str, float]:
    """Every measure of `ephoto.specs.model.MEASURES` on the card, px."""
    w, h = card_wh
    return {
        "face_width": s * build.face_width_px,
        "head_width": s * build.head_width_px,
        "ied": s * build.ied_px,
        "crown_chin": s * (build.crown_px + build.chin_px),
        "hair_chin": s * (build.hair_px + build.chin_px),
        "hair_top_gap": b - s * build.hair_px,
        "crown_gap": b - s * build.crown_px,
        "eye_from_top": b,
        "eye_line_from_bottom": h - b,
        "chin_gap": h - b - s * build.chin_px,
        "eye_mid_x": a,
        "side_gap": min(a - s * build.head_left_px, w - a - s * build.head_right_px),
    }


def nearly(rule: Rule, value_px: float) -> bool:
    """Whether a rule holds, or is broken by no more than measuring itself may err by (`identity_slack_px`)."""
    slack = limits().identity_slack_px
    return (rule.low is None or value_px >= rule.low - slack) and (rule.high is None or value_px <= rule.high + slack)


def _aim(rule: Rule, side_px: float, error_px: float) -> tuple[float, float, float]:
    """Aim and how far it may be left downwards and upwards before the bound is reached, card px.

    An error of measurement is kept free before a bound, at most half of the way to it.
    """
    low, high, aim = rule.low, rule.high, rule.aim
    if aim is None:
        if low is not None and high is not None:
            aim = (low + high) / 2
        elif low is not None:
            aim = low + 0.03 * side_px
        else:
            aim = (high or 0.0) - 0.03 * side_px
    weak = limits().open_side * side_px
    down, up = (weak if bound is None else _free(abs(bound - aim), error_px) for bound in (low, high))
    return aim, down, up


def _free(way_px: float, error_px: float) -> float:
    return max(way_px - min(error_px, way_px / 2), 0.25)


def intervals(
    rule: Rule, build: Build, card_wh: tuple[int, int], *, guarded: bool = False
) -> tuple[list[Interval], list[Interval], list[Interval]]:
    """A rule as intervals on lengths, on a and on b; `guarded` keeps what measuring may err by before the bounds."""
    w, h = card_wh
    side = float(w if MEASURES[rule.measure] == "W" else h)
    length = build.length(rule.measure)
    error = 0.0
    if guarded:
        error = limits().place_error * side if length is None else limits().length_error * (rule.low or rule.high or 0)
    aim, down, up = _aim(rule, side, error)
    if length is not None:
        return [Interval(length, aim, aim, down, up)], [], []
    match rule.measure:
        case "eye_mid_x":
            return [], [Interval(0.0, aim, aim, down, up)], []
        case "side_gap":
            near = Interval(build.head_left_px, aim, FAR_PX, down, FAR_PX)
            far = Interval(-build.head_right_px, -FAR_PX, w - aim, FAR_PX, down)
            return [], [near, far], []
        case "eye_from_top":
            return [], [], [Interval(0.0, aim, aim, down, up)]
        case "eye_line_from_bottom":
            return [], [], [Interval(0.0, h - aim, h - aim, up, down)]
        case "chin_gap":
            return [], [], [Interval(-build.chin_px, h - aim, h - aim, up, down)]
        case "crown_gap":
            return [], [], [Interval(build.crown_px, aim, aim, down, up)]
        case _:  # hair_top_gap
            return [], [], [Interval(build.hair_px, aim, aim, down, up)]
