"""A portrait put together: layers traced, edges sampled finely, shaded, covered with strands, composed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samples.portrait import strands
from samples.portrait.backdrop import backdrop
from samples.portrait.blur import blur
from samples.portrait.camera import Camera, Frame, stage
from samples.portrait.clothes import NECK_FOOT, clothes
from samples.portrait.covering import covering
from samples.portrait.distance import Array, capsule, smooth_min
from samples.portrait.glasses import frame_surface, lens_surface
from samples.portrait.hair import Hair
from samples.portrait.head import Head
from samples.portrait.light import Lamp, lamp, to_linear, to_srgb
from samples.portrait.shade import shade
from samples.portrait.trace import CHUNK, Layer, first_hit, march
from samples.portrait.truth import Truth, tell

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.parameters import Portrait

__all__ = ["Rendered", "Scene", "build", "render"]

F = np.float32
HAIR_BALL: dict[str, tuple[tuple[float, float, float], float]] = {  # what holds all of it, head frame
    "short": ((0, 25, -90), 130),
    "strands": ((0, 25, -90), 140),
    "tall": ((0, 45, -90), 165),
    "long": ((0, -50, -95), 205),
}
COVER_BALL: dict[str, tuple[tuple[float, float, float], float]] = {
    "headscarf": ((0, -70, -90), 235),
    "hat": ((0, 60, -90), 140),
}
FINE = 3  # samples across a pixel at an edge


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A portrait and what is known about it.

    `image`, `foreground` (straight colour), `background`: (H, W, 3) uint8; `alpha` (H, W) float32. Up to the
    noise and rounding, image = alpha * foreground + (1 - alpha) * background.
    """

    portrait: Portrait
    image: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    foreground: NDArray[np.uint8]
    background: NDArray[np.uint8]
    truth: Truth

    def measures(self, photo_to_card: NDArray[np.float64], size_wh: tuple[int, int]) -> dict[str, float]:
        """Ground truth on the card cut by an affine (2, 3), card px; see Truth.measures."""
        return self.truth.measures(self.alpha, photo_to_card, size_wh)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything that stands before the camera."""

    portrait: Portrait
    camera: Camera
    head_frame: Frame
    body_frame: Frame
    head: Head
    hair: Hair | None
    layers: tuple[Layer, ...]
    lamp: Lamp

    @property
    def px_mm(self) -> float:
        """A pixel's size at the eyes."""
        return float(self.head_frame.shift[2]) / self.camera.focal_px


def build(p: Portrait) -> Scene:
    """Place the head, the body and what they wear."""
    camera, head_frame, body_frame = stage(p)
    head = Head(p)
    foot = head_frame.to_own(body_frame.to_camera(np.array(NECK_FOOT)[:, None]))[:, 0]
    neck = (0.0, -52.0, -92.0), (float(foot[0]), float(foot[1]), float(foot[2]))
    cord = np.array([13.0, -6, 36])[:, None] + foot[:, None]  # the sternomastoids' lower ends, from the neck's foot

    def skin(q: Array) -> Array:
        d = smooth_min(head(q), capsule(q, *neck, 43, 50), 14)
        side = q[0] - (foot[0] * np.clip((q[1] + 52) / (foot[1] + 52), 0, 1)).astype(F)
        muscle = capsule(
            np.stack([np.abs(side), q[1], q[2]]), (57, -38, -84), (13, float(cord[1, 0]), float(cord[2, 0])), 9, 7
        )
        return smooth_min(d, muscle, 16)

    layers = [
        Layer("skin", skin, head_frame, (0, -32, -80), 165),
        Layer("clothes", clothes, body_frame, (0, -520, -115), 420),
    ]
    hair = Hair(p, head) if p.hair != "none" and not (p.hair == "covering" and p.covering == "headscarf") else None
    if hair:
        layers.append(Layer("hair", hair, head_frame, *HAIR_BALL[hair.kind]))
    if p.hair == "covering":
        layers.append(Layer("cover", covering(p, head), head_frame, *COVER_BALL[p.covering]))
    if p.glasses != "none":
        layers.append(Layer("frame", frame_surface, head_frame, (0, 0, -35), 98))
    if p.glasses == "dark":
        layers.append(Layer("lens", lens_surface, head_frame, (0, -3, 15), 64))
    return Scene(p, camera, head_frame, body_frame, head, hair, tuple(layers), lamp(p))


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """Points of the picture and what is seen there: `kind` numbers the layer (-1: none)."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    depth: Array
    kind: NDArray[np.intp]
    weight: Array


def _edges(depth: Array, kind: NDArray[np.intp], px_mm: float) -> NDArray[np.bool_]:
    """Pixels beside a step: another layer, or the same one much further away."""
    edge = np.zeros(depth.shape, bool)
    z = np.where(np.isfinite(depth), depth, F(1e6))
    for axis in (0, 1):
        step = (np.diff(kind, axis=axis) != 0) | (np.abs(np.diff(z, axis=axis)) > 5 * px_mm + 1)
        low, high = ([slice(None)] * 2 for _ in range(2))
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        edge[tuple(low)] |= step
        edge[tuple(high)] |= step
    return edge


def _around(a: Array, y: NDArray[np.intp], x: NDArray[np.intp]) -> Array:
    """The least value within one pixel of (y, x)."""
    h, w = a.shape
    return np.min(
        [a[np.clip(y + dy, 0, h - 1), np.clip(x + dx, 0, w - 1)] for dy in (-1, 0, 1) for dx in (-1, 0, 1)], axis=0
    )


def _look(scene: Scene) -> tuple[_Samples, Array]:
    """Trace the picture: one ray a pixel, FINE x FINE at edges; and the nearest depth (H, W)."""
    depths = np.stack([first_hit(layer, scene.camera) for layer in scene.layers])
    kind = np.where(np.isfinite(depths).any(0), depths.argmin(0), -1)
    nearest = depths.min(0)
    edge = _edges(nearest, kind, scene.px_mm)
    y, x = np.nonzero(~edge & (kind >= 0))
    whole = _Samples(x + 0.5, y + 0.5, nearest[y, x], kind[y, x], np.ones(len(x), F))
    y, x = np.nonzero(edge)
    sub = (np.arange(FINE) + 0.5) / FINE
    dy, dx = (g.ravel() for g in np.meshgrid(sub, sub, indexing="ij"))
    fy, fx = (y[:, None] + dy).ravel(), (x[:, None] + dx).ravel()
    rays = scene.camera.rays(fx, fy)
    best, which = np.full(len(fx), np.inf, F), np.full(len(fx), -1)
    for k, layer in enumerate(scene.layers):
        start = np.repeat(_around(depths[k], y, x), FINE * FINE)
        use = np.flatnonzero(np.isfinite(start))
        if not len(use):
            continue
        origin, own = layer.own_rays(rays[:, use])
        t = start[use] - F(6 + 8 * scene.px_mm)
        far = float(layer.frame.to_camera(np.array(layer.centre))[2]) + layer.radius
        hit = march(layer.sdf, origin, own, t, far, 60)
        t[~hit] = np.inf
        nearer = t < best[use]
        best[use[nearer]], which[use[nearer]] = t[nearer], k
    seen = which >= 0
    fine = _Samples(fx[seen], fy[seen], best[seen], which[seen], np.full(int(seen.sum()), 1 / FINE**2, F))
    both = (np.concatenate([getattr(s, f) for s in (whole, fine)]) for f in ("x", "y", "depth", "kind", "weight"))
    return _Samples(*both), nearest


def _solid(scene: Scene) -> tuple[Array, Array, Array]:
    """Everything but loose strands: alpha (H, W), premultiplied linear colour (H, W, 3), nearest depth (H, W)."""
    w, h = scene.camera.size_wh
    s, nearest = _look(scene)
    rgb = np.zeros((3, len(s.x)), F)
    for k, layer in enumerate(scene.layers):
        index = np.flatnonzero(s.kind == k)
        for a in range(0, len(index), CHUNK):
            part = index[a : a + CHUNK]
            rays = scene.camera.rays(s.x[part], s.y[part])
            rgb[:, part] = to_srgb(shade(scene, layer, rays, s.depth[part]))
    pixel = s.y.astype(int) * w + s.x.astype(int)
    alpha = np.bincount(pixel, s.weight, h * w).reshape(h, w)
    colour = np.stack([np.bincount(pixel, s.weight * c, h * w).reshape(h, w) for c in rgb], -1)
    return np.minimum(alpha, 1).astype(F), colour.astype(F), nearest


def _exposed(srgb: Array, ev: float) -> Array:
    return srgb if ev == 0 else to_srgb(to_linear(srgb) * F(2.0**ev))


def render(p: Portrait) -> Rendered:
    """Draw a portrait."""
    scene = build(p)
    rng = np.random.default_rng(p.seed)
    alpha, colour, nearest = _solid(scene)
    if scene.hair:
        threads = strands.grow(scene.hair, p, scene.head_frame, scene.lamp, rng)
        cover, tone = strands.splat(scene.camera, scene.head_frame, *threads, nearest)
        alpha = cover + alpha * (1 - cover)
        colour = tone * cover[..., None] + colour * (1 - cover[..., None])
    back = backdrop(p, rng)
    colour, alpha, rest = (
        blur(colour, p.blur_px),
        blur(alpha, p.blur_px),
        blur(back * (1 - alpha[..., None]), p.blur_px),
    )
    alpha = np.rint(alpha * 65535).astype(np.uint16).astype(F) / F(65535)
    a = alpha[..., None]
    fore = np.where(a > 1e-3, colour / np.maximum(a, 1e-3), 0)
    back = np.where(a < 1 - 1e-3, rest / np.maximum(1 - a, 1e-3), back)
    fore, back = (_exposed(np.clip(c, 0, 1), p.exposure_ev) * 255 for c in (fore, back))
    image = a * fore + (1 - a) * back + rng.normal(0, p.noise, fore.shape) if p.noise else a * fore + (1 - a) * back
    picture, fore8, back8 = (np.clip(np.rint(c), 0, 255).astype(np.uint8) for c in (image, fore, back))
    return Rendered(p, picture, alpha, fore8, back8, tell(p, scene.head, scene.head_frame, scene.camera))
