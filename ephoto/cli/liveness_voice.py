"""How a session of liveness speaks: a line that changes on a terminal, a line a change elsewhere, then the verdict."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ephoto.core.messages import codes, phrase, text

if TYPE_CHECKING:
    from ephoto.cli.liveness import CardOutcome
    from ephoto.cli.voice import Voice
    from ephoto.core.errors import EphotoError
    from ephoto.liveness.challenge import Challenge
    from ephoto.liveness.values import Cue, Evidence, Update, Verdict

__all__ = ["LivenessVoice"]

_MARKS = {"done": "ok", "missing": "x", "wrong": "x", "pass": "ok", "fail": "x", "unknown": "?"}
_NOTHING = "-"


class LivenessVoice:
    """One session's words. Prompts go to stderr, the verdict to stdout."""

    def __init__(self, voice: Voice, *, terminal: bool) -> None:
        self._voice, self._terminal = voice, terminal
        self._told = ""  # by the last line
        self._display: Any = None

    def follow(self, update: Update) -> None:
        """Called after every picture."""
        if update.restarted is not None:
            self._aside(self._voice.label("liveness_restarted", reason=self._text("reason", update.restarted)))
        said = self._said(update)
        if self._terminal:
            self._show(update, said)
        elif said != self._told:
            self._told = said
            self._aside(self._voice.label("liveness_line", seconds=f"{update.seconds:.1f}", said=said))

    def close(self) -> None:
        """Give the terminal back as it was."""
        if self._display is not None:
            self._display.stop()
            self._display = None

    def ended(
        self, verdict: Verdict, asked: Challenge, card: CardOutcome | None, broken: EphotoError | None, code: int
    ) -> None:
        """The verdict, what it rests on, and what became of the card. `broken` is what ended the pictures too early."""
        voice = self._voice
        if voice.as_json:
            voice.json(
                verdict.to_dict()
                | {
                    "exit_code": code,
                    "challenge": asked.to_dict(),
                    "card": None if card is None else card.to_dict(voice.lang),
                    "error": None if broken is None else broken.to_dict(voice.lang),
                }
            )
        else:
            for line in self._lines(verdict):
                voice.say(line)
        if broken is not None:
            voice.error(broken)
        if card is not None:
            self._card(card)

    def _card(self, card: CardOutcome) -> None:
        voice = self._voice
        if card.report is not None and not voice.as_json:
            voice.report(card.report, foreseen=not card.written)
        if card.error is not None:
            voice.error(card.error)
        if not voice.as_json:
            voice.say(voice.label("written", path=card.output) if card.written else voice.label("liveness_no_card"))

    def _lines(self, verdict: Verdict) -> list[str]:
        from ephoto.report.table import columns

        label = self._voice.label
        decided, *besides = [self._text("reason", reason) for reason in verdict.reasons] or [_NOTHING]
        heads = [label(f"column_{name}") for name in ("gesture", "status", "value", "when")]
        gestures = columns([("", *heads), *map(self._gesture, verdict.evidence)])
        heads = [label(f"column_{name}") for name in ("cue", "status", "value", "limit")]
        lines = columns([("", *heads), *map(self._cue, verdict.cues)]).split("\n")
        hints = ["", *map(self._hint, verdict.cues)]
        told = [f"{line}\n    {hint}" if hint else line for line, hint in zip(lines, hints, strict=True)]
        return [
            gestures,
            "",
            *told,
            "",
            label(f"liveness_{verdict.outcome}", reason=decided),
            *(label("liveness_besides", reason=reason) for reason in besides),
            label(
                "liveness_looked_at",
                frames=verdict.frames,
                seconds=f"{verdict.seconds:.1f}",
                restarts=verdict.restarts,
            ),
        ]

    def _gesture(self, seen: Evidence) -> tuple[str, ...]:
        state = self._voice.label(f"state_{seen.state}")
        if seen.state == "wrong" and seen.seen is not None:
            state = self._voice.label("state_wrong_seen", seen=self._text("prompt", seen.seen, "title"))
        times = [_NOTHING if time is None else f"{time:.1f}" for time in (seen.start_s, seen.end_s)]
        when = _NOTHING if times == [_NOTHING] * 2 else f"{' - '.join(times)} s"
        title = self._text("prompt", seen.gesture, "title")
        return _MARKS[seen.state], title, state, self._measured(seen.amplitude, seen.unit), when

    def _cue(self, cue: Cue) -> tuple[str, ...]:
        state = self._voice.label(f"status_{cue.state}")
        title = self._text("cue", cue.name, "title")
        return _MARKS[cue.state], title, state, self._measured(cue.measured), self._measured(cue.limit)

    def _hint(self, cue: Cue) -> str:
        """What a cue is, and why it could not be taken; nothing of one that passed."""
        if cue.state == "pass":
            return ""
        why = phrase(cue.reason, self._voice.lang)
        return " ".join(part for part in (self._text("cue", cue.name), f"({why})" if why else "") if part)

    def _measured(self, value: float | None, unit: str = "") -> str:
        if value is None or not math.isfinite(value):
            return _NOTHING
        known = f"unit_{unit.replace(' ', '_')}"
        named = self._voice.label(known) if known in codes("label") else unit
        return f"{value:.3g} {named}".rstrip()

    def _said(self, update: Update) -> str:
        """The prompt, and what is to be mended: the most urgent alone, as one thing can be done at a time.

        While the person shall only be at rest, that takes the prompt's place.
        """
        mend = [self._text("guidance", code) for code in update.guidance[:1]]
        return " ".join(mend if mend and update.prompt == "look" else [*mend, self._text("prompt", update.prompt)])

    def _show(self, update: Update, said: str) -> None:
        from rich.text import Text

        if self._display is None:
            from rich.console import Console
            from rich.status import Status

            self._display = Status("", console=Console(stderr=True))
            self._display.start()
        line = self._voice.label(
            "liveness_bar",
            said=said,
            step=min(update.step + 1, update.steps),
            steps=update.steps,
            percent=round(100 * update.progress),
            left=math.ceil(max(update.seconds_left, 0.0)),
        )
        self._display.update(Text(line))

    def _aside(self, line: str) -> None:
        if self._display is not None:
            self._display.console.print(line, markup=False, highlight=False)
        else:
            self._voice.warn(line)

    def _text(self, kind: str, code: str, part: str = "text") -> str:
        """A sentence; of another engine's code, which has none here, the code itself."""
        return text(kind, code, part, self._voice.lang) if code in codes(kind) else code
