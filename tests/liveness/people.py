"""People who follow a challenge, filmed once and kept: see samples/liveness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples.liveness.acts import perform
from samples.liveness.store import stored
from samples.portrait.parameters import Portrait

if TYPE_CHECKING:
    from pathlib import Path

ASKED = ("turn-left", "blink")
_SITTING = Portrait(size_wh=(480, 640), head=0.42, background="plain", seed=5)


def someone() -> Path:
    """A clip of somebody who turns to the left and blinks, near enough for a card: filmed in half a minute."""
    return stored(perform("someone", _SITTING, ASKED, 11)).path
