"""Requests that come again: the first answer is given again, as long as it is the same request."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ephoto.sandbox.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Answered", "Answers"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered."""

    status: int
    media_type: str
    body: bytes = field(repr=False)
    retry_after_s: int = 0


class Answers:
    """First answers by idempotency key, of one process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Answered | None]] = {}
        self._lock = threading.Lock()

    def once(self, key: str, mark: str, work: Callable[[], Answered]) -> Answered:
        """What `work` gives the first time; the same again for the same key and mark.

        Raises
        ------
        Refused
            422 "wf.idempotency_conflict": the key came with another mark before. 409 "wf.in_progress": the first is
            still being worked on. Whatever `work` raises: then the key is free again.
        """
        with self._lock:
            known = self._kept.get(key)
            if known is None:
                self._kept[key] = mark, None
        if known is not None:
            return _again(known, mark)
        try:
            made = work()
        except BaseException:
            with self._lock:
                del self._kept[key]
            raise
        with self._lock:
            self._kept[key] = mark, made
        return made


def _again(known: tuple[str, Answered | None], mark: str) -> Answered:
    first, answered = known
    if first != mark:
        raise Refused(422, "wf.idempotency_conflict")
    if answered is None:
        raise Refused(409, "wf.in_progress", retry_after_s=1)
    return answered
