"""What batch.toml says, checked once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Rules", "is_photo_name", "rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """See batch.toml; lengths are in bytes, waits in seconds."""

    suffixes: frozenset[str]
    passed_over: frozenset[str]
    reserved: frozenset[str]
    unsafe_signs: frozenset[str]
    longest_name_bytes: int
    delivery_tries: int
    delivery_wait_s: float
    reasons_shown: int
    photos_a_ticket: int
    least_tickets_an_actor: int
    most_tickets_an_actor: int
    pages_an_actor: int
    arrival_hasty_s: float
    arrival_settle_s: float
    arrival_patience_s: float
    arrival_poll_s: float
    arrival_again_s: float
    manifest_share: float
    unfinished_names: tuple[str, ...]
    whole_files: tuple[tuple[bytes, bytes], ...]


@cache
def rules() -> Rules:
    table = tomllib.loads(files(__package__).joinpath("batch.toml").read_text("utf-8"))
    sets = ("suffixes", "passed_over", "reserved", "unsafe_signs")
    table["unfinished_names"] = tuple(table["unfinished_names"])
    table["whole_files"] = tuple((bytes.fromhex(start), bytes.fromhex(end)) for start, end in table["whole_files"])
    return Rules(**table | {name: frozenset(table[name]) for name in sets})


def is_photo_name(path: str) -> bool | None:
    """Whether a name with `/` in it is a photo's; None for what a system put there, hidden files among it."""
    parts, known = path.split("/"), rules()
    for part in parts:  # a loop: a hundred thousand times
        if part in known.passed_over or (part.startswith(".") and part not in (".", "..")):
            return None
    dot = parts[-1].rfind(".")
    return dot > 0 and parts[-1][dot:].lower() in known.suffixes
