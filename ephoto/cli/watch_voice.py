"""How a watch tells of itself: a line of counts on a terminal, JSON lines elsewhere. No names, no ids."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ephoto.cli.summary_voice import SummaryVoice

if TYPE_CHECKING:
    from ephoto.batch.job import Summary
    from ephoto.batch.turns import Status
    from ephoto.cli.voice import Voice

__all__ = ["WatchVoice"]

PROGRESS_SCHEMA = "ephoto.watch.progress/1"
_LINE_S = 1.0


class WatchVoice:
    """The words of a watch. Its lines are told when something has changed, at most one a second while cards are made;
    its summary is a batch's.
    """

    def __init__(self, voice: Voice, *, terminal: bool) -> None:
        self._voice, self._summary = voice, SummaryVoice(voice, "watch_resume")
        self._terminal = terminal
        self._began = self._told_at = time.perf_counter()
        self._status: Status | None = None
        self._display: Any = None

    def follow(self, status: Status) -> None:
        """Called after each look, and several times a second while cards are made."""
        if self._terminal:
            self._show(status)
        elif self._is_news(status):
            self._told_at, self._status = time.perf_counter(), status
            self._tell_line(status)

    def close(self) -> None:
        """Give the terminal back as it was."""
        if self._display is not None:
            self._display.stop()

    def ended(self, summary: Summary) -> int:
        """The summary; gives the exit code.

        It is 0 where every photo that was whole has its card: to be asked to end is how a watch ends.
        """
        self.close()
        code = summary.stopped.exit_code if summary.stopped is not None else int(summary.failed > 0)
        self._summary.tell(summary, code)
        return code

    def _is_news(self, status: Status) -> bool:
        if self._status is None or status.there != self._status.there:
            return True
        if status == self._status:
            return False
        # While cards are made there is always more to tell; when they are made, that is told at once.
        return not status.left or time.perf_counter() - self._told_at >= _LINE_S

    def _tell_line(self, status: Status) -> None:
        from dataclasses import asdict

        from ephoto.report.json import dumps

        line = {"schema": PROGRESS_SCHEMA, "seconds": round(self._told_at - self._began, 1)} | asdict(status)
        self._voice.warn(dumps(line, ascii_only=True, indent=None))

    def _show(self, status: Status) -> None:
        if self._display is None:
            from rich.console import Console
            from rich.status import Status as Display

            self._display = Display("", console=Console(stderr=True))
            self._display.start()
        label = self._voice.label
        counts = {"done": status.done, "failed": status.failed, "left": status.left, "arriving": status.arriving}
        self._display.update(label("watch_bar", **counts) if status.there else label("watch_missing"))
