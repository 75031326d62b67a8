"""How a camera sees a sheet of paper, flat or bent: true perspective, light on its surface, the sensor's noise.

A sheet's own axes (mm): x to the right, y down, z away from who looks at it, origin at its pivot, the point between the
eyes on it. Camera axes as in samples.portrait.camera. Picture points: px, corners at whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from samples.portrait.camera import DIAGONAL_35MM, Camera, rotation
from samples.portrait.light import to_linear, to_srgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.distance import Array

__all__ = [
    "Bend",
    "Lighting",
    "Pose",
    "Sheet",
    "Wander",
    "captured",
    "cover",
    "from_bent",
    "from_flat",
    "lens",
    "light_of",
    "seen",
    "sheet_to_frame",
]

F = np.float32


@dataclass(frozen=True, slots=True)
class Pose:
    """How a sheet is held: angles with the signs of ephoto's Pose, and where its pivot is (camera axes, mm)."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    pivot_mm: tuple[float, float, float]

    @property
    def turn(self) -> NDArray[np.float64]:
        """Own axes to camera axes, (3, 3)."""
        return rotation(self.yaw_deg, self.pitch_deg, self.roll_deg)


@dataclass(frozen=True, slots=True)
class Bend:
    """A sheet bent round a cylinder that touches it along a line through its pivot.

    `curvature` is 1 / radius, 1/mm; > 0 is convex to the camera: its sides recede. `slant_deg` turns the line out of
    the upright, clockwise.
    """

    curvature: float
    slant_deg: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What is seen on a sheet: linear light (H, W, 3) and where it is (H, W): 1, and 0 in holes.

    `pivot_px` (2,) is its pivot, `mm_per_px` its scale.
    """

    light: Array
    there: Array
    mm_per_px: float
    pivot_px: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Lighting:
    """Key light towards (camera axes, unit vector), its share of all light, and how much of it paper mirrors."""

    toward: tuple[float, float, float] = (0.0, -0.4, -0.917)
    share: float = 0.5
    gloss: float = 0.0

    def on(self, normals: Array) -> tuple[Array, Array]:
        """Light on surfaces with these unit normals (..., 3), 1 where they face the camera; and what is mirrored."""
        way = np.array(self.toward, F)

        def lit(n: Array) -> Array:
            return F(1 - self.share) + F(self.share) * np.maximum(n @ way, 0)

        half = way + np.array([0, 0, -1], F)  # the camera is far enough to be in one direction
        shine = np.maximum(normals @ (half / np.linalg.norm(half)), 0) ** 40
        return lit(normals) / lit(np.array([0, 0, -1], F)), F(self.gloss) * shine


class Wander:
    """A slow, unsteady path through `size` numbers that starts anywhere: sums of sines with random phases."""

    def __init__(self, rng: np.random.Generator, size: int, rates_hz: tuple[float, float] = (0.2, 1.4)) -> None:
        self._rate = rng.uniform(*rates_hz, (size, 3))
        self._phase = rng.uniform(0, 2 * np.pi, (size, 3))

    def at(self, seconds: float) -> NDArray[np.float64]:
        """Numbers (size,), mostly within -1..1."""
        return np.asarray((np.sin(2 * np.pi * self._rate * seconds + self._phase) * (0.6, 0.3, 0.2)).sum(1))


def lens(size_wh: tuple[int, int], focal_35mm: float) -> Camera:
    """A camera by its focal length in terms of 35 mm film."""
    return Camera(size_wh, focal_35mm / DIAGONAL_35MM * float(np.hypot(*size_wh)))


def light_of(pixels: NDArray[np.uint8]) -> Array:
    """Linear light of sRGB pixels (..., 3)."""
    return _LINEAR[pixels]


_LINEAR = to_linear(np.arange(256, dtype=F) / F(255))


def sheet_to_frame(sheet: Sheet, pose: Pose, camera: Camera) -> NDArray[np.float64]:
    """The homography (3, 3) from px of a flat sheet to px of the picture."""
    w, h = camera.size_wh
    view = np.array([[camera.focal_px, 0, w / 2], [0, camera.focal_px, h / 2], [0, 0, 1]])
    s, (x, y) = sheet.mm_per_px, sheet.pivot_px
    to_mm = np.array([[s, 0, -s * x], [0, s, -s * y], [0, 0, 1]])
    plane = np.column_stack([pose.turn[:, 0], pose.turn[:, 1], pose.pivot_mm])
    return view @ plane @ to_mm


def _rays(camera: Camera, pose: Pose) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The camera's place (3,) and its rays (3, n) in the sheet's own axes, one a pixel."""
    w, h = camera.size_wh
    y, x = np.mgrid[:h, :w] + 0.5
    turn = pose.turn.T
    return turn @ -np.array(pose.pivot_mm), turn @ camera.rays(x.ravel(), y.ravel())


def from_flat(sheet: Sheet, pose: Pose, camera: Camera, fine: int = 2) -> tuple[Array, Array, Array]:
    """Where each sample of the picture lies on a flat sheet.

    Returns x and y in px of the sheet, each (fine H, fine W), and unit normals (3,) in camera axes.
    """
    w, h = camera.size_wh
    y, x = (np.mgrid[: h * fine, : w * fine] + 0.5) / fine
    u, v, depth = np.tensordot(np.linalg.inv(sheet_to_frame(sheet, pose, camera)), np.stack([x, y, np.ones_like(x)]), 1)
    forward = depth * np.sign(np.median(depth)) > 1e-9
    depth = np.where(forward, depth, np.nan)
    return (u / depth).astype(F), (v / depth).astype(F), (pose.turn @ [0, 0, -1]).astype(F)


def from_bent(sheet: Sheet, pose: Pose, bend: Bend, camera: Camera, fine: int = 2) -> tuple[Array, Array, Array]:
    """Where each sample of the picture lies on a bent sheet.

    Returns x and y in px of the sheet (nan: nowhere), each (fine H, fine W), and unit normals (..., 3) in camera axes.
    In the plane across the cylinder's line a point p, z of the sheet satisfies k (p^2 + z^2) = 2 z with the curvature
    k; of a ray's two meetings with it the one is taken that becomes the flat sheet's as k goes to 0. It is worked out
    once a pixel and enlarged to `fine` samples.
    """
    w, h = camera.size_wh
    o, d = _rays(camera, pose)
    a = np.radians(bend.slant_deg)
    across, along = np.array([np.cos(a), np.sin(a), 0]), np.array([-np.sin(a), np.cos(a), 0])
    k = bend.curvature
    op, oz, dp, dz = across @ o, o[2], across @ d, d[2]
    qa = k * (dp * dp + dz * dz)
    qb = 2 * k * (op * dp + oz * dz) - 2 * dz
    qc = k * (op * op + oz * oz) - 2 * oz
    root = qb * qb - 4 * qa * qc
    with np.errstate(invalid="ignore", divide="ignore"):
        t = 2 * qc / (-qb + np.sqrt(root))
        p, z, q = op + t * dp, oz + t * dz, along @ o + t * (along @ d)
        angle = np.arctan2(k * p, 1 - k * z)
        arc = angle / k if abs(k) > 1e-9 else p
        arc[~(t > 0)] = np.nan
    s, (x0, y0) = sheet.mm_per_px, sheet.pivot_px
    x = x0 + (arc * across[0] + q * along[0]) / s
    y = y0 + (arc * across[1] + q * along[1]) / s
    normals = np.outer(np.sin(angle), across) - np.outer(np.cos(angle), [0, 0, 1])
    towards = np.nan_to_num(normals @ pose.turn.T)
    parts = (x.reshape(h, w), y.reshape(h, w), towards.reshape(h, w, 3))
    x, y, towards = (cv2.resize(a.astype(F), (w * fine, h * fine), interpolation=cv2.INTER_LINEAR) for a in parts)
    return x, y, towards


def seen(sheet: Sheet, x: Array, y: Array, normals: Array, lighting: Lighting, fine: int = 2) -> tuple[Array, Array]:
    """The sheet as the picture shows it: premultiplied linear light (H, W, 3) and its share of each pixel (H, W)."""
    mx, my = np.nan_to_num(x - F(0.5), nan=-9e3), np.nan_to_num(y - F(0.5), nan=-9e3)
    there = cv2.remap(sheet.there, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    light = cv2.remap(sheet.light, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    gain, shine = lighting.on(normals)
    light = (light * gain[..., None] + shine[..., None]) * there[..., None]
    size = x.shape[1] // fine, x.shape[0] // fine
    return cv2.resize(light, size, interpolation=cv2.INTER_AREA), cv2.resize(there, size, interpolation=cv2.INTER_AREA)


def cover(sheet: Sheet, x: Array, y: Array, fine: int = 2) -> Array:
    """The sheet's share of each pixel (H, W)."""
    mx, my = np.nan_to_num(x - F(0.5), nan=-9e3), np.nan_to_num(y - F(0.5), nan=-9e3)
    there = cv2.remap(sheet.there, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return cv2.resize(there, (x.shape[1] // fine, x.shape[0] // fine), interpolation=cv2.INTER_AREA)


def captured(
    light: Array, rng: np.random.Generator, *, noise: float = 2.0, blur_px: float = 0.5, exposure_ev: float = 0.0
) -> NDArray[np.uint8]:
    """The picture (H, W, 3) that a camera makes of linear light; `noise` is its sigma in grey levels."""
    if blur_px > 0:
        light = cv2.GaussianBlur(light, (0, 0), blur_px)
    levels = to_srgb(light * F(2.0**exposure_ev)) * F(255)
    if noise:
        levels += F(noise) * rng.standard_normal(levels.shape, F)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
