"""How surfaces answer the light: a key light, an even sky, skin that lets light creep round the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.distance import Array
    from samples.portrait.parameters import Portrait

__all__ = ["Lamp", "lamp", "lit", "to_linear", "to_srgb"]

F = np.float32


def to_linear(srgb: NDArray[np.floating]) -> Array:
    """sRGB 0..1 to linear light (IEC 61966-2-1)."""
    c = np.asarray(srgb, F)
    return np.where(c <= 0.04045, c / F(12.92), ((np.maximum(c, 0) + F(0.055)) / F(1.055)) ** F(2.4))


def to_srgb(linear: NDArray[np.floating]) -> Array:
    """Linear light to sRGB 0..1 (IEC 61966-2-1); what is brighter than white is cut."""
    c = np.clip(linear, 0, 1).astype(F)
    return np.where(c <= 0.0031308, c * F(12.92), F(1.055) * c ** F(1 / 2.4) - F(0.055))


@dataclass(frozen=True, slots=True, eq=False)
class Lamp:
    """The key light and the sky: unit vector to the light in camera axes, linear strengths."""

    toward: NDArray[np.float64]
    key: float
    sky: float


def lamp(p: Portrait) -> Lamp:
    """Light so balanced that a surface facing the camera keeps its brightness whatever the direction."""
    a, e = np.radians([p.light_azimuth_deg, p.light_elevation_deg])
    toward = np.array([np.sin(a) * np.cos(e), -np.sin(e), -np.cos(a) * np.cos(e)])
    return Lamp(toward, 1.3 * p.light_strength, 1.15 * (1 - p.light_strength) + 0.12)


def lit(
    colour: Array,
    n: Array,
    way: Array,
    up: Array,
    view: Array,
    lamp_: Lamp,
    ao: Array | float,
    sun: Array | float,
    wrap: tuple[float, ...] = (0.1,),
    gloss: float = 0.0,
    power: float = 24.0,
) -> Array:
    """Linear colour (3, n) of points with linear albedo `colour`; all directions in the body's own axes.

    `wrap` (per channel or one) is how far the key light creeps round the form, as blood makes it do under
    skin; `ao` and `sun` are how open a point lies to the sky and to the key light.
    """
    w = np.array(wrap, F)[:, None]
    facing = np.clip((way @ n + w) / (1 + w), 0, 1) ** F(1.2)
    key = facing * (w * F(0.6) + (1 - w * F(0.6)) * sun) * F(lamp_.key)
    toward_view = np.einsum("ij,ij->j", view, n)
    sky = (F(0.66) + F(0.20) * (up @ n) + F(0.22) * toward_view) * (w * F(0.35) + (1 - w * F(0.35)) * ao) * F(lamp_.sky)
    out = colour * (key + sky)
    if gloss:
        half = way[:, None] + view
        half /= np.sqrt(np.einsum("ij,ij->j", half, half)) + F(1e-6)
        out = out + F(gloss) * np.clip(np.einsum("ij,ij->j", half, n), 0, 1) ** F(power) * ao * sun * F(lamp_.key + 0.2)
    return out.astype(F)
