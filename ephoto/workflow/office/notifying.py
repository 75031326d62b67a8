"""Notices that wait, sent until none is due."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from ephoto.workflow.adapters.notify import Notifier, longest_s, outbox_rules
from ephoto.workflow.adapters.registry import NOTIFY as KIND
from ephoto.workflow.office.office import NOTIFY
from ephoto.workflow.office.reaching import around, mapping_of

if TYPE_CHECKING:
    from ephoto.workflow.office.opening import Opened

__all__ = ["notify_waiting"]


def notify_waiting(here: Opened) -> tuple[int, int]:
    """Send what is due; gives how many were sent, and how many wait on or were given up.

    Raises
    ------
    UsageError
        "adapter_missing", "settings_invalid".
    EnvironmentFault
        "store_failed".
    """
    mapping = mapping_of(here, KIND.name)
    rules = outbox_rules(mapping.table("outbox"))
    sent = 0
    with around(here) as shared:
        notifier = Notifier(
            here.office.store,
            KIND.build(mapping, shared),
            NOTIFY,
            here.clock,
            random.SystemRandom().random,
            longest_s=longest_s(mapping.http),
            rules=rules,
        )
        while True:
            done = notifier.deliver_due()
            sent += done.sent
            if not done.sent:
                break
    outbox = here.office.store.outbox
    return sent, outbox.waiting(NOTIFY) + outbox.dead(NOTIFY)
