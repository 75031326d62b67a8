"""Sphere tracing: where rays meet a surface, first for blocks of pixels, then for each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.camera import Camera, Frame
    from samples.portrait.distance import Array, Sdf

__all__ = ["CHUNK", "Layer", "first_hit", "march", "normals", "openness"]

F = np.float32
CHUNK = 8192  # points worked on at a time: the temporaries stay in the cache
CELL = 8  # px: blocks that are traced first
STEP = F(0.85)  # of the distance: the fillets are not exact distances
NEAR_MM = 0.03  # a hit
CREEP_MM = 0.3  # a hit, where the ray grazes the surface and gains hardly any way


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A surface with a frame of its own, inside a sphere (own axes, mm)."""

    name: str
    sdf: Sdf
    frame: Frame
    centre: tuple[float, float, float]
    radius: float

    def window(self, camera: Camera) -> tuple[int, int, int, int]:
        """The part of the picture that can show it: x0, x1, y0, y1 in whole px."""
        w, h = camera.size_wh
        c = self.frame.to_camera(np.array(self.centre))
        near = max(float(c[2]) - self.radius, 1.0)
        mid, reach = camera.project(c), camera.focal_px * self.radius / near
        offset = np.abs(mid - (w / 2, h / 2)) * (float(c[2]) / near - 1)  # the near half is seen larger
        lo, hi = np.floor(mid - reach - offset).astype(int), np.ceil(mid + reach + offset).astype(int)
        return max(lo[0], 0), min(hi[0], w), max(lo[1], 0), min(hi[1], h)

    def own_rays(self, rays: NDArray[np.floating]) -> tuple[Array, Array]:
        """Origin (3, 1) and directions (3, n) of camera rays in the layer's own axes."""
        origin = self.frame.to_own(np.zeros((3, 1)))
        return origin.astype(F), (self.frame.turn.T @ rays).astype(F)


def march(
    sdf: Sdf,
    origin: Array,
    rays: Array,
    depth: Array,
    far: float,
    steps: int,
    widen: float = 0.0,
    near_mm: float = NEAR_MM,
) -> NDArray[np.bool_]:
    """Move `depth` (n,) in place along rays (3, n) until the surface is met; true where it is.

    `widen` is the rays' own radius for each mm of depth (0: thin rays). A thick ray stops when the surface
    may lie inside it, a thin one when it is nearer than `near_mm`. Rays that still creep along the surface
    after all steps (within CREEP_MM) count as hits.
    """
    hit = np.zeros(depth.shape, bool)
    live = np.arange(len(depth))
    r, t = rays, depth.copy()
    pace = STEP / np.sqrt(np.einsum("ij,ij->j", rays, rays))
    met = np.zeros(len(depth), bool)
    left = np.full(len(depth), np.inf, F)
    for _ in range(steps):
        d = evaluate(sdf, origin + r * t)
        left = d.copy()
        if widen:
            near = d < t * F(widen)
            d -= F(0.7 * widen) * t
        else:
            near = d < F(near_mm)
        met |= near
        d *= pace
        d[met] = 0
        t += d
        keep = ~met & (t < far)
        count = int(keep.sum())
        if count < 0.75 * len(live):
            depth[live], hit[live] = t, met
            if count == 0:
                return hit
            live, r, t, pace, met = live[keep], r[:, keep], t[keep], pace[keep], np.zeros(count, bool)
            left = left[keep]
    creeping = (left < CREEP_MM) if not widen else left < np.inf
    depth[live], hit[live] = t, met | (creeping & (t < far))
    return hit


def evaluate(sdf: Sdf, p: Array) -> Array:
    """The distances of many points, worked on in pieces that stay in the cache."""
    n = p.shape[1]
    if n <= CHUNK:
        return sdf(p)
    out = np.empty(n, F)
    for a in range(0, n, CHUNK):
        out[a : a + CHUNK] = sdf(np.ascontiguousarray(p[:, a : a + CHUNK]))
    return out


def first_hit(layer: Layer, camera: Camera, steps: int, near_mm: float) -> Array:
    """Depth (H, W) of the first surface at each pixel's centre, infinite where there is none."""
    w, h = camera.size_wh
    out = np.full((h, w), np.inf, F)
    x0, x1, y0, y1 = layer.window(camera)
    if x0 >= x1 or y0 >= y1:
        return out
    c = float(layer.frame.to_camera(np.array(layer.centre))[2])
    start, far = max(c - layer.radius, 1.0), c + layer.radius
    nx, ny = -(-(x1 - x0) // CELL), -(-(y1 - y0) // CELL)
    gy, gx = (g.ravel() for g in np.indices((ny, nx)))
    origin, rays = layer.own_rays(camera.rays(x0 + (gx + 0.5) * CELL, y0 + (gy + 0.5) * CELL))
    cell_depth = np.full(nx * ny, start, F)
    near = march(layer.sdf, origin, rays, cell_depth, far, 60, CELL * 0.75 / camera.focal_px)
    y, x = (g.ravel() for g in np.indices((y1 - y0, x1 - x0)))
    owner = y // CELL * nx + x // CELL
    use = near[owner]
    x, y, owner = x[use] + x0, y[use] + y0, owner[use]
    origin, rays = layer.own_rays(camera.rays(x + 0.5, y + 0.5))
    depth = cell_depth[owner]
    hit = march(layer.sdf, origin, rays, depth, far, steps, near_mm=near_mm)
    out[y[hit], x[hit]] = depth[hit]
    return out


def normals(sdf: Sdf, p: Array, reach_mm: float = 0.4) -> Array:
    """Unit normals (3, n) from four distances around each point (tetrahedral differences)."""
    n = np.zeros_like(p)
    for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        k = np.array(corner, F)[:, None]
        n += k * sdf(p + k * F(reach_mm))
    return n / (np.sqrt(np.einsum("ij,ij->j", n, n)) + F(1e-9))


def openness(sdf: Sdf, p: Array, way: Array, *steps_mm: float) -> Array:
    """1 where the way along `way` (3, n) or (3, 1) is free, 0 where it is blocked, judged at some distances."""
    free = np.ones(p.shape[1], F)
    for step in steps_mm:
        np.minimum(free, sdf(p + way * F(step)) / F(step), out=free)
    return np.clip(free, 0, 1)


def meet(sdf: Sdf, start: NDArray[np.floating], way: NDArray[np.floating], steps: int = 30) -> NDArray[np.float64]:
    """Where lines from `start` (3, n) along unit vectors `way` (3, n) meet the surface: for the ground truth."""
    at, go = np.array(start, F), np.asarray(way, F)
    for _ in range(steps):
        at += go * (sdf(at) * STEP)
    return at.astype(np.float64)
