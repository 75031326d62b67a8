"""The photos of the benchmark: rendered people laid on known grounds, so that alpha and colour are known exactly."""

from __future__ import annotations

import dataclasses
import io
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
from PIL import Image

from ephoto.core.geometry import for_opencv, scale_of
from ephoto.core.pyramid import CUBIC_FROM
from samples.portrait.backdrop import backdrop
from samples.render import Portrait, Rendered, cached

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Ground", "Head", "Person", "Scene", "grounds", "heads", "on_card", "person", "scene"]

SET = Path(__file__).with_name("set.toml")
GAMMA = 2.2  # of the photos that mix light as a lens does


@dataclass(frozen=True)
class Head:
    """One person of the set; `jpeg` is the quality its photos are written at, or None."""

    name: str
    portrait: Portrait
    jpeg: int | None


@dataclass(frozen=True)
class Ground:
    name: str
    kind: str
    colour: tuple[int, int, int] | str = (128, 128, 128)
    lighter: int = 0
    seed: int = 0
    studio: bool = False


@dataclass(frozen=True, eq=False)
class Scene:
    """A photo (H, W, 3) uint8 and its truth: `alpha` (H, W) float32 and `premultiplied` (H, W, 3) float32 0..255, the
    person's colour times alpha, both at the photo's size; and what is `behind` (H, W, 3) float32.
    """

    head: Head
    ground: Ground
    photo: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    premultiplied: NDArray[np.float32]
    behind: NDArray[np.float32]


class Person(Protocol):
    """Somebody with alpha: a rendered portrait, or a real one that was cut out."""

    portrait: Portrait
    image: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    foreground: NDArray[np.uint8]


def _entries() -> dict[str, Any]:
    return tomllib.loads(SET.read_text(encoding="utf-8"))


def heads(which: str) -> list[Head]:
    """The heads of "tuning" or "proof"."""
    out = []
    for entry in _entries()["heads"][which]:
        given = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items() if k not in ("name", "jpeg")}
        out.append(Head(entry["name"], Portrait(**given), entry.get("jpeg")))
    return out


def grounds() -> list[Ground]:
    return [Ground(**{k: tuple(v) if isinstance(v, list) else v for k, v in e.items()}) for e in _entries()["grounds"]]


def person(head: Head) -> Rendered:
    """The head rendered on its own ground, from the cache where it was rendered before."""
    return cached(head.portrait)


def scene(head: Head, rendered: Person, ground: Ground, *, light: bool = False) -> Scene:
    """One photo. With `light` colours mix as light does in a lens; without, as their sRGB values."""
    p = rendered.portrait
    rng = np.random.default_rng([p.seed, ground.seed])
    behind = backdrop(dataclasses.replace(p, background=ground.kind, background_colour=_colour(ground, p)), rng) * 255
    a = rendered.alpha[..., None]
    premultiplied = a * rendered.foreground.astype(np.float32)
    if light:
        mixed = a * _light(rendered.foreground.astype(np.float32)) + (1 - a) * _light(behind)
        seen = 255 * np.clip(mixed, 0, 1) ** (1 / GAMMA)
    else:
        seen = premultiplied + (1 - a) * behind
    seen = seen + rng.normal(0, p.noise, seen.shape)
    photo = np.clip(np.rint(seen), 0, 255).astype(np.uint8)
    if head.jpeg is not None:
        photo = _as_jpeg(photo, head.jpeg)
    return Scene(head, ground, photo, rendered.alpha, premultiplied, behind)


def _light(srgb: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((srgb / 255) ** GAMMA, np.float32)


def _colour(ground: Ground, p: Portrait) -> tuple[int, int, int]:
    if isinstance(ground.colour, tuple):
        return ground.colour
    own = {"hair": p.hair_colour, "clothes": p.clothes_colour}[ground.colour]
    r, g, b = (min(max(v + ground.lighter, 0), 255) for v in own)
    return r, g, b


def _as_jpeg(photo: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return np.asarray(Image.open(file).convert("RGB"))


def on_card(plane: NDArray[np.float32], photo_to_card: NDArray[np.float64], size_wh: tuple[int, int]) -> Any:
    """A plane of the photo's size on the card, sampled as the photo itself is (core.pyramid), but in float32."""
    way = cv2.INTER_LINEAR if scale_of(photo_to_card) < CUBIC_FROM else cv2.INTER_CUBIC
    return cv2.warpAffine(plane, for_opencv(photo_to_card), size_wh, flags=way, borderMode=cv2.BORDER_REPLICATE)
