"""`ephoto check`: whether photos are fit for a card, rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o
from ephoto.core.messages import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ephoto.cli.voice import Voice
    from ephoto.core.errors import EphotoError
    from ephoto.core.findings import Report
    from ephoto.core.settings import Settings
    from ephoto.pipeline.converter import Converter, Judged

__all__ = ["SCHEMA", "check"]

SCHEMA = "ephoto.check/1"
FAILED = 1


def check(
    photos: o.Photos,
    spec: o.SpecNames = None,
    allow: o.Allow = None,
    limit: o.Limits = None,
    as_card: o.AsCard = False,
    every: o.All = False,
    csv: o.Csv = None,
    html: o.Html = None,
    annotate: o.Annotate = None,
    faces: o.Faces = "embedded",
    engine: o.Engine = "selfie",
    force: o.Force = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Say whether photos are fit for a card, rule by rule.

    Looked at are the face, its pose, light, sharpness, and the room for the card's frame.
    Exit: 0 every required rule holds, 1 one fails or could not be judged, 2 usage, 3 unreadable photo, 4 no usable
    face, 6 output or environment, 70 a bug. Several photos: the highest.
    """
    from ephoto.cli.check_files import Files
    from ephoto.cli.voice import Voice, language
    from ephoto.core.errors import UsageError
    from ephoto.core.settings import Settings
    from ephoto.pipeline.converter import Converter
    from ephoto.specs import load

    settings = Settings.from_env()
    voice = Voice(language(lang, settings.lang), as_json)
    if photos.count("-") > 1:
        raise UsageError("stdin_twice")
    specs = load.many(load.DEFAULT if spec is None else spec)
    count = len(photos) * len(specs)
    files = Files(csv, html, annotate, photos, force=force, lang=voice.lang, foreseen=not as_card)
    files.refuse(count)
    rules = o.parse_rules(allow, limit)
    converters = [Converter(one, faces=faces, engine=engine, settings=settings, **rules) for one in specs]
    told: list[dict[str, Any]] = []
    code = 0
    for photo, converter, judged, error in _judged(photos, converters, settings, as_card=as_card):
        report = None if judged is None else judged.report
        code = max(code, _exit_code(report, error))
        if judged is not None:
            files.add(photo, judged)
        if as_json:
            told.append(_entry(photo, converter.spec.id, report, error, voice))
        _tell(photo, report, error, voice, foreseen=not as_card, alone=count == 1, every=every)
    for path in files.write():
        if not as_json:
            voice.say(voice.label("written", path=path))
    if as_json:
        voice.json({"schema": SCHEMA, "exit_code": code, "checks": told})
    return code


def _judged(
    photos: Sequence[str], converters: Sequence[Converter], settings: Settings, *, as_card: bool
) -> Iterator[tuple[str, Converter, Judged | None, EphotoError | None]]:
    """Each photo for each spec, in order; one that fails does not stop the others."""
    from ephoto.cli.bug import told_as_bug
    from ephoto.cli.stdin import read_photo
    from ephoto.core.errors import EphotoError

    for photo in photos:
        source: str | bytes | None = None if photo == "-" else photo
        for converter in converters:
            try:
                source = read_photo(settings) if source is None else source
                yield photo, converter, converter.judge(source, as_card=as_card), None
            except EphotoError as error:
                yield photo, converter, None, error
            except Exception as error:  # a bug that one photo shows is no reason to lose the others
                yield photo, converter, None, told_as_bug(error)


def _exit_code(report: Report | None, error: EphotoError | None) -> int:
    if error is not None:
        return error.exit_code
    return 0 if report is not None and report.passed else FAILED


def _entry(photo: str, spec: str, report: Report | None, error: EphotoError | None, voice: Voice) -> dict[str, Any]:
    return {
        "photo": photo,
        "spec": spec,
        "report": None if report is None else report.to_dict(voice.lang),
        "error": None if error is None else error.to_dict(voice.lang),
    }


def _tell(
    photo: str,
    report: Report | None,
    error: EphotoError | None,
    voice: Voice,
    *,
    foreseen: bool,
    alone: bool,
    every: bool,
) -> None:
    if error is not None:
        voice.error(error, about="" if alone else photo)
    elif report is not None and not voice.as_json:
        if not alone:
            voice.say(f"== {visible(photo)} -> {report.spec}")
        voice.report(report, foreseen=foreseen, every=every)
