"""Who says whether a person is live: a Protocol, so that a platform's own face verification can stand in for ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ephoto.core.errors import UsageError
from ephoto.core.registry import Registry
from ephoto.core.signing import new_nonce
from ephoto.liveness.challenge import Challenge
from ephoto.liveness.limits import limits
from ephoto.liveness.values import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.core.settings import Settings
    from ephoto.core.signing import Clock

__all__ = ["GROUP", "LivenessProvider", "NoLiveness", "Ticket", "build", "known", "new_ticket"]

GROUP = "ephoto.liveness"
_PURPOSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One question: is who stands before the camera live?

    `purpose` is what the caller asks for, such as "card-photo", and never who the person is. `nonce` ties the answer to
    this ticket. Times are seconds since 1970 UTC; after `expires_s` no answer is taken. `challenge` is what our own
    session asks; `url` is where a platform's own check begins, if it has such a place.
    """

    provider: str
    purpose: str
    nonce: str
    issued_s: float
    expires_s: float
    challenge: Challenge | None = None
    url: str | None = None

    def to_dict(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {"challenge": None if self.challenge is None else self.challenge.to_dict()}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Ticket:
        """The ticket that `to_dict` told."""
        asked = table["challenge"]
        return cls(**{**table, "challenge": None if asked is None else Challenge.from_dict(asked)})


class LivenessProvider(Protocol):
    """Implementations are safe to call from several threads."""

    name: str

    def start(self, purpose: str) -> Ticket:
        """A fresh ticket, good for one answer."""
        ...

    def result(self, ticket: Ticket) -> Verdict | None:
        """The answer; None as long as there is none and the ticket may still get one."""
        ...


def new_ticket(
    provider: str, purpose: str, now_s: float, *, challenge: Challenge | None = None, url: str = ""
) -> Ticket:
    """A ticket that lives 180 s from now. In `url`, {nonce} and {purpose} stand for the ticket's own.

    Raises
    ------
    UsageError
        "purpose_unfit": `purpose` is not 1 to 64 letters, digits and . _ : -
    """
    if not _PURPOSE.fullmatch(purpose):
        raise UsageError("purpose_unfit")
    nonce = new_nonce() if challenge is None else challenge.nonce
    place = url.replace("{nonce}", nonce).replace("{purpose}", purpose) or None
    return Ticket(provider, purpose, nonce, now_s, now_s + limits().ticket_s, challenge, place)


class NoLiveness:
    """Nobody checks, and every verdict says so: "inconclusive", for the reason "not_checked"."""

    name = "none"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def start(self, purpose: str) -> Ticket:
        return new_ticket(self.name, purpose, self._clock())

    def result(self, ticket: Ticket) -> Verdict:
        return Verdict("inconclusive", ("not_checked",), (), (), ticket.nonce, 0.0, 0)


def build(name: str, settings: Settings, clock: Clock) -> LivenessProvider:
    """The provider of that name.

    "own" is ephoto's session, "none" checks nothing, "remote:FILE.toml" is a platform as that file says; see
    docs/providers.md. An entry point of the group names a callable that takes Settings and gives a LivenessProvider.

    Raises
    ------
    UsageError
        "engine_unknown" with the known names; "settings_invalid", "key_unfit" for a platform's file.
    InputError
        "not_readable" for a platform's file or its keys.
    EnvironmentFault
        "engine_broken" for another package's; "tickets_failed".
    """
    return _registry(clock).build(name, settings)


def known() -> list[str]:
    """All names, ephoto's own first."""
    return _registry(lambda: 0.0).known()


def _registry(clock: Clock) -> Registry[LivenessProvider]:
    def own(settings: Settings) -> LivenessProvider:
        from ephoto.liveness.own import OwnLiveness

        return OwnLiveness(settings, clock)

    def remote(file: str, settings: Settings) -> LivenessProvider:
        from ephoto.liveness.remote import RemoteLiveness

        return RemoteLiveness.from_file(file, clock)

    return Registry(
        "liveness",
        GROUP,
        {"own": own, "none": lambda settings: NoLiveness(clock)},
        {"remote:FILE.toml": remote},
    )
