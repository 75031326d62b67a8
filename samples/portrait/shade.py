"""The light that surfaces send to the camera, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.light import lit, to_linear
from samples.portrait.paint import paint_face
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
    n = normals(layer.sdf, p)
    view = -own / np.sqrt(np.einsum("ij,ij->j", own, own))
    way, up = layer.frame.direction(scene.lamp.toward), layer.frame.direction(np.array([0.0, -1, 0]))
    by_name = {each.name: each for each in scene.layers}
    ao = F(0.15) + F(0.85) * openness(layer.sdf, p, n, 6, 21)

    def block(q: Array) -> Array:
        d = by_name["skin"].sdf(q)
        return np.minimum(d, by_name["hair"].sdf(q)) if "hair" in by_name else d

    if layer.name == "frame":
        return lit(np.full((3, 1), 0.02, F), n, way, up, view, scene.lamp, 1, 1, (0.1,), 0.4, 40)
    if layer.name == "skin":
        ao = np.minimum(ao, F(0.25) + F(0.75) * openness(block, p, n, 12))
        sun = openness(block, p, way[:, None] + F(0.3) * n, 10, 26, 52) ** F(0.6)
        colour = to_linear(paint_face(p, scene.head, scene.portrait, scene.px_mm))
        return lit(colour, n, way, up, view, scene.lamp, ao, sun, SKIN_WRAP, 0.05, 14)
    if layer.name == "clothes":
        colour = to_linear(np.array(scene.portrait.clothes_colour, F)[:, None] / 255)
        to_head = (scene.head_frame.turn.T @ layer.frame.turn).astype(F)
        shift = (scene.head_frame.turn.T @ (layer.frame.shift - scene.head_frame.shift)).astype(F)[:, None]
        sun = F(0.35) + F(0.65) * openness(block, to_head @ p + shift, (to_head @ way)[:, None], 21, 52)
        return lit(colour, n, way, up, view, scene.lamp, ao, sun, (0.25,))
    colour = to_linear(np.array(scene.portrait.hair_colour, F)[:, None] / 255 * F(0.62))
    return lit(colour, n, way, up, view, scene.lamp, ao, 1, (0.3,))
