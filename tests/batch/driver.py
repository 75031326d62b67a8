"""`ephoto` as a process of its own with a trivial converter, killed or put out at an exact place if that is asked for.

    python -m tests.batch.driver '{"die": ["ephoto.batch.ledger:Ledger.done", 3]}' batch IN OUT ...

Everything else is the real program: ledger, sinks, worker processes. Nothing of an outcome is made up here: a function
kills the process, or is refused by the system, when it is called for the k-th time.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import sys
import time
from functools import partial, wraps
from importlib import import_module
from pathlib import Path

__all__ = ["card_of", "maker"]

FINDING = {
    "code": "gaze", "status": "fail", "required": True, "native": -0.1, "unit": "eye_widths", "bounds": [-0.08, None],
}  # fmt: skip


def card_of(photo: bytes) -> bytes:
    """The trivial card of a photo: depends on all its bytes, and is large enough to fill a small disk."""
    return b"card of " + hashlib.sha256(photo).hexdigest().encode() * 400


def maker(recipe):
    """Photos that begin with "bad" are refused, "slow 0.5 ..." take their time, "kill" kill their worker."""
    from ephoto.batch.work import Made, Refusal
    from ephoto.core.errors import EphotoError, InputError

    def make(photo):
        try:
            data = photo if isinstance(photo, bytes) else recipe.reader.read(photo)
        except EphotoError as error:
            return Refusal(error)
        kind, *words = data.split(maxsplit=2) or [b""]
        if kind == b"bad":
            return Refusal(InputError("not_a_picture"))
        if kind == b"slow":
            time.sleep(float(words[0]))
        if kind == b"kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == b"bug":
            raise ZeroDivisionError("a bug")
        card = card_of(data)
        digests = (hashlib.sha256(data).hexdigest(), hashlib.sha256(card).hexdigest())
        faulty = kind == b"faulty"
        return Made(card, *digests, not faulty, [FINDING] if faulty else [], {"read": 0.1, "convert": 1.5})

    return make


def patched(place, change):
    """Put `change(function)` in a function's place: "module:Class.method"."""
    module, _, name = place.partition(":")
    owner = import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    setattr(owner, last, change(getattr(owner, last)))


def dying(count, function):
    """Kill this process when the function is called for the `count`-th time, before it does anything."""
    left = [count]

    @wraps(function)
    def call(*values, **named):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*values, **named)

    return call


def full(count, function):
    """From its `count`-th call on the function finds the disk full."""
    left = [count]

    @wraps(function)
    def call(*values, **named):
        left[0] -= 1
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return function(*values, **named)

    return call


def logged(log, function):
    """Leave the name of what was delivered in a file, once it is."""

    @wraps(function)
    def call(sink, name, data):
        function(sink, name, data)
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.write(handle, f"{name}\n".encode())
        os.close(handle)

    return call


def add_store():
    """shelf:// is a store that fsspec reaches, and outlives this process."""
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    class Shelf(LocalFileSystem):
        protocol = "shelf"

        @classmethod
        def _strip_protocol(cls, path):
            return super()._strip_protocol(os.fspath(path).removeprefix("shelf://"))

    fsspec.register_implementation("shelf", Shelf)


def main():
    wished = json.loads(sys.argv[1])
    if any(word.startswith("shelf://") for word in sys.argv):
        add_store()
    patched(
        "ephoto.batch.local:work", lambda work: partial(work, maker=wished.get("maker", "tests.batch.driver:maker"))
    )
    if "log" in wished:
        for sink in ("sinks:FolderSink", "remote_sink:RemoteSink"):
            patched(f"ephoto.batch.{sink}.deliver", partial(logged, wished["log"]))
    for kind, change in (("die", dying), ("full", full)):
        if kind in wished:
            place, count = wished[kind]
            patched(place, partial(change, count))
    if "patience_s" in wished:
        patched("ephoto.pipeline.workers:Workers.__init__", lambda begin: partialmethod_of(begin, wished["patience_s"]))
    from ephoto.cli.app import main as ephoto

    return ephoto(sys.argv[2:])


def partialmethod_of(begin, patience_s):
    @wraps(begin)
    def call(pool, factory, recipe, count):
        begin(pool, factory, recipe, count, patience_s=patience_s)

    return call


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.exit(main())
