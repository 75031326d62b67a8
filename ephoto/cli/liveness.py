"""`ephoto liveness`: whether a living person follows the prompts, and the card of the best picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ephoto.cli import options as o
from ephoto.cli.card_words import LookWords
from ephoto.cli.spread import spread

if TYPE_CHECKING:
    from ephoto.cli.liveness_voice import LivenessVoice
    from ephoto.cli.targets import Target
    from ephoto.core.errors import EphotoError
    from ephoto.core.findings import Report
    from ephoto.core.settings import Settings
    from ephoto.liveness.challenge import Challenge
    from ephoto.liveness.session import Session
    from ephoto.liveness.values import Outcome, Verdict
    from ephoto.liveness.video import Source
    from ephoto.pipeline.converter import Converter
    from ephoto.specs.model import Spec

__all__ = ["CardOutcome", "liveness"]

EXIT_CODES: dict[Outcome, int] = {"live": 0, "not_live": 1, "inconclusive": 7}
_CUT_SHORT = ("video_cut", "camera_lost")  # what came before them counts
_SHORTEST_S, _LONGEST_S = 1.0, 60.0  # for one gesture: nobody is quicker, and nobody waits longer before a camera

Video = Annotated[
    str | None,
    typer.Argument(
        metavar="VIDEO", help="A recorded clip (AVI, MP4, MOV, ...), or a network camera's URL (rtsp://, http://).",
        show_default=False,
    ),
]  # fmt: skip
Camera = Annotated[str | None, typer.Option("--camera", metavar="N", help="A camera of this machine; 0 is the first.")]
Asked = Annotated[
    str | None,
    typer.Option(
        "--challenge",
        metavar="GESTURE,...",
        help="What is asked, in order: blink, turn-left, turn-right, nod, open-mouth, move-closer; sides are the "
        "person's own. A recording needs it. Default: by chance.",
    ),
]
Count = Annotated[
    str | None, typer.Option("--count", metavar="N", help="So many gestures by chance, 2 to 4. Default: by chance too.")
]
Seed = Annotated[
    str | None,
    typer.Option("--seed", metavar="N", help="The same gestures again; for trials, as they are foreseeable."),
]
Each = Annotated[str | None, typer.Option("--seconds-each", metavar="S", help="Time for each gesture, 1 to 60.")]
CardFile = Annotated[
    str | None,
    typer.Option(
        "--card",
        metavar="CARD",
        help="Make a card of the best picture: a file, a folder, or a name with {stem} and {spec} in it. "
        "Only of a live person, and only of a picture that passes the checks.",
    ),
]
Passive = Annotated[
    str | None,
    typer.Option(
        "--passive", metavar="FILE", help="A model (.tflite, .onnx) that adds a score and never decides alone."
    ),
]


@dataclass(frozen=True, slots=True)
class CardOutcome:
    """What became of the card that was asked for; neither report nor error where nobody live was seen."""

    output: str
    report: Report | None = None
    error: EphotoError | None = None

    @property
    def written(self) -> bool:
        return self.report is not None and self.error is None

    def to_dict(self, lang: Any) -> dict[str, Any]:
        return {
            "output": self.output,
            "written": self.written,
            "report": None if self.report is None else self.report.to_dict(lang),
            "error": None if self.error is None else self.error.to_dict(lang),
        }


@spread
def liveness(
    video: Video = None,
    camera: Camera = None,
    challenge: Asked = None,
    count: Count = None,
    seed: Seed = None,
    seconds_each: Each = None,
    passive: Passive = None,
    card: CardFile = None,
    spec: o.SpecName = None,
    *,
    look: LookWords,
    force: o.Force = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Tell a person before the camera from photos and replays.

    The person follows prompts, live or in a recorded clip. This is screening for presentation attacks, and guarantees
    nothing. Exit: 0 live, 1 not live, or live without a picture that is fit
    for the card, 2 usage, 3 unreadable video, 4 no usable face on the card's picture, 5 it cannot meet the spec,
    6 camera, output or environment, 7 inconclusive: begin again, 70 a bug, 130 interrupted.
    """
    import sys
    from contextlib import closing

    from ephoto.cli.liveness_voice import LivenessVoice
    from ephoto.cli.signals import ended_politely
    from ephoto.cli.voice import Voice, language
    from ephoto.core.settings import Settings
    from ephoto.liveness.card import CANDIDATES
    from ephoto.liveness.passive import load
    from ephoto.liveness.session import Session
    from ephoto.liveness.video import check

    settings = Settings.from_env()
    voice = Voice(language(lang, settings.lang), as_json)
    source = _source(video, camera)
    asked = _challenge(source, challenge, count, seed, seconds_each)
    check(source)
    maker = _Maker.of(card, source, spec, look, settings, force=force)
    engine = None if passive is None else load(passive, settings)
    kept = 0 if maker is None else CANDIDATES
    session = Session(asked, settings=settings, faces=look.faces, passive=engine, keep_best=kept)
    terminal = sys.stderr is not None and sys.stderr.isatty()
    with ended_politely(), closing(LivenessVoice(voice, terminal=terminal)) as told:
        verdict, error = _watched(source, session, told)
    made = None if maker is None else maker.made(verdict, session)
    code = EXIT_CODES[verdict.outcome]
    if made is not None and made.error is not None:
        code = made.error.exit_code
    told.ended(verdict, asked, made, error, code)
    return code


def _source(video: str | None, camera: str | None) -> Source:
    """What is looked at: a file's name, a URL, or a camera's number.

    Raises
    ------
    UsageError
        "source_twice", "argument_missing", "bad_option".
    """
    from ephoto.core.errors import UsageError

    if video is not None and camera is not None:
        raise UsageError("source_twice")
    number = o.parse_whole("--camera", camera, least=0)
    if number is not None:
        return number
    if video is None:
        raise UsageError("argument_missing", name="VIDEO", command="ephoto liveness")
    if video in ("", "-"):
        allowed = "a video file, --camera N, or a camera's URL"
        raise UsageError("bad_option", option="VIDEO", value=video or '""', allowed=allowed)
    return video


def _challenge(
    source: Source, words: str | None, count: str | None, seed: str | None, seconds_each: str | None
) -> Challenge:
    """What is asked: as said, or by chance.

    Raises
    ------
    UsageError
        "challenge_needed", "challenge_excludes", "challenge_unfit", "gesture_unknown", "bad_option".
    """
    import secrets
    from dataclasses import replace

    from ephoto.core.errors import UsageError
    from ephoto.liveness.challenge import Challenge, draw, parse
    from ephoto.liveness.rules import rules
    from ephoto.liveness.video import is_live

    each = rules().seconds_each if seconds_each is None else _seconds(seconds_each)
    if words is None:
        if not is_live(source):
            raise UsageError("challenge_needed")
        number = o.parse_whole("--seed", seed, least=0)
        return replace(draw(number, count=o.parse_whole("--count", count)), seconds_each=each)
    for option, value in (("--count", count), ("--seed", seed)):
        if value is not None:
            raise UsageError("challenge_excludes", option=option)
    return Challenge(parse(words.split(",")), secrets.token_hex(16), each)


def _seconds(words: str) -> float:
    from ephoto.core.errors import UsageError

    try:
        seconds = float(words)
    except ValueError:
        seconds = math.nan
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise UsageError(
            "bad_option", option="--seconds-each", value=words, allowed=f"{_SHORTEST_S:g} - {_LONGEST_S:g} (s)"
        )
    return seconds


def _watched(source: Source, session: Session, told: LivenessVoice) -> tuple[Verdict, EphotoError | None]:
    """Feed the session until it is over; with what broke off the pictures, where something did."""
    from contextlib import closing

    from ephoto.core.errors import EnvironmentFault, InputError
    from ephoto.liveness.video import frames

    try:
        with closing(frames(source)) as pictures:
            for pixels, seconds in pictures:
                update = session.feed(pixels, seconds)
                told.follow(update)
                if update.verdict is not None:
                    return update.verdict, None
    except (InputError, EnvironmentFault) as error:
        if error.code not in _CUT_SHORT:
            raise
        return session.finish(), error
    return session.finish(), None


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the card, if there is to be one."""

    target: Target[Spec]
    converter: Converter
    force: bool

    @classmethod
    def of(
        cls, card: str | None, source: Source, spec: str | None, look: LookWords, settings: Settings, *, force: bool
    ) -> _Maker | None:
        """None without --card. Everything that can be refused is refused here, before the camera opens.

        Raises
        ------
        UsageError, SpecError, EnvironmentFault
        """
        from ephoto.cli.targets import plan
        from ephoto.core.errors import UsageError
        from ephoto.liveness.video import is_live
        from ephoto.pipeline.converter import Converter

        if card is None:
            _check_unsaid(spec, look)
            return None
        if card in ("", "-"):
            raise UsageError("bad_option", option="--card", value=card or '""', allowed="a file name, or a folder")
        specs = look.specs(spec)
        if len(specs) > 1:
            named = ",".join(one.id for one in specs)
            raise UsageError("bad_option", option="--spec", value=named, allowed="one document")
        wishes = look.looks(specs)
        name = "camera" if is_live(source) else str(source)
        (target,) = plan([name], specs, card, force=force)
        return cls(target, Converter(specs[0], settings=settings, **wishes), force)

    def made(self, verdict: Verdict, session: Session) -> CardOutcome:
        from ephoto.cli.outcomes import handed_over
        from ephoto.core.errors import EphotoError
        from ephoto.liveness.card import card_from

        if verdict.outcome != "live":
            return CardOutcome(self.target.shown)
        try:
            card = card_from(session.best_frames(), self.converter)
            return CardOutcome(self.target.shown, handed_over(card, self.target, force=self.force).report)
        except EphotoError as error:
            return CardOutcome(self.target.shown, getattr(error, "report", None), error)


def _check_unsaid(spec: str | None, look: LookWords) -> None:
    """Refuse words about a card that is not made; --faces is the session's as well."""
    from ephoto.core.errors import UsageError

    said = [("spec", spec is not None)]
    said += [(one.name, getattr(look, one.name) != one.default) for one in fields(look) if one.name != "faces"]
    for name, wanted in said:
        if wanted:
            raise UsageError("needs_card", option=f"--{name}")
