"""What the processes of tests/pipeline/test_workers.py are made of: answers on demand, some of them deadly."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from ephoto.core.errors import EnvironmentFault, InputError


def obedient(recipe):
    """Does what a message says: ("echo", value), ("die once", flag file), and so on."""

    def answer(message):
        kind, value = message
        return DEEDS[kind](value)

    return answer


def counted(recipe):
    """As `obedient`, and leaves its number in a folder, so that those that were started can be counted."""
    (Path(recipe) / str(os.getpid())).touch()
    return obedient(recipe)


def unbuilt(recipe):
    raise EnvironmentFault("model_missing", **recipe)


def stillborn(recipe):
    os._exit(7)


def stillborn_once(recipe):
    """Killed while it is built, the first time."""
    if not Path(recipe).exists():
        Path(recipe).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return obedient(recipe)


def _die(value):
    os.kill(os.getpid(), value)


def _die_once(flag):
    if Path(flag).exists():
        return "alive"
    Path(flag).touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def _leave(code):
    os._exit(code)


def _refuse(path):
    raise InputError("not_found", path=path)


def _stumble(words):
    raise ZeroDivisionError(words)


def _print(words):
    print(words)
    return sys.stdin.read()


def _wait(value):
    seconds, flag = value
    Path(flag).touch()
    time.sleep(seconds)
    return seconds


DEEDS = {
    "echo": lambda value: value,
    "pid": lambda value: os.getpid(),
    "die": _die,
    "die once": _die_once,
    "leave": _leave,
    "refuse": _refuse,
    "stumble": _stumble,
    "print": _print,
    "wait": _wait,
}
