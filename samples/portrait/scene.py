"""What stands before the camera: the head, what it wears, the body, each a layer with a frame of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from samples.portrait.camera import Camera, Frame, stage
from samples.portrait.clothes import NECK_FOOT, clothes
from samples.portrait.covering import covering
from samples.portrait.distance import Array, Sdf, capsule, smooth_min
from samples.portrait.glasses import frame_surface, lens_surface, slipped
from samples.portrait.hair import Hair
from samples.portrait.head import Head
from samples.portrait.light import Lamp, lamp
from samples.portrait.trace import Layer

if TYPE_CHECKING:
    from samples.portrait.parameters import Portrait

__all__ = ["Prepare", "Scene", "build"]

F = np.float32
Ball: TypeAlias = tuple[tuple[float, float, float], float]  # centre and radius of what holds all of a layer, own axes
HAIR_BALL: dict[str, Ball] = {
    "short": ((0, 25, -90), 130),
    "strands": ((0, 25, -90), 140),
    "tall": ((0, 45, -90), 165),
    "long": ((0, -50, -95), 205),
}
COVER_BALL: dict[str, Ball] = {"headscarf": ((0, -70, -90), 235), "hat": ((0, 60, -90), 140)}
Prepare: TypeAlias = Callable[[str, Sdf], Sdf]  # makes a part's distance quicker: name, exact distance


def _as_it_is(name: str, sdf: Sdf) -> Sdf:
    return sdf


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


def build(p: Portrait, prepare: Prepare = _as_it_is) -> Scene:
    """Place the head, the body and what they wear; `prepare` may replace the distances of its parts."""
    camera, head_frame, body_frame = stage(p)
    head = Head(p)
    skin = _skin(prepare("head", head), head_frame, body_frame)
    layers = [
        Layer("skin", skin, head_frame, (0, -32, -80), 165),
        Layer("clothes", prepare("clothes", clothes), body_frame, (0, -520, -115), 420),
    ]
    hair = Hair(p, head) if p.hair != "none" and not (p.hair == "covering" and p.covering == "headscarf") else None
    if hair:
        layers.append(Layer("hair", prepare("hair", hair), head_frame, *HAIR_BALL[hair.kind]))
    if p.hair == "covering":
        layers.append(Layer("cover", prepare("cover", covering(p, head)), head_frame, *COVER_BALL[p.covering]))
    on_nose = Frame(head_frame.turn, head_frame.to_camera(slipped(p)[:, 0]))
    if p.glasses != "none":
        layers.append(Layer("frame", frame_surface, on_nose, (0, 0, -35), 98))
    if p.glasses == "dark":
        layers.append(Layer("lens", lens_surface, on_nose, (0, -3, 15), 64))
    return Scene(p, camera, head_frame, body_frame, head, hair, tuple(layers), lamp(p))


def _skin(head: Sdf, head_frame: Frame, body_frame: Frame) -> Sdf:
    """The head joined to the neck, which ends in the body (head frame)."""
    foot = head_frame.to_own(body_frame.to_camera(np.array(NECK_FOOT)[:, None]))[:, 0]
    x, y, z = (float(v) for v in foot)

    def skin(q: Array) -> Array:
        d = smooth_min(head(q), capsule(q, (0, -52, -92), (x, y, z), 43, 50), 14)
        aside = q[0] - F(x) * np.clip((q[1] + F(52)) / F(y + 52), 0, 1)  # from the neck's axis
        m = np.stack([np.abs(aside), q[1], q[2]])
        sternomastoid = capsule(m, (57, -38, -84), (13, y - 6, z + 36), 9, 7)
        return smooth_min(d, sternomastoid, 16)

    return skin
