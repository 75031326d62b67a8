"""From a spec, a head and the photo's room to one similarity transform.

The policy, in order:

1. Which bounds can hold at once? Where they conflict, soft rules give way first, then the ones that the spec
   does not list in its priority, then the listed ones from the last to the first.
2. A frame inside the photo is preferred, as long as the rules keep a guard band: what measuring may err by, or a
   tenth of the way to each bound.
3. Otherwise only the sides where the person is cut by the photo's edge must be covered; the others may leave the
   photo, because nothing but background is missing there and background is replaced.
4. If the person would be cut, it is an error that names the sides and the millimetres.
Within what is left, the frame of least strain is taken (ephoto.framing.strain).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.errors import UnmetError, UsageError
from ephoto.core.geometry import apply, invert
from ephoto.core.types import Contact, Framing, Side
from ephoto.core.units import mm_from_px
from ephoto.framing.limits import limits
from ephoto.framing.measures import Build, intervals, measure
from ephoto.framing.search import IMPOSSIBLE, Found, at_most, best
from ephoto.framing.strain import FAR_PX, Interval, Problem, Room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from ephoto.core.face import Head
    from ephoto.specs.model import Rule, Spec

__all__ = ["solve"]

LEAST_MISSING_PX = 0.1  # a side that lacks less is not named beside one that lacks more
SIDES: tuple[Side, ...] = ("top", "bottom", "image_left", "image_right")
_Option = tuple[tuple[Side, ...], tuple[Interval, ...]]  # sides to cover, and what the card must stay above


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """What stays the same while rules and sides are tried."""

    spec: Spec
    head: Head
    build: Build
    photo_wh: tuple[int, int]
    span: tuple[float, float]

    def problem(
        self,
        held: Sequence[Rule],
        covered: Sequence[Side] = (),
        *,
        extra_b: Sequence[Interval] = (),
        fixed_at: float | None = None,
        dropped: Sequence[Rule] = (),
        grow_px: float = 0.0,
        guarded: bool = False,
    ) -> Problem:
        """The rules as intervals; with `fixed_at` the held rules are fixed there and the dropped ones strain."""
        w, h = self.spec.size_wh
        lengths: list[Interval] = []
        on_a = [Interval(0.0, w / 2, w / 2, 10.0 * w, 10.0 * w)]  # a weak pull where no rule is
        on_b = [Interval(0.0, 0.45 * h, 0.45 * h, 10.0 * h, 10.0 * h), *extra_b]
        for rule in (*held, *dropped):
            level = fixed_at if rule in held else None
            parts = intervals(rule, self.build, self.spec.size_wh, guarded=guarded)
            for target, part in zip((lengths, on_a, on_b), parts, strict=True):
                target.extend(part if level is None else [at_most(i, level) for i in part])
        room = self.room(covered, grow_px) if covered else None
        return Problem(self.spec.size_wh, tuple(lengths), tuple(on_a), tuple(on_b), room)

    def room(self, covered: Sequence[Side], grow_px: float = 0.0) -> Room:
        x, y = (float(v) for v in self.head.eye_mid)
        w, h = self.photo_wh
        before: dict[Side, float] = {"image_left": x, "top": y, "image_right": w - x, "bottom": h - y}
        reach = {k: (v + grow_px if k in covered else FAR_PX) for k, v in before.items()}
        cos, sin = (float(v) for v in self.head.across)
        return Room(cos, -sin, reach)


def solve(
    spec: Spec,
    head: Head,
    hair_px: float,
    photo_wh: tuple[int, int],
    *,
    contact: Contact = Contact(),  # noqa: B008 (frozen)
    keep_background: bool = False,
    photo_scale: float = 1.0,
    nudge: tuple[float, float, float] = (0.0, 0.0, 1.0),
) -> Framing:
    """The frame of a card in a photo.

    Parameters
    ----------
    spec : Spec
    head : Head
        Measured in photo px.
    hair_px : float
        From the eye line up to the hair top along the head's axis, photo px.
    photo_wh : (int, int)
    contact : Contact
        Where the photo's edges cut the person: those sides must cover the card.
    keep_background : bool
        True where the ground is not replaced: then every side must cover the card.
    photo_scale : float
        Decoded px per original px (Photo.scale), to tell the true enlargement.
    nudge : (dx_mm, dy_mm, factor)
        Moves the picture on the card and scales it, within the bounds only.

    Raises
    ------
    UnmetError
        "frame_uncovered" with sides and millimetres; "enlarge_forbidden".
    UsageError
        "nudge_too_far".
    """
    build = Build.of(head, hair_px)
    case = _Case(spec, head, build, photo_wh, _span(spec, build))
    hair_is_cut = contact.top and spec.hair_may_be_cut
    found = best(case.problem(spec.rules, SIDES, guarded=True), case.span)
    if hair_is_cut or found.t > 1.0:
        held, dropped = _holding(case, hair_is_cut=hair_is_cut)
        found, sides = _covered(case, held, dropped, contact, keep_background)
    else:
        held, dropped, sides = list(spec.rules), [], SIDES
    found = _nudged(case, held, found, nudge, sides)
    framing = _framing(case, found, dropped, photo_scale)
    if spec.enlarge == "forbidden" and framing.enlargement > limits().enlarge_forbidden:
        raise UnmetError("enlarge_forbidden", spec=spec.id, factor=round(framing.enlargement, 2))
    return framing


def _span(spec: Spec, build: Build) -> tuple[float, float]:
    """The scales worth searching: around the ones at which each length meets its bounds."""
    ends: list[float] = []
    for rule in spec.rules:
        length = build.length(rule.measure)
        if length:
            known = [v for v in (rule.low, rule.aim, rule.high) if v]
            ends += [v / length for v in known]
    if not ends:
        ends = [0.6 * spec.size_wh[1] / max(build.crown_px + build.chin_px, 1e-6)]
    return min(ends) / limits().scale_span, max(ends) * limits().scale_span


def _ranked(spec: Spec) -> list[Rule]:
    """Rules in the order in which they give way: soft, then unlisted, then the listed from last to first."""
    place = {name: k for k, name in enumerate(spec.priority)}
    return sorted(spec.rules, key=lambda r: (not r.soft, -place.get(r.measure, len(place))))


def _holding(case: _Case, *, hair_is_cut: bool) -> tuple[list[Rule], list[Rule]]:
    """Rules that can hold at once on this head wherever the photo's edges are, and those that give way.

    Hair that the photo itself has cut stays cut where the spec allows it: its gap cannot hold.
    """
    held, dropped = _ranked(case.spec), []
    cut = [r for r in held if hair_is_cut and r.measure == "hair_top_gap"]
    held = [r for r in held if r not in cut]
    while held and best(case.problem(held), case.span).t > 1.0:
        dropped.append(held.pop(0))
    for rule in reversed(dropped[:-1]):  # only the last one dropped is known to be in the way
        if best(case.problem([*held, rule]), case.span).t <= 1.0:
            held.append(rule)
            dropped.remove(rule)
    return held, [*dropped, *cut]


def _alternatives(case: _Case, contact: Contact) -> Iterator[_Option]:
    """Sides that must be covered so that the person is not cut: a side that only cuts low down may be left
    uncovered if the card ends above that row."""
    always: list[Side] = ["bottom"] if contact.bottom else []
    if contact.top:
        always.append("top")
    choices: list[list[_Option]] = []
    rows: tuple[tuple[Side, float | None], ...] = (
        ("image_left", contact.image_left_from_px),
        ("image_right", contact.image_right_from_px),
    )
    for side, row in rows:
        if row is None:
            continue
        x = 0.0 if side == "image_left" else float(case.photo_wh[0])
        below = float((np.array([x, row]) - case.head.eye_mid) @ case.head.down)
        ends_above = Interval(-below, float(case.spec.size_wh[1]), FAR_PX, 0.0, 0.0)
        choices.append([((side,), ()), ((), (ends_above,))])
    for picked in product(*choices):
        sides = [*always, *(s for part, _ in picked for s in part)]
        yield tuple(sides), tuple(i for _, rows in picked for i in rows)


def _covered(
    case: _Case, held: list[Rule], dropped: list[Rule], contact: Contact, keep: bool
) -> tuple[Found, tuple[Side, ...]]:
    """The frame of least strain that the photo can fill, and the sides that it was made to cover."""
    lim = limits()

    def attempt(sides: Sequence[Side], extra: Sequence[Interval] = (), grow: float = 0.0) -> Found:
        if not dropped:
            return best(case.problem(held, sides, extra_b=extra, grow_px=grow), case.span)
        for level in (lim.held_strain, 1.0):
            problem = case.problem(held, sides, extra_b=extra, fixed_at=level, dropped=dropped, grow_px=grow)
            found = best(problem, case.span)
            if found.t < IMPOSSIBLE:
                return replace(found, t=level)
        return found

    inside = attempt(SIDES)
    if inside.t <= (1.0 if keep or dropped else lim.covered_strain):
        return inside, SIDES
    options: list[_Option] = [(SIDES, ())] if keep else list(_alternatives(case, contact))
    tried = [(attempt(sides, extra), sides, extra) for sides, extra in options]
    found, sides, extra = min(tried, key=lambda one: one[0].t)
    if lim.covered_strain < found.t <= 1.0 / lim.covered_strain and not keep:
        # At the bounds every px counts: a sliver at the sides, which the edge's own pixels fill, is not seen.
        eased = attempt(sides, extra, lim.absorbed_px / found.s)
        found = eased if eased.t <= 1.0 else found
    if found.t <= 1.0:
        return _widened(attempt, found, sides, extra)
    firm = [rule for rule in held if not rule.soft]
    if len(firm) < len(held):
        return _covered(case, firm, [*dropped, *(r for r in held if r.soft)], contact, keep)
    free = best(case.problem(held), case.span)
    missing, k = min((_missing(case, held, option, free), k) for k, option in enumerate(options))
    if missing * free.s <= lim.absorbed_px:
        exact = [(best(case.problem(held, s, extra_b=e), case.span), s) for s, e in options]
        return min(exact, key=lambda one: one[0].t)
    raise UnmetError("frame_uncovered", **_gap(case, held, options[k], missing))


def _widened(
    attempt: Callable[[Sequence[Side], Sequence[Interval]], Found],
    found: Found,
    sides: tuple[Side, ...],
    extra: Sequence[Interval],
) -> tuple[Found, tuple[Side, ...]]:
    """Cover one more side each time that the guard band allows it, so that less background is invented."""
    for side in SIDES:
        if side not in sides:
            more = attempt((*sides, side), extra)
            if more.t <= max(limits().covered_strain, found.t):
                found, sides = more, (*sides, side)
    return found, sides


def _missing(case: _Case, held: list[Rule], option: _Option, free: Found) -> float:
    """The least number of photo px by which the photo would have to be larger at the option's sides."""
    sides, extra = option
    low, high = 0.0, 4.0 * max(case.spec.size_wh) / free.s
    for _ in range(24):
        mid = (low + high) / 2
        if best(case.problem(held, sides, extra_b=extra, grow_px=mid), case.span).t <= 1.0:
            high = mid
        else:
            low = mid
    return high


def _gap(case: _Case, held: list[Rule], option: _Option, grow: float) -> dict[str, object]:
    """What a person needs to know of a frame that the photo cannot fill."""
    sides, extra = option
    near = best(case.problem(held, sides, extra_b=extra, grow_px=grow * 1.001 + 1e-6), case.span)
    leaves = dict(_uncovered(_affine(case, near), case.spec.size_wh, case.photo_wh))
    by = {k: mm_from_px(v, case.spec.dpi) for k, v in leaves.items() if k in sides and v >= LEAST_MISSING_PX}
    words = [f"{k.replace('image_', '')} {v:.1f} mm" for k, v in by.items()]
    return {"spec": case.spec.id, "sides": words, "missing_mm": {k: round(v, 2) for k, v in by.items()}}


def _affine(case: _Case, found: Found) -> NDArray[np.float64]:
    linear = found.s * np.stack([case.head.across, case.head.down])
    shift = np.array([found.a, found.b]) - linear @ case.head.eye_mid
    return np.concatenate([linear, shift[:, None]], axis=1)


def _uncovered(
    photo_to_card: NDArray[np.float64], card_wh: tuple[int, int], photo_wh: tuple[int, int]
) -> tuple[tuple[Side, float], ...]:
    """How far the card's corners leave the photo at each side, card px; sides that are covered are left out."""
    w, h = card_wh
    corners = apply(invert(photo_to_card), np.array([[0, 0], [w, 0], [0, h], [w, h]], np.float64))
    s = float(np.hypot(*photo_to_card[:, 0]))
    out: dict[Side, float] = {
        "top": -corners[:, 1].min(),
        "bottom": corners[:, 1].max() - photo_wh[1],
        "image_left": -corners[:, 0].min(),
        "image_right": corners[:, 0].max() - photo_wh[0],
    }
    return tuple((side, float(v * s)) for side, v in out.items() if v * s > 1e-3)


def _nudged(
    case: _Case,
    held: list[Rule],
    found: Found,
    nudge: tuple[float, float, float],
    sides: Sequence[Side],
) -> Found:
    """Move by millimetres on the card and scale by a factor; every rule that held must go on holding."""
    dx, dy, factor = nudge
    if (dx, dy, factor) == (0.0, 0.0, 1.0):
        return found
    dpi, before = case.spec.dpi, measure(case.build, found.s, found.a, found.b, case.spec.size_wh)
    moved = Found(found.s * factor, found.a + dx / 25.4 * dpi, found.b + dy / 25.4 * dpi, found.t)
    after = measure(case.build, moved.s, moved.a, moved.b, case.spec.size_wh)
    for rule in held:
        low, high = rule.low, rule.high
        low_ok = low is None or after[rule.measure] >= min(low, before[rule.measure]) - 1e-6
        high_ok = high is None or after[rule.measure] <= max(high, before[rule.measure]) + 1e-6
        if not (low_ok and high_ok):
            allowed = f"{low if low is not None else ''} to {high if high is not None else ''} px"
            raise UsageError("nudge_too_far", rule=rule.measure, allowed=allowed)
    leaves = dict(_uncovered(_affine(case, moved), case.spec.size_wh, case.photo_wh))
    for side in sides:
        if leaves.get(side, 0.0) > 0.5:
            raise UsageError("nudge_too_far", rule=side, allowed="the photo itself")
    return moved


def _framing(case: _Case, found: Found, dropped: Sequence[Rule], photo_scale: float) -> Framing:
    affine = _affine(case, found)
    measures = measure(case.build, found.s, found.a, found.b, case.spec.size_wh)
    return Framing(
        photo_to_card=affine,
        size_wh=case.spec.size_wh,
        measures=measures,
        gave_way=tuple(r.measure for r in dropped),
        uncovered_px=_uncovered(affine, case.spec.size_wh, case.photo_wh),
        enlargement=found.s * photo_scale,
    )
