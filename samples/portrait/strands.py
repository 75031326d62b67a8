"""Loose strands over the hair, drawn as thin lines with soft coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.hair import hair_mass, no_hair
from samples.portrait.trace import normals

if TYPE_CHECKING:
    from samples.portrait.camera import Camera, Frame
    from samples.portrait.distance import Array
    from samples.portrait.light import Lamp
    from samples.portrait.parameters import Portrait

__all__ = ["grow", "splat"]

F = np.float32
COUNT, SEGMENTS = 6000, 26


def grow(p: Portrait, frame: Frame, lamp: Lamp, rng: np.random.Generator) -> tuple[Array, Array]:
    """Strands that run over the hair: points (3, count, n) in the head frame (NaN: not there), colours alike."""
    long, v = p.hair == "long", rng.normal(size=(3, COUNT)).astype(F)
    v[1] = np.abs(v[1]) - F(0.35) * np.linalg.norm(v, axis=0)
    q = np.array([[0], [29], [-89]], F) + v / np.linalg.norm(v, axis=0) * np.array([[79], [89.5], [101]], F)
    lift = np.abs(rng.normal(0, 2.7, COUNT)) * (1 + 2 * (rng.random(COUNT) < 0.05))
    curl, step = rng.normal(0, 0.22, (3, COUNT)).astype(F), (10.9 if long else 2.1) * rng.uniform(0.6, 1.1, COUNT)
    lock = 19 * np.arctan2(v[0], v[2])
    tone = rng.uniform(0.5, 1.3, COUNT) * (1 + 0.3 * np.sin(lock + 3 * np.sin(0.42 * lock)))
    colour = np.array(p.hair_colour, F)[:, None] / 255 * tone
    mass, free = hair_mass(p), no_hair(p)
    key = frame.direction(lamp.toward)
    half = key + frame.direction(np.array([0.0, 0, -1]))
    half /= np.linalg.norm(half)
    points, colours = [], []
    for k in range(SEGMENTS):
        g = normals(mass, q, 1.0)
        q = q - g * (mass(q) + F(1.2) - lift * F((k / SEGMENTS) ** 1.5))
        aside = np.where(q[0] > (0 if long else -23), 1, -1) * np.clip(1.1 - np.abs(q[0]) / 104, 0, 1)
        flow = np.stack([aside, -1 + 0.9 * np.clip((q[1] - 48) / 104, 0, 1), np.full_like(aside, -0.2)])
        flow = flow + curl * (1 + 0.8 * np.sin(0.5 * k + 9 * curl[0]))
        d = flow - g * (g * flow).sum(0)
        d /= np.linalg.norm(d, axis=0) + 1e-6
        light = 0.30 + 0.85 * np.clip(key @ g * 0.7 + 0.3, 0, 1)
        shine = np.sqrt(np.clip(1 - (half @ d) ** 2, 0, 1)) ** 60
        colours.append(np.clip(colour * (light + 0.5 * shine) + 0.03 * shine, 0, 1))
        points.append(np.where(free(q.astype(F)) < -5 - 6 * curl[1], np.nan, q))
        q = (q + d * step).astype(F)
    return np.stack(points, -1).astype(F), np.stack(colours, -1).astype(F)


def splat(
    camera: Camera, frame: Frame, points: Array, colours: Array, behind: Array, width_mm: float
) -> tuple[Array, Array]:
    """Draw strands: coverage (H, W) and colour (H, W, 3). `behind` (H, W) is the depth that hides them."""
    w, h = camera.size_wh
    place = frame.to_camera(points)
    xy, depth = camera.project(place), place[2]
    a, b = xy[..., :-1], xy[..., 1:]
    length = np.hypot(*(b - a))
    count = np.where(np.isfinite(length), np.ceil(length / 0.7), 0).astype(int).ravel()
    owner = np.repeat(np.arange(count.size), count)
    part = (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[owner]
    strand, segment = np.unravel_index(owner, length.shape)
    x, y = (a[i, strand, segment] * (1 - part) + b[i, strand, segment] * part for i in (0, 1))
    z = depth[strand, segment] * (1 - part) + depth[strand, segment + 1] * part
    seen = (x > 1) & (y > 1) & (x < w - 1) & (y < h - 1)
    seen[seen] = z[seen] < behind[y[seen].astype(int), x[seen].astype(int)] + 3
    x, y, z, strand, segment, owner = (v[seen] for v in (x, y, z, strand, segment, owner))
    taper = np.interp(segment, [0, points.shape[2] - 2], [1.3, 0.35])
    area = width_mm * camera.focal_px / z * taper * length.ravel()[owner] / np.maximum(count[owner], 1)
    vote = (0.02 + (np.sin(strand * 12.9898) * 43758.5453 % 1) ** 6) * area
    i, j = np.floor(y - 0.5).astype(int), np.floor(x - 0.5).astype(int)
    fy, fx = y - 0.5 - i, x - 0.5 - j
    cover, total = np.zeros(h * w), np.full((4, h * w), 1e-12)
    rgb = colours[:, strand, segment]
    for dy, dx in np.ndindex(2, 2):
        share = (fy if dy else 1 - fy) * (fx if dx else 1 - fx)
        at = (i + dy) * w + j + dx
        cover += np.bincount(at, area * share, h * w)
        for k, channel in enumerate((*rgb, 1.0)):
            total[k] += np.bincount(at, vote * share * channel, h * w)
    alpha = 1 - np.exp(-cover)
    return alpha.reshape(h, w).astype(F), (total[:3] / total[3]).T.reshape(h, w, 3).astype(F)
