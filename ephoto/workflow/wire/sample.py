"""What a mapping file makes of the bundled samples: an integrator sees the bytes before any person's data go out.

The people are fictional: their ID numbers are of an area that is nobody's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import check
from ephoto.workflow.wire.mapping import kinds
from ephoto.workflow.wire.places import PICTURES, at, leaves
from ephoto.workflow.wire.transforms import ENCODINGS, encoded
from ephoto.workflow.wire.transport import Http

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.workflow.findings import Finding
    from ephoto.workflow.wire.mapping import WireMapping
    from ephoto.workflow.wire.places import Place

__all__ = ["Shown", "samples", "shown"]

# The request that a sample shows, of those that a kind can make.
_PURPOSES = {"submission": "submit", "replacement": "request", "employer": "check", "notify": "notice"}
_OF_FILES = frozenset({"file", "sha256"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One request as it would be sent, but for its signature.

    Attributes
    ----------
    name : the id in the sample document
    body : in the target's encoding
    text : the same to read, with pictures told by their sizes
    left_out : the places of our document that the target is told nothing of
    """

    name: str
    url: str
    content_type: str
    body: bytes
    text: str
    findings: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is, in one line."""
        return f"{self.name}: POST {self.url}"


def shown(mapping: WireMapping) -> list[Shown]:
    """What a mapping makes of each sample of its kind; none for kinds that send no document.

    Raises
    ------
    InputError
        What the mapping cannot say of a sample: "wf.field_unfit", "wf.value_too_long".
    """
    return [_shown(mapping, document, pictures) for document, pictures in samples(mapping.adapter.kind)]


def samples(kind: str) -> list[tuple[dict[str, Any], dict[str, bytes]]]:
    """The bundled documents of a kind of adapter, each with its pictures, which are grey."""
    place = files(__package__).joinpath("sample_documents")
    if kind not in _PURPOSES:
        return []
    made = []
    picture = place.joinpath("picture.jpg").read_bytes()
    for document in json.loads(place.joinpath(f"{kind}.json").read_text("utf-8")):
        pictures = {}
        for part, where in PICTURES.items():
            told = at(document, where)
            if told is not None and "file" in told:
                data = _named(picture, part)
                told |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                pictures[part] = data
        check(document, kinds()[kind]["schema"])
        made.append((document, pictures))
    return made


def _named(picture: bytes, name: str) -> bytes:
    """A JPEG with its name as a comment behind its first marker, so that no two are the same."""
    text = name.encode("ascii")
    return picture[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text + picture[2:]


def _shown(mapping: WireMapping, document: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Shown:
    purpose = _PURPOSES[mapping.adapter.kind]
    place = mapping.transport.url if isinstance(mapping.transport, Http) else ""
    body = mapping.wire(document, pictures)
    name = next(str(document[key]) for key in ("event_id", "request_id", "application_id") if key in document)
    said = {one.source for one in mapping.request.fields}
    unsaid = [".".join(leaf) for leaf in leaves(document) if said and not _told(leaf, said)]
    url, text = place + mapping.path(purpose), _text(body.data, pictures, mapping.format.codec)
    return Shown(name, url, body.content_type, body.data, text, body.findings, tuple(unsaid))


def _text(body: bytes, pictures: Mapping[str, bytes], codec: str) -> str:
    for name, data in pictures.items():
        for raw in (data, *(encoded(data, way).encode() for way in ENCODINGS)):
            body = body.replace(raw, f"({name}: {len(raw)} bytes)".encode())
    return body.decode(codec)


def _told(leaf: Place, said: set[Place]) -> bool:
    """Whether a place, or the file that it tells of, has a field; the schema's name needs none."""
    return leaf in said or leaf == ("schema",) or (leaf[-1] in _OF_FILES and (*leaf[:-1], "bytes") in said)
