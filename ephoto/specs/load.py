"""Specs by name, by file, or made up for one size.

load.get("cn-social-security-card")     a spec of the package, by id or alias
load.get("my.toml")                     one of the caller's own
load.many("cn-1inch,us-visa")           several
load.adhoc("25x35mm", kb="14-30")       a size and nothing else
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.core.errors import SpecError, UsageError
from ephoto.specs.adhoc import adhoc
from ephoto.specs.files import alias_index, builtin, folded, ids, inherit, read
from ephoto.specs.resolve import resolve
from ephoto.specs.show import show

if TYPE_CHECKING:
    from ephoto.specs.model import Spec

__all__ = ["DEFAULT", "adhoc", "get", "listing", "many", "show", "with_profile"]

DEFAULT = "cn-social-security-card"


def get(name_or_path: str | os.PathLike[str], *, profile: str | None = None) -> Spec:
    """One spec.

    Parameters
    ----------
    name_or_path : str or path
        An id or an alias, in any case; or the path of a TOML file (it ends in .toml or has a separator).
    profile : str, optional
        The byte window that is in force.

    Raises
    ------
    SpecError
        "spec_unknown", "spec_invalid", "not_found", "not_readable".
    UsageError
        "profile_unknown".
    """
    if not isinstance(name_or_path, str) or _is_path(name_or_path):
        spec = _from_file(Path(name_or_path))
    else:
        spec_id = _identified(name_or_path)
        file = f"{spec_id}.toml"
        spec = resolve(inherit(builtin(spec_id), file=file, spec_id=spec_id), spec_id=spec_id, file=file)
    return with_profile(spec, profile) if profile else spec


def many(names: str, *, profile: str | None = None) -> tuple[Spec, ...]:
    """Several specs, separated by commas; one named twice is given once."""
    found: dict[str, Spec] = {}
    for name in names.split(","):
        if name.strip():
            spec = get(name.strip(), profile=profile)
            found.setdefault(spec.id, spec)
    if not found:
        raise UsageError("bad_option", option="--spec", value=repr(names), allowed="one name or several, with commas")
    return tuple(found.values())


def listing() -> tuple[Spec, ...]:
    """Every spec of the package, by id."""
    return tuple(get(spec_id) for spec_id in ids())


def with_profile(spec: Spec, profile: str) -> Spec:
    """The same spec with another byte window in force.

    Raises
    ------
    UsageError
        "profile_unknown".
    """
    known = [p.name for p in spec.profiles]
    if profile not in known:
        raise UsageError("profile_unknown", spec=spec.id, name=profile, known=known)
    return replace(spec, profile=profile)


def _is_path(name: str) -> bool:
    return name.lower().endswith(".toml") or "/" in name or os.sep in name


def _identified(name: str) -> str:
    """The id that a name stands for."""
    key = folded(name)
    if key in ids():
        return key
    index = alias_index()
    if key in index:
        return index[key]
    from difflib import get_close_matches

    close = get_close_matches(key, [*ids(), *index], n=6, cutoff=0.0)
    near = list(dict.fromkeys(index.get(k, k) for k in close))[:3]
    raise SpecError("spec_unknown", name=name, near=near)


def _from_file(path: Path) -> Spec:
    from ephoto.specs import schema

    raw = read(path)
    schema.check(raw, file=path.name)
    return resolve(inherit(raw, file=path.name), spec_id=path.stem, file=path.name)
