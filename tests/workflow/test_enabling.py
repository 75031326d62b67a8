"""Functions are switched on by their own ways, with the card in hand."""

from __future__ import annotations

import pytest

from ephoto.core.messages import LANGUAGES
from ephoto.workflow.validation.enabling import of_card, of_channel
from tests.workflow.people import policy


def codes(findings):
    told = tuple(findings)
    assert all(f.message(lang) and f.hint(lang) for f in told for lang in LANGUAGES)
    return [f.code for f in told]


@pytest.mark.parametrize(
    ("event", "channel", "expected"),
    [
        ("suburban_rail_opened", "branch_counter", []),
        ("suburban_rail_opened", "mini_program", ["wf.branch_with_id_only"]),
        ("financial_activated", "hr_app", ["wf.branch_with_id_only"]),
        ("social_security_enabled", "hr_app", []),
        ("social_security_enabled", "post", ["wf.channel_not_allowed"]),
        ("social_security_enabled", None, []),
        ("loss_reported", "post", []),
    ],
)
def test_by_which_way(event, channel, expected):
    assert codes(of_channel(event, channel, policy())) == expected


@pytest.mark.parametrize(
    ("event", "channel", "card", "expected"),
    [
        ("social_security_enabled", "hr_app", "made", ["wf.card_not_received"]),
        ("social_security_enabled", "hr_app", "held", []),
        ("financial_activated", "branch_terminal", "made", []),
        ("loss_reported", "hr_app", "made", []),
    ],
)
def test_with_the_card_where_it_is(event, channel, card, expected):
    assert codes(of_card(event, channel, card, policy())) == expected


def test_a_branch_proves_nothing_where_the_policy_says_so():
    strict = policy(branch_activation_implies_received=False)
    assert codes(of_card("financial_activated", "branch_terminal", "made", strict)) == ["wf.card_not_received"]
