"""Portraits that are perfect but for one thing: what the photo checks are calibrated and proven on.

defects.toml lists the defects: what is changed, the rule that must find it, and the rules that may be touched besides.
"""

from __future__ import annotations

import io
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from samples.portrait.cache import cached
from samples.portrait.parameters import Portrait, Proportions

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from samples.portrait.picture import Rendered

__all__ = ["CALIBRATION", "PROOF", "Defect", "defects", "neutral", "photo", "picture"]

CALIBRATION, PROOF = 5_000, 120_000  # first seeds: of the heads that limits were set on, and of those that prove them
_HAIR = ("short", "long", "none", "tall", "strands", "short")
_HAIR_COLOURS = ((58, 40, 30), (20, 18, 18), (150, 110, 70), (175, 170, 165), (90, 60, 40))
_CLOTHES = ((58, 74, 108), (120, 40, 44), (60, 60, 62), (30, 32, 38), (96, 110, 84), (140, 120, 60))
_GROUNDS = ((170, 182, 190), (224, 222, 216), (196, 204, 210), (67, 142, 219), (128, 134, 140))
_IRISES = ((92, 66, 44), (60, 44, 32), (110, 130, 150), (96, 110, 80))
LIGHTEST_SKIN, DARKEST_SKIN = 85.0, 25.0
CAMERA, PRESSED = 95, 8  # qualities of the JPEG files


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong with a photo.

    `portrait` changes the renderer's parameters, `change` names what is done to the picture afterwards. `rule` must not
    pass; the `companions` may not pass besides, each with its reason. `spec` is the document that the photo is checked
    for, and `perfect` what it asks of a perfect photo (the renderer's parameters again). `least` is the balanced
    accuracy that the rule reaches, and `why` the reason where it is low.
    """

    name: str
    rule: str
    portrait: dict[str, Any] = field(default_factory=dict)
    change: str = ""
    companions: dict[str, str] = field(default_factory=dict)
    spec: str = "cn-social-security-card"
    perfect: dict[str, Any] = field(default_factory=dict)
    least: float = 0.95
    why: str = ""


@cache
def defects() -> dict[str, Defect]:
    """The defects of defects.toml by name."""
    table = tomllib.loads(Path(__file__).with_name("defects.toml").read_text("utf-8"))
    return {name: Defect(name, **values) for name, values in table.items()}


def neutral(k: int, first: int) -> Portrait:
    """Number `k` of a neutral set: frontal, even light, plain ground, eyes open, mouth closed, face and ears bare.

    Skins run evenly from L* 25 to 85 over each twenty heads.
    """
    rng = np.random.default_rng(first + k)

    def one_of(choices: tuple[Any, ...]) -> Any:
        return choices[int(rng.integers(len(choices)))]

    return Portrait(
        size_wh=(480, 640),
        head=float(rng.uniform(0.47, 0.51)),
        position=(float(rng.uniform(0.47, 0.53)), float(rng.uniform(0.44, 0.48))),
        distance_mm=float(rng.uniform(900, 1600)),
        yaw_deg=float(rng.uniform(-2, 2)),
        pitch_deg=float(rng.uniform(-2, 2)),
        roll_deg=float(rng.uniform(-3, 3)),
        proportions=Proportions(
            face_width=float(rng.uniform(0.95, 1.06)),
            jaw_width=float(rng.uniform(0.9, 1.1)),
            nose_width=float(rng.uniform(0.9, 1.2)),
            lip_fullness=float(rng.uniform(0.7, 1.3)),
        ),
        skin_lightness=DARKEST_SKIN + (LIGHTEST_SKIN - DARKEST_SKIN) * ((7 * k) % 20) / 19,
        hair=_HAIR[k % len(_HAIR)],
        hair_colour=one_of(_HAIR_COLOURS),
        iris_colour=one_of(_IRISES),
        clothes_colour=one_of(_CLOTHES),
        background_colour=one_of(_GROUNDS),
        glasses="clear" if k % 5 == 4 else "none",
        light_strength=float(rng.uniform(0.2, 0.35)),
        light_azimuth_deg=float(rng.uniform(-14, 14)),
        light_elevation_deg=float(rng.uniform(20, 35)),
        blur_px=float(rng.uniform(0.4, 0.7)),
        noise=float(rng.uniform(0.8, 2.2)),
        seed=first + k,
    )


def picture(defect: Defect | None, k: int, first: int) -> NDArray[np.uint8]:
    """The photo (H, W, 3) of a neutral head, with a defect or without."""
    portrait = neutral(k, first)
    if defect is None:
        return cached(portrait).image
    rendered = cached(replace(portrait, **_varied(defect, portrait, k)))
    return _CHANGES[defect.change](rendered, k) if defect.change else rendered.image


def photo(defect: Defect | None, k: int, first: int, *, perfect_for: Defect | None = None) -> bytes:
    """The same as a camera's JPEG file; without a defect, as perfect as another defect's document asks for."""
    if perfect_for is not None and perfect_for.perfect:
        pixels = cached(replace(neutral(k, first), **_plain(perfect_for.perfect, k))).image
    else:
        pixels = picture(defect, k, first)
    return _jpeg(pixels, PRESSED if defect is not None and defect.change == "pressed" else CAMERA)


def _jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


def _varied(defect: Defect, portrait: Portrait, k: int) -> dict[str, Any]:
    """A defect's parameters; dark skin is burnt out by more light than fair skin is."""
    changed = _plain(defect.portrait, k)
    if "exposure_ev" in changed and changed["exposure_ev"] > 0:
        changed["exposure_ev"] += 0.04 * (LIGHTEST_SKIN - portrait.skin_lightness)
    return changed


def _plain(table: dict[str, Any], k: int) -> dict[str, Any]:
    """Parameters of head `k`: a list holds one value a head, in turns, and a list in it is a tuple."""
    chosen = {name: value[k % len(value)] if isinstance(value, list) else value for name, value in table.items()}
    return {name: tuple(one) if isinstance(one, list) else one for name, one in chosen.items()}


def _graded(gains: tuple[float, float, float]) -> Callable[[Rendered, int], NDArray[np.uint8]]:
    """Each channel's light times a factor."""

    def change(rendered: Rendered, _: int) -> NDArray[np.uint8]:
        light = (np.arange(256) / 255.0)[:, None] ** 2.2 * np.array(gains)
        table = (255 * np.clip(light, 0, 1) ** (1 / 2.2) + 0.5).astype(np.uint8)
        return np.asarray(cv2.LUT(rendered.image, table[None]))

    return change


def _grey(rendered: Rendered, _: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(rendered.image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def _wall_shadow(rendered: Rendered, k: int) -> NDArray[np.uint8]:
    """The person's shadow on the wall, beside and below, as a flash from the other side throws it."""
    h, w = rendered.alpha.shape
    aside = (1 if k % 2 else -1) * 0.1 * w
    move = np.array([[1.0, 0.0, aside], [0.0, 1.0, 0.02 * h]])
    shadow = cv2.GaussianBlur(cv2.warpAffine(rendered.alpha, move, (w, h), borderMode=cv2.BORDER_REPLICATE), (0, 0), 6)
    dark = rendered.background * (1 - 0.6 * shadow[..., None])
    alpha = rendered.alpha[..., None]
    return np.asarray((alpha * rendered.foreground + (1 - alpha) * dark + 0.5).astype(np.uint8))


def _upside_down(rendered: Rendered, _: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(rendered.image[::-1, ::-1])


def _second_person(rendered: Rendered, k: int) -> NDArray[np.uint8]:
    """A smaller copy of the subject beside their head."""
    h, w = rendered.alpha.shape
    scale, x = 0.42, (0.66 if k % 2 else -0.08) * w
    move = np.array([[scale, 0.0, x], [0.0, scale, 0.3 * h]])
    alpha = cv2.warpAffine(rendered.alpha, move, (w, h), flags=cv2.INTER_AREA)[..., None]
    other = cv2.warpAffine(rendered.foreground, move, (w, h), flags=cv2.INTER_AREA)
    behind = alpha * other + (1 - alpha) * rendered.background
    front = rendered.alpha[..., None]
    return np.asarray((front * rendered.foreground + (1 - front) * behind + 0.5).astype(np.uint8))


_CHANGES: dict[str, Callable[[Rendered, int], NDArray[np.uint8]]] = {
    "orange": _graded((1.25, 1.0, 0.45)),
    "blue": _graded((0.7, 0.95, 1.5)),
    "green": _graded((0.8, 1.25, 0.75)),
    "grey": _grey,
    "wall_shadow": _wall_shadow,
    "pressed": lambda rendered, _: rendered.image,  # it is pressed when it is written
    "upside_down": _upside_down,
    "second_person": _second_person,
}
