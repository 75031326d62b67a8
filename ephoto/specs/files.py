"""Spec files: where they are, what they are called, and what one inherits from another. Raw tables only.

A file inherits from the record named by `same_as`. What it states replaces what it inherits, entry by entry:

- one measure of `geometry`, one entry of `size` or `file`, and every other top-level key is replaced as a whole,
  so that a number never keeps the source of another one;
- `background` and `bytes` are replaced as whole tables;
- `mm`, `inch`, `px` and `range` in `size` belong together: stating one drops those that were inherited;
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

__all__ = ["DATA", "DEFAULTS", "Table", "alias_index", "builtin", "folded", "ids", "inherit", "read"]

Table = dict[str, Any]

DATA = Path(__file__).parent / "data"
DEFAULTS = "_iso-defaults"
INDEX = "_index.toml"

_OWN = ("title", "aliases", "without")
_BY_ENTRY = ("size", "file", "geometry")
_EXTENT = ("mm", "inch", "px", "range")


def read(path: Path) -> Table:
    """The raw table of one file.

    Raises
    ------
    SpecError
        "not_found", "not_readable", or "spec_invalid" where the file is not TOML.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise SpecError("not_found", path=str(path)) from None
    except OSError as error:
        raise SpecError("not_readable", path=str(path), problem=error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        place, problem = f"byte {error.start}", "the text is not UTF-8"
        raise SpecError("spec_invalid", file=path.name, key=place, problem=problem, allowed="UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at ")
        raise SpecError(
            "spec_invalid", file=path.name, key=place.rstrip(")") or "file", problem=what, allowed="TOML"
        ) from None


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


def inherit(raw: Table, *, file: str) -> Table:
    """The table with everything that it inherits, down to the root.

    Raises
    ------
    SpecError
        "spec_invalid" where `same_as` names no record or leads in a circle.
    """
    chain, names = [raw], [Path(file).stem]
    while (parent := _parent(chain[-1])) is not None:
        problem = "leads back to itself" if parent in names else "is no spec"
        if parent in names or not (DATA / f"{parent}.toml").is_file():
            raise SpecError("spec_invalid", file=file, key="same_as", problem=f"{parent} {problem}", allowed=known())
        names.append(parent)
        chain.append(builtin(parent))
    merged = chain.pop()
    while chain:
        merged = _over(merged, chain.pop())
    return merged if len(names) == 1 else merged | {"same_as": names[1]}


def known() -> list[str]:
    """What `same_as` may name."""
    return [*ids(), *sorted(p.stem for p in DATA.glob("_*.toml") if p.name != INDEX)]


def _parent(raw: Table) -> str | None:
    named = raw.get("same_as")
    if named is None and "geometry" not in raw:
        return DEFAULTS
    return None if named is None else str(named)


def _over(base: Table, own: Table) -> Table:
    """`own` laid over `base`, by the rules in the module's docstring."""
    merged = {k: v for k, v in base.items() if k not in _OWN} | own
    for key in _BY_ENTRY:
        if key in base and key in own:
            inherited = base[key]
            if key == "size" and any(k in own[key] for k in _EXTENT):
                inherited = {k: v for k, v in inherited.items() if k not in _EXTENT}
            merged[key] = inherited | own[key]
    dropped = own.get("without", ())
    if dropped and "geometry" in merged:
        merged["geometry"] = {k: v for k, v in merged["geometry"].items() if k not in dropped}
    return merged
