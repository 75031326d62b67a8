"""Loose strands over the hair, drawn as thin lines with soft coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.hair import HAIR_SCALE
from samples.portrait.trace import normals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.camera import Camera, Frame
    from samples.portrait.distance import Array
    from samples.portrait.hair import Hair
    from samples.portrait.light import Lamp
    from samples.portrait.parameters import Portrait

__all__ = ["flow", "grow", "splat"]

F = np.float32


def flow(hair: Hair, q: Array, normal: Array) -> Array:
    """Unit directions (3, n) of the strands on the surface: along lines of constant `across`, from root to tip."""
    e = F(0.5)
    base = hair.across(q)
    slope = np.stack([hair.across(q + e * np.eye(3, dtype=F)[:, i : i + 1]) - base for i in range(3)])
    d = np.cross(normal, slope, axis=0)
    d /= np.sqrt(np.einsum("ij,ij->j", d, d)) + F(1e-6)
    if hair.kind == "long":  # its potential is mirrored
        return d * np.sign(q[0])
    return d if hair.kind == "tall" else -d


def _roots(hair: Hair, count: int, rng: np.random.Generator) -> Array:
    """Points (3, n) near the scalp where hair grows."""
    v = rng.normal(size=(3, 3 * count)).astype(F)
    v /= np.linalg.norm(v, axis=0)
    q = np.array([[0], [20], [-90]], F) + v * np.array([[76], [92], [100]], F)
    inside = np.flatnonzero(hair.hairline(q) > F(1))
    return q[:, inside[:count]]


def grow(hair: Hair, p: Portrait, frame: Frame, lamp: Lamp, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Strands over the hair, in the head frame: points (3, count, n), colours alike, widths in mm (count, n)."""
    long, wild = hair.kind == "long", hair.kind == "strands"
    count, segments = (3600, 34) if long else (5000, 26) if wild else (3400, 16)
    q = _roots(hair, count, rng)
    n = q.shape[1]
    loose = rng.random(n) < (0.5 if wild else 0.10)
    lift = np.abs(rng.normal(0, 0.8, n)) + loose * rng.gamma(2.0, 4.6 if wild else 2.6, n)
    lift *= np.clip(hair.hairline(q) / 25, 0.15, 1)
    step = (8.6 if long else 3.4 if wild else 3.0) * rng.uniform(0.5, 1.15, n)
    drift = rng.normal(0, 0.16, (3, n)).astype(F) * (1 + loose)
    phase, turns = rng.uniform(0, 6.3, n), rng.uniform(0.5, 1.1, n)
    tone = np.exp(rng.normal(0, 0.30, n))
    points, colours, widths = [], [], []
    base = np.array(p.hair_colour, F)[:, None] / 255
    key, view = frame.direction(lamp.toward), frame.direction(np.array([0.0, 0, -1]))
    half = (key + view) / np.linalg.norm(key + view)
    for k in range(segments):
        part = k / segments
        g = normals(hair, q, 1.0)
        away = hair(q) / F(HAIR_SCALE)
        q = q - g * (away - lift * F(part**1.3) - F(0.4))
        d = flow(hair, q, g) + drift * F(1 + part)
        if wild:
            curl = np.stack(
                [np.sin(turns * k + phase), np.cos(turns * k + 1.3 * phase), np.sin(0.8 * turns * k - phase)]
            )
            d = d + F(0.95) * curl
        d = d - g * np.einsum("ij,ij->j", d, g) * F(0.4 if wild else 0.8)
        d /= np.sqrt(np.einsum("ij,ij->j", d, d)) + F(1e-6)
        shine = np.sqrt(np.clip(1 - (half @ d) ** 2, 0, 1)) ** 50 * np.clip(view @ g + 0.2, 0, 1)
        light = 0.42 + 0.75 * np.clip(key @ g * 0.75 + 0.25, 0, 1)
        colours.append(np.clip(base * tone * (light + 0.55 * shine) + 0.05 * shine, 0, 1))
        points.append(q)
        widths.append(np.full(n, (0.27 if wild else 0.20) * (1.15 - 0.9 * part)))
        q = (q + d * step).astype(F)
    return np.stack(points, -1).astype(F), np.stack(colours, -1).astype(F), np.stack(widths, -1).astype(F)


def splat(
    camera: Camera, frame: Frame, points: Array, colours: Array, widths: Array, behind: NDArray[np.floating]
) -> tuple[Array, Array]:
    """Draw strands: coverage (H, W) and colour (H, W, 3). `behind` (H, W) is the depth that hides them.

    Each piece of a strand spreads its own area over the four pixels round it; where strands of total area a
    lie at random in a pixel they cover 1 - exp(-a) of it.
    """
    w, h = camera.size_wh
    place = frame.to_camera(points)
    xy, depth = camera.project(place), place[2]
    a, b = xy[..., :-1], xy[..., 1:]
    length = np.hypot(*(b - a))
    count = np.minimum(np.ceil(length / 0.8), 4000).astype(int).ravel()
    owner = np.repeat(np.arange(count.size), count)
    part = (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[owner]
    strand, segment = np.unravel_index(owner, length.shape)
    x, y = (a[i, strand, segment] * (1 - part) + b[i, strand, segment] * part for i in (0, 1))
    z = depth[strand, segment] * (1 - part) + depth[strand, segment + 1] * part
    seen = (x > 1) & (y > 1) & (x < w - 1) & (y < h - 1)
    seen[seen] = z[seen] < behind[y[seen].astype(int), x[seen].astype(int)] + 1.5
    x, y, z, strand, segment, owner = (v[seen] for v in (x, y, z, strand, segment, owner))
    area = widths[strand, segment] * camera.focal_px / z * length.ravel()[owner] / count[owner]
    vote = (0.02 + (np.sin(strand * 12.9898) * 43758.5453 % 1) ** 4) * area
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
