"""Small busts with exact alpha on grounds of choice, and what a coarse network would say about them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ephoto.matting.levels import halvings, pyramid, scaling
from ephoto.matting.matte import cut
from ephoto.matting.solution import solve
from ephoto.matting.tuning import tuning

FACE = 207.0  # px, as on the social security card
SIZE_HW = (441, 358)
SS = 4  # samples per px along each axis


@dataclass(frozen=True, eq=False)
class Scene:
    """`frame` = alpha * foreground + (1 - alpha) * ground; `coarse` is a network's blurred view of alpha."""

    frame: np.ndarray
    alpha: np.ndarray
    foreground: np.ndarray
    ground: np.ndarray
    coarse: np.ndarray


def bust_alpha(*, strands=(), extra=(), holes=()):
    """Alpha of a head and shoulders; `strands` are ((x0, y0), (x1, y1), width), `extra` and `holes` (x, y, r)."""
    h, w = SIZE_HW
    big = np.zeros((h * SS, w * SS), np.uint8)

    def at(x, y):
        return round(x * SS), round(y * SS)

    cv2.ellipse(big, at(179, 200), at(100, 160), 0, 0, 360, 255, -1)
    cv2.ellipse(big, at(179, 470), at(170, 130), 0, 0, 360, 255, -1)
    cv2.rectangle(big, at(120, 300), at(238, 441), 255, -1)
    for (x0, y0), (x1, y1), width in strands:
        cv2.line(big, at(x0, y0), at(x1, y1), 255, max(1, round(width * SS)))
    for x, y, r in extra:
        cv2.circle(big, at(x, y), round(r * SS), 255, -1)
    for x, y, r in holes:
        cv2.circle(big, at(x, y), round(r * SS), 0, -1)
    return cv2.resize(big, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def coarse_of(alpha, *, blur_px=3.0):
    """Alpha as a 256 px network sees it: at half the resolution, its edge some px wide, strands lost."""
    h, w = alpha.shape
    small = cv2.resize(alpha, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(cv2.medianBlur((small * 255).astype(np.uint8), 5), (0, 0), blur_px / 2)
    return cv2.resize(soft, (w, h), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255


def make_scene(alpha=None, *, ground=(0, 190, 60), hair=(52, 36, 28), noise=1.5, seed=0, coarse=None):
    """A bust over a plain ground (a colour) or any ground (H, W, 3)."""
    alpha = bust_alpha() if alpha is None else alpha
    rng = np.random.default_rng(seed)
    behind = np.broadcast_to(np.asarray(ground, np.float32), (*alpha.shape, 3))
    grain = cv2.GaussianBlur(rng.normal(0, 30, (*alpha.shape, 1)).astype(np.float32), (0, 0), 1.2)[..., None]
    person = np.asarray(hair, np.float32) + grain
    a = alpha[..., None]
    mixed = a * person + (1 - a) * behind + rng.normal(0, noise, (*alpha.shape, 3))

    def bytes_of(x):
        return np.clip(np.rint(x), 0, 255).astype(np.uint8)

    seen = coarse_of(alpha) if coarse is None else coarse
    return Scene(bytes_of(mixed), alpha, bytes_of(person), bytes_of(behind), seen)


def band_of(alpha, reach_px=4):
    """Pixels near which true alpha is soft."""
    soft = ((alpha > 0.02) & (alpha < 0.98)).astype(np.uint8)
    return cv2.dilate(soft, np.ones((2 * reach_px + 1,) * 2, np.uint8)).astype(bool)


def refined(frame, coarse, *, quality="fast", px_per_face):
    """Alpha and the unknown band of a frame, solved on its own halvings."""
    count = halvings(px_per_face, tuning().level_face_px)
    small = pyramid(frame, count)[-1]
    solution = solve(small, pyramid(coarse, count)[-1], px_per_face / 2**count)
    found = cut(solution, frame, scaling(small.shape[:2], frame.shape[:2]), engine="test", quality=quality)
    return found.alpha, found.unknown
