"""The newest of what a source gives: a thread takes it as it comes, so that slow work makes nobody wait in a queue."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Newest"]

T = TypeVar("T")


class Newest(Generic[T]):
    """What a generator gave last. It runs, and is closed, in a thread of its own.

    Parameters
    ----------
    produce : gives the generator; called in that thread
    """

    def __init__(self, produce: Callable[[], Generator[T, None, None]]) -> None:
        self._produce = produce
        self._news = threading.Condition()
        self._last: list[T] = []  # one at the most
        self._failure: BaseException | None = None
        self._over = self._unwanted = False
        self._thread = threading.Thread(target=self._run, name="ephoto-newest", daemon=True)
        self._thread.start()

    def take(self, seconds: float) -> T | None:
        """What has come since the last call, waited for if need be; None when there will be no more.

        Raises
        ------
        TimeoutError
            When nothing came in so many seconds.
        BaseException
            What the generator raised.
        """
        with self._news:
            if not self._news.wait_for(lambda: self._last or self._over, seconds):
                raise TimeoutError
            if self._last:
                return self._last.pop()
            if self._failure is not None:
                raise self._failure
            return None

    def close(self, seconds: float) -> bool:
        """Ask the thread to end, and wait so long for it; whether it has ended."""
        self._unwanted = True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with closing(self._produce()) as source:
                for one in source:
                    if self._unwanted:
                        break
                    with self._news:
                        self._last = [one]
                        self._news.notify()
        except BaseException as error:  # raised where it is taken
            self._failure = error
        finally:
            with self._news:
                self._over = True
                self._news.notify()
