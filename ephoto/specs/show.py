"""A resolved spec as plain tables: every number with its source and grade, ready for JSON or TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ephoto.specs.model import Background, ByteWindow, PhotoRule, Rule, Spec

__all__ = ["show"]


def show(spec: Spec) -> dict[str, Any]:
    """The spec in the form of its file, with everything inherited in it.

    Written as TOML, the result is a spec file again that resolves to the same card. `derived` holds what was
    computed or inherited: px, the geometry in card px as [low, aim, high], and the record behind `same_as`; a file
    may have it, and it is not read.
    """
    shown: dict[str, Any] = {
        "title": {"en": spec.title_en, "zh": spec.title_zh},
        "aliases": list(spec.aliases),
        "checked": spec.checked,
        "notes": list(spec.notes),
        "names": list(spec.names),
        "enlarge": spec.enlarge,
        "portal_crops": spec.portal_crops,
        "hair_may_be_cut": spec.hair_may_be_cut,
        "priority": list(spec.priority),
        "size": {},
        "background": _background(spec.background),
        "file": {"format": spec.format},
        "bytes": {p.name: _window(p) for p in spec.profiles},
        "geometry": {r.measure: _rule(r) for r in spec.rules},
        "quality": {r.code: _photo_rule(r) for r in spec.photo_rules},
        "derived": _derived(spec),
    }
    for figure in spec.figures:
        table, *keys = figure.name.split(".")
        value: Any = list(figure.value) if len(figure.value) > 1 else figure.value[0]
        cited = {"source": figure.source, "grade": figure.grade}
        if keys[0] == "range":
            shown[table].setdefault("range", {"unit": figure.unit} | cited)[keys[1]] = value
        else:
            shown[table][keys[0]] = {"value": value, **cited}
    return {k: v for k, v in shown.items() if v not in (None, "", [], {})}


def _background(ground: Background) -> dict[str, Any]:
    return _stated(
        colour=_hex(ground.rgb),
        min_colour=None if ground.min_rgb is None else _hex(ground.min_rgb),
        max_spread=ground.max_spread,
        edit=ground.edit,
        source=ground.source,
        grade=ground.grade,
    )


def _window(window: ByteWindow) -> dict[str, Any]:
    prefer = None if window.prefer_low is None else [window.prefer_low, window.prefer_high]
    return _stated(
        min=window.low,
        max=window.high,
        prefer=prefer,
        prefer_source=window.prefer_source,
        prefer_grade=window.prefer_grade if prefer else None,
        source=window.source,
        grade=window.grade,
    )


def _rule(rule: Rule) -> dict[str, Any]:
    low, high, aim = rule.stated
    return _stated(
        unit=rule.unit,
        min=low,
        max=high,
        aim=aim,
        aim_source=rule.aim_source,
        aim_grade=None if aim is None else rule.aim_grade,
        soft=rule.soft,
        source=rule.source,
        grade=rule.grade,
        note=rule.note,
    )


def _photo_rule(rule: PhotoRule) -> dict[str, Any]:
    return _stated(
        fail=None if rule.fail is None else list(rule.fail),
        warn=None if rule.warn is None else list(rule.warn),
        required=rule.required,
        asked=rule.asked,
        source=rule.source,
        grade=rule.grade,
    )


def _derived(spec: Spec) -> dict[str, Any]:
    def px(value: float | None) -> float | str:
        return "open" if value is None else round(value, 2)

    return _stated(
        same_as=spec.same_as,
        size_px=list(spec.size_wh),
        size_mm=None if spec.size_mm is None else [round(v, 3) for v in spec.size_mm],
        geometry_px={r.measure: [px(r.low), px(r.aim), px(r.high)] for r in spec.rules},
    )


def _stated(**values: Any) -> dict[str, Any]:
    """What is there: TOML has no null."""
    return {k: v for k, v in values.items() if v is not None and v != ""}


def _hex(rgb: tuple[int, int, int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*rgb)
