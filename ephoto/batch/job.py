"""What a batch is asked to do, and what it tells of itself while it runs and when it ends."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.batch.items import Source
    from ephoto.batch.naming import Naming
    from ephoto.batch.sinks import Sink
    from ephoto.core.errors import EphotoError
    from ephoto.specs.model import Spec

__all__ = ["Job", "OnFail", "Progress", "Summary"]

OnFail = Literal["skip", "quarantine", "stop"]


@dataclass(frozen=True, slots=True)
class Job:
    """One batch.

    Attributes
    ----------
    wishes : the words of `Converter`, the spec as a Spec and the settings among them
    naming : how cards are called
    on_fail : "skip" goes on, "quarantine" copies the photo aside as well, "stop" ends the batch after it
    workers : processes that convert
    resume : go on with a batch that was cut short
    force : replace cards that others put there, and start over where the ledger was made with other wishes
    retry : photos that failed are tried again though they did not change
    verify : compare digests of photos and cards instead of sizes and times
    """

    source: Source
    sink: Sink
    naming: Naming
    wishes: Mapping[str, Any]
    workers: int = 1
    on_fail: OnFail = "skip"
    resume: bool = False
    force: bool = False
    retry: bool = False
    verify: bool = False

    @property
    def spec(self) -> Spec:
        spec: Spec = self.wishes["spec"]
        return spec

    def fingerprint(self) -> str:
        """The same for two jobs that would make the same cards under the same names out of the same photos."""
        told = {k: repr(v) for k, v in self.wishes.items() if k != "settings"} | {"naming": self.naming.template}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@dataclass(slots=True)
class Progress:
    """Counts of a batch that runs: photos, of which `waiting` at its start; `done` and `failed` since."""

    photos: int = 0
    waiting: int = 0
    done: int = 0
    failed: int = 0
    in_hand: int = 0

    @property
    def left(self) -> int:
        return self.waiting - self.done - self.failed


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch ended.

    Attributes
    ----------
    photos : int
        In IN, as many as `unchanged + made + failed + left`.
    made, failed, unchanged, left : int
        Cards of this run; photos without a card; those that were done before; those that still wait.
    gone : photos of earlier runs that IN no longer has; their cards stay
    passed_over : files that are no photos by their names
    errors : how many photos each error code kept from a card, those of earlier runs too
    problems : the same by code and problem, for unfit names and rows
    rules : how many cards each required rule found fault with
    seconds : from the first photo to the last
    stopped : EphotoError or None
        What ended the batch early; "interrupted" for Ctrl-C.
    """

    photos: int
    made: int
    failed: int
    unchanged: int
    left: int
    gone: int
    passed_over: int
    seconds: float
    errors: Mapping[str, int] = field(default_factory=dict)
    problems: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    rules: Mapping[str, int] = field(default_factory=dict)
    quarantine: str | None = None
    stopped: EphotoError | None = None
