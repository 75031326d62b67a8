"""Bodies of requests: JSON objects, and forms of several parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ephoto.core.errors import EnvironmentFault
from ephoto.core.strict_json import parsed
from ephoto.sandbox.refusals import Refused

__all__ = ["Part", "json_object", "parts_of"]

_MOST_PARTS = 8


@dataclass(slots=True)
class Part:
    """A part of a form."""

    name: str = ""
    file_name: str = ""
    content_type: str = ""
    data: bytearray = field(default_factory=bytearray, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)


def json_object(body: bytes) -> dict[str, Any]:
    """The object that the bytes are.

    Raises
    ------
    Refused
        400 "wf.body_invalid": it is no JSON, no object, or has a key twice.
    """
    try:
        document = parsed(body.decode("utf-8"))
    except ValueError:  # of the decoder too, whose error holds the text
        raise Refused(400, "wf.body_invalid") from None
    if not isinstance(document, dict):
        raise Refused(400, "wf.body_invalid")
    return document


def parts_of(content_type: str, body: bytes) -> dict[str, Part]:
    """The parts of a multipart/form-data body by their names.

    Raises
    ------
    Refused
        400 "wf.body_invalid": it is none, ends early, or has a part twice.
    EnvironmentFault
        "extra_missing".
    """
    try:
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser, parse_options_header
    except ImportError as error:
        package = "python-multipart"
        raise EnvironmentFault("extra_missing", name="sandbox", package=package, extra="sandbox") from error

    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise Refused(400, "wf.body_invalid")
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise Refused(400, "wf.body_invalid") from None
    if not reader.ended:
        raise Refused(400, "wf.body_invalid")
    for part in reader.parts:
        _, said = parse_options_header(part.headers.get("content-disposition", ""))
        part.name = said.get(b"name", b"").decode("utf-8", "replace")
        part.file_name = said.get(b"filename", b"").decode("utf-8", "replace")
        part.content_type = part.headers.get("content-type", "").split(";")[0].strip().lower()
    named = {part.name: part for part in reader.parts}
    if len(named) < len(reader.parts) or "" in named:
        raise Refused(400, "wf.body_invalid")
    return named


class _Reader:
    """What python-multipart calls back."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._name, self._value = bytearray(), bytearray()

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self.parts[-1].data.extend(data[start:end]),
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= _MOST_PARTS:
            raise Refused(400, "wf.body_invalid")
        self.parts.append(Part())

    def _header(self) -> None:
        name = self._name.decode("latin-1").lower()
        self.parts[-1].headers[name] = self._value.decode("utf-8", "replace")
        self._name, self._value = bytearray(), bytearray()

    def _end(self) -> None:
        self.ended = True
