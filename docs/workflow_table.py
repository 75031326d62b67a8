"""Writes docs/states.md, every event of an application and its card: python docs/workflow_table.py

A test fails when the page is not what ephoto/workflow/lifecycle/transitions.toml says.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ephoto.workflow import values  # noqa: E402
from ephoto.workflow.lifecycle.transitions import SAME, Transition, of_application, of_card  # noqa: E402
from ephoto.workflow.policy import load_policy  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ephoto.workflow.values import EventType

PAGE = ROOT / "docs" / "states.md"
HEAD = """\
<!-- Written by docs/workflow_table.py from ephoto/workflow/lifecycle/transitions.toml; edit that. -->

# States and events

What may happen to an application and its card, in which state, and what follows. [workflow.md](workflow.md) tells how
events come in, and what becomes of those that come twice, too early or never.

- **by**: who may say so. From anybody else the event is refused.
- **from, to**: the states in which it counts, and the state after it; "(nothing)" is before there is an application,
  "=" leaves the state as it is.
- **says nothing new in**: states that the event would have led to, or that lie behind it. There it is recorded and
  changes nothing: the same fact came another way, or what follows on it was told first.
- **needs**: what must come with it, and when else it counts.

In any other state an event of a bank, a bureau, a platform or the human-resources office waits, and one of the
applicant, the employer or ephoto is refused with what is allowed. Whoever says it, one that lacks what it needs is
refused. A step of the applicant, the employer or ephoto comes after all that counts already, whatever its clock says;
an event that tells too late of something before it, so that it could not have been taken, is kept and told
(`wf.event_out_of_order`) and does not count: a card in production is not rejected any more. Where two events have the
same time, the one that stands higher comes first.
"""
APPLICATION = """
## The application

| event | by | from | to | says nothing new in | needs |
|---|---|---|---|---|---|
"""
STATES = """
### What is allowed in each state

| state | events |
|---|---|
"""
CARD = """
## The card

`produced` makes a card ("made"), `received` puts it into its holder's hands ("held"), `issued_instantly` does both.
Each switch is a function of its own: none turns another one on but by a rule below.

| event | by | from | to | says nothing new in | turns on |
|---|---|---|---|---|---|
"""
CARD_STATES = """
### What is allowed in each state of the card

| state | events |
|---|---|
"""
RULES = """
## What follows of itself

Such events stand in the history as ephoto's own, with the event that caused them. Each rule is a key of the policy.

| when | then | key of the policy | Beijing's |
|---|---|---|---|
"""
TAIL = """
When the social-security function of the new card is on, the old one becomes "replaced"; until then it works as before,
whatever is on its way. `transport_topped_up` needs transport to be on.

## By which channel

An event that names another channel than these is refused; one that names none is not. Events that are not listed come
by any. This is Beijing's policy in its last phase; a policy of your own may say otherwise.

| event | channels |
|---|---|
"""


def page() -> str:
    """The whole of docs/states.md."""
    policy = load_policy("beijing").phases[-1]
    application, card = of_application(), of_card()
    rules = (
        ("the bank activates the card (`financial_activated`)", "`social_security_enabled`",
         "bank_enables_social_security", str(policy.bank_enables_social_security).lower()),
        ("a card that is made is activated or enabled at a branch (`branch_counter`, `branch_terminal`)", "`received`",
         "branch_activation_implies_received", str(policy.branch_activation_implies_received).lower()),
        ("the card is received", "`transport_opened`", 'transport_opens_at = "received"', policy.transport_opens_at),
    )  # fmt: skip
    return "".join(
        [
            HEAD,
            APPLICATION,
            *(_row(one, _needs(one)) for one in application.values()),
            STATES,
            *_allowed(get_args(values.ApplicationState), application),
            CARD,
            *(_row(one, "" if one.switch is None else f"`{one.switch}`") for one in card.values()),
            CARD_STATES,
            *_allowed(get_args(values.CardState), card),
            RULES,
            *(f"| {when} | {then} | `{key}` | {told} |\n" for when, then, key, told in rules),
            TAIL,
            *(f"| `{event}` | {_words(channels)} |\n" for event, channels in policy.channels.items()),
        ]
    )


def _row(one: Transition, last: str) -> str:
    after = "=" if one.after == SAME else f"`{one.after}`"
    order = (*get_args(values.ApplicationState), *get_args(values.CardState))
    before = sorted(one.before, key=lambda state: order.index(state) if state else -1)
    passed = sorted(one.passed, key=order.index)
    cells = (f"`{one.type}`", ", ".join(one.by), _words(before), after, _words(passed), last)
    return f"| {' | '.join(cells)} |\n"


def _needs(one: Transition) -> str:
    parts = [
        f"`{name}`" + (", where it says nothing new the known one" if name in one.same else "") for name in one.needs
    ]
    if one.delivery:
        parts.append(f"a card that was made: delivery {_words(one.delivery)}, or not known")
    if one.on_file:
        parts.append(f"where the card is made with a photo on file, also from {_words(one.on_file)}")
    if one.failed:
        parts.append(f"after a failure of type {_words(one.failed)}")
    return "; ".join(parts)


def _allowed(states: Iterable[str], events: Mapping[EventType, Transition]) -> list[str]:
    return [
        f"| `{state}` | {_words(e for e, one in events.items() if state in one.before) or '-'} |\n" for state in states
    ]


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" if word else "(nothing)" for word in words)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
