"""Events of banks and human resources, fetched: what the webhook has missed is in the feed, and may come twice.

The feed's cursor is kept after its events are recorded, never before: a crash in between reads a page again, and known
events are duplicates. An event about a card that is not known yet (its receipt may come later) keeps its page: the page
is read again with each poll, until the event is recorded or `hold_h` is over.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Protocol, get_args
from urllib.parse import urlencode

from ephoto.contracts.schemas import check, schema
from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.core.numbers import numbers
from ephoto.workflow.foreign_json import is_storable
from ephoto.workflow.reported import read_event, record_together
from ephoto.workflow.values import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ephoto.core.edited import Edited
    from ephoto.core.signing import Clock
    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.reported import Record, Status
    from ephoto.workflow.wire.http import Client
    from ephoto.workflow.wire.mapping import WireMapping

__all__ = ["Cursors", "Feed", "FeedReader", "FeedRules", "HttpFeed", "Page", "Polled", "Refused", "feed_rules"]

SCHEMA = "ephoto.feed/1"
_UNKNOWN = "wf.application_unknown"
_ID = re.compile("[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class FeedRules:
    """See feed.toml."""

    source: Source
    limit: int
    pages: int
    hold_h: float
    most_held: int
    held_a_poll: int


def feed_rules(edited: Edited | None = None) -> FeedRules:
    """What feed.toml says, and a mapping's table [feed] before it.

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    default = numbers(FeedRules, __package__, "feed.toml")
    if edited is None:
        return default
    sources = [one for one in get_args(Source) if one != "ephoto"]  # nobody else speaks for ourselves
    most = schema(SCHEMA)["properties"]["events"]["maxItems"]
    taken: dict[str, Any] = {
        "source": edited.take("source", str(default.source), ", ".join(sources), sources.__contains__),
        "limit": edited.take("limit", default.limit, f"1 to {most}", lambda n: 0 < n <= most),
    }
    for one in fields(FeedRules):
        if one.name not in taken:
            value = getattr(default, one.name)
            taken[one.name] = edited.take(one.name, value, "a number above 0", lambda n: n > 0)
    edited.done()
    return FeedRules(**taken)


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that is passed over: its id, as far as it has one, and why."""

    event_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Page:
    """Events from a cursor on, in the feed's order; `unfit` are those that meet no schema; `more`: there are others."""

    events: Sequence[Event]
    cursor: str
    more: bool
    unfit: Sequence[Refused] = ()


class Feed(Protocol):
    """Where events are fetched."""

    def events(self, cursor: str | None) -> Page:
        """The page after a cursor; None begins with the first event that there is."""
        ...


class Cursors(Protocol):
    """Where a feed's place is kept; a store's `cursor` and `set_cursor`, a transaction each."""

    def cursor(self, feed: str) -> str | None: ...

    def set_cursor(self, feed: str, cursor: str) -> None: ...


class HttpFeed:
    """The feed of another system: GET PATH?cursor=...&limit=..., signed. The adapter "ephoto" of the kind activation.

    Parameters
    ----------
    client : signs, tries again, and gives the answer
    rules : without them as the mapping's table [feed] has it
    """

    def __init__(self, mapping: WireMapping, client: Client, rules: FeedRules | None = None) -> None:
        self._mapping, self._client = mapping, client
        self._rules = rules or feed_rules(mapping.table("feed"))

    def events(self, cursor: str | None) -> Page:
        """The page after the cursor. One event that is none does not keep the others away.

        Raises
        ------
        EnvironmentFault
            "target_unreachable", "target_nonsense".
        InputError
            "document_unfit": the page itself is none. What the client has for a refusal.
        """
        asked = {"limit": str(self._rules.limit)} | ({} if cursor is None else {"cursor": cursor})
        answer = self._client.send("GET", self._mapping.path("events"), query=urlencode(asked))
        document = self._mapping.read(answer.body, answer.content_type, status=answer.status)
        listed = document.get("events")
        check(document | ({"events": []} if isinstance(listed, list) else {}), SCHEMA)
        if not is_storable({"cursor": document["cursor"]}, 2):
            raise EnvironmentFault("target_nonsense", problem="it does not meet its schema")
        events: list[Event] = []
        unfit: list[Refused] = []
        for one in document["events"]:
            try:
                events.append(read_event(one, self._rules.source))
            except InputError as error:
                unfit.append(Refused(_id_in(one), error.code))
        return Page(events, document["cursor"], document["more"], unfit)


def _id_in(document: Any) -> str:
    """The id of what is no event, if that can be told."""
    told = document.get("event_id") if isinstance(document, dict) else None
    short = isinstance(told, str) and told.isascii() and told.isprintable() and len(told) <= 64
    return str(told) if short else ""


@dataclass(frozen=True, slots=True)
class _Held:
    """A page that is read again: the cursor before it, since when, and the events that wait."""

    cursor: str | None
    since: float
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a feed is read, as it is kept."""

    cursor: str | None = None
    held: tuple[_Held, ...] = ()

    @classmethod
    def read(cls, text: str | None) -> _Place:
        if text is None:
            return cls()
        kept = json.loads(text)
        return cls(kept["cursor"], tuple(_Held(cursor, since, tuple(ids)) for cursor, since, ids in kept["held"]))

    def text(self) -> str:
        held = [[one.cursor, one.since, list(one.ids)] for one in self.held]
        return json.dumps({"cursor": self.cursor, "held": held}, separators=(",", ":"))


@dataclass(slots=True)
class Polled:
    """What one poll has done.

    Attributes
    ----------
    pages, applied, parked, duplicate : how many
    waiting : events about unknown cards that are asked for again with the next poll
    refused : events that will not be asked for again; whoever runs this tells somebody
    more : the feed has more already, or pages enough are held: poll again soon, or look why
    """

    pages: int = 0
    applied: int = 0
    parked: int = 0
    duplicate: int = 0
    waiting: int = 0
    refused: list[Refused] = field(default_factory=list)
    more: bool = False


class FeedReader:
    """Reads a feed into the office. One at a time for one feed's name: another one that has moved its place meanwhile
    ends this one's poll, since what the one holds the other would forget.

    Parameters
    ----------
    name : the feed's, under which its place is kept
    record : `Office.record`
    refused : is told of each event that is passed over, before the place moves on; a store's audit
    clock : seconds since 1970 UTC
    """

    def __init__(
        self,
        name: str,
        feed: Feed,
        record: Record,
        cursors: Cursors,
        clock: Clock,
        *,
        refused: Callable[[Refused], None],
        rules: FeedRules | None = None,
    ) -> None:
        self._name, self._feed, self._record, self._cursors = name, feed, record, cursors
        self._clock, self._refused, self._rules = clock, refused, rules or feed_rules()
        self._kept: str | None = None  # the place as this reader has left it

    def poll(self) -> Polled:
        """Read what is new, some pages at most, then held pages again.

        Raises
        ------
        EnvironmentFault, InputError
            As the feed and the database have it; what was recorded until then stays, and the next poll goes on there.
            "wf.in_progress": another one reads this feed.
        """
        polled = Polled()
        self._kept = self._cursors.cursor(self._name)
        place = self._forward(_Place.read(self._kept), polled)
        self._again(place, polled)
        return polled

    def _forward(self, place: _Place, polled: Polled) -> _Place:
        for _ in range(self._rules.pages):
            polled.more = len(place.held) >= self._rules.most_held
            if polled.more:
                return place
            page = self._feed.events(place.cursor)
            polled.pages += 1
            for unfit in page.unfit:
                self._pass_over(unfit, polled)
            waiting = self._take(page.events, polled)
            held = (_Held(place.cursor, self._clock(), waiting),) if waiting else ()
            moved = page.cursor != place.cursor
            place = self._keep(replace(place, cursor=page.cursor, held=place.held + held))
            polled.more = page.more and moved
            if not polled.more:
                break
        return place

    def _again(self, place: _Place, polled: Polled) -> None:
        for held in place.held[: self._rules.held_a_poll]:
            waiting = self._take_again(held, polled)
            if self._clock() - held.since > self._rules.hold_h * 3600:
                for event_id in waiting:
                    self._pass_over(Refused(event_id, _UNKNOWN), polled)
                waiting = ()
            later = (replace(held, ids=waiting),) if waiting else ()
            place = self._keep(replace(place, held=(*(one for one in place.held if one is not held), *later)))
        polled.waiting = sum(len(one.ids) for one in place.held)

    def _take_again(self, held: _Held, polled: Polled) -> tuple[str, ...]:
        """The ids that wait on."""
        try:
            page = self._feed.events(held.cursor)
        except InputError:  # the feed goes on, but has this page no longer
            return held.ids
        polled.pages += 1
        return self._take([event for event in page.events if event.event_id in held.ids], polled)

    def _take(self, events: Collection[Event], polled: Polled) -> tuple[str, ...]:
        """Record them; the ids of those whose card is not known yet."""
        waiting: list[str] = []
        for event in events:
            try:
                status: Status = record_together(self._record, event)
            except InputError as error:
                if error.code == _UNKNOWN:
                    waiting.append(event.event_id)
                else:
                    self._pass_over(Refused(event.event_id, error.code), polled)
                continue
            setattr(polled, status, getattr(polled, status) + 1)
        return tuple(waiting)

    def _pass_over(self, refused: Refused, polled: Polled) -> None:
        self._refused(refused)
        polled.refused.append(refused)

    def _keep(self, place: _Place) -> _Place:
        if self._cursors.cursor(self._name) != self._kept:
            raise InputError("wf.in_progress")
        self._kept = place.text()
        self._cursors.set_cursor(self._name, self._kept)
        return place
