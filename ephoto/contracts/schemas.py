"""The schemas by name, and documents held against them.

A document says which schema it follows: "ephoto.submission/1" is submission.1.json here. Documents that ephoto sends
may hold nothing besides what a schema names; of documents that it receives, what is not named is passed over.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ephoto.core.errors import EnvironmentFault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.protocols import Validator

__all__ = ["Fault", "check", "faults", "is_code", "names", "schema", "shared"]

_NAME = re.compile(r"ephoto\.[a-z][a-z-]*/[1-9][0-9]*")
_COMMON = "common.1.json"
_MOST_FAULTS = 20  # told of one document
_MOST_FOUND = 1000  # and looked for: a document of nothing but faults is not read to its end


class Fault(NamedTuple):
    """A place in a document (JSON Pointer) and the keyword of the schema that it does not meet; no value of it."""

    pointer: str
    keyword: str


def names() -> list[str]:
    """Every schema's name."""
    stems = [p.name.removesuffix(".json") for p in files(__package__).iterdir() if p.name.endswith(".json")]
    return sorted("ephoto." + stem.replace(".", "/") for stem in stems if stem != _COMMON.removesuffix(".json"))


@cache
def schema(name: str) -> Mapping[str, Any]:
    """The JSON Schema of that name.

    Raises
    ------
    InputError
        "schema_unknown".
    """
    if not _NAME.fullmatch(name) or name not in names():
        raise InputError("schema_unknown", name=name if _NAME.fullmatch(name) else "...", known=names())
    return _loaded(name.removeprefix("ephoto.").replace("/", ".") + ".json")


def shared() -> Mapping[str, Any]:
    """The parts that several schemas refer to, by name."""
    parts: Mapping[str, Any] = _loaded(_COMMON)["$defs"]
    return parts


def is_code(text: str) -> bool:
    """Whether a text can be a code: of a bank, a branch, an employer, a batch (common.1.json)."""
    return re.fullmatch(shared()["code"]["pattern"], text) is not None


def faults(document: Any, name: str) -> list[Fault]:
    """Where a document does not meet the schema; the first ones of many, in the document's order.

    Raises
    ------
    InputError
        "schema_unknown".
    EnvironmentFault
        "extra_missing".
    """
    found = (Fault("".join(f"/{_escaped(step)}" for step in e.absolute_path), str(e.validator))
             for e in islice(_validator(name).iter_errors(document), _MOST_FOUND))  # fmt: skip
    return sorted(set(found))[:_MOST_FAULTS]


def check(document: Any, name: str) -> None:
    """Refuse a document that does not meet the schema.

    Raises
    ------
    InputError
        "document_unfit" with the schema's name and its faults: places and keywords, none of what the document holds.
    """
    found = faults(document, name)
    if found:
        raise InputError("document_unfit", name=name, faults=[f"{f.pointer or '/'} ({f.keyword})" for f in found])


def _escaped(step: object) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


@cache
def _loaded(file: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(files(__package__).joinpath(file).read_text("utf-8"))
    return table


@cache
def _validator(name: str) -> Validator:
    contract = schema(name)
    try:
        from jsonschema import Draft202012Validator
        from jsonschema.validators import extend
        from referencing import Registry, Resource
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name=name, package="jsonschema", extra="workflow") from error
    known = [_loaded(_COMMON), *map(schema, names())]
    registry: Any = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in known)
    made: Validator = extend(Draft202012Validator, {"pattern": _matches, "uniqueItems": _once})(
        contract, registry=registry
    )
    return made


def _matches(validator: Validator, pattern: str, value: Any, _schema: object) -> Iterator[Exception]:
    """The keyword `pattern` as ECMA 262 has it, and as others read our schemas. To Python's re, which jsonschema asks,
    `$` is before a last line's end too, and a digit may be of any script: one card could have two numbers.
    """
    from jsonschema import ValidationError

    if validator.is_type(value, "string") and not _compiled(pattern).search(value):
        yield ValidationError("it does not match the pattern")


def _once(validator: Validator, wanted: bool, value: Any, _schema: object) -> Iterator[Exception]:
    """The keyword `uniqueItems`, in a time that grows as the list does: jsonschema compares objects each with each, and
    a list of 40 kB took it 20 seconds. 1 and 1.0 are two here; no list of ours holds numbers.
    """
    from jsonschema import ValidationError

    if wanted and validator.is_type(value, "array"):
        said = {json.dumps(item, sort_keys=True) for item in value}
        if len(said) < len(value):
            yield ValidationError("an item comes twice")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Our patterns have `$` at their ends alone."""
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern, re.ASCII)
