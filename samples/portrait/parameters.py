"""What to draw: the parameters of a portrait, their ranges and their digest."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

__all__ = ["VERSION", "Backdrop", "Covering", "Glasses", "Hair", "Portrait", "Proportions", "digest"]

VERSION = 6  # raise it with every change that alters a picture or its truth: caches are keyed by it

Hair = Literal["short", "long", "tall", "none", "strands", "covering"]
Covering = Literal["headscarf", "hat"]
Glasses = Literal["none", "clear", "glare", "dark"]
Backdrop = Literal["plain", "gradient", "cluttered", "office", "foliage"]
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Proportions:
    """How a head differs from the default one. Factors are 1 at the default, lengths 0.

    The default's measures (bare head, mm): 63 between the eye centres, about 137 between the lines where the
    cheeks meet the ears, 109 from the eye line to the chin and 108 to the skull's top, so that
    crown-chin / face width is near 1.6 and eye distance / face width near 0.46.
    """

    face_width: float = 1.0  # 0.9..1.12, cheeks, temples and ears; the eyes stay
    jaw_width: float = 1.0  # 0.8..1.2
    chin_length_mm: float = 0.0  # -8..10, the chin further down
    chin_forward_mm: float = 0.0  # -6..6
    nose_length_mm: float = 0.0  # -6..8, the tip further down
    nose_forward_mm: float = 0.0  # -6..8
    nose_width: float = 1.0  # 0.8..1.3
    brow_forward_mm: float = 0.0  # -4..4
    skull_height_mm: float = 0.0  # -6..8
    eye_distance_mm: float = 63.0  # 58..69
    mouth_width: float = 1.0  # 0.85..1.15
    lip_fullness: float = 1.0  # 0.6..1.5


@dataclass(frozen=True, slots=True)
class Portrait:
    """What to draw. Numbers without a unit are fractions 0..1; angles keep the signs of ephoto's Pose.

    The camera is a pinhole with its principal point at the picture's centre. Of `head` (crown to chin, as a
    part of the picture's height), `focal_35mm` and `distance_mm` (camera to eyes, along the axis) two settle
    the third: with neither focal nor distance the lens is 50 mm, with one of them `head` decides the other,
    with both `head` is not used. `position` is where the point between the eyes lands, as parts of width and
    height. `body_follows` is the part of the head's rotation that the shoulders share.
    """

    size_wh: tuple[int, int] = (600, 800)
    yaw_deg: float = 0.0  # > 0: nose to the image right
    pitch_deg: float = 0.0  # > 0: looks down
    roll_deg: float = 0.0  # > 0: crown to the image left
    body_follows: float = 0.0
    head: float = 0.45
    position: tuple[float, float] = (0.5, 0.43)
    focal_35mm: float | None = None
    distance_mm: float | None = None

    eyes_closed: float | tuple[float, float] = 0.0  # or (right, left), the subject's own
    gaze_deg: tuple[float, float] = (0.0, 0.0)  # eyeballs: to the image right, down
    mouth_open: float = 0.0
    smile: float = 0.0
    brows_raised: float = 0.0
    proportions: Proportions = field(default_factory=Proportions)

    skin_lightness: float = 68.0  # CIE L* of evenly lit skin, 25..85
    hair: Hair = "short"
    hair_colour: Rgb = (58, 40, 30)
    hair_volume: float = 1.0  # factor on the hair's thickness
    covering: Covering = "headscarf"  # what hair="covering" means
    covering_colour: Rgb = (92, 74, 110)
    fringe_mm: float = 0.0  # how far the hairline comes down over the forehead; from about 60 on it hides the eyes
    iris_colour: Rgb = (92, 66, 44)
    red_eyes: float = 0.0  # pupils lit from behind by a flash
    glasses: Glasses = "none"
    glasses_drop_mm: float = 0.0  # how far they slid down the nose; around 11 the rim crosses the eye
    clothes_colour: Rgb = (58, 74, 108)
    background: Backdrop = "plain"
    background_colour: Rgb = (170, 182, 190)

    light_azimuth_deg: float = -20.0  # key light: > 0 comes from the image right
    light_elevation_deg: float = 28.0
    light_strength: float = 0.5  # 0: only even sky light; 1: only the key light
    exposure_ev: float = 0.0
    blur_px: float = 0.45  # sigma of lens and focus, at the picture's size
    noise: float = 1.5  # sensor noise, sigma in grey levels
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            parts = value if isinstance(value, tuple) else (value,)
            if not all(low <= v <= high for v in parts):
                raise ValueError(f"{name} must lie in {low}..{high}, got {value}")
        for name, kind in _CHOICES.items():
            if getattr(self, name) not in get_args(kind):
                raise ValueError(f"{name} must be one of {', '.join(get_args(kind))}, got {getattr(self, name)!r}")

    @property
    def closed(self) -> tuple[float, float]:
        """How far the eyes are closed: right, left (the subject's own)."""
        e = self.eyes_closed
        return e if isinstance(e, tuple) else (e, e)


_RANGES: dict[str, tuple[float, float]] = {
    "size_wh": (16, 20000),
    "yaw_deg": (-90, 90),
    "pitch_deg": (-60, 60),
    "roll_deg": (-180, 180),
    "body_follows": (0, 1),
    "head": (0.02, 3),
    "eyes_closed": (0, 1),
    "gaze_deg": (-40, 40),
    "mouth_open": (0, 1),
    "smile": (0, 1),
    "brows_raised": (0, 1),
    "hair_volume": (0.3, 2),
    "fringe_mm": (0, 90),
    "red_eyes": (0, 1),
    "glasses_drop_mm": (-15, 25),
    "skin_lightness": (15, 95),
    "light_strength": (0, 1),
    "exposure_ev": (-6, 6),
    "blur_px": (0, 30),
    "noise": (0, 80),
}
_CHOICES = {"hair": Hair, "covering": Covering, "glasses": Glasses, "background": Backdrop}


def digest(portrait: Portrait) -> str:
    """A name for the portrait and this version of the renderer, 24 hexadecimal digits."""
    text = json.dumps([VERSION, _plain(dataclasses.asdict(portrait))], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _plain(value: Any) -> Any:
    """The same with every number a float: 10 and 10.0 ask for the same portrait."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    return value if value is None or isinstance(value, str) else float(value)
