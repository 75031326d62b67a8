"""The summary of a batch or a watch: counts, the most frequent reasons, where the quarantine is. No names, no ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ephoto.batch.job import Summary
    from ephoto.cli.voice import Voice

__all__ = ["SummaryVoice"]

SUMMARY_SCHEMA = "ephoto.batch.summary/1"


@dataclass(frozen=True, slots=True)
class SummaryVoice:
    """Tells a summary on stdout, and what stopped the batch on stderr. `go_on` is the label that says how to go on."""

    _voice: Voice
    _go_on: str

    def tell(self, summary: Summary, code: int) -> None:
        """All of it, once; `code` is the exit code."""
        voice = self._voice
        if voice.as_json:
            voice.json(self._summed(summary, code))
        else:
            for line in self._lines(summary):
                voice.say(line)
        if summary.stopped is not None:
            voice.error(summary.stopped)
        if summary.left and not voice.as_json:
            voice.warn(voice.label(self._go_on))

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
            "problems": {code: dict(counts) for code, counts in summary.problems.items()},
            "rules": dict(summary.rules),
            "quarantine": summary.quarantine,
            "stopped": None if stopped is None else stopped.to_dict(self._voice.lang),
        }

    def _lines(self, summary: Summary) -> list[str]:
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
        reasons = [
            (count, code, self._error(code, problem))
            for code, whole in summary.errors.items()
            for problem, count in summary.problems.get(code, {"": whole}).items()
        ]
        lines += self._most("batch_reasons", reasons)
        lines += self._most(
            "batch_rules", [(count, code, self._finding(code)) for code, count in summary.rules.items()]
        )
        if summary.quarantine is not None:
            lines.append(label("batch_quarantine", path=summary.quarantine))
        return lines

    def _most(self, heading: str, reasons: list[tuple[int, str, str]]) -> list[str]:
        """The most frequent ones under a heading, if there are any."""
        from ephoto.batch.rules import rules
        from ephoto.report.table import columns

        shown = sorted(reasons, key=lambda reason: (-reason[0], reason[1]))[: rules().reasons_shown]
        if not shown:
            return []
        rows = [(f"{count}", f"{said} [{code}]") for count, code, said in shown]
        return [self._voice.label(heading), columns(rows)]

    def _error(self, code: str, problem: str) -> str:
        """What a code means, without the values of one photo."""
        from ephoto.core.messages import codes, outline

        label = f"reason_{code}"
        if label in codes("label"):
            return self._voice.label(label, problem=problem)
        return outline("error", code, "message", self._voice.lang)

    def _finding(self, code: str) -> str:
        from ephoto.core.messages import outline

        return outline("finding", code, "title", self._voice.lang)
