"""Where the driver lays photos out and workers on other machines take them: what is whose, and what is to blame.

A worker comes with a ticket and is given a page of photos. If it is killed, its successor comes with the same ticket
and is given the same page; a photo that was being worked on at two such deaths is given out as condemned.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ephoto.core.errors import EphotoError

if TYPE_CHECKING:
    from collections.abc import Collection

    from ephoto.batch.items import Reader

__all__ = ["Portion", "Ticket", "Tray"]

DEATHS = 2  # as `pipeline.workers` has it: a photo is worked on twice before it is blamed

Ticket = tuple[int, int]  # round, number


@dataclass(frozen=True, slots=True)
class Portion:
    """One photo on its way: its row in the ledger, where it is, and its bytes where nobody but the driver can read it.

    `size` in bytes and `mtime_ns` tell whether a file of that name elsewhere is the same file.
    """

    n: int
    locator: str
    size: int | None = None
    mtime_ns: int | None = None
    data: bytes | None = field(default=None, repr=False)
    condemned: bool = False


@dataclass(slots=True)
class _Held:
    page: list[Portion]
    node: str
    at: int | None = None  # the row that is worked on


class Tray:
    """Lives beside the driver as an actor, one call at a time."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._laid: deque[list[Portion]] = deque()
        self._held: dict[Ticket, _Held] = {}
        self._deaths: Counter[int] = Counter()
        self._closed = False
        self._news = asyncio.Condition()

    async def lay(self, page: list[Portion]) -> None:
        """Photos for whoever comes next."""
        async with self._news:
            self._laid.append(page)
            self._news.notify_all()

    async def take(self, ticket: Ticket, node: str) -> list[Portion]:
        """The page of that ticket, waiting for one if need be; empty when there will be no more."""
        held = self._held.get(ticket)
        if held is not None:
            return self._again(held, node)
        async with self._news:
            await self._news.wait_for(lambda: self._laid or self._closed)
            if not self._laid:
                return []
            page = self._laid.popleft()
            self._held[ticket] = _Held(page, node)
        return self._judged(page)

    async def begin(self, ticket: Ticket, n: int) -> None:
        """That photo is being worked on now."""
        if ticket in self._held:
            self._held[ticket].at = n

    async def photo(self, locator: str) -> bytes | EphotoError:
        """A photo's bytes, for machines that do not see the driver's disk."""
        try:
            return await asyncio.to_thread(self._reader.read, locator)
        except EphotoError as error:
            return error

    async def answered(self, ticket: Ticket) -> None:
        """The driver has what came of that page."""
        self._held.pop(ticket, None)

    async def only(self, nodes: Collection[str]) -> None:
        """Those machines are left: what others had goes to whoever comes next."""
        lost = [ticket for ticket, held in self._held.items() if held.node not in nodes]
        if lost:
            async with self._news:
                self._laid.extendleft(self._held.pop(ticket).page for ticket in lost)
                self._news.notify_all()

    async def recall(self) -> list[int]:
        """Take back what nobody has yet; gives the rows. Whoever comes then gets nothing."""
        async with self._news:
            rows = [portion.n for page in self._laid for portion in page]
            self._laid.clear()
            self._closed = True
            self._news.notify_all()
        return rows

    async def close(self) -> None:
        """Nothing more will be laid out; what is there is still given."""
        async with self._news:
            self._closed = True
            self._news.notify_all()

    def _again(self, held: _Held, node: str) -> list[Portion]:
        if held.at is not None:
            self._deaths[held.at] += 1
        held.node, held.at = node, None
        return self._judged(held.page)

    def _judged(self, page: list[Portion]) -> list[Portion]:
        return [replace(portion, condemned=self._deaths[portion.n] >= DEATHS) for portion in page]
