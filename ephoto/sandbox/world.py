"""How the sandbox behaves: sandbox.toml, or a file like it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ephoto.contracts.schemas import is_code
from ephoto.core.edited import read_edited
from ephoto.core.messages import codes
from ephoto.sandbox.words import Answer, Delivery, FailType, Produce

if TYPE_CHECKING:
    from ephoto.core.edited import Edited

__all__ = ["BureauRules", "Employer", "Person", "WebhookRules", "World", "default_text", "load_world"]

_ID = re.compile("[0-9A-Z]{5,18}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody for whom something goes another way than well.

    Attributes
    ----------
    outcome : why no card is given, "wf.NAME"; "" if it is
    answer : how that is told
    fail_type, fail_code, fail_reason : how the card fails; "" where it does not
    fails : so many times; 0 is always
    pending : not made at the first receipt
    """

    id_number: str = field(repr=False)
    outcome: str = ""
    answer: Answer = "refuse"
    fail_type: FailType | None = None
    fail_code: str = ""
    fail_reason: str = ""
    fails: int = 1
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Employer:
    """An employer; `branch` and `delivery` are None where people choose."""

    code: str
    name: str = ""
    opened: bool = True
    banks: tuple[str, ...] = ()
    branch: str | None = None
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """See [webhook]."""

    tries: int
    first_wait_s: float
    most_wait_s: float
    timeout_s: float
    workers: int


@dataclass(frozen=True, slots=True)
class BureauRules:
    """See [bureau]."""

    poll_s: float
    produce: Produce
    partial_rows: int
    settle_s: float
    max_entries: int
    max_zip_bytes: int
    max_file_bytes: int
    max_ratio: int
    card_years: int
    vendor: str
    tell_bank: bool


@dataclass(frozen=True, slots=True)
class World:
    """All of the file."""

    window_s: float
    max_body_bytes: int
    banks_without_remote: frozenset[str]
    instant_branches: frozenset[str]
    webhook: WebhookRules
    bureau: BureauRules
    employers: dict[str, Employer]
    people: dict[str, Person] = field(repr=False)

    def person(self, id_number: str) -> Person:
        """Who it is; somebody for whom all goes well if the file does not name them."""
        return self.people.get(id_number) or Person(id_number)

    def employer(self, code: str) -> Employer:
        return self.employers.get(code) or Employer(code)

    def refusal(self, id_number: str, *, first_issue: bool) -> str:
        """Why this person gets no card of this kind, "wf.NAME"; "" if they do."""
        outcome = self.person(id_number).outcome
        beside = {"wf.already_has_card": first_issue, "wf.no_card": not first_issue}
        return outcome if beside.get(outcome, True) else ""


def default_text() -> str:
    """The bundled sandbox.toml, for a tester to copy and change."""
    return files(__package__).joinpath("sandbox.toml").read_text("utf-8")


def load_world(file: Path | None = None) -> World:
    """The bundled file, or another, which says what it changes.

    Raises
    ------
    InputError
        "not_readable".
    UsageError
        "settings_invalid".
    """
    default = read_edited(Path("sandbox.toml"), default_text())
    return _world(default if file is None else read_edited(file), default)


def _world(said: Edited, default: Edited) -> World:
    usual_banks = default.table("banks")
    banks = said.table("banks")
    kept = {name: _words(banks, name, str(usual_banks.take(name, "", "codes"))) for name in _BANKS}
    banks.done()
    made = World(
        window_s=_positive(said, "window_s", default.take("window_s", 300.0, "seconds")),
        max_body_bytes=_positive(said, "max_body_bytes", default.take("max_body_bytes", 1, "bytes")),
        banks_without_remote=frozenset(kept[_BANKS[0]]),
        instant_branches=frozenset(kept[_BANKS[1]]),
        webhook=WebhookRules(**_rules(WebhookRules, said.table("webhook"), default.table("webhook"))),
        bureau=BureauRules(**_rules(BureauRules, said.table("bureau"), default.table("bureau"))),
        employers={one.code: one for one in map(_employer, said.tables("employer"))},
        people={one.id_number: one for one in map(_person, said.tables("person"))},
    )
    said.done()
    return made


_BANKS = ("remote_replacement_lacking", "instant_branches")
_PRODUCE: tuple[Any, ...] = get_args(Produce)
_KINDS: dict[str, Any] = {"int": 0, "float": 0.0, "str": "", "bool": False, "Produce": ""}


def _rules(kind: type, said: Edited, default: Edited) -> dict[str, Any]:
    """A table's keys, all numbers not negative."""
    made: dict[str, Any] = {}
    for one in fields(kind):
        usual = default.take(one.name, _KINDS[str(one.type)], "what sandbox.toml has")
        if one.type == "Produce":
            made[one.name] = said.take(one.name, usual, " or ".join(_PRODUCE), _PRODUCE.__contains__)
        else:
            made[one.name] = said.take(one.name, usual, "not below 0", _sound)
    said.done()
    return made


def _sound(value: Any) -> bool:
    return isinstance(value, (str, bool)) or value >= 0


def _positive(said: Edited, key: str, usual: Any) -> Any:
    return said.take(key, usual, "a number above 0", lambda value: value > 0)


def _words(said: Edited, key: str, usual: str = "") -> tuple[str, ...]:
    text = said.take(key, usual, "codes with spaces between them", lambda words: all(map(is_code, words.split())))
    return tuple(text.split())


def _employer(said: Edited) -> Employer:
    words = get_args(Delivery)
    code = said.take("code", "", "a code", is_code)
    branch = said.take("branch", "", "a code", lambda text: not text or is_code(text))
    delivery: Any = said.take("delivery", "", " or ".join(words), lambda text: not text or text in words)
    made = Employer(
        code,
        name=said.take("name", "", "a text"),
        opened=said.take("opened", True, "true or false"),
        banks=_words(said, "banks"),
        branch=branch or None,
        delivery=delivery or None,
    )
    said.done()
    return made


def _person(said: Edited) -> Person:
    fails, answers, known = get_args(FailType), get_args(Answer), codes("wf")
    number = said.take("id_number", "", "an ID number", lambda text: bool(_ID.fullmatch(text)))
    fail: Any = said.take("fail_type", "", " or ".join(fails), lambda text: not text or text in fails)
    answer: Any = said.take("answer", "refuse", " or ".join(answers), answers.__contains__)
    made = Person(
        number,
        outcome=said.take("outcome", "", "wf.NAME", lambda text: not text or text.removeprefix("wf.") in known),
        answer=answer,
        fail_type=fail or None,
        fail_code=said.take("fail_code", "", "a text"),
        fail_reason=said.take("fail_reason", "", "a text"),
        fails=said.take("fails", 1, "a whole number from 0 on", lambda number: number >= 0),
        pending=said.take("pending", False, "true or false"),
    )
    said.done()
    return made
