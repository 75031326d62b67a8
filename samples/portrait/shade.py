"""The light that surfaces send to the camera, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.clothes import neckline
from samples.portrait.covering import folds
from samples.portrait.glasses import dark_lens, frame_shadow, slipped, through_lens
from samples.portrait.hair import HAIR_SCALE
from samples.portrait.light import lit, to_linear
from samples.portrait.paint import paint_face
from samples.portrait.strands import flow
from samples.portrait.texture import noise, streaks
from samples.portrait.trace import Layer, normals, openness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.distance import Array
    from samples.portrait.scene import Scene

__all__ = ["shade"]

F = np.float32
SKIN_WRAP = (0.55, 0.36, 0.28)  # red light goes furthest under skin


def shade(scene: Scene, layer: Layer, rays: NDArray[np.float64], depth: Array) -> Array:
    """Linear colour (3, n) of the layer's points at `depth` (n,) along camera rays (3, n)."""
    origin, own = layer.own_rays(rays)
    p = (origin + own * depth).astype(F)
    spot = _Spot(scene, layer, p, normals(layer.sdf, p), -own / np.sqrt(np.einsum("ij,ij->j", own, own)))
    out = _SHADERS[layer.name](spot)
    kind = scene.portrait.glasses
    if kind in ("clear", "glare") and layer.frame is scene.head_frame and layer.name != "frame":
        out = through_lens(kind, origin - slipped(scene.portrait), own, depth, out, scene.px_mm)
    return out


class _Spot:
    """Points of one layer with what shading needs, all in the layer's own axes."""

    def __init__(self, scene: Scene, layer: Layer, p: Array, n: Array, view: Array) -> None:
        self.scene, self.layer, self.p, self.n, self.view = scene, layer, p, n, view
        self.way = layer.frame.direction(scene.lamp.toward)
        self.up = layer.frame.direction(np.array([0.0, -1, 0]))
        self._solid = [each.sdf for each in scene.layers if each.name in ("skin", "hair", "cover")]

    def block(self, q: Array) -> Array:
        """Distance to what throws shadows: head, neck, hair and covering (head frame)."""
        return np.min([sdf(q) for sdf in self._solid], axis=0)

    def open_sky(self, *steps_mm: float) -> Array:
        scale = F(1 / HAIR_SCALE if self.layer.name == "hair" else 1)
        return F(0.15) + F(0.85) * np.minimum(scale * openness(self.layer.sdf, self.p, self.n, *steps_mm), 1)

    def lit(
        self,
        colour: Array,
        ao: Array | float,
        sun: Array | float,
        wrap: tuple[float, ...],
        gloss: float = 0.0,
        power: float = 24.0,
    ) -> Array:
        return lit(colour, self.n, self.way, self.up, self.view, self.scene.lamp, ao, sun, wrap, gloss, power)


def _frame(s: _Spot) -> Array:
    return s.lit(np.full((3, 1), 0.02, F), 1, 1, (0.1,), 0.4, 40)


def _lens(s: _Spot) -> Array:
    return dark_lens(s.p) + F(0.5) * s.lit(np.zeros((3, 1), F), 1, 1, (0.1,), 0.5, 120)


def _skin(s: _Spot) -> Array:
    scene, p, n = s.scene, s.p, s.n
    ao = np.minimum(s.open_sky(6, 21), F(0.25) + F(0.75) * openness(s.block, p, n, 12))
    below = openness(s.layer.sdf, p, F(0.7) * n + F(0.5) * s.up[:, None], 24, 44)  # under the chin, brow and nose
    ao *= F(0.5) + F(0.5) * below
    sun = openness(s.block, p, s.way[:, None] + F(0.3) * n, 10, 26, 52) ** F(0.6)
    if scene.portrait.glasses != "none":
        sun *= frame_shadow(p - slipped(scene.portrait))
    colour = to_linear(paint_face(p, scene.head, scene.hair, scene.portrait, scene.px_mm))
    return s.lit(colour, ao, sun, SKIN_WRAP, 0.035, 14)


def _cover(s: _Spot) -> Array:
    """Woven or knitted cloth on the head."""
    q, portrait = s.p, s.scene.portrait
    fine = np.clip(1.6 - s.scene.px_mm, 0, 1)
    if portrait.covering == "hat":
        weave = F(0.10) * np.sin(np.arctan2(q[0], q[2] + F(90)) * 44) + F(0.06 * fine) * np.sin(F(1.9) * q[1])
    else:
        weave = F(0.03 * fine) * np.sin(F(3) * q[0]) * np.sin(F(3) * q[1]) + F(0.06) * folds(q)
    colour = np.clip(np.array(portrait.covering_colour, F)[:, None] / 255 * (1 + weave), 0, 1)
    sun = F(0.3) + F(0.7) * openness(s.layer.sdf, q, s.way[:, None] + F(0.3) * s.n, 10, 26, 60)
    return s.lit(to_linear(colour), s.open_sky(6, 16), sun, (0.2,))


def _cloth(s: _Spot) -> Array:
    """A knitted jumper with a ribbed collar, in the head's shadow."""
    scene, p, layer = s.scene, s.p, s.layer
    colour = np.repeat(np.array(scene.portrait.clothes_colour, F)[:, None] / 255, p.shape[1], 1)
    rho, height = neckline(p)
    fine = np.clip(1.6 - scene.px_mm, 0, 1)
    knit = np.sin(F(3.4) * p[0]) * np.sin(F(2.6) * p[1] + F(1.7) * np.sin(F(3.4) * p[0]))
    rib = np.sin(np.arctan2(p[0], p[2] + F(116)) * 75) * (np.abs(height) < 10) * (rho < 66)
    colour *= 1 + F(0.05 * fine) * (knit + F(2.5) * rib) + F(0.03) * noise(p[0] / 30, p[1] / 30)
    turn = (scene.head_frame.turn.T @ layer.frame.turn).astype(F)
    shift = (scene.head_frame.turn.T @ (layer.frame.shift - scene.head_frame.shift)).astype(F)[:, None]
    q = turn @ p + shift
    sun = F(0.3) + F(0.7) * openness(s.block, q, (turn @ s.way)[:, None], 21, 52, 100)
    near = F(0.45) + F(0.55) * openness(s.block, q, turn @ s.n, 18)
    return s.lit(to_linear(np.clip(colour, 0, 1)), np.minimum(s.open_sky(6, 21), near), sun, (0.2,))


def _hair(s: _Spot) -> Array:
    """Hair: streaks of tone along the strands and highlights across them (Kajiya and Kay's model)."""
    scene, p, n, hair = s.scene, s.p, s.n, s.scene.hair
    assert hair is not None
    along, ao = flow(hair, p, n), s.open_sky(6, 21)
    if hair.kind == "strands":  # curls
        pattern = F(0.5) * noise(p[0] / 5 + p[2] / 7, p[1] / 5 - p[2] / 9)
        pattern = pattern + F(0.4) * noise(p[0] / 2.3, (p[1] + p[2]) / 2.3)
    else:
        pattern = streaks(hair.across(p), hair.along(p), scene.px_mm, scene.portrait.seed)
    base = to_linear(np.array(scene.portrait.hair_colour, F)[:, None] / 255)
    grey = base.mean(0)
    base = (base + F(0.2) * (grey - base)) * np.exp(F(1.0) * pattern) * F(0.85)
    out = s.lit(base, ao, F(0.4) + F(0.6) * ao, (0.35,))
    half = s.way[:, None] + s.view
    half /= np.sqrt(np.einsum("ij,ij->j", half, half)) + F(1e-6)
    for shift, power, weight, tint in ((-0.10, 60, 0.10, 1.0), (0.16, 18, 0.05, 0.0)):
        t = along + n * (F(shift) + F(0.14) * pattern)
        t /= np.sqrt(np.einsum("ij,ij->j", t, t)) + F(1e-6)
        cosine = np.einsum("ij,ij->j", t, half)
        gloss = np.sqrt(np.clip(1 - cosine * cosine, 0, 1)) ** F(power) * ao * ao * np.clip(s.way @ n + F(0.1), 0, 1)
        out = out + F(weight * scene.lamp.key) * gloss * (F(tint) * F(0.5) + base * F(3.5 - 2 * tint))
    return out.astype(F)


_SHADERS = {"skin": _skin, "clothes": _cloth, "cover": _cover, "hair": _hair, "frame": _frame, "lens": _lens}
