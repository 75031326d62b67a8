"""The shape of a spec file, and errors that say the key, the problem and what is allowed there.

Imported only where a file from outside is read: pydantic costs more than all the rest of loading a spec. The
package's own files pass the same check in the tests.
"""

from __future__ import annotations

import json
import re
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ephoto.core.errors import SpecError
from ephoto.specs.model import EditRule, EnlargeRule, Grade, Measure, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SpecFile", "check", "reference"]

Positive = Annotated[float, Field(gt=0, le=100_000)]
Count = Annotated[int, Field(gt=0, le=100_000)]
Bytes = Annotated[int, Field(gt=0, le=1_000_000_000)]
Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
LONGEST_SHOWN = 60

ProfileName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
RuleCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Bounds = Annotated[list[Annotated[float, Field(allow_inf_nan=True)]], Field(min_length=2, max_length=2)]


class _Table(BaseModel):
    """Keys that are not known are errors; nothing is converted on the quiet, except whole numbers to real ones."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Cited(_Table):
    """A table of numbers with where they come from."""

    source: str = Field("", min_length=1, description="text: who says so")
    grade: Grade = Field("C", description="A, A', B, C, D, M or X")


class _Value(_Cited):
    """One value; a bare one stands for a value without a source."""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        return given if isinstance(given, dict) else {"value": given}


class _Pair(_Value):
    value: Annotated[list[Positive], Field(min_length=2, max_length=2)] = Field(
        description="two numbers above 0, [width, height]"
    )


class _WholePair(_Value):
    value: Annotated[list[Count], Field(min_length=2, max_length=2)] = Field(
        description="two whole numbers above 0, [width, height]"
    )


class _Dpi(_Value):
    value: int = Field(ge=30, le=2400, description="a whole number from 30 to 2400")


class _Quality(_Value):
    value: int = Field(ge=1, le=100, description="a whole number from 1 to 100")


class _Ratio(_Value):
    value: float = Field(gt=1, le=1000, description="a number above 1")


class _Range(_Cited):
    min: Annotated[list[Positive], Field(min_length=2, max_length=2)] | None = Field(
        None, description="two numbers above 0 in `unit`, [width, height]"
    )
    max: Annotated[list[Positive], Field(min_length=2, max_length=2)] | None = Field(
        None, description="two numbers above 0 in `unit`, [width, height]"
    )
    aspect: Annotated[list[Positive], Field(min_length=2, max_length=2)] | None = Field(
        None, description="two numbers above 0, [width, height]"
    )
    unit: Literal["px", "mm"] = Field("px", description="px or mm")


class _Size(_Table):
    mm: _Pair | None = Field(None, description="[width, height] in mm")
    inch: _Pair | None = Field(None, description="[width, height] in inches")
    px: _WholePair | None = Field(None, description="[width, height] in whole px")
    dpi: _Dpi | None = Field(None, description="a whole number from 30 to 2400")
    range: _Range | None = Field(None, description="a table with min, max, aspect")


class _Ground(_Cited):
    colour: Colour = Field("#FFFFFF", description="#RRGGBB")
    min_colour: Colour | None = Field(None, description="#RRGGBB")
    max_spread: Annotated[int, Field(ge=0, le=255)] | None = Field(None, description="a whole number from 0 to 255")
    edit: EditRule = Field("ok", description="ok, silent or forbidden")


class _File(_Table):
    format: Literal["JPEG", "PNG"] = Field("JPEG", description="JPEG or PNG")
    quality: _Quality | None = Field(None, description="a whole number from 1 to 100")
    max_compression_ratio: _Ratio | None = Field(None, description="a number above 1")


class _Window(_Cited):
    min: Bytes | None = Field(None, description="a whole number of bytes above 0")
    max: Bytes | None = Field(None, description="a whole number of bytes above 0")
    prefer: Annotated[list[Bytes], Field(min_length=2, max_length=2)] | None = Field(
        None, description="two whole numbers of bytes, [from, to]"
    )
    prefer_source: str = Field("", min_length=1, description="text: who says so")
    prefer_grade: Grade = Field("D", description="A, A', B, C, D, M or X")


class _Rule(_Cited):
    unit: Unit = Field("px", description="px, mm, inch or ratio")
    min: Annotated[float, Field(ge=0)] | None = Field(None, description="a number in `unit`, not below 0")
    max: Annotated[float, Field(ge=0)] | None = Field(None, description="a number in `unit`, not below 0")
    aim: Annotated[float, Field(ge=0)] | None = Field(None, description="a number in `unit`, not below 0")
    aim_source: str = Field("", min_length=1, description="text: who says so")
    aim_grade: Grade = Field("D", description="A, A', B, C, D, M or X")
    soft: bool = Field(False, description="true or false")
    note: str = Field("", description="text")


class _PhotoRule(_Cited):
    fail: Bounds | None = Field(
        None, description="two numbers in the check's own unit, [low, high], -inf or inf if open"
    )
    warn: Bounds | None = Field(None, description="two numbers in the check's own unit, [low, high], inside fail")
    required: bool | None = Field(None, description="true or false")
    asked: bool | None = Field(None, description="true or false")


class _Title(_Table):
    en: str = Field("", min_length=1, description="text")
    zh: str = Field("", min_length=1, description="text")


class SpecFile(_Table):
    """One spec file as written, before inheritance. The meaning of the keys is in docs/specs.md."""

    title: _Title | None = Field(None, description="a table with en and zh")
    aliases: list[str] = Field([], description="a list of names")
    same_as: str | None = Field(None, description="the id of another spec")
    without: list[Measure] = Field([], description=f"a list of {', '.join(get_args(Measure))}")
    checked: str = Field("", pattern=r"^\d{4}-\d{2}(-\d{2})?$", description="a date in quotes, YYYY-MM or YYYY-MM-DD")
    notes: list[str] = Field([], description="a list of sentences")
    names: list[str] = Field([], min_length=1, description="a list of file names with {id} and {name}")
    enlarge: EnlargeRule = Field("warn", description="ok, warn or forbidden")
    portal_crops: bool = Field(False, description="true or false")
    hair_may_be_cut: bool = Field(False, description="true or false")
    priority: list[Measure] = Field([], description=f"a list of {', '.join(get_args(Measure))}")
    size: _Size | None = Field(None, description="a table with mm, inch or px, and dpi")
    background: _Ground | None = Field(None, description="a table with colour, min_colour, max_spread, edit")
    file: _File | None = Field(None, description="a table with format, quality, max_compression_ratio")
    bytes: dict[ProfileName, _Window] | None = Field(
        None, description="tables by profile name, the first named default; a name has a-z, 0-9 and -"
    )
    quality: dict[RuleCode, _PhotoRule] | None = Field(
        None, description="tables by the code of a check of the photo, as in docs/checks.md"
    )
    derived: dict[str, Any] | None = Field(None, description="written by ephoto specs show; computed anew on loading")
    geometry: dict[Measure, _Rule] | None = Field(None, description=", ".join(get_args(Measure)))


def check(raw: dict[str, Any], *, file: str) -> None:
    """Check the shape of a raw table.

    Raises
    ------
    SpecError
        "spec_invalid" for the first key that is wrong or unknown.
    """
    try:
        SpecFile.model_validate(raw)
    except ValidationError as error:
        raise _told(error.errors(include_url=False)[0], raw, file) from None


def _told(details: Any, raw: dict[str, Any], file: str) -> SpecError:
    """pydantic's details as our error: dotted key, problem, and what is allowed there."""
    kind, loc = details["type"], [part for part in details["loc"] if isinstance(part, str)]
    unknown = kind == "extra_forbidden" or loc[-1:] == ["[key]"]
    if loc[-1:] == ["[key]"]:
        loc = loc[:-1]
    if unknown:
        names, said = _at(loc[:-1])
        near = get_close_matches(loc[-1], names, 1)
        problem = f"unknown key, did you mean {near[0]}" if near else "unknown key"
        allowed: object = names or said
    else:
        _, allowed = _at(loc)
        problem = "it is missing" if kind == "missing" else f"cannot be {_shown(details['input'])}"
    return SpecError("spec_invalid", file=file, key=_dotted(loc, raw), problem=problem, allowed=allowed)


def _at(loc: list[str]) -> tuple[list[str], str]:
    """The keys that a table at `loc` may have, and the words for what stands there."""
    model: type[BaseModel] | None = SpecFile
    keys: list[str] = list(SpecFile.model_fields)
    said, entry = "a TOML table", None
    for part in loc:
        if entry is not None:  # a table of tables: its key is free, or one of the measures
            model, entry = entry, None
            keys = list(model.model_fields)
            continue
        assert model is not None
        field = model.model_fields[part]
        said = field.description or said
        model, entry = _tables(field.annotation)
        keys = list(model.model_fields) if model else list(get_args(Measure)) if part == "geometry" else []
    return keys, said


def _tables(annotation: Any) -> tuple[type[BaseModel] | None, type[BaseModel] | None]:
    """The table that an annotation stands for, or the one that its entries are."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, None
    if get_origin(annotation) is dict:
        return None, _tables(get_args(annotation)[1])[0]
    for part in get_args(annotation):
        found = _tables(part)
        if found != (None, None):
            return found
    return None, None


def _shown(given: Any) -> str:
    """A value as it stands in TOML, shortened."""
    text = str(given).lower() if isinstance(given, bool) else str(given) if isinstance(given, date) else repr(given)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def _dotted(loc: list[str], raw: dict[str, Any]) -> str:
    """The key as written: a bare value has no `value` of its own, and an odd key stands in quotes."""
    here: Any = raw
    parts = []
    for part in loc:
        if part == "value" and not isinstance(here, dict):
            break
        parts.append(part if re.fullmatch(r"[\w-]+", part) else json.dumps(part, ensure_ascii=False))
        here = here.get(part) if isinstance(here, dict) else None
    return ".".join(parts)


def reference() -> list[tuple[str, str]]:
    """Every key of a spec file, dotted, and what it takes."""
    return list(_rows(SpecFile, ""))


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        table, entry = _tables(field.annotation)
        key = f"{prefix}{name}"
        if entry is not None:
            key, table = f"{key}.NAME", entry
        if table is None or issubclass(table, _Value):
            yield key, field.description or ""
        else:
            yield from _rows(table, f"{key}.")
