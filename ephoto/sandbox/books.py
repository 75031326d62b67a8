"""What the counterparts know: cases, cards, events, notices. In memory, behind one lock, gone with the process."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ephoto.sandbox.words import CaseState

__all__ = ["Books", "Case"]

_OPEN: tuple[CaseState, ...] = ("submitted", "accepted", "producing", "produced")


@dataclass(slots=True)
class Case:
    """An application as the other side has it."""

    application_id: str
    external_no: str
    schema: str
    kind: str
    state: CaseState
    received_at: float
    id_number: str = field(default="", repr=False)
    delivery: str = ""
    branch_code: str = ""
    instant: bool | None = None
    code: str = ""
    card_no: str = field(default="", repr=False)


class Books:
    """The counterparts' memory; each method is one step."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.run = secrets.token_hex(4)  # a cursor of an earlier run begins anew
        self.cases: dict[str, Case] = {}
        self.counts: Counter[str] = Counter()
        self.packages: list[dict[str, Any]] = []
        self._numbers: dict[str, Case] = {}
        self._people: dict[str, dict[str, Case]] = {}
        self._feed: list[dict[str, Any]] = []
        self._cards: dict[str, str] = {}
        self._made: dict[tuple[str, str, int], dict[str, Any]] = {}
        self._failures: Counter[str] = Counter()
        self._notices: dict[str, str] = {}

    def enter(self, case: Case) -> None:
        """Note a case; it takes the place of the application's case before."""
        with self.lock:
            self.cases[case.application_id] = case
            self._numbers[case.external_no] = case
            self._people.setdefault(case.id_number, {})[case.application_id] = case

    def case_by_number(self, external_no: str) -> Case | None:
        with self.lock:
            return self._numbers.get(external_no)

    def open_case(self, id_number: str) -> Case | None:
        """The person's case that is on its way."""
        with self.lock:
            mine = self._people.get(id_number, {})
            return next((case for case in mine.values() if case.state in _OPEN), None)

    def new_number(self, letter: str) -> str:
        """An external number that was not given before."""
        with self.lock:
            self.counts["numbers"] += 1
            return f"{letter}-{self.run}-{self.counts['numbers']:06}"

    def new_card(self, application_id: str) -> str:
        """A card number: T and eight digits by chance, since a sandbox that starts again must not give one twice."""
        with self.lock:
            while True:
                number = f"T{secrets.randbelow(10**8):08}"
                if number not in self._cards:
                    self._cards[number] = application_id
                    return number

    def application_of(self, card_no: str) -> str:
        """Whose card it is; "" if nobody's."""
        with self.lock:
            return self._cards.get(card_no, "")

    def made(self, sender: str, batch_no: str, row_no: int) -> dict[str, Any] | None:
        """The receipt's row of a card that was made of a batch's row; nobody gets two for one."""
        with self.lock:
            return self._made.get((sender, batch_no, row_no))

    def keep_made(self, sender: str, batch_no: str, row_no: int, row: dict[str, Any]) -> None:
        with self.lock:
            self._made[sender, batch_no, row_no] = row

    def failed_before(self, id_number: str) -> int:
        """How often the person's card failed before; counts this time."""
        with self.lock:
            self._failures[id_number] += 1
            return self._failures[id_number] - 1

    def add_to_feed(self, event: dict[str, Any]) -> None:
        with self.lock:
            self._feed.append(event)

    def feed(self, cursor: str, limit: int) -> tuple[list[dict[str, Any]], str, bool]:
        """Events after a cursor, the cursor after them, and whether there are more."""
        with self.lock:
            run, _, place = cursor.partition(".")
            start = int(place) if run == self.run and place.isdecimal() else 0
            events = self._feed[start : start + limit]
            end = start + len(events)
            return events, f"{self.run}.{end}", end < len(self._feed)

    def note(self, event_id: str, mark: str) -> str | None:
        """Note a notice; None if it was new, else what it was first."""
        with self.lock:
            first = self._notices.get(event_id)
            if first is None:
                self._notices[event_id] = mark
            return first

    def told(self) -> dict[str, Any]:
        """What was received and sent, in counts and codes; nobody's name and ID number."""
        with self.lock:
            states = Counter(case.state for case in self.cases.values())
            return {
                "applications": {
                    "count": len(self.cases),
                    "states": dict(sorted(states.items())),
                    "list": [
                        {"application_id": c.application_id, "external_no": c.external_no, "state": c.state,
                         "kind": c.kind, "card_no": c.card_no}
                        for c in self.cases.values()
                    ],
                },
                "cards": len(self._cards),
                "packages": list(self.packages),
                "notices": len(self._notices),
                "events": len(self._feed),
                "requests": {key: self.counts[key] for key in sorted(self.counts) if key != "numbers"},
            }  # fmt: skip
