"""The work on a Ray cluster: the driver alone writes ledger and cards, actors on every processor make them.

Ray Data reads tickets, maps them through a pool of actors (`hand.Hand`), and streams back what came of each; behind a
ticket stands a page of photos that the driver has laid out (`tray.Tray`) not long before, so that neither the driver
nor the cluster ever holds more than a few pages an actor. docs/scale.md has the figures.
"""

from __future__ import annotations

import pickle
import threading
import time
from typing import TYPE_CHECKING, Any

from ephoto.batch.cluster import connected
from ephoto.batch.hand import Hand
from ephoto.batch.rules import rules
from ephoto.batch.tray import Portion, Tray
from ephoto.batch.work import Recipe
from ephoto.core.errors import EnvironmentFault, EphotoError, InputError
from ephoto.pipeline.workers import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ephoto.batch.desk import Desk
    from ephoto.batch.job import Progress
    from ephoto.batch.row import Row

__all__ = ["work"]

_LOOK_S = 0.1  # between two looks at the counts
_NODES_S = 2.0  # between two looks at which machines are left
_PATIENCE_S = 3 * PATIENCE_S  # a photo may be worked on twice, each time until its actor gives up
_LATE = f"it took more than {_PATIENCE_S:.0f} s"
_FAREWELL_S = 5.0  # its threads look ten times a second whether they are wanted


def work(desk: Desk, tell: Callable[[Progress], None]) -> bool:
    """Make all cards that wait. Gives false where Ctrl-C ended it early; a second Ctrl-C does not wait.

    Raises
    ------
    EnvironmentFault
        "extra_missing"; "cluster_failed" where the cluster cannot be reached.
    """
    if not desk.progress.waiting:
        tell(desk.progress)
        return True
    with connected(desk.job.workers) as ray:
        return _Shift(ray, desk).run(tell)


class _Shift:
    def __init__(self, ray: Any, desk: Desk) -> None:
        self._ray, self._desk = ray, desk
        self._hands = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._home = ray.get_runtime_context().get_node_id()
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(self._home, soft=False)
        tray = ray.remote(Tray).options(num_cpus=0, scheduling_strategy=here, max_concurrency=2 * self._hands + 100)
        self._tray = tray.remote(desk.job.source.reader)
        share = desk.progress.waiting // (rules().least_tickets_an_actor * self._hands)
        self._page = min(max(share, 1), rules().photos_a_ticket)
        self._rows: dict[int, Row] = {}  # in hand
        self._all_laid = False
        self._change = threading.Condition()

    def run(self, tell: Callable[[Progress], None]) -> bool:
        threads = [threading.Thread(target=self._guarded, args=(do,), daemon=True) for do in (self._lay, self._receive)]
        for thread in threads:
            thread.start()
        whole, looked, told, since = True, time.monotonic(), -1, time.monotonic()
        while any(thread.is_alive() for thread in threads):
            try:
                tell(self._desk.progress)
                threads[-1].join(_LOOK_S)
                now, finished = time.monotonic(), self._desk.progress.done + self._desk.progress.failed
                if finished != told:
                    told, since = finished, now
                if now - since > _PATIENCE_S:
                    self._desk.halt(EnvironmentFault("cluster_failed", problem=_LATE))
                    break
                if now - looked > _NODES_S:
                    looked = now
                    self._tray.only.remote([node["NodeID"] for node in self._ray.nodes() if node["Alive"]])
            except KeyboardInterrupt:
                if not whole:
                    raise
                whole = False
                self._desk.stop.set()
                self._wake()
        tell(self._desk.progress)
        return whole

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except BaseException as error:
            self._desk.halt(self._named(error))
            self._wake()

    def _named(self, error: BaseException) -> BaseException:
        """Ray's own errors by a name of ours: their texts are long and hold traces."""
        if isinstance(error, self._ray.exceptions.RayError):
            return EnvironmentFault("cluster_failed", problem=type(error).__name__)
        return error

    # ---- photos out

    def _lay(self) -> None:
        try:
            self._lay_pages()
        finally:  # whatever happened: who waits for more must know that there is none
            try:
                self._ray.get(self._tray.close.remote(), timeout=_FAREWELL_S)
                self._take_back()
            finally:
                with self._change:
                    self._all_laid = True

    def _lay_pages(self) -> None:
        page: list[Portion] = []
        for row in self._desk.rows():
            portion = self._portion(row)
            if portion is not None:
                page.append(portion)
            if len(page) == self._page:
                self._lay_out(page)
                page = []
        if page:
            self._lay_out(page)

    def _take_back(self) -> None:
        """Where all must stop, what no actor has yet is not begun."""
        if not self._desk.stop.is_set():
            return
        for n in self._ray.get(self._tray.recall.remote(), timeout=_FAREWELL_S):
            with self._change:
                left = self._rows.pop(n, None)
            if left is not None:
                self._desk.leave()

    def _portion(self, row: Row) -> Portion | None:
        data, reader = None, self._desk.job.source.reader
        if reader.local:
            try:
                data = reader.read(row.locator)
            except InputError as error:
                self._desk.finish(row, error)
                return None
        with self._change:
            self._rows[row.n] = row
        return Portion(row.n, row.locator, row.size, row.mtime_ns, data)

    def _lay_out(self, page: list[Portion]) -> None:
        self._tray.lay.remote(page)
        most = self._page * rules().pages_an_actor * self._hands
        with self._change:
            self._change.wait_for(lambda: len(self._rows) < most or self._desk.stop.is_set())

    def _wake(self) -> None:
        with self._change:
            self._change.notify_all()

    # ---- cards in

    def _receive(self) -> None:
        rounds = 0
        while not self._over():
            rounds += 1
            for number, answer in self._answers(rounds):
                self._enter(answer)
                self._tray.answered.remote((rounds, number))
                self._take_back()
                if self._over():
                    break

    def _over(self) -> bool:
        with self._change:
            return self._all_laid and not self._rows

    def _answers(self, round_: int) -> Iterator[tuple[int, Any]]:
        left = max(self._desk.progress.left, len(self._rows), 1)
        tickets = min(left // self._page + 2 * self._hands, rules().most_tickets_an_actor * self._hands)
        recipe = Recipe(self._desk.job.source.reader, self._desk.job.wishes)
        data = self._ray.data.range(tickets, override_num_blocks=tickets).map_batches(
            Hand,
            fn_constructor_args=(recipe, self._tray, self._home, round_),
            batch_size=None,
            num_cpus=1,
            compute=self._ray.data.ActorPoolStrategy(min_size=1, initial_size=self._hands, max_size=self._hands),
        )
        data.context.enable_progress_bars = False
        data.context.print_on_execution_start = False
        batches = iter(data.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0))
        try:
            for batch in batches:
                for number, answer in zip(batch["number"], batch["answer"], strict=True):
                    yield number.as_py(), pickle.loads(answer.as_py())
        finally:
            _end(batches)

    def _enter(self, answer: Any) -> None:
        if isinstance(answer, EphotoError):  # no converter there, so none anywhere
            self._desk.halt(answer)
            return
        for n, result in answer:
            with self._change:
                row = self._rows.get(n)
            if row is None:  # another actor's answer came first
                continue
            try:
                self._desk.finish(row, result)
            except Exception as error:  # what others have in hand is still entered
                self._desk.halt(error)
            with self._change:
                self._rows.pop(n, None)
                self._change.notify_all()


def _end(batches: Any) -> None:
    """Let the actors go, whatever they wait for, and wait for the threads that `iter_batches` leaves behind.

    Ray ends the whole process, without a word, when one of its objects is let go after `ray.shutdown`.
    """
    batches.close()
    for thread in threading.enumerate():
        if thread.name == "iter_threaded":
            thread.join(_FAREWELL_S)
