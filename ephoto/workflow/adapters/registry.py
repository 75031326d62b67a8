"""Adapters by the name that a mapping file gives: ephoto's own, and those that other packages register.

An entry point of the group "ephoto.KIND" (ephoto.submission, ephoto.replacement, ...) names a callable that takes the
mapping and an `Around`, and gives what protocols.py says of that kind. "ephoto" is always our own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from ephoto.core.errors import UsageError
from ephoto.core.registry import find, registered
from ephoto.workflow.wire.http import Client
from ephoto.workflow.wire.signing import signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from ephoto.core.settings import Settings
    from ephoto.core.signing import Clock
    from ephoto.workflow.adapters.feed import Feed
    from ephoto.workflow.adapters.production.sender import Production
    from ephoto.workflow.adapters.protocols import Employers, Notify, Replacement, Submission
    from ephoto.workflow.wire.mapping import WireMapping

__all__ = [
    "ACTIVATION",
    "EMPLOYER",
    "NOTIFY",
    "PRODUCTION",
    "REPLACEMENT",
    "SUBMISSION",
    "AdapterKind",
    "Around",
    "activation",
    "employer",
    "notify",
    "production",
    "replacement",
    "submission",
]

OWN = "ephoto"

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Around:
    """What adapters are given beside their mapping: settings, and what tests hold still.

    Attributes
    ----------
    clock : seconds since 1970 UTC
    sleep : waits so many seconds
    rng : numbers from 0 to 1 by chance

    In a `with` block, what clients were made for it hang up at its end.
    """

    settings: Settings = field(repr=False)
    clock: Clock
    sleep: Callable[[float], None]
    rng: Callable[[], float]
    _clients: list[Client] = field(default_factory=list, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up all clients."""
        while self._clients:
            self._clients.pop().close()

    def client(self, mapping: WireMapping) -> Client:
        """A client for the mapping's server, which signs as the mapping says.

        Raises
        ------
        UsageError
            "settings_invalid": the mapping has no HTTP server. "key_unfit".
        InputError
            "not_readable": a key's or a certificate's file.
        EnvironmentFault
            "extra_missing".
        """
        by = None if mapping.sign is None else signer(mapping.sign, self.settings, self.clock)
        made = Client(mapping.http, by, self.clock, self.sleep, self.rng)
        self._clients.append(made)
        return made


@dataclass(frozen=True, slots=True)
class AdapterKind(Generic[Made]):
    """The adapters of one kind."""

    name: str
    own: Callable[[WireMapping, Around], Made]

    @property
    def group(self) -> str:
        """The group of entry points."""
        return f"ephoto.{self.name}"

    def build(self, mapping: WireMapping, around: Around) -> Made:
        """The adapter that the mapping names, ready.

        Raises
        ------
        UsageError
            "engine_unknown" with the known names; "settings_invalid": the mapping is for another kind.
        EnvironmentFault
            "engine_broken" where another package's cannot be loaded, beside what the builders raise.
        """
        if mapping.adapter.kind != self.name:
            raise UsageError(
                "settings_invalid",
                file=str(mapping.file),
                key="adapter.kind",
                problem="it is for another adapter",
                allowed=self.name,
            )
        engine = mapping.adapter.engine
        if engine == OWN:
            return self.own(mapping, around)
        builder = find(self.group, engine)
        if builder is None:
            raise UsageError("engine_unknown", kind=self.name, name=engine, known=self.known())
        made: Made = builder(mapping, around)
        return made

    def known(self) -> list[str]:
        """All names, ephoto's own first."""
        return [OWN, *(name for name in registered(self.group) if name != OWN)]


def submission(mapping: WireMapping, around: Around) -> Submission:
    """The platform's adapter over HTTP."""
    from ephoto.workflow.adapters.submission import HttpSubmission

    return HttpSubmission(mapping, around.client(mapping), around.clock)


def replacement(mapping: WireMapping, around: Around) -> Replacement:
    """The bank's adapter for other cards, over HTTP."""
    from ephoto.workflow.adapters.replacement import HttpReplacement

    return HttpReplacement(mapping, around.client(mapping), around.clock)


def employer(mapping: WireMapping, around: Around) -> Employers:
    """The adapter of an employer's pre-check, over HTTP."""
    import random

    from ephoto.workflow.adapters.employer import HttpEmployers
    from ephoto.workflow.ids import new_id

    return HttpEmployers(mapping, around.client(mapping), lambda: new_id(around.clock, random.SystemRandom()))


def production(mapping: WireMapping, around: Around) -> Production:
    """The bureau's adapter, behind a drop."""
    from ephoto.workflow.adapters.production.config import production_rules
    from ephoto.workflow.adapters.production.sender import FileProduction, open_drop

    rules = production_rules(mapping)
    return FileProduction(rules, open_drop(rules, around.sleep, around.rng))


def activation(mapping: WireMapping, around: Around) -> Feed:
    """The bank's feed, over HTTP."""
    from ephoto.workflow.adapters.feed import HttpFeed

    return HttpFeed(mapping, around.client(mapping))


def notify(mapping: WireMapping, around: Around) -> Notify:
    """A subscriber's adapter, over HTTP."""
    from ephoto.workflow.adapters.notify import HttpNotify

    return HttpNotify(mapping, around.client(mapping))


SUBMISSION: AdapterKind[Submission] = AdapterKind("submission", submission)
REPLACEMENT: AdapterKind[Replacement] = AdapterKind("replacement", replacement)
EMPLOYER: AdapterKind[Employers] = AdapterKind("employer", employer)
PRODUCTION: AdapterKind[Production] = AdapterKind("production", production)
ACTIVATION: AdapterKind[Feed] = AdapterKind("activation", activation)
NOTIFY: AdapterKind[Notify] = AdapterKind("notify", notify)
