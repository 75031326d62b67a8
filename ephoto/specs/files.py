"""Spec files: where they are, what they are called, and what one inherits from another. Raw tables only.

A file inherits from the record named by `same_as`. What it states replaces what it inherits, entry by entry:

- one measure of `geometry`, one check of `quality`, one entry of `size` or `file`, and every other top-level key is
  replaced as a whole, so that a number never keeps the source of another one;
- `background` and `bytes` are replaced as whole tables;
- `mm`, `inch`, `px` and `range` in `size` belong together: stating one drops those that were inherited, and
  geometry that was inherited in px no longer fits;
- `title` and `aliases` are never inherited; `without` lists measures that are not.

A file that neither inherits nor states geometry gets the ISO defaults of `_iso-defaults`. Records whose name
begins with an underscore only serve to be inherited from.
"""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from ephoto.core.errors import SpecError

__all__ = ["DATA", "DEFAULTS", "INDEX", "Table", "alias_index", "builtin", "folded", "ids", "inherit", "read"]

Table = dict[str, Any]

DATA = Path(__file__).parent / "data"
DEFAULTS = "_iso-defaults"
INDEX = "_index.toml"
LARGEST_BYTES = 256 * 1024

_OWN = ("title", "aliases", "without")
_BY_ENTRY = ("size", "file", "quality")
_EXTENT = ("mm", "inch", "px", "range")


def read(path: Path) -> Table:
    """The raw table of one file.

    Raises
    ------
    SpecError
        "not_found", "not_readable", or "spec_invalid" where the file is not TOML.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise SpecError("not_found", path=str(path)) from None
    except OSError as error:
        raise SpecError("not_readable", path=str(path), problem=error.strerror or str(error)) from None
    except ValueError as error:  # a name that no file can have
        raise SpecError("not_readable", path=repr(str(path)), problem=str(error)) from None
    if len(data) > LARGEST_BYTES:
        raise SpecError("not_readable", path=str(path), problem=f"it has more than {LARGEST_BYTES} bytes")
    return _parsed(data, path.name)


def _parsed(data: bytes, file: str) -> Table:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        key, problem, allowed = f"byte {error.start}", "the text is not UTF-8", "TOML in UTF-8"
    except tomllib.TOMLDecodeError as error:
        problem, _, place = str(error).partition(" (at ")
        key, allowed = place.rstrip(")") or "file", "TOML"
    except RecursionError:
        key, problem, allowed = "file", "it is nested too deeply", "TOML tables, three deep at most"
    raise SpecError("spec_invalid", file=file, key=key, problem=problem, allowed=allowed)


@cache
def builtin(spec_id: str) -> Table:
    """The raw table of a record in the package. It is shared: callers do not change it."""
    return read(DATA / f"{spec_id}.toml")


@cache
def ids() -> tuple[str, ...]:
    """Every spec of the package by its id, sorted; records that only serve others are left out."""
    return tuple(sorted(p.stem for p in DATA.glob("*.toml") if not p.stem.startswith("_")))


@cache
def alias_index() -> dict[str, str]:
    """Folded alias to id, from the generated index (a test keeps it equal to the files)."""
    return {k: str(v) for k, v in read(DATA / INDEX).items()}


def folded(name: str) -> str:
    """A name as it is compared: without case, full-width forms, and the choice of space, `_` or `-`.

    >>> folded(" One_Inch "), folded("１寸")
    ('one-inch', '1寸')
    """
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    return plain.replace("_", "-").replace(" ", "-")


def inherit(raw: Table, *, file: str, spec_id: str | None = None) -> Table:
    """The table with everything that it inherits, down to the root.

    `spec_id` is the id of a record of the package; a caller's own file has none that others could name.

    Raises
    ------
    SpecError
        "spec_invalid" where `same_as` names no record or leads in a circle, or where px are inherited for another
        size.
    """
    chain, names = [raw], [spec_id]
    while (parent := _parent(chain[-1])) is not None:
        problem = "leads back to itself" if parent in names else "is no spec"
        if parent in names or parent not in known():
            raise SpecError("spec_invalid", file=file, key="same_as", problem=f"{parent} {problem}", allowed=known())
        names.append(parent)
        chain.append(builtin(parent))
    merged = chain.pop()
    while chain:
        merged = _over(merged, chain.pop(), file)
    return merged if len(names) == 1 else merged | {"same_as": names[1]}


def known() -> list[str]:
    """What `same_as` may name."""
    return [*ids(), *sorted(p.stem for p in DATA.glob("_*.toml") if p.name != INDEX)]


def _parent(raw: Table) -> str | None:
    """The record that a table inherits from; like any spec it may be named by an alias."""
    named: str | None = raw.get("same_as")
    if named is None and "geometry" not in raw:
        return DEFAULTS
    if named is None or named in known():
        return named
    return alias_index().get(folded(named), named.strip().lower())


def _over(base: Table, own: Table, file: str) -> Table:
    """`own` laid over `base`, by the rules in the module's docstring."""
    merged = {k: v for k, v in base.items() if k not in _OWN} | own
    another_size = any(k in own.get("size", ()) for k in _EXTENT)
    for key in _BY_ENTRY:
        if key in base and key in own:
            inherited = base[key]
            if key == "size" and another_size:
                inherited = {k: v for k, v in inherited.items() if k not in _EXTENT}
            merged[key] = inherited | own[key]
    without = own.get("without", ())
    inherited = {k: v for k, v in base.get("geometry", {}).items() if k not in without}
    if another_size and "size" in base:
        _refuse_px({k: v for k, v in inherited.items() if k not in own.get("geometry", {})}, own, file)
    if "priority" in base and "priority" not in own:
        merged["priority"] = [measure for measure in base["priority"] if measure not in without]
    merged["geometry"] = inherited | own.get("geometry", {})
    return merged


def _refuse_px(inherited: Table, own: Table, file: str) -> None:
    """Px that were stated for one size mean nothing on another."""
    for measure, rule in inherited.items():
        if rule.get("unit", "px") == "px":
            problem = f"its px belong to the size of {own.get('same_as')}"
            allowed = f"state it for this size, or list {measure} in without"
            raise SpecError("spec_invalid", file=file, key=f"geometry.{measure}", problem=problem, allowed=allowed)
