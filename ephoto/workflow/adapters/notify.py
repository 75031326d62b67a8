"""Events of ours, out to whoever subscribed: from the transactional outbox, so that nothing is lost.

Each message is delivered at least once: if a sender dies after the receiver's answer and before that is noted, the
message is sent again when its lease is over. The receiver knows it by its event's id, which is its idempotency key too.
Messages go in the order in which they were left, and what follows a failed one of the same application waits with it;
but a message that is tried again may be overtaken. Receivers order events by `occurred_at` and `seq`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import check
from ephoto.core.errors import EnvironmentFault, EphotoError
from ephoto.core.numbers import numbers
from ephoto.workflow.lifecycle.events import SCHEMA, to_wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.core.edited import Edited
    from ephoto.core.signing import Clock
    from ephoto.workflow.adapters.protocols import Notify
    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.store.database import Store
    from ephoto.workflow.store.rows import Outgoing
    from ephoto.workflow.store.unit import Unit
    from ephoto.workflow.wire.http import Client
    from ephoto.workflow.wire.mapping import WireMapping
    from ephoto.workflow.wire.transport import Http

__all__ = ["Delivered", "GivenUp", "HttpNotify", "Notifier", "OutboxRules", "longest_s", "notice", "outbox_rules"]

# Another try sends the same bytes, and they cannot be sent.
_HOPELESS = frozenset({"document_unfit", "wf.value_too_long", "wf.field_unfit"})


@dataclass(frozen=True, slots=True)
class OutboxRules:
    """See notify.toml."""

    lease_s: float
    limit: int
    first_s: float
    most_s: float
    most_attempts: int

    def wait_s(self, attempts: int, chance: float) -> float:
        """Seconds until the next try after so many; `chance` from 0 to 1 keeps senders from coming all at once."""
        bound = min(self.most_s, self.first_s * 2.0 ** min(attempts - 1, 32))
        return bound * (1 + chance) / 2


def outbox_rules(edited: Edited | None = None) -> OutboxRules:
    """What notify.toml says, and a mapping's table [outbox] before it.

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    default = numbers(OutboxRules, __package__, "notify.toml")
    if edited is None:
        return default
    taken: dict[str, Any] = {
        one.name: edited.take(one.name, getattr(default, one.name), "a number above 0", lambda n: n > 0)
        for one in fields(OutboxRules)
    }
    edited.done()
    return OutboxRules(**taken)


def notice(event: Event) -> bytes | None:
    """The body that tells an event to others; None for one that other systems are not told of."""
    document = to_wire(event)
    if document is None:
        return None
    check(document, SCHEMA)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def longest_s(transport: Http) -> float:
    """How long one message can take with all of the client's tries."""
    return (transport.retries + 1) * transport.timeout_s + transport.retries * transport.max_backoff_s


class HttpNotify:
    """Delivers by HTTP: POST, signed, the event's id as idempotency key. The adapter "ephoto" of the kind notify."""

    def __init__(self, mapping: WireMapping, client: Client) -> None:
        self._mapping, self._client = mapping, client

    def deliver(self, outgoing: Outgoing) -> None:
        """Send one message; when this returns the receiver has it.

        Raises
        ------
        InputError
            "document_unfit": it is no event. "wf.value_too_long", "wf.field_unfit": the mapping cannot send it. The
            receiver's code where it refused.
        EnvironmentFault
            "target_unreachable", "target_nonsense".
        """
        document = json.loads(outgoing.body)
        check(document, SCHEMA)
        body = self._mapping.wire(document)
        answer = self._client.send(
            "POST", self._mapping.path("notice"), body.data, body.content_type, idempotency_key=outgoing.event_id
        )
        if self._mapping.response.ok:  # it says in its body whether it took it
            self._mapping.read(answer.body, answer.content_type, status=answer.status)


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A message that is not tried again until somebody revives it, and the code of its last failure."""

    event_id: str
    code: str


@dataclass(slots=True)
class Delivered:
    """What one round has done: messages that arrived, that wait for their next try, and that were given up."""

    sent: int = 0
    postponed: int = 0
    given_up: list[GivenUp] = field(default_factory=list)

    @property
    def claimed(self) -> int:
        return self.sent + self.postponed + len(self.given_up)


class Notifier:
    """Delivers what waits for one target. Any number of them may run at once, in any process.

    Parameters
    ----------
    target : as messages were enqueued for
    longest_s : of one delivery, with all its tries (`longest_s`); leases are at least twice as long
    clock : seconds since 1970 UTC
    rng : numbers from 0 to 1
    """

    def __init__(
        self,
        store: Store,
        notify: Notify,
        target: str,
        clock: Clock,
        rng: Callable[[], float],
        *,
        longest_s: float,
        rules: OutboxRules | None = None,
    ) -> None:
        self._store, self._notify, self._target = store, notify, target
        self._clock, self._rng, self._rules = clock, rng, rules or outbox_rules()
        self._longest_s = longest_s
        self._lease_s = max(self._rules.lease_s, 2 * longest_s)

    def deliver_due(self) -> Delivered:
        """Claim some of what is due and deliver it, oldest first.

        A target that is not there ends the round: the others wait until it is tried again. So does a lease that is too
        short for one more.

        Raises
        ------
        EnvironmentFault
            "store_failed": what was sent last may be sent again.
        """
        told = Delivered()
        start = self._clock()
        behind: dict[str, float] = {}  # whom a failed message was about, and when that is tried again
        claimed = self._store.outbox.claim(self._target, start, self._lease_s, self._rules.limit)
        for place, one in enumerate(claimed):
            waits = [behind[about] for about in _about(one) if about in behind]
            if waits or self._clock() + self._longest_s > start + self._lease_s:
                self._postpone(one, max(waits, default=self._clock()), told)
                continue
            try:
                self._notify.deliver(one)
            except EphotoError as error:
                next_at = self._clock() + self._rules.wait_s(one.attempts, self._rng())
                behind |= dict.fromkeys(_about(one), next_at)
                self._failed(one, error.code, next_at, told)
                if isinstance(error, EnvironmentFault):
                    for other in claimed[place + 1 :]:
                        self._postpone(other, next_at, told)
                    break
            else:
                self._store.outbox.sent(one.id)
                told.sent += 1
        return told

    def _failed(self, one: Outgoing, code: str, next_at: float, told: Delivered) -> None:
        if code not in _HOPELESS and one.attempts < self._rules.most_attempts:
            self._postpone(one, next_at, told, code)
            return

        def give_up(unit: Unit) -> bool:
            # Where somebody else has claimed it after our lease, it is theirs to give up.
            mine = unit.failed(one.id, code, None, attempt=one.attempts)
            if mine:
                unit.audit("notice_given_up", receiver=self._target, detail=f"{one.event_id} {code}")
            return mine

        if self._store.run(give_up):
            told.given_up.append(GivenUp(one.event_id, code))

    def _postpone(self, one: Outgoing, next_at: float, told: Delivered, code: str = "") -> None:
        self._store.outbox.failed(one.id, code, next_at, attempt=one.attempts)
        told.postponed += 1


def _about(one: Outgoing) -> frozenset[str]:
    """Which application or card a message is about."""
    try:
        document = json.loads(one.body)
    except ValueError:
        return frozenset()
    if not isinstance(document, dict):
        return frozenset()
    return frozenset(str(document[key]) for key in ("application_id", "card_no") if key in document)
