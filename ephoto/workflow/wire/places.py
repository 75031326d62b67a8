"""Places in a document: paths such as applicant.id_number, and which ones a schema has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ephoto.contracts.schemas import schema, shared

__all__ = ["PICTURES", "Place", "at", "leaves", "places", "put"]

Place = tuple[str, ...]

# Where a document tells of the pictures that go along, by the names of their parts.
PICTURES: Mapping[str, Place] = {
    "photo": ("photo",),
    "id_card_front": ("id_card", "front"),
    "id_card_back": ("id_card", "back"),
}


def at(document: Any, place: Place) -> Any:
    """What stands there; None if nothing does."""
    for step in place:
        if not isinstance(document, Mapping):
            return None
        document = document.get(step)
    return document


def put(document: dict[str, Any], place: Place, value: Any) -> None:
    """Put a value there, making the inner objects that lead to it; the loader has seen that no two are in each other's
    way.
    """
    for step in place[:-1]:
        document = document.setdefault(step, {})
    document[place[-1]] = value


def leaves(document: Mapping[str, Any]) -> Iterator[Place]:
    """The places of a document that hold a value; a list counts as one.

    >>> list(leaves({"a": {"b": 1}, "c": [2]}))
    [('a', 'b'), ('c',)]
    """
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from ((key, *rest) for rest in leaves(value))
        else:
            yield (key,)


@cache
def places(name: str) -> Mapping[Place, frozenset[Place]]:
    """Every place of a schema; of one that holds a list of objects, the places inside each, else none.

    >>> ("applicant", "name") in places("ephoto.submission/1")
    True
    >>> sorted(places("ephoto.employer-check/1")["rows",])
    [('id_number',), ('name',), ('row_no',)]
    """
    found: dict[Place, frozenset[Place]] = {}
    _walk(schema(name), (), found)
    return found


def _walk(part: Mapping[str, Any], here: Place, found: dict[Place, frozenset[Place]]) -> None:
    part = _followed(part)
    for way in (*part.get("oneOf", ()), *part.get("anyOf", ())):
        _walk(way, here, found)
    for key, inner in part.get("properties", {}).items():
        place = (*here, key)
        items = _followed(_followed(inner).get("items", {}))
        rows: dict[Place, frozenset[Place]] = {}
        if items:
            _walk(items, (), rows)
        found[place] = found.get(place, frozenset()) | frozenset(rows)
        _walk(inner, place, found)


def _followed(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a schema that a reference leads to."""
    while "$ref" in part:
        urn, _, inner = str(part["$ref"]).partition("#/$defs/")
        part = shared()[inner] if inner else schema(urn.replace("urn:ephoto:", "ephoto.").replace(":", "/"))
    return part
