"""`ephoto convert`: photos in, cards out."""

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
    from ephoto.specs.model import Spec

__all__ = ["SCHEMA", "convert"]

SCHEMA = "ephoto.convert/1"


def convert(
    photos: o.Photos,
    output: o.Output = None,
    spec: o.SpecNames = None,
    size: o.Size = None,
    dpi: o.Dpi = None,
    kb: o.Kb = None,
    profile: o.Profile = None,
    background: o.Background = None,
    nudge: o.Nudge = None,
    matte: o.MatteQuality = "fast",
    tone: o.Tone = "none",
    engine: o.Engine = "selfie",
    faces: o.Faces = "embedded",
    dry_run: o.DryRun = False,
    force: o.Force = False,
    strict: o.Strict = False,
    checks: o.Checks = True,
    allow: o.Allow = None,
    limit: o.Limits = None,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Make card photos: the right size, background, file and position of the face.

    Exit: 0 done, 1 a required rule fails (--strict), 2 usage, 3 unreadable photo, 4 no usable face, 5 the spec
    cannot be met from this photo, 6 output or environment, 70 a bug. Several photos: the highest.
    """
    from ephoto.cli.targets import plan
    from ephoto.cli.voice import Voice, language
    from ephoto.cli.wishes import check_wishes, specs_of
    from ephoto.core.settings import Settings

    settings = Settings.from_env()
    tongue = language(lang, settings.lang)
    specs = specs_of(spec, size, dpi, kb, profile)
    wishes: dict[str, Any] = {"background": background, "matte": matte, "nudge": o.parse_nudge(nudge), "tone": tone}
    wishes |= o.parse_rules(allow, limit)
    check_wishes(specs, wishes)
    targets = plan(photos, specs, output, force=force)
    voice = Voice(tongue, as_json, aside=not dry_run and any(t.path is None for t in targets))
    if not dry_run and any(t.path is None for t in targets):
        voice.check_stdout()
    engines = {"engine": engine, "faces": faces, "strict": strict, "checks": checks, "settings": settings}
    converters = _Converters(wishes | engines)
    converters.of(specs[0])  # engines that are unknown or not there are told before a photo is read
    outcomes = _outcomes(targets, converters, settings, dry_run=dry_run, force=force)
    return _tell(outcomes, len(targets), voice, dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one target."""

    target: Target[Spec]
    report: Report | None
    error: EphotoError | None
    data: bytes | None = None  # a card that goes to stdout

    @property
    def exit_code(self) -> int:
        return 0 if self.error is None else self.error.exit_code


class _Converters:
    """One converter a spec, built when it is first needed."""

    def __init__(self, wishes: dict[str, Any]) -> None:
        self._wishes = wishes
        self._built: dict[str, Converter] = {}

    def of(self, spec: Spec) -> Converter:
        if spec.id not in self._built:
            from ephoto.pipeline.converter import Converter

            self._built[spec.id] = Converter(spec, **self._wishes)
        return self._built[spec.id]


def _outcomes(
    targets: Sequence[Target[Spec]], converters: _Converters, settings: Settings, *, dry_run: bool, force: bool
) -> Iterator[_Outcome]:
    """The targets in order, each made when it is asked for; one that fails does not stop the others."""
    from ephoto.cli.bug import told_as_bug
    from ephoto.cli.stdin import read_photo
    from ephoto.cli.targets import make_folder
    from ephoto.core.errors import EphotoError

    stdin: bytes | None = None
    for target in targets:
        try:
            photo: str | bytes = target.photo
            if photo == "-":
                stdin = read_photo(settings) if stdin is None else stdin
                photo = stdin
            converter = converters.of(target.spec)
            if dry_run:
                yield _Outcome(target, converter.plan(photo), None)
                continue
            card = converter.convert(photo)
            if target.path is not None:
                make_folder(target.path)
                card.save(target.path, overwrite=force)
            yield _Outcome(target, card.report, None, card.data if target.path is None else None)
        except EphotoError as error:
            yield _Outcome(target, getattr(error, "report", None), error)
        except Exception as error:  # a bug that one photo shows is no reason to lose the others
            yield _Outcome(target, None, told_as_bug(error))


def _tell(outcomes: Iterator[_Outcome], count: int, voice: Voice, *, dry_run: bool) -> int:
    told: list[dict[str, Any]] = []
    code = done = 0
    for outcome in outcomes:
        error = outcome.error
        if outcome.data is not None:
            voice.bytes(outcome.data)
        if voice.as_json:
            told.append(_entry(outcome, voice, dry_run=dry_run))
            if error is not None:
                voice.error(error, about=outcome.target.photo if count > 1 else "")
        else:
            _tell_one(outcome, count, voice, dry_run=dry_run)
        code = max(code, outcome.exit_code)
        done += error is None
    if voice.as_json:
        voice.json({"schema": SCHEMA, "exit_code": code, "dry_run": dry_run, "cards": told})
    elif count > 1:
        voice.say(voice.label("tally", done=done, count=count))
    return code


def _entry(outcome: _Outcome, voice: Voice, *, dry_run: bool) -> dict[str, Any]:
    report, error = outcome.report, outcome.error
    return {
        "photo": outcome.target.photo,
        "spec": outcome.target.spec.id,
        "output": outcome.target.shown,
        "written": error is None and not dry_run,
        "report": None if report is None else report.to_dict(voice.lang),
        "error": None if error is None else error.to_dict(voice.lang),
    }


def _tell_one(outcome: _Outcome, count: int, voice: Voice, *, dry_run: bool) -> None:
    if count > 1:
        voice.say(f"== {visible(outcome.target.photo)} -> {outcome.target.spec.id}")
    if outcome.report is not None:
        voice.report(outcome.report, foreseen=dry_run)
    if outcome.error is not None:
        voice.error(outcome.error, about=outcome.target.photo if count > 1 else "")
    elif dry_run:
        voice.say(voice.label("planned", path=outcome.target.shown))
    elif outcome.target.path is not None:
        voice.say(voice.label("written", path=outcome.target.shown))
