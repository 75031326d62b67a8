"""`ephoto matte`: photos in, the person of each cut out of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o
from ephoto.core.messages import visible

if TYPE_CHECKING:
    from ephoto.cli.outcomes import Made, Outcome
    from ephoto.cli.targets import Target
    from ephoto.cli.voice import Voice
    from ephoto.pipeline.converter import Converter

__all__ = ["SCHEMA", "matte"]

SCHEMA = "ephoto.matte/1"


def matte(
    photos: o.Photos,
    output: o.CutoutOutput = None,
    matte: o.MatteQuality = "fast",
    engine: o.Engine = "selfie",
    faces: o.Faces = "embedded",
    force: o.Force = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Cut the person out of photos: PNG files with transparency.

    Cut-outs have the photo's full size.
    Exit: 0 done, 2 usage, 3 unreadable photo, 4 no usable face, 5 nobody stands out from the ground, 6 output or
    environment, 70 a bug. Several photos: the highest.
    """
    from ephoto.cli.outcomes import outcomes, tell
    from ephoto.cli.targets import plan
    from ephoto.cli.voice import Voice, language
    from ephoto.core.settings import Settings
    from ephoto.pipeline.converter import Converter

    settings = Settings.from_env()
    tongue = language(lang, settings.lang)
    targets = plan(photos, (_Png(),), output, force=force)
    to_stdout = any(target.path is None for target in targets)
    voice = Voice(tongue, as_json, aside=to_stdout)
    if to_stdout:
        voice.check_stdout()
    converter = Converter(engine=engine, faces=faces, matte=matte, settings=settings)
    return tell(
        outcomes(targets, settings, partial(_made, converter=converter, force=force)),
        len(targets),
        voice,
        entry=partial(_entry, voice=voice),
        say=partial(_say, count=len(targets), voice=voice),
        head={"schema": SCHEMA},
        entries="cutouts",
        tally="tally_cutouts",
    )


@dataclass(frozen=True, slots=True)
class _Png:
    """What a cut-out's file is called after."""

    id: str = "cutout"
    format: str = "PNG"


def _made(target: Target[_Png], photo: str | bytes, converter: Converter, *, force: bool) -> Made:
    from ephoto.cli.outcomes import handed_over

    return handed_over(converter.matte(photo), target, force=force)


def _entry(outcome: Outcome[_Png], voice: Voice) -> dict[str, Any]:
    return outcome.entry(voice, written=True)


def _say(outcome: Outcome[_Png], count: int, voice: Voice) -> None:
    if count > 1:
        voice.say(f"== {visible(outcome.target.photo)}")
    if outcome.report is not None:
        voice.facts(outcome.report)
    if outcome.error is None and outcome.target.path is not None:
        voice.say(voice.label("written", path=outcome.target.shown))
