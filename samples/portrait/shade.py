"""The light that surfaces send to the camera, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.clothes import neckline
from samples.portrait.hair import HAIR_SCALE
from samples.portrait.light import lit, to_linear
from samples.portrait.paint import paint_face
from samples.portrait.strands import flow
from samples.portrait.texture import noise, streaks
from samples.portrait.trace import Layer, normals, openness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.distance import Array, Sdf
    from samples.portrait.scene import Scene

__all__ = ["shade"]

F = np.float32
SKIN_WRAP = (0.55, 0.36, 0.28)  # red light goes furthest under skin


def shade(scene: Scene, layer: Layer, rays: NDArray[np.float64], depth: Array) -> Array:
    """Linear colour (3, n) of the layer's points at `depth` (n,) along camera rays (3, n)."""
    origin, own = layer.own_rays(rays)
    p = (origin + own * depth).astype(F)
    n = normals(layer.sdf, p)
    view = -own / np.sqrt(np.einsum("ij,ij->j", own, own))
    way, up = layer.frame.direction(scene.lamp.toward), layer.frame.direction(np.array([0.0, -1, 0]))
    by_name = {each.name: each for each in scene.layers}
    true_scale = F(1 / HAIR_SCALE if layer.name == "hair" else 1)
    ao = F(0.15) + F(0.85) * np.minimum(true_scale * openness(layer.sdf, p, n, 6, 21), 1)

    def block(q: Array) -> Array:
        d = by_name["skin"].sdf(q)
        return np.minimum(d, by_name["hair"].sdf(q)) if "hair" in by_name else d

    if layer.name == "frame":
        return lit(np.full((3, 1), 0.02, F), n, way, up, view, scene.lamp, 1, 1, (0.1,), 0.4, 40)
    if layer.name == "skin":
        ao = np.minimum(ao, F(0.25) + F(0.75) * openness(block, p, n, 12))
        below = openness(layer.sdf, p, F(0.7) * n + F(0.5) * up[:, None], 24, 44)  # under the chin, the brow, the nose
        ao *= F(0.45) + F(0.55) * below
        sun = openness(block, p, way[:, None] + F(0.3) * n, 10, 26, 52) ** F(0.6)
        colour = to_linear(paint_face(p, scene.head, scene.hair, scene.portrait, scene.px_mm))
        return lit(colour, n, way, up, view, scene.lamp, ao, sun, SKIN_WRAP, 0.05, 14)
    if layer.name == "clothes":
        return _cloth(scene, layer, p, n, way, up, view, ao, block)
    return _hair(scene, p, n, way, up, view, ao)


def _cloth(
    scene: Scene, layer: Layer, p: Array, n: Array, way: Array, up: Array, view: Array, ao: Array, block: Sdf
) -> Array:
    """Knitted cloth with a ribbed collar, in the head's shadow."""
    colour = np.repeat(np.array(scene.portrait.clothes_colour, F)[:, None] / 255, p.shape[1], 1)
    rho, height = neckline(p)
    fine = np.clip(1.6 - scene.px_mm, 0, 1)
    knit = np.sin(F(3.4) * p[0]) * np.sin(F(2.6) * p[1] + F(1.7) * np.sin(F(3.4) * p[0]))
    rib = np.sin(np.arctan2(p[0], p[2] + F(116)) * 75) * (np.abs(height) < 10) * (rho < 66)
    colour *= 1 + F(0.05 * fine) * (knit + F(2.5) * rib) + F(0.03) * noise(p[0] / 30, p[1] / 30)
    to_head = (scene.head_frame.turn.T @ layer.frame.turn).astype(F)
    shift = (scene.head_frame.turn.T @ (layer.frame.shift - scene.head_frame.shift)).astype(F)[:, None]
    sun = F(0.3) + F(0.7) * openness(block, to_head @ p + shift, (to_head @ way)[:, None], 21, 52, 100)
    near = F(0.45) + F(0.55) * openness(block, to_head @ p + shift, to_head @ n, 18)
    return lit(to_linear(np.clip(colour, 0, 1)), n, way, up, view, scene.lamp, np.minimum(ao, near), sun, (0.2,))


def _hair(scene: Scene, p: Array, n: Array, way: Array, up: Array, view: Array, ao: Array) -> Array:
    """Hair: streaks of tone along the strands and highlights across them (Kajiya and Kay's model)."""
    assert scene.hair is not None
    along = flow(scene.hair, p, n)
    if scene.hair.kind == "strands":  # curls
        pattern = F(0.5) * noise(p[0] / 5 + p[2] / 7, p[1] / 5 - p[2] / 9) + F(0.4) * noise(
            p[0] / 2.3, (p[1] + p[2]) / 2.3
        )
    else:
        pattern = streaks(scene.hair.across(p), scene.hair.along(p), scene.px_mm, scene.portrait.seed)
    base = to_linear(np.array(scene.portrait.hair_colour, F)[:, None] / 255)
    base = base * np.exp(F(1.15) * pattern) * F(0.85)
    out = lit(base, n, way, up, view, scene.lamp, ao, F(0.4) + F(0.6) * ao, (0.35,))
    half = way[:, None] + view
    half /= np.sqrt(np.einsum("ij,ij->j", half, half)) + F(1e-6)
    for shift, power, weight, tint in ((-0.10, 60, 0.10, 1.0), (0.16, 18, 0.05, 0.0)):
        t = along + n * (F(shift) + F(0.14) * pattern)
        t /= np.sqrt(np.einsum("ij,ij->j", t, t)) + F(1e-6)
        cosine = np.einsum("ij,ij->j", t, half)
        gloss = np.sqrt(np.clip(1 - cosine * cosine, 0, 1)) ** F(power) * ao * np.clip(way @ n + F(0.3), 0, 1)
        out = out + F(weight * scene.lamp.key) * gloss * (F(tint) * F(0.5) + base * F(6 - 4 * tint))
    return out.astype(F)
