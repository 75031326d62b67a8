"""Cards as objects of a store that fsspec reaches."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ephoto.batch.remote import RemoteFolder, open_url, told_url
from ephoto.batch.rules import rules
from ephoto.batch.sinks import QUARANTINE, WITHDRAWN
from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ephoto.batch.items import Source

__all__ = ["RemoteSink"]


class RemoteSink:
    """Cards as objects: one put each. A put is whole or not at all, as object stores have it."""

    timed = True
    slow = True
    ledger = None
    folder = None

    def __init__(self, url: str) -> None:
        self._system, self._root = open_url(url)
        self.shown = told_url(url)
        self._there: set[str] = set()

    def prepare(self) -> None:
        """Nothing is made, as stores have no folders; what is there is listed once, not asked for card by card."""
        try:
            self._system.invalidate_cache()
            found = self._system.find(self._root)
        except FileNotFoundError:
            found = []
        except Exception as error:
            raise EnvironmentFault("output_failed", path=self.shown, problem=_said(error)) from None
        self._there = {path[len(self._root) :].lstrip("/") for path in found}

    def tidy(self, *, cut_short: bool) -> None:
        """Stores hold whole objects only."""

    def holds(self, name: str, sha256: str) -> bool:
        """Whether that very card is there already."""
        path = self._path(name)
        try:
            self._system.invalidate_cache()
            if not self._system.exists(path):
                return False
            return hashlib.sha256(self._system.cat_file(path)).hexdigest() == sha256
        except Exception as error:
            raise EnvironmentFault("output_failed", path=self.shown, problem=_said(error)) from None

    def has(self, name: str) -> bool:
        return name in self._there

    def falls_on(self, name: str, source: Source) -> bool:
        return isinstance(source, RemoteFolder) and source.holds(self._system, self._path(name))

    def deliver(self, name: str, data: bytes) -> None:
        """One card.

        Raises
        ------
        EnvironmentFault
            "output_failed" when it failed as often as batch.toml allows.
        """
        self._tried(lambda: self._system.pipe_file(self._path(name), data))
        self._there.add(name)

    def set_aside(self, name: str, data: bytes) -> str:
        aside = f"{QUARANTINE}/{name}"
        self.deliver(aside, data)
        return aside

    def release(self, aside: str) -> None:
        with suppress(Exception):
            self._system.rm_file(self._path(aside))

    def withdraw(self, name: str) -> None:
        """A card is copied apart and taken away, in two steps, as stores have no renaming."""
        self._tried(lambda: self._system.mv(self._path(name), self._path(f"{WITHDRAWN}/{name}")))
        self._there.discard(name)

    @property
    def quarantine(self) -> str:
        return f"{self.shown.rstrip('/')}/{QUARANTINE}"

    def publish(self, name: str, file: Path) -> None:
        """A file that describes the batch."""
        self._tried(lambda: self._system.put_file(str(file), self._path(name)))
        self._there.add(name)

    def finish(self, cards: Iterator[str], extra: dict[str, Path]) -> None:
        for name, file in extra.items():
            self.publish(name, file)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _tried(self, call: Callable[[], Any]) -> None:
        wait = rules().delivery_wait_s
        for left in reversed(range(rules().delivery_tries)):
            try:
                call()
                return
            except Exception as error:
                if not left:
                    raise EnvironmentFault("output_failed", path=self.shown, problem=_said(error)) from None
            time.sleep(wait)
            wait *= 2


def _said(error: Exception) -> str:
    """What kind of failure it is; a store's own words often hold the object's name."""
    return type(error).__name__
