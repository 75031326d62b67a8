"""Who may apply how, by region and by day: rules that are data, since they change with every notice.

A file of policies/ or one of the user's own. Its phases follow each other; each says what is different from the one
before it, and what the file does not say is as in policies/_defaults.toml.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from ephoto.core.edited import Edited, read_edited
from ephoto.core.errors import UsageError
from ephoto.specs.load import get
from ephoto.workflow.policy_tables import BankRules, BranchRules, RouteRules, bank, branch, route
from ephoto.workflow.values import Channel, EventType, Kind, Route

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from datetime import date

__all__ = ["BankRules", "BranchRules", "Policies", "Policy", "RouteRules", "load_policy"]

TransportOpens = Literal["received", "event"]
_DEFAULTS = "_defaults.toml"


@dataclass(frozen=True, slots=True)
class Policy:
    """One phase: the rules from a day on.

    Attributes
    ----------
    region : six digits of GB/T 2260
    routes : the routes that are open
    banks : those that may be chosen, by code; any where there is none
    branches : what single branches can do, by code; those that are not here can do nothing special
    channels : by which ways an event may come; by any where it is not here
    sla_days, sla_working_days : within how many days a card is made; working days for all kinds that are not among
        `sla_calendar_kinds`
    fee_fen : what may be asked for an application, hundredths of a yuan
    transport_opens_at : "received": by itself when the card is received; "event": when an event says so
    park_hours : how long an event waits for the one that must come before it
    photo_spec, photo_version, photo_profile : the document that the photo is held against, and its byte window
    retention_days : a photo is deleted so long after its card is received
    minor_age : below it a guardian applies
    guardian_consent_age : below it the guardian consents
    receivers : whom a consent must name
    employer_banks_most : how many banks an employer may name
    counters : channels where the person is there with an ID, so that nothing is checked online
    """

    region: str
    phase: str
    effective_from: date
    routes: Mapping[Route, RouteRules]
    banks: Mapping[str, BankRules]
    branches: Mapping[str, BranchRules]
    channels: Mapping[EventType, tuple[Channel, ...]]
    sla_days: int
    sla_working_days: int
    sla_calendar_kinds: tuple[Kind, ...]
    fee_fen: int
    bank_enables_social_security: bool
    branch_activation_implies_received: bool
    transport_opens_at: TransportOpens
    park_hours: int
    photo_spec: str
    photo_version: int
    photo_profile: str
    retention_days: int
    minor_age: int
    guardian_consent_age: int
    receivers: tuple[str, ...]
    employer_banks_most: int
    counters: tuple[Channel, ...]

    @property
    def photo_name(self) -> str:
        """The photo's document with its version, as the wire has it."""
        return f"{self.photo_spec}@{self.photo_version}"

    def allows(self, event: EventType, channel: Channel | None) -> bool:
        """Whether an event may come by a channel; one that names none is not refused."""
        return channel is None or event not in self.channels or channel in self.channels[event]

    def instant(self, branch_code: str) -> bool:
        """Whether a branch makes cards while people wait."""
        return branch_code in self.branches and self.branches[branch_code].instant_issue


@dataclass(frozen=True, slots=True)
class Policies:
    """All phases of one file, by day."""

    name: str
    phases: tuple[Policy, ...]

    def on(self, day: date) -> Policy:
        """The phase that is in force on a day.

        Raises
        ------
        UsageError
            "policy_not_in_force": the first one begins later.
        """
        begun = [phase for phase in self.phases if phase.effective_from <= day]
        if not begun:
            first = self.phases[0].effective_from
            raise UsageError("policy_not_in_force", name=self.name, day=day.isoformat(), first=first.isoformat())
        return begun[-1]


def load_policy(name_or_path: str | os.PathLike[str] = "beijing") -> Policies:
    """The policies of the package by name, or of a TOML file by its path (it ends in .toml).

    Raises
    ------
    UsageError
        "policy_unknown"; "settings_invalid": a key of the file is unknown or unfit, or phases are out of order;
        "spec_unknown", "profile_unknown": there is no such document or byte window for the photo.
    InputError
        "not_readable".
    """
    path = Path(name_or_path)
    ours = {one.name.removesuffix(".toml"): one for one in files(__package__).joinpath("policies").iterdir()}
    known = sorted(name for name in ours if not name.startswith("_"))
    if path.suffix == ".toml":
        return _policies(path.stem, read_edited(path))
    if str(name_or_path) not in known:
        raise UsageError("policy_unknown", name=path.name, known=known)
    name = str(name_or_path)
    return _policies(name, read_edited(Path(f"{name}.toml"), ours[name].read_text("utf-8")))


def _policies(name: str, given: Edited) -> Policies:
    base = tomllib.loads(files(__package__).joinpath("policies", _DEFAULTS).read_text("utf-8"))
    base = _merged(base, given.rest("phases"))
    made: list[Policy] = []
    for place, phase in enumerate(given.tables("phases")):
        base = _merged(base, phase.rest())
        made.append(_phase(Edited(given.file, base, f"phases.{place + 1}.")))
        if place and made[-1].effective_from <= made[-2].effective_from:
            phase.refuse("effective_from", "it is not after the one before", "phases by day, the first one first")
    if not made:
        given.refuse("phases", "it is missing", "[[phases]]")
    given.done()
    return Policies(name, tuple(made))


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are joined key by key; whatever else is above takes the place of what is below."""
    joined = dict(below)
    for key, value in above.items():
        under = joined.get(key)
        joined[key] = _merged(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return joined


def _phase(raw: Edited) -> Policy:
    photo, channels = raw.table("photo"), raw.table("channels")
    policy = Policy(
        region=raw.take("region", "", "six digits of GB/T 2260", _six_digits),
        phase=raw.take("name", "", "a word", bool),
        effective_from=raw.day("effective_from"),
        routes={cast("Route", name): route(one, name) for name, one in raw.named("routes").items()},
        banks={made.code: made for made in map(bank, raw.tables("banks"))},
        branches={made.code: made for made in map(branch, raw.tables("branches"))},
        channels=cast("Any", {event: _of(channels, event, Channel) for event in channels}),
        sla_days=_count(raw, "sla_days"),
        sla_working_days=_count(raw, "sla_working_days"),
        sla_calendar_kinds=cast("Any", _of(raw, "sla_calendar_kinds", Kind)),
        fee_fen=raw.take("fee_fen", 0, "0 or a whole number above", lambda n: n >= 0),
        bank_enables_social_security=raw.take("bank_enables_social_security", True, "true, false"),
        branch_activation_implies_received=raw.take("branch_activation_implies_received", True, "true, false"),
        transport_opens_at=cast("Any", _one_of(raw, "transport_opens_at", TransportOpens)),
        park_hours=_count(raw, "park_hours"),
        photo_spec=photo.take("spec", "", "a document of ephoto specs", bool),
        photo_version=_count(photo, "version"),
        photo_profile=photo.take("profile", "", "a byte window of the document", bool),
        retention_days=_count(raw, "retention_days"),
        minor_age=_count(raw, "minor_age"),
        guardian_consent_age=_count(raw, "guardian_consent_age"),
        receivers=raw.listed("receivers", lambda word: 0 < len(word) <= 64, "names of receivers"),
        employer_banks_most=_count(raw, "employer_banks_most"),
        counters=cast("Any", _of(raw, "counters", Channel)),
    )
    _known_names(policy, raw)
    for table in (photo, raw):
        table.done()
    get(policy.photo_spec, profile=policy.photo_profile)  # refused now rather than with the first photo
    return policy


def _known_names(policy: Policy, raw: Edited) -> None:
    """Refuse routes and events that are none, and branches of banks that are not listed."""
    for key, names, known in (("routes", policy.routes, Route), ("channels", policy.channels, EventType)):
        for name in names:
            if name not in get_args(known):
                raw.refuse(f"{key}.{name}", "unknown key", ", ".join(get_args(known)))
    for one in policy.branches.values():
        if policy.banks and one.bank not in policy.banks:
            raw.refuse("branches", f"it cannot be {one.bank!r}", ", ".join(policy.banks))


def _count(table: Edited, key: str) -> int:
    return table.take(key, 0, "a whole number above 0", lambda n: n > 0)


def _six_digits(text: str) -> bool:
    return len(text) == 6 and text.isascii() and text.isdecimal()


def _of(table: Edited, key: str, words: Any) -> tuple[str, ...]:
    return table.listed(key, lambda word: word in get_args(words), ", ".join(get_args(words)))


def _one_of(table: Edited, key: str, words: Any) -> str:
    return table.take(key, "", ", ".join(get_args(words)), lambda word: word in get_args(words))
