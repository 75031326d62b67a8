"""Pictures that come as parts of a form, held against what the document says of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ephoto.sandbox.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.sandbox.bodies import Part

__all__ = ["check_pictures", "is_jpeg"]

_JPEG = b"\xff\xd8\xff"
_SIDES = {"id_card_front": "front", "id_card_back": "back"}


def is_jpeg(data: bytes | bytearray) -> bool:
    """Whether the bytes begin as a JPEG does."""
    return bytes(data[: len(_JPEG)]) == _JPEG


def check_pictures(document: Mapping[str, Any], parts: Mapping[str, Part]) -> None:
    """Refuse pictures that are missing, are other ones, or are not spoken of.

    Parameters
    ----------
    document : meets its schema
    parts : all but the document's own

    Raises
    ------
    Refused
        400 "wf.photo_missing", "wf.id_card_picture_missing", "wf.photo_rejected", "wf.body_invalid".
    """
    photo = document["photo"]
    told = {"photo": photo} if photo["source"] != "on_file" else {}
    sides = document.get("id_card", {})
    told |= {name: sides[side] for name, side in _SIDES.items() if side in sides}
    if set(parts) - set(told):
        raise Refused(400, "wf.body_invalid")
    for name, facts in told.items():
        part = parts.get(name)
        if part is None and name == "photo":
            raise Refused(400, "wf.photo_missing")
        if part is None:
            raise Refused(400, "wf.id_card_picture_missing", side=_SIDES[name])
        _check(part, facts, photo.get("spec", "-"))


def _check(part: Part, facts: Mapping[str, Any], spec: str) -> None:
    if part.file_name != facts["file"]:
        raise Refused(400, "wf.photo_rejected", problem="its name is another", spec=spec)
    if len(part.data) != facts["bytes"] or hashlib.sha256(part.data).hexdigest() != facts["sha256"]:
        raise Refused(400, "wf.photo_rejected", problem="its bytes are others", spec=spec)
    if not is_jpeg(part.data):
        raise Refused(400, "wf.photo_rejected", problem="it is no JPEG", spec=spec)
