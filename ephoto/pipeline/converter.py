"""The one object that lives long: it holds the loaded engines and sends photos down the road."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.codec.probe import probe
from ephoto.codec.source import Loaded, load
from ephoto.core.errors import CheckError, EphotoError, UsageError
from ephoto.core.settings import Settings
from ephoto.faces import engines as face_engines
from ephoto.matting import engines as matting_engines
from ephoto.pipeline.analyse import Analysis, analyse
from ephoto.pipeline.card import Card
from ephoto.pipeline.checks import check
from ephoto.pipeline.cutout import Cutout, cutout_of
from ephoto.pipeline.marks import marks_of
from ephoto.pipeline.recheck import recheck
from ephoto.pipeline.render import frame, make
from ephoto.pipeline.reporting import card_report, check_report, plan_report, report_of
from ephoto.pipeline.request import Request
from ephoto.pipeline.whole import cut_whole
from ephoto.pipeline.workers import NotBuilt, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ephoto.core.findings import Report
    from ephoto.report.marks import Marks
    from ephoto.specs.model import Spec

__all__ = ["Converter", "Judged", "converting"]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A photo's report, and what can be drawn on it."""

    report: Report
    marks: Marks


class Converter:
    """Photos in, cards out, for one spec (or others, one call at a time).

    Built once and cheap to call; safe to call from several threads. The result for a photo depends on nothing
    but the photo and the options.

    Parameters
    ----------
    spec : str, path or Spec
        A known id or alias, a TOML file, or a Spec.
    background : str, optional
        "white", "blue", "red", "#RRGGBB", "#TOP:#BOTTOM", "keep" or "transparent"; default: as the spec says.
    engine, faces : str
        Names of the matting and the face engine.
    matte : "fast" or "high"
    profile : str, optional
        One of the spec's byte windows.
    nudge : (dx_mm, dy_mm, factor)
        Moves and scales the picture on the card, within the spec's bounds.
    tone : "none" or "auto"
        "auto" corrects exposure and white balance, within bounds; refused where the document forbids edits.
    checks : bool
        Check the photo as `check` does, and put what was found into the report.
    allow : codes of rules that shall only advise
    limit : other limits, by code, in the rule's own unit; they win over the spec's, and ask for rules not asked
    strict : bool
        Raise CheckError instead of giving a card that fails a required rule.
    settings : Settings, optional
        Limits; default: from the environment.
    """

    def __init__(
        self,
        spec: str | os.PathLike[str] | Spec = "cn-social-security-card",
        *,
        background: str | None = None,
        engine: str = "selfie",
        faces: str = "embedded",
        matte: str = "fast",
        profile: str | None = None,
        nudge: tuple[float, float, float] = (0.0, 0.0, 1.0),
        tone: str = "none",
        checks: bool = True,
        allow: Sequence[str] = (),
        limit: Mapping[str, float] | None = None,
        strict: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self._wishes: dict[str, Any] = {
            "background": background,
            "profile": profile,
            "matte": matte,
            "nudge": nudge,
            "allow": allow,
            "limit": limit,
            "tone": tone,
        }
        self.settings = settings or Settings.from_env()
        self.request = Request.of(spec, **self._wishes)
        self.strict = strict
        self._checks = checks
        self._faces = face_engines.build(faces, self.settings)
        self._matting = matting_engines.build(engine, self.settings)
        self._engine_names = engine, faces

    @property
    def spec(self) -> Spec:
        return self.request.spec

    def convert(self, photo: Any) -> Card:
        """One photo (path, bytes, binary file, Pillow image or array) to one card.

        Raises
        ------
        InputError, FaceError, UnmetError, CheckError, EnvironmentFault
        """
        return self._card(self.analyse(photo), self.request)

    def analyse(self, photo: Any) -> Analysis:
        """The first phase alone: worth keeping where the same photo is rendered several times."""
        return self._analysed(photo if isinstance(photo, Loaded) else load(photo, self.settings))

    def render(
        self,
        analysis: Analysis,
        *,
        spec: str | os.PathLike[str] | Spec | None = None,
        background: str | None = None,
        nudge: tuple[float, float, float] | None = None,
        profile: str | None = None,
        tone: str | None = None,
    ) -> Card:
        """The second phase: a card from an analysis, with other wishes than the converter's where given."""
        given = {"background": background, "nudge": nudge, "profile": profile, "tone": tone}
        changed = {k: v for k, v in given.items() if v}
        if spec is None and not changed:
            return self._card(analysis, self.request)
        wishes = dict(self._wishes)
        if spec is not None:
            wishes["profile"] = None  # profiles belong to a spec
        return self._card(analysis, Request.of(spec or self.spec, **(wishes | changed)))

    def matte(self, photo: Any) -> Cutout:
        """The person cut out of a photo at its full size: of the wishes only the engines and `matte` count.

        Raises
        ------
        InputError, FaceError, EnvironmentFault
        UnmetError
            "matte_lost" where nobody stands out from the ground.
        """
        loaded = load(photo, self.settings)
        return cutout_of(cut_whole(loaded, self._faces, self._matting, self.request.matte, self.settings))

    def plan(self, photo: Any) -> Report:
        """What would be made of a photo: its face and its frame; nothing is drawn, composed or encoded."""
        analysis = self.analyse(photo)
        return plan_report(analysis, self.request, frame(analysis, self.request))

    def check(self, photo: Any) -> Report:
        """Whether a photo is fit for the card: the photo's own checks, and the card's rules as they would come out.

        Raises
        ------
        InputError, FaceError, EnvironmentFault, UnmetError
        """
        return self.judge(photo).report

    def judge(self, photo: Any, *, as_card: bool = False) -> Judged:
        """The same as `check`, or as `check_card`, with what the report was made from, to be drawn on the photo."""
        loaded = load(photo, self.settings)
        card = loaded.data if as_card else None
        if as_card and card is None:
            raise UsageError("card_needs_file")
        analysis = self._analysed(loaded)
        checks = check(analysis, self.request, as_card=as_card)
        if card is None:
            report, framing = check_report(analysis, self.request, checks)
        else:
            report, framing = card_report(analysis, self.request, probe(card), checks)
        return Judged(report, marks_of(analysis, framing, report, self.spec))

    def check_card(self, card: Any) -> Report:
        """Whether a finished card, a file's path or bytes, is what its document asks for, and a fit photo as well.

        Raises
        ------
        InputError, FaceError, EnvironmentFault, UnmetError
        UsageError
            "card_needs_file" for pixels without a file.
        """
        return self.judge(card, as_card=True).report

    def convert_many(self, photos: Iterable[Any], *, workers: int = 1) -> Iterator[Card | EphotoError]:
        """Cards in the order of the photos; a photo that fails gives its error instead of stopping the others.

        With more than one worker, each is a process of its own, started for this call and ended with it. At most
        `2 * workers` photos are in hand at a time, so memory does not grow with their number.
        """
        if workers <= 1:
            yield from map(self._caught, photos)
            return
        recipe = self._wishes | {
            "spec": self.spec,
            "engine": self._engine_names[0],
            "faces": self._engine_names[1],
            "checks": self._checks,
            "strict": self.strict,
            "settings": self.settings,
        }
        with (
            Workers("ephoto.pipeline.converter:converting", recipe, workers) as pool,
            ThreadPoolExecutor(workers, thread_name_prefix="ephoto") as threads,
        ):
            waiting: deque[Any] = deque()
            for photo in photos:
                waiting.append(threads.submit(self._sent, pool, photo))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _sent(self, pool: Workers, photo: Any) -> Card | EphotoError:
        try:
            movable = isinstance(photo, (str, os.PathLike, bytes, np.ndarray))
            card: Card = pool.call(photo if movable else load(photo, self.settings))
            return card
        except NotBuilt as failure:
            raise failure.error from None
        except EphotoError as error:
            return error

    def _analysed(self, loaded: Loaded) -> Analysis:
        return analyse(loaded, self.spec, self._faces, self._matting, self.request.matte, self.settings)

    def _caught(self, photo: Any) -> Card | EphotoError:
        try:
            return self.convert(photo)
        except EphotoError as error:
            return error

    def _card(self, analysis: Analysis, request: Request) -> Card:
        made = make(analysis, request, self._matting)
        checked = recheck(made, analysis, request, self._faces)
        checks = check(analysis, request) if self._checks else None
        report = report_of(analysis, request, made, checked, checks)
        if self.strict and not report.passed:
            error = CheckError("check_failed", codes=[f.code for f in (*report.failed, *report.unknown)])
            error.report = report
            raise error
        return Card(checked.pixels, made.encoded.data, report, request.spec.format, request.spec.id)


def converting(recipe: Mapping[str, Any]) -> Callable[[Any], Card]:
    """What a worker process does for `convert_many`."""
    return Converter(**recipe).convert
