"""A process that takes one step of the road and is killed at the n-th of the places where that could do harm.

The places are before and after each commit, and before and after each message to somebody else; the objects that the
step uses are wrapped, so that nothing of ephoto knows of it. The process ends by SIGKILL, or well if it had fewer
places.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from multiprocessing import forkserver
from pathlib import Path

from ephoto.contracts.schemas import faults, names
from ephoto.core.settings import Settings
from ephoto.workflow.adapters import feed, notify
from ephoto.workflow.adapters.production import hot_folder, sender
from ephoto.workflow.adapters.registry import REPLACEMENT, SUBMISSION
from ephoto.workflow.office import notifying, receiving
from ephoto.workflow.office.opening import open_office
from ephoto.workflow.office.packaging import print_now
from ephoto.workflow.office.reaching import around, built
from ephoto.workflow.office.submitting import submit_waiting
from tests.workflow.end_to_end.roads import Clock, pack

__all__ = ["at_once", "killed", "killed_everywhere", "killed_listener", "together"]

_SPAWNED = multiprocessing.get_context("forkserver")
_SPAWNED.set_forkserver_preload([__name__])
ROOT = Path(__file__).resolve().parents[3]
_WAIT_S = 60
_NO_FAULT = {"wf.in_progress", "target_unreachable"}  # another one reads the feed, or its connection was cut


# What ephoto imports when it is needed is here before the first child is forked.
for _name in ("engine", "faults", "layout", "unit"):
    importlib.import_module(f"ephoto.workflow.store.{_name}")
for _name in ("uvicorn", "starlette.routing", "pg8000", "sqlalchemy.dialects.postgresql.pg8000", "httpcore"):
    importlib.import_module(_name)
for _name in names():
    faults({}, _name)


class Death:
    """Comes at the n-th place; never at a place below 0."""

    def __init__(self, at: int) -> None:
        self.left = at

    def here(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def around(self, work):
        def done(*args, **words):
            self.here()
            made = work(*args, **words)
            self.here()
            return made

        return done


class Wrapped:
    """Some methods of an object, wrapped; the rest is the object's own."""

    def __init__(self, inner, **methods) -> None:
        self._inner, self._methods = inner, methods

    def __getattr__(self, name):
        return self._methods.get(name) or getattr(self._inner, name)


class DyingStore:
    """A store whose every commit has a place before it and one after it."""

    def __init__(self, inner, death) -> None:
        self._inner, self._death = inner, death
        self.outbox = type(inner.outbox)(self)
        self.nonces = type(inner.nonces)(self)

    def run(self, step):
        def last(unit):
            made = step(unit)
            self._death.here()
            return made

        made = self._inner.run(last)
        self._death.here()
        return made

    def __getattr__(self, name):
        return getattr(self._inner, name)


def _submit(here, death, _):
    with around(here) as shared:
        one, other = built(SUBMISSION, here, shared), built(REPLACEMENT, here, shared)
        one = Wrapped(one, submit=death.around(one.submit))
        other = Wrapped(other, request=death.around(other.request))
        list(submit_waiting(here.office, one, other))


def _pack(here, death, folder):
    drop = sender.LocalDrop.publish
    sender.LocalDrop.publish = death.around(drop)
    pack(here, Path(folder))


def _receive(here, death, _):
    """Messages come in here: the places are before and after a receipt is moved and a page is fetched."""
    sender.Incoming.settle = death.around(sender.Incoming.settle)
    feed.HttpFeed.events = death.around(feed.HttpFeed.events)
    got = receiving.receive_all(here)
    told = {error.code for _, error in got.errors} - _NO_FAULT
    assert not told, told


def _notify(here, death, _):
    notify.HttpNotify.deliver = death.around(notify.HttpNotify.deliver)
    notifying.notify_waiting(here)


def _print(here, death, name):
    """Besides, before and after the job is claimed, and before it gets the name that the printer looks for."""
    hot_folder.HotFolder._claim = death.around(hot_folder.HotFolder._claim)
    Path.rename = death.around(Path.rename)
    print_now(here.office, name, receiving.printer_of(here))


STEPS = {"submit": _submit, "pack": _pack, "receive": _receive, "notify": _notify, "print": _print}


@contextmanager
def _opened(office, ahead, death):
    with open_office(Path(office), Settings(), Clock(ahead)) as here:
        store = DyingStore(here.office.store, death)
        yield replace(here, office=replace(here.office, store=store))


def _step(office, ahead, at, step, about, start):
    if start is not None:
        start.wait(_WAIT_S)
    death = Death(at)
    with _opened(office, ahead, death) as here:
        STEPS[step](here, death, about)


@cache
def _serving():
    """The server that has all modules, and from which each process is forked; it looks for them by the environment."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


def _process(target, *args):
    _serving()
    made = _SPAWNED.Process(target=target, args=args, daemon=True)
    made.start()
    return made


def killed(road, step, about, at):
    """Take a step in a process that is killed at that place; whether it came so far."""
    child = _process(_step, str(road.office), road.clock.ahead, at, step, str(about), None)
    child.join(_WAIT_S)
    assert child.exitcode in (0, -signal.SIGKILL), (step, at, child.exitcode)
    return child.exitcode != 0


def killed_everywhere(road, step, about="", *, ahead=0.0, most=80):
    """Take a step in a process that is killed at its first place, then in one that is killed at its second, and so on,
    until one comes to its end; gives how many were killed. Time goes on by `ahead` after each, as leases need it.
    """
    for at in range(most):
        if not killed(road, step, about, at):
            return at
        road.clock.ahead += ahead
    raise AssertionError("it never came to its end")


def at_once(road, step, about="", count=2):
    """Take a step in several processes at the same moment; their exit codes."""
    return together(road, [(step, about, -1)] * count)


def together(road, steps):
    """Steps at one time, each a name, what it is about and the place where it is killed; how they ended."""
    start = _SPAWNED.Barrier(len(steps))
    common = (str(road.office), road.clock.ahead)
    children = [_process(_step, *common, at, step, str(about), start) for step, about, at in steps]
    for child in children:
        child.join(_WAIT_S)
    return [child.exitcode for child in children]


def _listen(office, ahead, at, told):
    death = Death(at)
    with open_office(Path(office), Settings(), Clock(ahead)) as here:
        office_of = replace(here.office, store=DyingStore(here.office.store, death))
        receiving.listen(replace(here, office=office_of), "127.0.0.1", 0, told.put, print)


@contextmanager
def killed_listener(road, at):
    """`ephoto cards listen` in a process that is killed at a place; gives the process, and the sandbox sends to it."""
    told = _SPAWNED.Queue()
    child = _process(_listen, str(road.office), road.clock.ahead, at, told)
    try:
        road.control("callback", url=f"{told.get(timeout=_WAIT_S)}/v1/events")
        yield child
    finally:
        child.kill()
        child.join(_WAIT_S)
