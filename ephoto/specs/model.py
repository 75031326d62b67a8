"""What a spec is once it is resolved: frozen values in card px, each rule with its source and grade.

Parsing (pydantic) lives in load.py, so that rooms which only use a spec stay light.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "MEASURES",
    "Background",
    "ByteWindow",
    "EditRule",
    "EnlargeRule",
    "Figure",
    "Grade",
    "Measure",
    "PhotoRule",
    "Rule",
    "SizeRange",
    "Spec",
    "Unit",
]

Measure = Literal[
    "face_width",  # between the vertical lines where the cheeks meet the ears
    "head_width",  # ear to ear, hair excluded
    "ied",  # between the eye centres
    "crown_chin",  # top of the skull (as if without hair) to the chin
    "hair_chin",  # top of the hair to the chin
    "hair_top_gap",  # upper edge to the top of the hair
    "crown_gap",  # upper edge to the top of the skull
    "eye_from_top",  # upper edge to the eye line
    "eye_line_from_bottom",  # lower edge to the eye line
    "chin_gap",  # lower edge to the chin
    "eye_mid_x",  # left edge to the point between the eyes
    "side_gap",  # the nearer side edge to the ear (the head's width about its middle)
]
MEASURES: dict[str, Literal["W", "H"]] = {  # the side of the card that a ratio refers to
    "face_width": "W",
    "head_width": "W",
    "ied": "W",
    "crown_chin": "H",
    "hair_chin": "H",
    "hair_top_gap": "H",
    "crown_gap": "H",
    "eye_from_top": "H",
    "eye_line_from_bottom": "H",
    "chin_gap": "H",
    "eye_mid_x": "W",
    "side_gap": "W",
}
EditRule = Literal["ok", "silent", "forbidden"]
EnlargeRule = Literal["ok", "warn", "forbidden"]
Grade = Literal["A", "A'", "B", "C", "D", "M", "X"]
Unit = Literal["px", "mm", "inch", "ratio"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One bound on the card's geometry, in card px (exact, not rounded).

    `low`, `high` and `aim` are px; `stated` repeats the authority's own numbers and unit for people. A `soft`
    rule warns when it does not hold; a hard one fails. `source` and `grade` are those of the bounds; an aim is
    nearly always ours, so it has its own.
    """

    measure: Measure
    low: float | None
    high: float | None
    aim: float | None
    soft: bool
    unit: Unit
    stated: tuple[float | None, float | None, float | None]  # min, max, aim in `unit`
    source: str
    grade: Grade
    aim_source: str = ""
    aim_grade: Grade = "D"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Background:
    """The ground a card stands on.

    `rgb` is what it should be; every border sample must be >= `min_rgb` in each channel with a spread of the
    channels <= `max_spread`, where those are stated. `edit` is the authority's rule on replacing it; `default`
    is what is done when the caller says nothing ("replace" or "keep").
    """

    rgb: tuple[int, int, int]
    min_rgb: tuple[int, int, int] | None
    max_spread: int | None
    edit: EditRule
    default: Literal["replace", "keep"]
    source: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class ByteWindow:
    """Bounds on the file's size in bytes and the preferred part of them. None: open."""

    name: str
    low: int | None
    high: int | None
    prefer_low: int | None
    prefer_high: int | None
    source: str
    grade: Grade
    prefer_source: str = ""
    prefer_grade: Grade = "D"


@dataclass(frozen=True, slots=True)
class SizeRange:
    """The sizes that an authority takes, px: `size_wh` of the spec is the one that is made.

    `aspect` is width to height where it is stated beside the range.
    """

    min_wh: tuple[int, int] | None
    max_wh: tuple[int, int] | None
    aspect: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, or pair of numbers, beside geometry, ground and bytes: as stated, with where it comes from.

    `name` is the dotted key in the TOML file, such as "size.dpi" or "file.quality".
    """

    name: str
    value: tuple[float, ...]
    unit: str
    source: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class PhotoRule:
    """What a document says of one of the photo's own checks, in place of the house's limit.

    `code` is a rule of docs/checks.md; which there are is not known here, so whoever judges photos tells a wrong one.
    Outside `fail` a photo is refused, outside `warn` it is warned about: native values, both ends inside, infinite
    where open. `required` and `asked` say whether the rule decides, and whether it is judged at all. None: not stated.
    """

    code: str
    fail: tuple[float, float] | None
    warn: tuple[float, float] | None
    required: bool | None
    asked: bool | None
    source: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class Spec:
    """What a card must be.

    `size_wh` is px; `size_mm` and `dpi` the print. `rules` are in card px. `priority` lists measures, the most
    important first: when bounds conflict, the last one listed gives way first (rules not listed give way
    before the listed ones). `profiles` are byte windows by name, the first is the default ("default").
    `quality` is the JPEG quality that the authority states. `names` are file name templates with `{id}` and
    `{name}`. `portal_crops` is true where the authority wants the uncropped photo and crops it itself: a card
    is made with a warning. `figures` holds the source of every number that is not in a rule, ground or window;
    `same_as` names the record that this one inherits from; `photo_rules` is what the document says of the photo's own
    checks.
    """

    id: str
    title_en: str
    title_zh: str
    aliases: tuple[str, ...]
    size_wh: tuple[int, int]
    size_mm: tuple[float, float] | None
    dpi: int
    background: Background
    rules: tuple[Rule, ...]
    priority: tuple[str, ...]
    hair_may_be_cut: bool
    format: Literal["JPEG", "PNG"]
    quality: int | None
    max_compression_ratio: float | None
    profiles: tuple[ByteWindow, ...]
    profile: str
    enlarge: EnlargeRule
    names: tuple[str, ...]
    notes: tuple[str, ...]
    checked: str
    size_range: SizeRange | None = None
    portal_crops: bool = False
    figures: tuple[Figure, ...] = ()
    same_as: str | None = None
    photo_rules: tuple[PhotoRule, ...] = ()

    def side_px(self, measure: str) -> int:
        """The card's side, px, that a ratio of this measure refers to."""
        return self.size_wh[0 if MEASURES[measure] == "W" else 1]

    def rule(self, measure: str) -> Rule | None:
        """The rule for a measure, or None where the spec has none."""
        return next((r for r in self.rules if r.measure == measure), None)

    @property
    def window(self) -> ByteWindow:
        """The byte window that is in force."""
        return next(p for p in self.profiles if p.name == self.profile)
