"""A portrait drawn: layers traced, edges sampled finely, shaded, covered with strands, laid on the background."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from samples.portrait import strands
from samples.portrait.backdrop import backdrop
from samples.portrait.blur import blur, enlarge
from samples.portrait.camera import Camera
from samples.portrait.light import to_linear, to_srgb
from samples.portrait.scene import Scene, build
from samples.portrait.shade import shade
from samples.portrait.trace import CHUNK, first_hit, march
from samples.portrait.truth import Truth, tell

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.distance import Array
    from samples.portrait.parameters import Portrait

__all__ = ["CAREFUL", "Care", "Rendered", "compose", "render"]

F = np.float32


@dataclass(frozen=True, slots=True)
class Care:
    """How carefully to look.

    `fine` samples across a pixel at an edge; rays stop `near_mm` before the surface or after `steps`
    (those that graze a chin on their way to the neck need many); a picture wider than
    `width_px` is traced at a smaller size (some eighths of its own) and enlarged.
    """

    fine: int = 3
    near_mm: float = 0.03
    steps: int = 120
    width_px: int | None = None


CAREFUL = Care()


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
class _Samples:
    """Points of the picture and what is seen there: `kind` numbers the layer (-1: none)."""

    x: NDArray[np.floating]
    y: NDArray[np.floating]
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


def _look(scene: Scene, care: Care) -> tuple[_Samples, Array]:
    """Trace the picture: one ray a pixel, fine x fine at edges; and the nearest depth (H, W)."""
    fine = care.fine
    depths = np.stack([first_hit(layer, scene.camera, care.steps, care.near_mm) for layer in scene.layers])
    kind = np.where(np.isfinite(depths).any(0), depths.argmin(0), -1)
    nearest = depths.min(0)
    edge = _edges(nearest, kind, scene.px_mm)
    y, x = np.nonzero(~edge & (kind >= 0))
    whole = _Samples(x + 0.5, y + 0.5, nearest[y, x], kind[y, x], np.ones(len(x), F))
    y, x = np.nonzero(edge)
    sub = (np.arange(fine) + 0.5) / fine
    dy, dx = (g.ravel() for g in np.meshgrid(sub, sub, indexing="ij"))
    fy, fx = (y[:, None] + dy).ravel(), (x[:, None] + dx).ravel()
    rays = scene.camera.rays(fx, fy)
    best, which = np.full(len(fx), np.inf, F), np.full(len(fx), -1)
    for k, layer in enumerate(scene.layers):
        start = np.repeat(_around(depths[k], y, x), fine * fine)
        use = np.flatnonzero(np.isfinite(start))
        if not len(use):
            continue
        origin, own = layer.own_rays(rays[:, use])
        t = start[use] - F(6 + 8 * scene.px_mm)
        far = float(layer.frame.to_camera(np.array(layer.centre))[2]) + layer.radius
        hit = march(layer.sdf, origin, own, t, far, care.steps, near_mm=care.near_mm)
        t[~hit] = np.inf
        nearer = t < best[use]
        best[use[nearer]], which[use[nearer]] = t[nearer], k
    seen = which >= 0
    parts = _Samples(fx[seen], fy[seen], best[seen], which[seen], np.full(int(seen.sum()), 1 / fine**2, F))
    both = (np.concatenate([getattr(s, f) for s in (whole, parts)]) for f in ("x", "y", "depth", "kind", "weight"))
    return _Samples(*both), nearest


def _solid(scene: Scene, care: Care) -> tuple[Array, Array, Array]:
    """Everything but loose strands: alpha (H, W), premultiplied colour (H, W, 3), nearest depth (H, W)."""
    w, h = scene.camera.size_wh
    s, nearest = _look(scene, care)
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


def _smaller(scene: Scene, width_px: int | None) -> Scene:
    """The same scene on a picture of fewer pixels, if it is wider than width_px and eighths of it are whole."""
    (w, h), full = scene.camera.size_wh, scene.camera
    for eighths in range(7, 2, -1):
        fits = width_px is not None and w > width_px and w * eighths <= 8 * width_px
        if fits and w * eighths % 8 == 0 and h * eighths % 8 == 0:
            size = w * eighths // 8, h * eighths // 8
            return dataclasses.replace(scene, camera=Camera(size, full.focal_px * eighths / 8))
    return scene


def _exposed(srgb: Array, ev: float) -> Array:
    return srgb if ev == 0 else to_srgb(to_linear(srgb) * F(2.0**ev))


def compose(
    scene: Scene,
    threads: tuple[Array, Array, Array] | None,
    back: Array,
    rng: np.random.Generator,
    care: Care = CAREFUL,
) -> Rendered:
    """The scene with its loose strands before a background (H, W, 3) 0..1; `rng` makes the noise."""
    p = scene.portrait
    traced = _smaller(scene, care.width_px)
    alpha, colour, nearest = _solid(traced, care)
    if threads:
        cover, tone = strands.splat(traced.camera, scene.head_frame, *threads, nearest)
        alpha = cover + alpha * (1 - cover)
        colour = tone * cover[..., None] + colour * (1 - cover[..., None])
    if traced is not scene:
        w, h = p.size_wh
        both = enlarge(np.concatenate([colour, alpha[..., None]], axis=2), h, w)
        colour, alpha = both[..., :3], both[..., 3]
    rest = blur(back * (1 - alpha[..., None]), p.blur_px)
    colour, alpha = blur(colour, p.blur_px), np.clip(blur(alpha, p.blur_px), 0, 1)
    a = alpha[..., None]
    fore = np.where(a > 1e-3, colour / np.maximum(a, 1e-3), 0)
    back = np.where(a < 1 - 1e-3, rest / np.maximum(1 - a, 1e-3), back)
    alpha = np.rint(alpha * 65535).astype(np.uint16).astype(F) / F(65535)  # what the cache can keep
    a = alpha[..., None]
    fore, back = (_exposed(np.clip(c, 0, 1), p.exposure_ev) * F(255) for c in (fore, back))
    image = a * fore + (1 - a) * back
    if p.noise:
        image += F(p.noise) * rng.standard_normal(fore.shape, F)
    picture, fore8, back8 = (np.clip(np.rint(c), 0, 255).astype(np.uint8) for c in (image, fore, back))
    return Rendered(p, picture, alpha, fore8, back8, tell(p, scene.head, scene.head_frame, scene.camera))


def render(p: Portrait) -> Rendered:
    """Draw a portrait."""
    scene = build(p)
    rng = np.random.default_rng(p.seed)
    threads = strands.grow(scene.hair, p, scene.head_frame, scene.lamp, rng) if scene.hair else None
    return compose(scene, threads, backdrop(p, rng), rng)
