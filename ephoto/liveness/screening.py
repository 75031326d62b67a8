"""The cues of a session: what each look adds to them, and what they say in the end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ephoto.core.numbers import numbers
from ephoto.liveness import bezel, repeats, surroundings
from ephoto.liveness.continuity import cut
from ephoto.liveness.observe import small
from ephoto.liveness.relief import parallax
from ephoto.liveness.sharpness import fineness
from ephoto.liveness.values import Cue
from ephoto.quality.periodicity import periodicity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ephoto.liveness.observe import FacePart, Look
    from ephoto.liveness.relief import Anchor
    from ephoto.liveness.series import Series

__all__ = ["Limits", "Screening", "limits"]

_LOOKS = 7  # at rest, that are taken together: half a second of a slow camera


@dataclass(frozen=True, slots=True)
class Limits:
    """See cues.toml."""

    alone: tuple[str, ...]
    relief: float
    relief_sure: float
    relief_looks: int
    relief_from_deg: float
    relief_to_deg: float
    relief_most_looks: int
    cut: float
    scene_cut: float
    cut_step_s: float
    cut_most_steps: float
    most_speed: float
    least_alike: float
    unlike: float
    frozen: float
    frozen_s: float
    loop: float
    loop_lively: float
    loop_frame: float
    loop_frame_share: float
    loop_frame_lively: float
    loop_back_lively: float
    loop_s: float
    loop_least_s: float
    unrest: Mapping[str, float]
    duplicates: int
    duplicate_s: float
    standing_s: float
    raster: float
    surface_every_s: float
    sharp: float
    bezel: float
    background: float
    background_apart: float
    background_points: int
    exposed: float
    passive: float


def limits() -> Limits:
    return numbers(Limits, __package__, "cues.toml")


@dataclass(slots=True)
class Screening:
    """What has been measured for the cues since the session began; plain numbers, so that it can be stored.

    `turns` are (sine of the turn, across, its error); `apart` as surroundings.apartness; `rasters` as
    quality.periodicity; `fine` as sharpness.fineness; `frames_round` as bezel.closed_frame; `alike` are likenesses at
    rest to the first look, and `unlike` as continuity.unlike; `levels` the rows of repeats.cells, one a row of the
    series.
    """

    turns: list[tuple[float, float, float]] = field(default_factory=list)
    apart: list[float] = field(default_factory=list)
    rasters: list[float] = field(default_factory=list)
    fine: list[float] = field(default_factory=list)
    frames_round: list[float] = field(default_factory=list)
    alike: list[float] = field(default_factory=list)
    unlike: list[float] = field(default_factory=list)
    levels: list[list[float]] = field(default_factory=list)
    passive: list[float] = field(default_factory=list)
    speed: float = 0.0
    frames: int = 0
    bright: int = 0
    dark: int = 0
    surface_at: float = -1e9

    def to_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Screening:
        made = cls(**state)
        made.turns = [(float(a), float(b), float(c)) for a, b, c in made.turns]
        return made

    def see(self, look: Look, whole: NDArray[np.uint8], guidance: tuple[str, ...]) -> bool:
        """What every frame adds; true where it was one of those that are looked at closely."""
        self.frames += 1
        self.bright += "too_bright" in guidance
        self.dark += "too_dark" in guidance
        if look.face is None:
            return False  # an empty room stands still, and is no still photo
        self.levels.append([round(float(v), 3) for v in repeats.cells(whole)])
        if look.seconds - self.surface_at < limits().surface_every_s:
            return False
        self.surface_at = look.seconds
        x0, y0, x1, y1 = (max(round(v), 0) for v in look.face.box)
        face = look.pyramid.pixels[y0:y1, x0:x1]
        if face.size:
            self.rasters += [] if (value := periodicity(face)) is None else [value]
            grey = np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), np.uint8)
            self.fine += [] if (value := fineness(grey)) is None else [value]
        scale = min(bezel.SIZE_PX / max(look.size_wh), 1.0)
        self.frames_round.append(bezel.closed_frame(small(look.pyramid, bezel.SIZE_PX), look.face.box, scale))
        return True

    def turned(self, anchor: Anchor, face: FacePart) -> None:
        """What a look at a turned head adds, against the look at rest."""
        moved = parallax(anchor, face.view)
        if moved is not None:
            sine = float(np.sin(np.radians(face.pose.yaw_deg - anchor.yaw_deg)))
            self.turns.append((sine, moved.across, moved.across_error))

    def surrounded(
        self, before: NDArray[np.uint8], at_rest: NDArray[np.float32], look: Look, whole: NDArray[np.uint8]
    ) -> None:
        """What a look at the whole frame adds, against the one at rest with the face's landmarks there (468, 2)."""
        if look.face is None or before.shape != whole.shape:
            return
        scale = max(whole.shape) / max(look.size_wh)
        apart = surroundings.apartness(
            before,
            whole,
            at_rest.astype(np.float64) * scale,
            look.face.landmarks.astype(np.float64) * scale,
            look.face.width_px * scale,
            least_px=limits().background_apart,
            least_points=limits().background_points,
        )
        self.apart += [] if apart is None else [apart]

    def cues(self, series: Series) -> tuple[Cue, ...]:
        """Every cue, in the order in which they are told."""
        lim, rows, levels = limits(), series.since(-np.inf), np.array(self.levels)
        small_face = "the face is too small"
        return (
            self._planarity(),
            self._continuity(rows, levels),
            _frozen(rows, levels),
            _loop(rows, levels),
            _cue("duplicates", float(repeats.duplicates(rows, lim.duplicate_s)), lim.duplicates - 0.5),
            _median("background", self.apart, lim.background, "nothing around the face to see", low=True),
            _median("raster", self.rasters, lim.raster, small_face),
            _median("sharpness", self.fine, lim.sharp, small_face),
            _median("bezel", self.frames_round, lim.bezel, "no face was seen"),
            _cue("exposure", max(self.bright, self.dark) / max(self.frames, 1), lim.exposed),
            *([_median("passive", self.passive, lim.passive, "", low=True)] if self.passive else []),
        )

    def _planarity(self) -> Cue:
        lim = limits()
        if len(self.turns) < lim.relief_looks:
            return _unknown("planarity", lim.relief, "no turn was seen well enough")
        sines, across, errors = np.array(self.turns).T
        relief = _weighted_median(across / sines, (sines / np.maximum(errors, 1e-3)) ** 2)
        if lim.relief <= relief < lim.relief_sure:
            return replace(_unknown("planarity", lim.relief_sure, "it may be a head or a picture"), measured=relief)
        return _cue("planarity", relief, lim.relief, low=True)

    def _continuity(self, rows: Mapping[str, NDArray[np.float64]], levels: NDArray[np.float64]) -> Cue:
        if self.frames < 2:
            return _unknown("continuity", 1.0, "too few frames")
        lim = limits()
        pairs = ((rows["change"], lim.cut), (repeats.scene_changes(levels), lim.scene_cut))
        cuts = [
            cut(changes, rows["seconds"], step_s=lim.cut_step_s, most_steps=lim.cut_most_steps) / limit
            for changes, limit in pairs
        ]
        worst = max(self.speed / lim.most_speed, *cuts)
        if self.alike:
            apart = [1 - value for value in self.alike]
            worst = max(worst, _settled(apart) / (1 - lim.least_alike), _settled(self.unlike) / lim.unlike)
        return _cue("continuity", worst, 1.0)


def _frozen(rows: Mapping[str, NDArray[np.float64]], levels: NDArray[np.float64]) -> Cue:
    lim = limits()
    if repeats.standing(rows) >= lim.standing_s:
        return _cue("frozen", 0.0, lim.frozen, low=True)
    least = repeats.least_movement(rows["seconds"], levels, lim.frozen_s)
    if least is None:
        return _unknown("frozen", lim.frozen, "too few frames")
    return _cue("frozen", least, lim.frozen, low=True)


def _loop(rows: Mapping[str, NDArray[np.float64]], levels: NDArray[np.float64]) -> Cue:
    lim, seconds = limits(), rows["seconds"]
    spans = {"stretch_s": lim.loop_s, "least_s": lim.loop_least_s}
    face = repeats.repetition(rows, lim.unrest, **spans, lively=lim.loop_lively)
    frame = repeats.returned(
        seconds, levels, **spans, lively=lim.loop_frame_lively, most=lim.loop_frame, share=lim.loop_frame_share
    )
    back = repeats.retraced(seconds, levels, stretch_s=lim.loop_s, lively=lim.loop_back_lively)
    pairs = ((face, lim.loop), (frame, 1.0), (back, lim.loop_frame))
    apart = [value / limit for value, limit in pairs if value is not None]
    if not apart:
        return _unknown("loop", 1.0, "too little movement")
    return _cue("loop", min(apart), 1.0, low=True)


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The value that half of the weight lies below."""
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][int(np.searchsorted(share, 0.5))])


def _settled(values: list[float]) -> float:
    """The largest median of any looks at rest in a row: whoever sat there for a moment counts, if only between two."""
    looks = min(len(values), _LOOKS)
    return max(float(np.median(values[i : i + looks])) for i in range(len(values) - looks + 1))


def _cue(name: str, measured: float, limit: float, *, low: bool = False) -> Cue:
    """A cue that fails beyond its limit, or below it."""
    fails = measured < limit if low else measured > limit
    return Cue(name, "fail" if fails else "pass", measured, limit, name in limits().alone)


def _median(name: str, values: list[float], limit: float, unseen: str, *, low: bool = False) -> Cue:
    """The cue of what was measured several times; unknown, for the reason `unseen`, where it never was."""
    return _cue(name, float(np.median(values)), limit, low=low) if values else _unknown(name, limit, unseen)


def _unknown(name: str, limit: float, reason: str) -> Cue:
    return Cue(name, "unknown", None, limit, name in limits().alone, reason)
