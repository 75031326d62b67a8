"""What an actor of the cluster does: build the converter once, then make the cards of page after page."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ephoto.batch.folder import FileReader
from ephoto.batch.remote import RemoteReader
from ephoto.batch.work import Refusal, maker
from ephoto.core.errors import EnvironmentFault, EphotoError
from ephoto.pipeline.workers import PATIENCE_S, RemoteBug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.batch.tray import Portion, Ticket
    from ephoto.batch.work import Made, Recipe

    _Answer = tuple[int, Made | Refusal | BaseException]

__all__ = ["Hand"]


class Hand:
    """The callable class of `map_batches`: a batch holds tickets, its result what came of each.

    That is a pickled list of (row, Made, Refusal or exception), or an EphotoError where the converter cannot be built.

    Nothing that a photo does is raised, since Ray would write it to its logs and stop the whole.

    Parameters
    ----------
    recipe : how the converter is built
    tray : handle of the Tray
    home : id of the node that the driver is on
    round : the tickets' own
    """

    def __init__(self, recipe: Recipe, tray: Any, home: str, round: int) -> None:
        import cv2
        import ray

        cv2.setNumThreads(1)  # the actors are the parallelism
        self._get, self._tray, self._round = ray.get, tray, round
        self._node = ray.get_runtime_context().get_node_id()
        self._at_home = self._node == home
        self._reader = recipe.reader
        self._fault: EphotoError | None = None
        try:
            self._make = maker(recipe)
        except EphotoError as error:
            self._fault = error

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        tickets = [(self._round, int(number)) for number in batch["id"]]
        return {"number": batch["id"], "answer": [pickle.dumps(self._answer(ticket)) for ticket in tickets]}

    def _answer(self, ticket: Ticket) -> list[_Answer] | EphotoError:
        if self._fault is not None:
            return self._fault
        page: list[Portion] = self._get(self._tray.take.remote(ticket, self._node))
        answers: list[_Answer] = []
        coming = [self._sent_for(portion) for portion in page[:1]]
        for place, portion in enumerate(page):
            here, coming = coming[0], [self._sent_for(after) for after in page[place + 1 : place + 2]]
            if portion.condemned:
                answers.append((portion.n, Refusal(EnvironmentFault("worker_died", problem="it ended twice"))))
                continue
            self._tray.begin.remote(ticket, portion.n)
            with _patience():
                answers.append((portion.n, self._worked(here)))
        return answers

    def _sent_for(self, portion: Portion) -> Any:
        """The photo's bytes, its place if it can be read here, or else what will be its bytes."""
        if portion.data is not None:
            return portion.data
        if self._at_home or isinstance(self._reader, RemoteReader) or self._same_file(portion):
            return portion.locator
        return self._tray.photo.remote(portion.locator)

    def _same_file(self, portion: Portion) -> bool:
        """Whether this machine sees the driver's file, as on a shared disk: the same size and time."""
        if not isinstance(self._reader, FileReader):
            return False
        try:
            facts = os.stat(portion.locator)  # noqa: PTH116  (as the source took it)
        except (OSError, ValueError):
            return False
        return (facts.st_size, facts.st_mtime_ns) == (portion.size, portion.mtime_ns)

    def _worked(self, here: Any) -> Made | Refusal | BaseException:
        try:
            photo = here if isinstance(here, (str, bytes)) else self._get(here)
            return Refusal(photo) if isinstance(photo, EphotoError) else self._make(photo)
        except Exception as error:  # a bug is told at the driver, where it can be saved
            return RemoteBug(f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)))


@contextmanager
def _patience() -> Iterator[None]:
    """A photo that takes for ever ends this process, as one that kills it does."""
    stuck = threading.Timer(PATIENCE_S, os.kill, (os.getpid(), signal.SIGKILL))
    stuck.daemon = True
    stuck.start()
    try:
        yield
    finally:
        stuck.cancel()
