"""`ephoto matte`: photos in, the person of each cut out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o
from ephoto.core.messages import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ephoto.cli.targets import Target
    from ephoto.cli.voice import Voice
    from ephoto.core.errors import EphotoError
    from ephoto.core.findings import Report
    from ephoto.core.settings import Settings
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
    """Cut the person out of photos, at their full size: PNG files with transparency.

    Exit: 0 done, 2 usage, 3 unreadable photo, 4 no usable face, 5 nobody stands out from the ground, 6 output or
    environment, 70 a bug. Several photos: the highest.
    """
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
    return _tell(_outcomes(targets, converter, settings, force=force), len(targets), voice)


@dataclass(frozen=True, slots=True)
class _Png:
    """What a cut-out's file is called after."""

    id: str = "cutout"
    format: str = "PNG"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one photo."""

    target: Target[_Png]
    report: Report | None
    error: EphotoError | None
    data: bytes | None = None  # a cut-out that goes to stdout


def _outcomes(
    targets: Sequence[Target[_Png]], converter: Converter, settings: Settings, *, force: bool
) -> Iterator[_Outcome]:
    """The photos in order, each cut out when it is asked for; one that fails does not stop the others."""
    from ephoto.cli.bug import told_as_bug
    from ephoto.cli.stdin import read_photo
    from ephoto.cli.targets import STDIO, make_folder
    from ephoto.core.errors import EphotoError

    for target in targets:
        try:
            cutout = converter.matte(read_photo(settings) if target.photo == STDIO else target.photo)
            if target.path is None:
                yield _Outcome(target, cutout.report, None, cutout.data)
                continue
            make_folder(target.path)
            cutout.save(target.path, overwrite=force)
            yield _Outcome(target, cutout.report, None)
        except EphotoError as error:
            yield _Outcome(target, None, error)
        except Exception as error:  # a bug that one photo shows is no reason to lose the others
            yield _Outcome(target, None, told_as_bug(error))


def _tell(outcomes: Iterator[_Outcome], count: int, voice: Voice) -> int:
    told: list[dict[str, Any]] = []
    code = done = 0
    for outcome in outcomes:
        error = outcome.error
        if outcome.data is not None:
            voice.bytes(outcome.data)
        if voice.as_json:
            told.append(_entry(outcome, voice))
        else:
            _tell_one(outcome, count, voice)
        if error is not None:
            voice.error(error, about=outcome.target.photo if count > 1 else "")
            code = max(code, error.exit_code)
        done += error is None
    if voice.as_json:
        voice.json({"schema": SCHEMA, "exit_code": code, "cutouts": told})
    elif count > 1:
        voice.say(voice.label("tally_cutouts", done=done, count=count))
    return code


def _entry(outcome: _Outcome, voice: Voice) -> dict[str, Any]:
    report, error = outcome.report, outcome.error
    return {
        "photo": outcome.target.photo,
        "output": outcome.target.shown,
        "written": error is None,
        "report": None if report is None else report.to_dict(voice.lang),
        "error": None if error is None else error.to_dict(voice.lang),
    }


def _tell_one(outcome: _Outcome, count: int, voice: Voice) -> None:
    if count > 1:
        voice.say(f"== {visible(outcome.target.photo)}")
    if outcome.report is not None:
        voice.facts(outcome.report)
    if outcome.error is None and outcome.target.path is not None:
        voice.say(voice.label("written", path=outcome.target.shown))
