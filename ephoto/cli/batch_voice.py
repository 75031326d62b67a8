"""How a batch tells of itself while it runs: a bar on a terminal, a JSON line a second elsewhere. No names, no ids."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from ephoto.cli.summary_voice import SummaryVoice

if TYPE_CHECKING:
    from ephoto.batch.job import Progress, Summary
    from ephoto.cli.voice import Voice

__all__ = ["BatchVoice"]

PROGRESS_SCHEMA = "ephoto.batch.progress/1"
_LINE_S = 1.0


class BatchVoice:
    """One batch's words. Progress goes to stderr, the summary to stdout."""

    def __init__(self, voice: Voice) -> None:
        self._voice, self._summary = voice, SummaryVoice(voice, "batch_resume")
        self._start = time.perf_counter()
        self._last = self._start - _LINE_S
        self._progress: Progress | None = None
        self._told: tuple[int, ...] = ()  # the counts of the last line
        self._bar: Any = None
        self._task: Any = None

    def tell(self, progress: Progress) -> None:
        """Called several times a second."""
        if sys.stderr is not None and sys.stderr.isatty():
            self._draw(progress)
            return
        self._progress = progress
        now = time.perf_counter()
        if now - self._last >= _LINE_S:
            self._last = now
            self._line(progress, now - self._start)

    def close(self) -> None:
        """Give the terminal back, however the batch ended."""
        if self._bar is not None:
            self._bar.stop()

    def ended(self, summary: Summary) -> int:
        """The summary; gives the exit code."""
        from ephoto.cli.app import INTERRUPTED

        self.close()
        if self._progress is not None and self._told != _counts(self._progress):
            self._line(self._progress, time.perf_counter() - self._start)
        code = 1 if summary.failed or summary.left else 0
        if summary.stopped is not None:
            code = INTERRUPTED if summary.stopped.code == "interrupted" else summary.stopped.exit_code
        self._summary.tell(summary, code)
        return code

    def _line(self, progress: Progress, seconds: float) -> None:
        from ephoto.report.json import dumps

        self._told = _counts(progress)
        finished = progress.done + progress.failed
        rate = finished / seconds if seconds > 0 else 0.0
        self._voice.warn(
            dumps(
                {
                    "schema": PROGRESS_SCHEMA,
                    "seconds": round(seconds, 1),
                    "done": progress.done,
                    "failed": progress.failed,
                    "in_hand": progress.in_hand,
                    "left": progress.left,
                    "per_second": round(rate, 2),
                    "eta_s": round(progress.left / rate) if rate else None,
                },
                ascii_only=True,
                indent=None,
            )
        )

    def _draw(self, progress: Progress) -> None:
        if self._bar is None:
            self._bar = self._new_bar()
            self._task = self._bar.add_task("", total=progress.waiting, rate="", said="")
            self._bar.start()
        finished = progress.done + progress.failed
        seconds = time.perf_counter() - self._start
        said = self._voice.label("batch_bar", done=progress.done, failed=progress.failed)
        self._bar.update(self._task, completed=finished, rate=f"{finished / seconds:.1f}/s", said=said)

    def _new_bar(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        parts = (
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[said]}"),
        )
        return Progress(*parts, console=Console(stderr=True))


def _counts(progress: Progress) -> tuple[int, ...]:
    return progress.done, progress.failed, progress.in_hand, progress.left
