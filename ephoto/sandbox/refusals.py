"""Refusals of the counterparts: an error of the card workflow, and the HTTP status that it travels with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import faults
from ephoto.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.contracts.schemas import Fault

__all__ = ["MEDIA_TYPE", "Refused", "held_against", "problem"]

MEDIA_TYPE = "application/problem+json"


class Refused(InputError):
    """A request that is refused.

    Parameters
    ----------
    status : of HTTP
    code : "wf.NAME"
    faults : where a document does not meet its schema
    retry_after_s : when to ask again; 0 where that is not known
    """

    def __init__(
        self, status: int, code: str, /, *, faults: Sequence[Fault] = (), retry_after_s: int = 0, **values: Any
    ) -> None:
        super().__init__(code, **values)
        self.status, self.faults, self.retry_after_s = status, tuple(faults), retry_after_s

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.status, self.code, self.faults, self.retry_after_s, self.values)


def _rebuild(status: int, code: str, found: tuple[Fault, ...], retry_after_s: int, values: dict[str, Any]) -> Refused:
    return Refused(status, code, faults=found, retry_after_s=retry_after_s, **values)


def problem(refused: Refused) -> dict[str, Any]:
    """The refusal as "ephoto.problem/1", in both languages; it repeats nothing of what was sent."""
    told: dict[str, Any] = {
        "type": f"urn:ephoto:{refused.code}",
        "title": refused.message("en")[:200],
        "status": refused.status,
        "detail": refused.hint("en"),
        "code": refused.code,
        "message": refused.message("en"),
        "message_zh": refused.message("zh"),
    }
    if refused.faults:
        told["errors"] = [_error(fault) for fault in refused.faults]
    return told


def _error(fault: Fault) -> dict[str, Any]:
    place = fault.pointer[:200] or "/"
    if fault.keyword == "required":
        error = InputError("wf.field_required", field=place)
    else:
        error = InputError("wf.field_unfit", field=place, problem=fault.keyword)
    told = {"pointer": fault.pointer, "code": error.code}
    return told | {"message": error.message("en"), "message_zh": error.message("zh")}


def held_against(document: Any, name: str) -> None:
    """Refuse a document that does not meet a schema.

    Raises
    ------
    Refused
        400 "wf.body_invalid".
    """
    found = faults(document, name)
    if found:
        raise Refused(400, "wf.body_invalid", faults=found)
