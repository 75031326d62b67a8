"""`ephoto convert`: photos in, cards out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o
from ephoto.cli.card_words import CardWords
from ephoto.cli.spread import spread
from ephoto.core.messages import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.cli.outcomes import Made, Outcome
    from ephoto.cli.targets import Target
    from ephoto.cli.voice import Voice
    from ephoto.pipeline.converter import Converter
    from ephoto.specs.model import Spec

__all__ = ["SCHEMA", "convert"]

SCHEMA = "ephoto.convert/1"


@spread
def convert(
    photos: o.Photos,
    output: o.Output = None,
    spec: o.SpecNames = None,
    nudge: o.Nudge = None,
    dry_run: o.DryRun = False,
    force: o.Force = False,
    *,
    card: CardWords,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Make card photos: size, background, file, place of the face.

    Exit: 0 done, 1 a required rule fails (--strict), 2 usage, 3 unreadable photo, 4 no usable face, 5 the spec
    cannot be met from this photo, 6 output or environment, 70 a bug. Several photos: the highest.
    """
    from ephoto.cli.outcomes import outcomes
    from ephoto.cli.targets import plan
    from ephoto.cli.voice import Voice, language
    from ephoto.core.settings import Settings

    settings = Settings.from_env()
    tongue = language(lang, settings.lang)
    specs = card.specs(spec)
    wishes = card.wishes(specs, nudge=o.parse_nudge(nudge))
    targets = plan(photos, specs, output, force=force)
    voice = Voice(tongue, as_json, aside=not dry_run and any(t.path is None for t in targets))
    if not dry_run and any(t.path is None for t in targets):
        voice.check_stdout()
    converters = _Converters(wishes | {"settings": settings})
    converters.of(specs[0])  # engines that are unknown or not there are told before a photo is read
    make = partial(_made, converters=converters, dry_run=dry_run, force=force)
    return _tell(outcomes(targets, settings, make), len(targets), voice, dry_run=dry_run)


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


def _made(target: Target[Spec], photo: str | bytes, converters: _Converters, *, dry_run: bool, force: bool) -> Made:
    from ephoto.cli.outcomes import Made, handed_over

    converter = converters.of(target.spec)
    if dry_run:
        return Made(converter.plan(photo))
    return handed_over(converter.convert(photo), target, force=force)


def _tell(told: Iterator[Outcome[Spec]], count: int, voice: Voice, *, dry_run: bool) -> int:
    from ephoto.cli.outcomes import tell

    return tell(
        told,
        count,
        voice,
        entry=partial(_entry, voice=voice, dry_run=dry_run),
        say=partial(_say, count=count, voice=voice, dry_run=dry_run),
        head={"schema": SCHEMA, "dry_run": dry_run},
        entries="cards",
        tally="tally",
    )


def _entry(outcome: Outcome[Spec], voice: Voice, *, dry_run: bool) -> dict[str, Any]:
    target = outcome.target
    return {"photo": target.photo, "spec": target.spec.id} | outcome.entry(voice, written=not dry_run)


def _say(outcome: Outcome[Spec], count: int, voice: Voice, *, dry_run: bool) -> None:
    if count > 1:
        voice.say(f"== {visible(outcome.target.photo)} -> {outcome.target.spec.id}")
    if outcome.report is not None:
        voice.report(outcome.report, foreseen=dry_run)
    if outcome.error is not None:
        return
    if dry_run:
        voice.say(voice.label("planned", path=outcome.target.shown))
    elif outcome.target.path is not None:
        voice.say(voice.label("written", path=outcome.target.shown))
