"""From a complete raw table to a Spec in card px, and what a table must fulfil beyond its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from ephoto.core.errors import SpecError
from ephoto.core.units import MM_PER_INCH, px_exact, px_from_mm, round_half_up
from ephoto.specs.model import (
    MEASURES,
    Background,
    ByteWindow,
    Figure,
    Grade,
    PhotoRule,
    Rule,
    SizeRange,
    Spec,
)

if TYPE_CHECKING:
    from ephoto.specs.files import Table

__all__ = ["LENGTHS", "MAX_SIDE_PX", "MIN_SIDE_PX", "POSITIONS", "resolve"]

LENGTHS = ("face_width", "head_width", "ied", "crown_chin", "hair_chin")  # each of them fixes the scale
POSITIONS = ("hair_top_gap", "crown_gap", "eye_from_top", "eye_line_from_bottom", "chin_gap")  # and these the height

DEFAULT_DPI = 300
MIN_SIDE_PX, MAX_SIDE_PX = 48, 12_000  # below, no face can be judged; above, no document asks for it
UNSTATED, UNSTATED_GRADE = "not stated", "C"  # a user's own file need not name sources
STATED_SLACK_PX = 1.0  # px that an authority rounded itself, against its own mm x dpi


def resolve(raw: Table, *, spec_id: str, file: str) -> Spec:
    """The Spec that a complete table describes (everything inherited is already in it).

    Raises
    ------
    SpecError
        "spec_invalid" with the file, the dotted key, the problem and what is allowed.
    """
    return _Reader(raw, spec_id, file).spec()


class _Reader:
    """Reads one table; holds what every error needs to say."""

    def __init__(self, raw: Table, spec_id: str, file: str) -> None:
        self.raw = raw
        self.id = spec_id
        self.file = file
        self.figures: list[Figure] = []

    def wrong(self, key: str, problem: str, allowed: object) -> NoReturn:
        raise SpecError("spec_invalid", file=self.file, key=key, problem=problem, allowed=allowed)

    def spec(self) -> Spec:
        raw = self.raw
        size_wh, size_mm, dpi = self._size()
        stated = raw.get("geometry", {})
        rules = tuple(self._rule(k, stated[k], size_wh, dpi) for k in MEASURES if k in stated)
        self._determined(rules)
        file = raw.get("file", {})
        quality = self._figure("file.quality", file.get("quality"), "1-100")
        ratio = self._figure("file.max_compression_ratio", file.get("max_compression_ratio"), "ratio")
        title, kind = raw.get("title", {}), file.get("format", "JPEG")
        return Spec(
            id=self.id,
            title_en=title.get("en", self.id),
            title_zh=title.get("zh", self.id),
            aliases=tuple(raw.get("aliases", ())),
            size_wh=size_wh,
            size_mm=size_mm,
            dpi=dpi,
            background=_background(raw.get("background", {})),
            rules=rules,
            priority=self._priority(rules),
            hair_may_be_cut=raw.get("hair_may_be_cut", False),
            format=kind,
            quality=None if quality is None else round(quality[0]),
            max_compression_ratio=None if ratio is None else ratio[0],
            profiles=self._profiles(),
            profile="default",
            enlarge=raw.get("enlarge", "warn"),
            names=self._names(kind),
            notes=tuple(raw.get("notes", ())),
            checked=raw.get("checked", ""),
            size_range=self._range(size_wh, dpi),
            portal_crops=raw.get("portal_crops", False),
            figures=tuple(self.figures),
            same_as=raw.get("same_as"),
            photo_rules=tuple(self._photo_rule(k, v) for k, v in sorted(raw.get("quality", {}).items())),
        )

    def _figure(self, name: str, given: Any, unit: str) -> tuple[float, ...] | None:
        """A cited value; its source goes to the figures."""
        if given is None:
            return None
        table = given if isinstance(given, dict) else {"value": given}
        value = table["value"]
        numbers = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        self.figures.append(Figure(name, numbers, unit, *_cite(table)))
        return numbers

    def _size(self) -> tuple[tuple[int, int], tuple[float, float] | None, int]:
        size = self.raw.get("size", {})
        dpi = int((self._figure("size.dpi", size.get("dpi", DEFAULT_DPI), "dpi") or (DEFAULT_DPI,))[0])
        px, mm, inch = (self._figure(f"size.{unit}", size.get(unit), unit) for unit in ("px", "mm", "inch"))
        if mm and inch:
            self.wrong("size.inch", "the size is stated twice", "mm or inch, in the authority's own unit")
        if px is None and mm is None and inch is None:
            self.wrong("size", "no size is stated", "px, mm or inch, each [width, height], and dpi")
        if inch:
            derived = tuple(round_half_up(v * dpi) for v in inch)
            mm = tuple(v * MM_PER_INCH for v in inch)
        else:
            derived = tuple(px_from_mm(v, dpi) for v in mm or ())
        if px and mm:
            off = max(abs(p - px_exact(v, dpi)) for p, v in zip(px, mm, strict=True))
            if off > STATED_SLACK_PX:
                self.wrong("size.px", f"{px[0]} x {px[1]} px is not the print size at {dpi} dpi", list(derived))
        wh = tuple(int(v) for v in (px or derived))
        if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in wh):
            self.wrong("size", f"it comes to {wh[0]} x {wh[1]} px", f"{MIN_SIDE_PX} to {MAX_SIDE_PX} px a side")
        return (wh[0], wh[1]), None if mm is None else (mm[0], mm[1]), dpi

    def _range(self, size_wh: tuple[int, int], dpi: int) -> SizeRange | None:
        stated = self.raw.get("size", {}).get("range")
        if stated is None:
            return None
        unit, source, grade = stated.get("unit", "px"), *_cite(stated)
        for key in ("min", "max", "aspect"):
            if key in stated:
                self.figures.append(Figure(f"size.range.{key}", tuple(stated[key]), unit, source, grade))
        low, high = (_px_pair(stated.get(end), unit, dpi) for end in ("min", "max"))
        if (low and (size_wh[0] < low[0] or size_wh[1] < low[1])) or (
            high and (size_wh[0] > high[0] or size_wh[1] > high[1])
        ):
            self.wrong("size.px", f"{size_wh[0]} x {size_wh[1]} px is outside size.range", f"{low} to {high}")
        aspect = stated.get("aspect")
        if aspect and abs(size_wh[0] * aspect[1] - size_wh[1] * aspect[0]) > max(aspect):
            self.wrong("size.px", f"{size_wh[0]} x {size_wh[1]} px has another aspect", f"{aspect[0]}:{aspect[1]}")
        return SizeRange(low, high, (aspect[0], aspect[1]) if aspect else None)

    def _rule(self, measure: str, table: Table, size_wh: tuple[int, int], dpi: int) -> Rule:
        key, unit = f"geometry.{measure}", table.get("unit", "px")
        low, high, aim = (table.get(k) for k in ("min", "max", "aim"))
        if low is None and high is None:
            self.wrong(key, "neither a minimum nor a maximum is stated", "min, max or both")
        if low is not None and high is not None and low > high:
            self.wrong(f"{key}.max", f"{high} is below min, {low}", f"at least {low}")
        if aim is not None and ((low is not None and aim < low) or (high is not None and aim > high)):
            self.wrong(f"{key}.aim", f"{aim} is outside the bounds", f"{low} to {high}")
        aim_source, aim_grade = table.get("aim_source", "chosen within the bounds"), table.get("aim_grade", "D")
        if aim is None and low is not None and high is not None:
            aim, aim_source, aim_grade = (low + high) / 2, "middle of the bounds", "D"
        side = size_wh[0 if MEASURES[measure] == "W" else 1]
        factor = {"px": 1.0, "mm": px_exact(1.0, dpi), "inch": float(dpi), "ratio": float(side)}[unit]
        for end, value in (("min", low), ("max", high)):
            if value is not None and value * factor > side + STATED_SLACK_PX:
                self.wrong(f"{key}.{end}", f"{value} {unit} is more than the card's side", f"up to {side / factor:.3g}")
        low_px, high_px, aim_px = (None if v is None else v * factor for v in (low, high, aim))
        return Rule(
            cast("Any", measure), low_px, high_px, aim_px, table.get("soft", False), unit, (low, high, aim),
            *_cite(table), aim_source if aim is not None else "", aim_grade, table.get("note", ""),
        )  # fmt: skip

    def _photo_rule(self, code: str, table: Table) -> PhotoRule:
        """What is said of one check; whether there is such a check is not known here."""
        key = f"quality.{code}"
        fail, warn = (self._bounds(key, name, table.get(name)) for name in ("fail", "warn"))
        required, asked = table.get("required"), table.get("asked")
        if fail is None and warn is None and required is None and asked is None:
            self.wrong(key, "nothing is stated", "fail, warn, required or asked")
        if fail and warn and not fail[0] <= warn[0] <= warn[1] <= fail[1]:
            self.wrong(f"{key}.warn", "it is not inside fail", f"{fail[0]:g} to {fail[1]:g}")
        if fail and required is False:
            self.wrong(f"{key}.fail", "a check that only advises refuses nothing", "required = true, or warn alone")
        return PhotoRule(code, fail, warn, required, asked, *_cite(table))

    def _bounds(self, key: str, name: str, pair: Any) -> tuple[float, float] | None:
        if pair is None:
            return None
        low, high = (float(v) for v in pair)
        if not low <= high:  # NaN is not either
            self.wrong(f"{key}.{name}", f"{low:g} to {high:g} holds nothing", "[low, high], low first")
        return low, high

    def _determined(self, rules: tuple[Rule, ...]) -> None:
        """A frame needs a rule for its scale and one for its height."""
        stated = {r.measure for r in rules}
        for needed, what in ((LENGTHS, "scale"), (POSITIONS, "height")):
            if not stated & set(needed):
                self.wrong("geometry", f"no rule fixes the {what} of the face", list(needed))

    def _priority(self, rules: tuple[Rule, ...]) -> tuple[str, ...]:
        listed = tuple(self.raw.get("priority", ()))
        stated = [r.measure for r in rules]
        for name in listed:
            if name not in stated:
                self.wrong("priority", f"{name} has no rule in geometry", stated)
            if listed.count(name) > 1:
                self.wrong("priority", f"{name} is listed twice", "each measure once")
        return listed

    def _names(self, kind: str) -> tuple[str, ...]:
        """File name templates that end as files of this format do."""
        suffixes = (".jpg", ".jpeg") if kind == "JPEG" else (".png",)
        names = tuple(self.raw.get("names", ("{id}" + suffixes[0],)))
        for name in names:
            bare = name.replace("{id}", "").replace("{name}", "")
            if bare == name or set(bare) & set("{}/\\") or not name.lower().endswith(suffixes):
                self.wrong(
                    "names", f"{name!r} is no template of a {kind}", f"{{id}}, {{name}}, and {suffixes[0]} at the end"
                )
        return names

    def _profiles(self) -> tuple[ByteWindow, ...]:
        stated = self.raw.get("bytes", {})
        if not stated:
            return (ByteWindow("default", None, None, None, None, "no byte rule was found", "D"),)
        if "default" not in stated:
            self.wrong("bytes", "there is no profile named default", "bytes.default, and others beside it")
        names = ["default", *(k for k in stated if k != "default")]
        return tuple(self._window(k, stated[k]) for k in names)

    def _window(self, name: str, table: Table) -> ByteWindow:
        low, high = table.get("min"), table.get("max")
        prefer = table.get("prefer") or (None, None)
        steps = [v for v in (low, prefer[0], prefer[1], high) if v is not None]
        if steps != sorted(steps):
            self.wrong(f"bytes.{name}", "the numbers are out of order", "min <= prefer <= max, in bytes")
        source, grade = _cite(table)
        why = table.get("prefer_source", "chosen within the bounds") if prefer[0] is not None else ""
        return ByteWindow(name, low, high, prefer[0], prefer[1], source, grade, why, table.get("prefer_grade", "D"))


def _px_pair(stated: Any, unit: str, dpi: int) -> tuple[int, int] | None:
    if stated is None:
        return None
    width, height = (px_from_mm(v, dpi) if unit == "mm" else int(v) for v in stated)
    return width, height


def _cite(table: Table) -> tuple[str, Grade]:
    return table.get("source", UNSTATED), table.get("grade", UNSTATED_GRADE)


def _background(table: Table) -> Background:
    edit = table.get("edit", "ok")
    least = table.get("min_colour")
    source, grade = _cite(table) if table else ("no ground is stated", "D")
    return Background(
        rgb=_rgb(table.get("colour", "#FFFFFF")),
        min_rgb=None if least is None else _rgb(least),
        max_spread=table.get("max_spread"),
        edit=edit,
        default="keep" if edit == "forbidden" else "replace",
        source=source,
        grade=grade,
    )


def _rgb(text: str) -> tuple[int, int, int]:
    """#RRGGBB as numbers."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
