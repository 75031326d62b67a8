"""Who keeps the manifest of a watch."""

from __future__ import annotations

import threading

import pytest

from ephoto.batch.rules import rules
from ephoto.batch.scribe import Scribe
from ephoto.core.errors import EnvironmentFault

LONG_S = 30


class Office:
    """A scribe whose writing ends when it is let, on a clock of its own."""

    def __init__(self, fault=None):
        self.now_s, self.written, self.fault = 0.0, 0, fault
        self.begun, self.may_end, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.scribe = Scribe(self.write, lambda: self.now_s, self.ended.set)

    def write(self):
        self.begun.set()
        assert self.may_end.wait(LONG_S)
        self.written += 1
        self.now_s += 1.0
        if self.fault is not None:
            raise self.fault


def test_nothing_new_is_not_written():
    office = Office()
    office.scribe.go_on()
    assert office.scribe.due_at is None
    office.scribe.close()
    assert not office.begun.is_set()


def test_it_rests_in_proportion_to_its_work():
    office = Office()
    office.scribe.note()
    assert office.scribe.due_at == 0.0
    office.scribe.go_on()
    assert office.begun.wait(LONG_S)
    office.scribe.note()  # while it writes: it must write once more, but not yet
    office.scribe.go_on()
    office.may_end.set()
    office.scribe.close()
    assert office.ended.is_set()
    assert office.scribe.due_at == pytest.approx(1.0 + 1.0 / rules().manifest_share)
    office.scribe.go_on()
    assert office.written == 1
    office.now_s = office.scribe.due_at
    office.scribe.go_on()
    office.scribe.close()
    assert office.written == 2


def test_what_it_fails_with_is_raised_where_it_is_asked():
    office = Office(EnvironmentFault("output_failed", path="x", problem="y"))
    office.may_end.set()
    office.scribe.note()
    office.scribe.go_on()
    office.scribe.close()
    with pytest.raises(EnvironmentFault):
        office.scribe.go_on()
