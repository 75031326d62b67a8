"""An integrator's file: where a counterpart is, how it is spoken to, which of its fields is which of ours.

No code and no expressions are in such a file, and every key is known. The bundled ones (`bundled`) have comments on
every key.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ephoto.contracts.schemas import schema
from ephoto.core.edited import Edited, read_edited
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.workflow.findings import Finding
from ephoto.workflow.wire import formats, multipart
from ephoto.workflow.wire.answers import Response, response
from ephoto.workflow.wire.fields import Fields
from ephoto.workflow.wire.formats import Format, format_of
from ephoto.workflow.wire.places import places
from ephoto.workflow.wire.refusals import OTHER, problem_of, refusal
from ephoto.workflow.wire.signing import Signing, signing
from ephoto.workflow.wire.transport import Http, Transport, transport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ephoto.core.settings import Settings

__all__ = ["Adapter", "Body", "WireMapping", "bundled", "bundled_names", "kinds", "load_mapping"]

_JSON = Format()
_PROBLEM = "application/problem+json"
_FIRST_BAD = 400


@dataclass(frozen=True, slots=True)
class Adapter:
    """Which adapter a file is for: its kind, the schema that it maps, the integrator's own version, and the entry point
    that serves it.
    """

    kind: str
    schema: str
    version: str = ""
    engine: str = "ephoto"


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent; `findings` warn of signs that GBK lacks."""

    data: bytes = field(repr=False)
    content_type: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class WireMapping:
    """A mapping file that was read.

    Attributes
    ----------
    transport : where the counterpart is; None where the adapter needs none
    paths : of its requests, by what they are for
    sign : None if nothing is signed
    request : () sends our document as it is
    tables : what only the adapter reads, see `table`
    """

    adapter: Adapter
    transport: Transport | None
    paths: Mapping[str, str]
    format: Format
    sign: Signing | None
    request: Fields
    response: Response
    file: Path
    tables: Mapping[str, Edited] = field(default_factory=dict, repr=False)

    @property
    def http(self) -> Http:
        """The transport, where it must be HTTP.

        Raises
        ------
        UsageError
            "settings_invalid".
        """
        if not isinstance(self.transport, Http):
            Edited(self.file, {}, "").refuse("transport", "it is missing", '{ type = "http", url = "..." }')
        return self.transport

    def path(self, purpose: str, **values: str) -> str:
        """Where a request goes; {name} in the file's path stands for a value, percent-encoded."""
        made = self.paths[purpose]
        for name, value in values.items():
            made = made.replace(f"{{{name}}}", quote(value, safe=""))
        return made

    def table(self, name: str) -> Edited:
        """A table that only the adapter reads; an empty one if there is none. Whoever takes from it calls `done`."""
        return self.tables.get(name) or Edited(self.file, {}, f"{name}.")

    def wire(self, document: Mapping[str, Any], pictures: Mapping[str, bytes] | None = None) -> Body:
        """The target's bytes for a document of ours that meets its schema.

        Parameters
        ----------
        pictures : JPEG by the name of their part: photo, id_card_front, id_card_back

        Raises
        ------
        InputError
            "wf.value_too_long", "wf.field_unfit"; none repeats a value.
        """
        given = pictures or {}
        values = self.request.values(document, given, encoding=self.format.codec) if self.request else document
        data = formats.write(values, self.format)
        odd = formats.outside_gbk(values) if self.format.encoding in ("gbk", "gb2312") else ()
        findings = tuple(Finding("wf.name_not_in_gbk", pointer) for pointer in odd)
        if not self.format.parts:
            return Body(data, self.format.content_type, findings)
        beside = {name: data for name, data in given.items() if name not in self.request.pictures}
        parts = [multipart.Part(self.format.parts, data, self.format.content_type)]
        parts += [multipart.Part(name, data, "image/jpeg", f"{name}.jpg") for name, data in beside.items()]
        body, content_type = multipart.join(parts)
        return Body(body, content_type, findings)

    def read(
        self, body: bytes, content_type: str = "", *, status: int = 200, private: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Our document of the target's answer; fields that we do not know are kept under "extra".

        Parameters
        ----------
        private : words that an error must not tell on, such as the applicant's name

        Raises
        ------
        InputError
            A refusal, by the code that [response.errors] or the problem document gives.
        EnvironmentFault
            "target_nonsense": it cannot be read.
        """
        good = status < _FIRST_BAD
        kind = content_type.partition(";")[0].strip().lower()
        own = not self.response.fields and not self.response.ok
        try:
            answer = formats.read(body, _JSON if own or kind == _PROBLEM else self.format)
        except EnvironmentFault:
            if good:
                raise
            raise refusal(OTHER, status=status) from None
        if kind == _PROBLEM or (own and not good):
            raise problem_of(answer, status, private)
        if not own:
            return self.response.read(answer, good=good, private=private)
        return self._known(answer)

    def _known(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """An answer in our own words, what is not of its schema set apart."""
        name = kinds()[self.adapter.kind]["answer"]
        known = schema(name)["properties"] if name else {}
        extra = {key: value for key, value in answer.items() if key not in known}
        return {key: value for key, value in answer.items() if key in known} | ({"extra": extra} if extra else {})


@cache
def kinds() -> Mapping[str, Any]:
    """What kinds.toml says."""
    return tomllib.loads(files(__package__).joinpath("kinds.toml").read_text("utf-8"))


def bundled_names() -> list[str]:
    """The names of the mappings in the package."""
    folder = files("ephoto.workflow").joinpath("mappings")
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def bundled(name: str) -> Path:
    """The path of a mapping in the package, for integrators to copy.

    Raises
    ------
    UsageError
        "engine_unknown": there is none of that name.
    """
    if name not in bundled_names():
        raise UsageError("engine_unknown", kind="mapping", name=name, known=bundled_names())
    return Path(str(files("ephoto.workflow").joinpath("mappings", f"{name}.toml")))


def load_mapping(file: str | Path, settings: Settings) -> WireMapping:
    """Read a mapping file; what it names (keys, certificates, folders) lies beside it, or in the environment.

    Raises
    ------
    UsageError
        "settings_invalid" with the key: unknown, of another kind, or against another.
    InputError
        "not_readable".
    """
    path = Path(file).expanduser()
    edited = read_edited(path)
    adapter, kind = _adapter(edited)
    place = transport(edited.table("transport"), kind["transports"], settings) if "transport" in edited else None
    form = format_of(edited.table("format"), kind["parts"])
    own = adapter.engine == "ephoto"
    fields = Fields.from_edited(edited.table("request"), places(adapter.schema) if own else None)
    tables = {name: edited.table(name) for name in _tables(edited, kind, own=own)}
    made = WireMapping(
        adapter,
        place,
        _paths(edited, kind["paths"]),
        form,
        signing(edited.table("sign")) if "sign" in edited else None,
        fields,
        response(edited.table("response")),
        path,
        tables,
    )
    edited.done()
    _check_pictures(edited, made, kind["files"])
    _check_response(edited, made)
    return made


def _adapter(edited: Edited) -> tuple[Adapter, Mapping[str, Any]]:
    table = edited.table("adapter")
    name = table.take("kind", "", ", ".join(kinds()), kinds().__contains__)
    kind = kinds()[name]
    made = Adapter(
        name,
        table.take("schema", kind["schema"], kind["schema"], lambda word: word == kind["schema"]),
        table.take("version", "", "the integrator's own version"),
        table.take("engine", "ephoto", "the name of an entry point", bool),
    )
    table.done()
    return made, kind


def _tables(edited: Edited, kind: Mapping[str, Any], *, own: bool) -> list[str]:
    """The adapter's own tables: those of its kind, or, of another package's adapter, whatever is left."""
    if own:
        return [name for name in kind["tables"] if name in edited]
    taken = {"adapter", "transport", "paths", "format", "sign", "request", "response"}
    return [name for name in edited.names() if name not in taken]


def _paths(edited: Edited, default: Mapping[str, str]) -> Mapping[str, str]:
    table = edited.table("paths")
    made = {}
    for name, path in default.items():
        made[name] = table.take(name, path, "a path that begins with /", partial(_is_path, path))
    table.done()
    return made


def _is_path(default: str, word: str) -> bool:
    """ASCII, absolute, without query; and with the places that the default has."""
    plain = word.isascii() and word.isprintable() and not set(" ?#") & set(word) and word.startswith("/")
    return (
        plain
        and word.count("{") == default.count("{")
        and all(part in word for part in default.split("/") if part.startswith("{"))
    )


def _check_pictures(edited: Edited, made: WireMapping, wanted: list[str]) -> None:
    """Pictures that have no way to go along would be lost without a word."""
    odd = made.request.pictures - set(wanted)
    if odd:
        edited.refuse("request", "it holds pictures that there are not", ", ".join(wanted) or "none")
    if wanted and not made.format.parts and not set(wanted) <= made.request.pictures:
        edited.refuse("format", "the pictures have no place", 'parts = "...", or a field for each with encode')


def _check_response(edited: Edited, made: WireMapping) -> None:
    """An answer that is no JSON needs to be told how it is read."""
    if made.format.type != "json" and kinds()[made.adapter.kind]["answer"] and not made.response.fields:
        edited.refuse("response", "it is missing", "[response]")
    if made.format.type != "json" and not made.request:
        edited.refuse("request", "it is missing", "[request]")
