"""How a batch tells of itself: a bar on a terminal, a JSON line a second elsewhere, and a summary. No names, no ids."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ephoto.batch.job import Progress, Summary
    from ephoto.cli.voice import Voice

__all__ = ["BatchVoice"]

PROGRESS_SCHEMA, SUMMARY_SCHEMA = "ephoto.batch.progress/1", "ephoto.batch.summary/1"
_LINE_S = 1.0


class BatchVoice:
    """One batch's words. Progress goes to stderr, the summary to stdout."""

    go_on = "batch_resume"  # the label that says how

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
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

    def ended(self, summary: Summary, *, again: bool) -> int:
        """The summary; gives the exit code."""
        self.close()
        if self._progress is not None and self._told != _counts(self._progress):
            self._line(self._progress, time.perf_counter() - self._start)
        code = self.code(summary)
        voice = self._voice
        if voice.as_json:
            voice.json(self._summed(summary, code))
        else:
            for line in self._lines(summary):
                voice.say(line)
        if summary.stopped is not None:
            voice.error(summary.stopped)
        if summary.left and not voice.as_json:
            voice.warn(voice.label(self.go_on))
        return code

    def code(self, summary: Summary) -> int:
        """The exit code."""
        from ephoto.cli.app import INTERRUPTED

        if summary.stopped is not None:
            return INTERRUPTED if summary.stopped.code == "interrupted" else summary.stopped.exit_code
        return 1 if summary.failed or summary.left else 0

    def _summed(self, summary: Summary, code: int) -> dict[str, Any]:
        stopped = summary.stopped
        return {
            "schema": SUMMARY_SCHEMA,
            "exit_code": code,
            "photos": summary.photos,
            "made": summary.made,
            "unchanged": summary.unchanged,
            "failed": summary.failed,
            "left": summary.left,
            "gone": summary.gone,
            "passed_over": summary.passed_over,
            "seconds": round(summary.seconds, 2),
            "errors": dict(summary.errors),
            "rules": dict(summary.rules),
            "quarantine": summary.quarantine,
            "stopped": None if stopped is None else stopped.to_dict(self._voice.lang),
        }

    def _lines(self, summary: Summary) -> list[str]:
        from ephoto.batch.rules import rules
        from ephoto.report.table import columns

        label = self._voice.label
        rate = summary.made / summary.seconds if summary.made and summary.seconds else 0.0
        lines = [
            label("batch_tally", done=summary.made + summary.unchanged, count=summary.photos),
            label("batch_counts", made=summary.made, unchanged=summary.unchanged, failed=summary.failed,
                  left=summary.left, seconds=f"{summary.seconds:.1f}", rate=f"{rate:.1f}"),
        ]  # fmt: skip
        if summary.gone:
            lines.append(label("batch_gone", count=summary.gone))
        if summary.passed_over:
            lines.append(label("batch_passed_over", count=summary.passed_over))
        reasons = [(count, code, self._reason("error", code)) for code, count in summary.errors.items()]
        reasons += [(count, code, self._reason("finding", code)) for code, count in summary.rules.items()]
        shown = sorted(reasons, key=lambda reason: (-reason[0], reason[1]))[: rules().reasons_shown]
        if shown:
            lines.append(label("batch_reasons"))
            lines.append(columns([(f"{count}", f"{said} [{code}]") for count, code, said in shown]))
        if summary.quarantine is not None:
            lines.append(label("batch_quarantine", path=summary.quarantine))
        return lines

    def _reason(self, kind: str, code: str) -> str:
        """What a code means, without the values of one photo."""
        from ephoto.core.messages import outline

        return outline(kind, code, "title" if kind == "finding" else "message", self._voice.lang)

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
