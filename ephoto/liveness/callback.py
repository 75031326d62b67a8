"""What a platform's callback says: its JSON, mapped by data to "ephoto.liveness-callback/1", checked field by field.

callback.schema.json is the contract; this is the same by hand, since a receiver needs no schema library. A test holds
the two against each other.
"""

from __future__ import annotations

import base64
import json
import math
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast, get_args

from ephoto.core.errors import InputError
from ephoto.core.messages import codes
from ephoto.core.strict_json import parsed
from ephoto.liveness.limits import limits
from ephoto.liveness.tickets import mark_of
from ephoto.liveness.values import Cue, CueState, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.core.edited import Edited

__all__ = ["FIELDS", "SCHEMA", "Told", "Wire", "default_file", "defaults", "read", "wire"]

SCHEMA = "ephoto.liveness-callback/1"
FIELDS = ("schema", "nonce", "outcome", "reasons", "score", "seconds", "reference", "best_frame")
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_NONCE = re.compile("[0-9a-f]{32}")
_REFERENCE = re.compile("[!-~]{1,128}")
_JPEG = re.compile("/9j/(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")  # base64 of FF D8 FF ...
_MOST_REASONS, _MOST_REASON_CHARS, _MOST_SECONDS = 16, 64, 3600
# What an error may repeat of a foreign word: a code, never a name and never a number as long as a person's.
_TELLABLE = re.compile("[A-Za-z][A-Za-z_.-]{0,31}|-?[0-9]{1,5}")
_STATES: dict[Outcome, CueState] = {"live": "pass", "not_live": "fail", "inconclusive": "unknown"}
_REASONS: dict[Outcome, tuple[str, ...]] = {
    "live": ("remote_live",),
    "not_live": ("remote_not_live",),
    "inconclusive": ("remote_inconclusive",),
}


@dataclass(frozen=True, slots=True)
class Wire:
    """How a platform's JSON is read; see callback.toml. `fields` are paths by our names, of those that are sent."""

    fields: Mapping[str, tuple[str, ...]]
    outcomes: Mapping[str, Outcome]
    reasons: Mapping[str, str]
    full_score: float


@dataclass(frozen=True, slots=True)
class Told:
    """What one callback says. `mark` tells it from another; `frame` is JPEG as it was sent."""

    nonce: str
    outcome: Outcome
    mark: str
    reasons: tuple[str, ...] = ()
    score: float | None = None
    seconds: float = 0.0
    reference: str | None = None
    frame: bytes | None = field(default=None, repr=False)

    def verdict(self) -> Verdict:
        """The same as a verdict: no evidence, and the platform's score, if it gave one, as its only cue."""
        reasons = _REASONS[self.outcome]
        score = self.score
        cues = () if score is None else (Cue("remote_score", _STATES[self.outcome], score, reason=reasons[0]),)
        return Verdict(self.outcome, (*reasons, *self.reasons), (), cues, self.nonce, self.seconds, 0)


def default_file() -> str:
    """callback.toml, for integrators to copy."""
    return files(__package__).joinpath("callback.toml").read_text("utf-8")


@cache
def defaults() -> Mapping[str, Any]:
    """What callback.toml says."""
    return tomllib.loads(default_file())


def wire(edited: Edited) -> Wire:
    """The tables [fields], [outcomes] and [reasons] and the key full_score of a platform's file.

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    default = defaults()
    places = edited.table("fields")
    paths = {name: places.take(name, str(default["fields"][name]), "a field's name") for name in FIELDS}
    places.done()
    for name in ("nonce", "outcome"):
        if not paths[name]:
            places.refuse(name, "it is missing", "a field's name")
    words = edited.table("outcomes")
    outcomes = words.words(_OUTCOMES.__contains__, ", ".join(_OUTCOMES)) or dict(default["outcomes"])
    known = codes("reason")
    reasons = edited.table("reasons").words(known.__contains__, ", ".join(sorted(known)))
    full = edited.take("full_score", float(default["full_score"]), "a number above 0", lambda n: 0 < n < math.inf)
    return Wire(
        {name: tuple(path.split(".")) for name, path in paths.items() if path},
        cast("dict[str, Outcome]", outcomes),
        reasons,
        full,
    )


def read(body: bytes, by: Wire) -> Told:
    """What a callback's body says; its size and signature are the receiver's to check, before.

    Raises
    ------
    InputError
        "callback_not_json"; "callback_unfit" with the field and what is wrong with it; "outcome_unknown".
    """
    document = _object(body)
    given = {name: _at(document, path) for name, path in by.fields.items()}
    given = {name: value for name, value in given.items() if value is not None}
    if "schema" in by.fields and given.get("schema") != SCHEMA:
        raise InputError("callback_unfit", field="schema", problem="it is missing or another")
    nonce = given.get("nonce")
    if not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
        raise InputError("callback_unfit", field="nonce", problem="it is not 32 hexadecimal digits")
    score = _number(given, "score", by.full_score)
    seconds = _number(given, "seconds", _MOST_SECONDS)
    return Told(
        nonce=nonce,
        outcome=_outcome(given, by),
        mark=mark_of(given),
        reasons=_reasons(given, by),
        score=None if score is None else score / by.full_score,
        seconds=0.0 if seconds is None else round(seconds, 3),
        reference=_reference(given),
        frame=_frame(given),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = parsed(body.decode("utf-8"))
    except ValueError:
        raise InputError("callback_not_json", problem="it is not JSON") from None
    if not isinstance(document, dict):
        raise InputError("callback_not_json", problem="it is not an object")
    return document


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def _outcome(given: Mapping[str, Any], by: Wire) -> Outcome:
    value = given.get("outcome")
    if value is None or isinstance(value, (dict, list, float)):
        raise InputError("callback_unfit", field="outcome", problem="it is missing or no word")
    word = json.dumps(value) if isinstance(value, (bool, int)) else str(value)
    if word not in by.outcomes:
        told = word if _TELLABLE.fullmatch(word) else "..."
        raise InputError("outcome_unknown", word=told, known=list(by.outcomes))
    return by.outcomes[word]


def _reasons(given: Mapping[str, Any], by: Wire) -> tuple[str, ...]:
    value = given.get("reasons", [])
    words = [value] if isinstance(value, str) else value
    right = isinstance(words, list) and len(words) <= _MOST_REASONS
    if not right or not all(isinstance(w, str) and 1 <= len(w) <= _MOST_REASON_CHARS for w in words):
        raise InputError("callback_unfit", field="reasons", problem="it is no word and no list of words")
    return tuple(dict.fromkeys(by.reasons[word] for word in words if word in by.reasons))


def _number(given: Mapping[str, Any], name: str, most: float) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= most:
        raise InputError("callback_unfit", field=name, problem=f"it is no number from 0 to {most:g}")
    return float(value)


def _reference(given: Mapping[str, Any]) -> str | None:
    value = given.get("reference")
    if value is None:
        return None
    if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
        raise InputError("callback_unfit", field="reference", problem="it is not 1 to 128 visible ASCII signs")
    return value


def _frame(given: Mapping[str, Any]) -> bytes | None:
    value = given.get("best_frame")
    if value is None:
        return None
    if not isinstance(value, str) or not _JPEG.fullmatch(value):
        raise InputError("callback_unfit", field="best_frame", problem="it is no JPEG in base64")
    frame = base64.b64decode(value)
    if len(frame) > limits().max_frame_bytes:
        raise InputError("callback_unfit", field="best_frame", problem="it has too many bytes")
    return frame
