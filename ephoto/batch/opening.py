"""A batch's place and ledger, opened; where the batch is refused, nothing of it is left there."""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from ephoto.batch.ledger import Ledger
from ephoto.core.errors import EphotoError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ephoto.batch.sinks import Sink

__all__ = ["opened"]


@contextmanager
def opened(sink: Sink, path: Path) -> Iterator[Ledger]:
    """The ledger, after OUT was made ready for cards.

    Where an EphotoError is raised inside before any card was made, a new ledger is removed, and each folder that was
    made for it or for OUT, if nothing else is in it.

    Raises
    ------
    EnvironmentFault
    """
    new = [folder for folder in _around(path.parent, sink.folder) if not folder.exists()]
    try:
        sink.prepare()
        with closing(Ledger(path, sync=sink.slow)) as ledger:
            last = ledger.last_run()
            sink.tidy(cut_short=last is None or not last.ended)
            try:
                yield ledger
            except EphotoError:
                if last is None and not _has_cards(ledger):
                    ledger.discard()
                raise
    except EphotoError:
        for folder in new:
            with suppress(OSError):  # what is not empty stays
                folder.rmdir()
        raise


def _has_cards(ledger: Ledger) -> bool:
    try:
        run = ledger.last_run()
    except EphotoError:
        return True
    return run is not None and run.made


def _around(*places: Path | None) -> list[Path]:
    """Folders and all that they lie in, the deepest first."""
    found = {folder for place in places if place is not None for folder in (place, *place.parents)}
    return sorted(found, key=lambda folder: -len(folder.parts))
