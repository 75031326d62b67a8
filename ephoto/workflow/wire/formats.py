"""The target's format: JSON, a form, XML or CSV, in UTF-8 or what is called GBK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.wire import as_csv, as_form, as_json, as_xml

if TYPE_CHECKING:
    from ephoto.core.edited import Edited

__all__ = ["Encoding", "Format", "Kind", "Style", "format_of", "outside_gbk", "read", "write"]

Kind = Literal["json", "form", "xml", "csv"]
Encoding = Literal["utf-8", "gb18030", "gbk", "gb2312"]
Style = Literal["elements", "attributes"]
# Whoever asks for GBK gets GB18030, which is the same for all that GBK has, and has a code for every other name too.
_CODECS: dict[Encoding, str] = {"utf-8": "utf-8", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030"}
_TYPES: dict[Kind, str] = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "application/xml",
    "csv": "text/csv",
}


@dataclass(frozen=True, slots=True)
class Format:
    """How a document becomes bytes.

    Attributes
    ----------
    encoding : as the target calls it
    root, style, item : of XML: the outer element; values in elements or attributes; what a list's elements are called
    bom : of CSV: a byte order mark in front
    parts : the name of the part that the document goes in, beside pictures in parts of their own; "" sends it alone
    """

    type: Kind = "json"
    encoding: Encoding = "utf-8"
    root: str = "request"
    style: Style = "elements"
    item: str = "item"
    bom: bool = False
    parts: str = ""

    @property
    def codec(self) -> str:
        """The encoding by Python's name."""
        return _CODECS[self.encoding]

    @property
    def content_type(self) -> str:
        plain = self.encoding == "utf-8" and self.type in ("json", "form")
        return _TYPES[self.type] + ("" if plain else f"; charset={self.encoding.upper()}")


def format_of(edited: Edited, parts: str) -> Format:
    """The table `format` of a mapping file; `parts` is what it has by default.

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    default = Format()
    kinds, encodings, styles = get_args(Kind), get_args(Encoding), get_args(Style)
    kind = edited.take("type", str(default.type), ", ".join(kinds), kinds.__contains__)
    made: dict[str, Any] = {"type": kind}
    made["encoding"] = edited.take("encoding", str(default.encoding), ", ".join(encodings), encodings.__contains__)
    made["parts"] = edited.take("parts", parts, "a part's name", lambda name: not name or as_xml.is_name(name))
    if kind == "xml":
        made["root"] = edited.take("root", default.root, "an element's name", as_xml.is_name)
        made["style"] = edited.take("style", str(default.style), ", ".join(styles), styles.__contains__)
        made["item"] = edited.take("item", default.item, "an element's name", as_xml.is_name)
    if kind == "csv":
        made["bom"] = edited.take("bom", default.bom, "true, false")
    edited.done()
    return Format(**made)


def write(values: Mapping[str, Any], form: Format) -> bytes:
    """The target's bytes.

    Raises
    ------
    InputError
        "wf.field_unfit": a value cannot stand in this format.
    """
    if form.type == "xml":
        return as_xml.write(
            values, form.codec, form.encoding, form.root, form.item, attributes=form.style == "attributes"
        )
    if form.type == "form":
        return as_form.write(values, form.codec)
    if form.type == "csv":
        return as_csv.write(values, form.codec, bom=form.bom)
    return as_json.write(values, form.codec)


def read(body: bytes, form: Format) -> Mapping[str, Any]:
    """The fields of what the target answers.

    Raises
    ------
    EnvironmentFault
        "target_nonsense": it is not of this format; nothing of it is repeated.
    """
    way = {"json": as_json.read, "form": as_form.read, "xml": as_xml.read, "csv": as_csv.read}[form.type]
    try:
        return way(body, form.codec)
    except (InputError, ValueError, RecursionError):
        # The parser's error holds the text, and that may be a person's.
        raise EnvironmentFault("target_nonsense", problem="it is not of the format that the mapping names") from None


def outside_gbk(values: Any, at: str = "") -> Iterator[str]:
    """The fields (JSON Pointers) whose texts have signs that GBK lacks."""
    if isinstance(values, str):
        try:
            values.encode("gbk")
        except UnicodeEncodeError:
            yield at
    elif isinstance(values, (Mapping, list)):
        inner = values.items() if isinstance(values, Mapping) else enumerate(values)
        for key, value in inner:
            yield from outside_gbk(value, f"{at}/{key}")
