"""Faults that a test or a tour asks for: slow answers, connections that are cut, a server that is busy."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from ephoto.core.errors import InputError

__all__ = ["Fault", "Faults", "Moment"]

Moment = Literal["before", "during", "after"]
MOMENTS: tuple[Moment, ...] = ("before", "during", "after")
_MOST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes
    ----------
    when : "before" the request is looked at, "during" the work on it, "after" its answer is kept
    seconds : to wait
    cut : end the connection without an answer
    status : to answer instead, "before" only; 0 is none
    """

    when: Moment
    seconds: float = 0.0
    cut: bool = False
    status: int = 0


class Faults:
    """What was asked for, and how often it still happens."""

    def __init__(self) -> None:
        self._asked: list[tuple[Fault, int]] = []
        self._lock = threading.Lock()

    def ask(self, fault: Fault, times: int) -> None:
        """Let it happen to the next requests, so many; 0 ends all faults of its moment.

        Raises
        ------
        InputError
            "wf.field_unfit".
        """
        if fault.when not in MOMENTS:
            raise InputError("wf.field_unfit", field="when", problem="it is another word")
        if not 0 <= fault.seconds <= _MOST_SECONDS or not times >= 0 or fault.status not in (0, *range(400, 600)):
            raise InputError("wf.field_unfit", field="seconds", problem="a number is out of range")
        with self._lock:
            if times:
                self._asked.append((fault, times))
            else:
                self._asked = [one for one in self._asked if one[0].when != fault.when]

    def next(self, when: Moment) -> Fault | None:
        """The fault for this request at this moment."""
        with self._lock:
            for k, (fault, times) in enumerate(self._asked):
                if fault.when == when:
                    self._asked[k : k + 1] = [(fault, times - 1)] if times > 1 else []
                    return fault
        return None
