"""The inside of a worker: a process that builds what it is told to once, then answers message after message.

Messages and answers are pickles, one after the other on its standard streams: parent and child are one program, and
nobody else has hold of the pipes. A worker is started as a plain interpreter, not through `multiprocessing`, which
would run the caller's main module again in each.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import threading
import time
import traceback
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO

from ephoto.core.errors import EphotoError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMMAND", "DONE", "REFUSED", "TRACE", "serve"]

COMMAND = "import sys; sys.path[:] = {path!r}; from ephoto.pipeline.child import serve; serve()"
DONE, REFUSED, TRACE = "done", "refused", "trace"  # what an answer is: a value, one of our errors, a bug
GRACE_S = 1.0  # for an idle worker to end in good order, and one at work to finish


def serve() -> None:
    """Answer until the parent closes the pipe or is gone."""
    messages, answers = _channel()
    _end_with_parent(messages.fileno())
    try:
        kind, built = _answer(lambda: _built(*pickle.load(messages)))
        _send(answers, kind, None if kind == DONE else built)
        if kind != DONE:
            return
        while True:
            _send(answers, *_answer(partial(built, pickle.load(messages))))
    except (EOFError, BrokenPipeError):
        return


def _channel() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the parent, out of reach of whatever reads or prints."""
    messages, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return messages, answers


def _end_with_parent(messages: int) -> None:
    """End this process, at work or not, soon after nobody holds the other end of the pipe of messages."""
    if not hasattr(select, "poll"):  # Windows: it ends when its photo is done
        return

    def wait() -> None:
        hung_up = select.poll()
        hung_up.register(messages, 0)  # no events: only that the other end is gone
        hung_up.poll()
        time.sleep(GRACE_S)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def _built(factory: str, recipe: Any) -> Callable[[Any], Any]:
    import cv2

    cv2.setNumThreads(1)  # the processes are the parallelism
    module, _, name = factory.partition(":")
    built: Callable[[Any], Any] = getattr(import_module(module), name)(recipe)
    return built


def _answer(call: Callable[[], Any]) -> tuple[str, Any]:
    try:
        return DONE, call()
    except EphotoError as error:
        return REFUSED, error
    except (KeyboardInterrupt, EOFError):
        raise
    except Exception as error:  # a bug is told in the parent, where it can be saved
        return TRACE, (f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)))


def _send(answers: BinaryIO, kind: str, value: Any) -> None:
    pickle.dump((kind, value), answers, protocol=pickle.HIGHEST_PROTOCOL)
    answers.flush()
