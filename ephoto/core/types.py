"""The values that travel on the road, and the conventions that all of them keep.

Conventions, once and for all:

- Pixels are `uint8` sRGB in RGB order, shape (H, W, 3), C-contiguous. BGR never crosses a border.
- Alpha is `float32`, shape (H, W), 0..1, straight (colour is never premultiplied).
- Points are x, y, `float32`, shape (N, 2). Pixel corners are whole numbers, pixel centres lie at .5.
- An affine is a (2, 3) `float64` array named for its direction, such as `photo_to_card`.
- Left and right are the subject's own, unless a name says `image_left`.
- Units are in the name: `_px _mm _deg _ms _bytes`; `size_wh` is (width, height), `shape_hw` is (height, width).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from ephoto.core.pyramid import Pyramid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "Bystander",
    "Contact",
    "Face",
    "FaceEngine",
    "FoundBy",
    "Framing",
    "Matte",
    "MattingEngine",
    "Photo",
    "Pose",
    "Side",
    "SourceFacts",
    "Subject",
]

Side = Literal["top", "bottom", "image_left", "image_right"]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What was known of a photo before it was decoded; no path and no personal metadata."""

    format: str  # "JPEG", "PNG", ... or "array"
    mode: str  # Pillow's mode of the stored pixels, "RGB" for arrays
    size_wh: tuple[int, int]  # upright, as stored, before any reduced decoding
    orientation: int = 1  # EXIF orientation that was applied, 1..8
    icc: str | None = None  # description of the embedded profile that was converted from
    size_bytes: int | None = None
    dpi: tuple[float, float] | None = None
    flattened: bool = False  # transparency was laid on white
    jpeg_quality: int | None = None  # estimated from the quantisation tables
    focal_35mm: float | None = None  # EXIF focal length in 35 mm terms


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An upright sRGB picture.

    `pixels` is (H, W, 3) uint8. `scale` is decoded px per original px: 1.0, or 1/2, 1/4, 1/8 where a JPEG
    was decoded at a reduced DCT scale.
    """

    pixels: NDArray[np.uint8]
    source: SourceFacts
    scale: float = 1.0
    pyramid: Pyramid = field(init=False, repr=False)  # the same pixels, for sampling at any scale

    def __post_init__(self) -> None:
        p = self.pixels
        if p.dtype != np.uint8 or p.ndim != 3 or p.shape[2] != 3 or not p.flags.c_contiguous:
            raise ValueError(f"pixels must be C-contiguous uint8 (H, W, 3), got {p.dtype} {p.shape}")
        object.__setattr__(self, "pyramid", Pyramid(p))

    @property
    def size_wh(self) -> tuple[int, int]:
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True, slots=True)
class Pose:
    """Rotation of the head against the camera axes through the picture's centre, degrees.

    yaw_deg > 0: the subject turns to their own left (the nose moves to the image right).
    pitch_deg > 0: the subject looks down.
    roll_deg > 0: the head leans to the own right shoulder (the crown moves to the image left).
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class FoundBy:
    """Which attempt found a face: the net, whether a border was added, and quarter turns tried."""

    detector: str = "short_range"  # "short_range", "full_range", "full_range_tiles" or another engine's name
    padded: bool = False
    quarter_turns: int = 0  # counter-clockwise turns of the picture before detection, 0..3


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face, in photo px.

    `landmarks` is (468, 2) float32 in MediaPipe's order; `depth` is (468,), px, smaller is nearer.
    `irises` is (2, 5, 2): [right, left] (the subject's own), centre first, then four ring points.
    `box_xyxy` is the detector's box (may leave the picture); `score` its confidence, 0..1.
    `mesh_score` is the landmark net's own confidence that a face is there, 0..1. `blendshapes` are the expression's
    coefficients by their names in ARKit, 0..1, where the engine has them.
    """

    landmarks: NDArray[np.float32]
    irises: NDArray[np.float32]
    box_xyxy: tuple[float, float, float, float]
    score: float
    mesh_score: float
    pose: Pose
    depth: NDArray[np.float32] | None = None
    found_by: FoundBy = FoundBy()
    blendshapes: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.landmarks.shape != (468, 2):
            raise ValueError(f"landmarks must be (468, 2), got {self.landmarks.shape}")
        if self.irises.shape != (2, 5, 2):
            raise ValueError(f"irises must be (2, 5, 2), got {self.irises.shape}")

    @property
    def area_px(self) -> float:
        x0, y0, x1, y1 = self.box_xyxy
        return max(x1 - x0, 0.0) * max(y1 - y0, 0.0)


@dataclass(frozen=True, slots=True)
class Bystander:
    """Another face than the subject's. `area_share` is its box's area over the subject's."""

    box_xyxy: tuple[float, float, float, float]
    score: float
    area_share: float


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The one face that the card is made for, and who else is in the picture."""

    face: Face
    bystanders: tuple[Bystander, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """Where the person is cut by the photo's own edges.

    `top` and `bottom`: the person touches that edge. `image_left_from_px` and `image_right_from_px`: the photo
    row (y, px) from which downwards the person touches that side, or None.
    """

    top: bool = False
    bottom: bool = True
    image_left_from_px: float | None = None
    image_right_from_px: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Framing:
    """Where the card lies in the photo.

    `photo_to_card` is the (2, 3) float64 similarity from photo px to card px. `measures` are the predicted
    lengths on the card, px, by the names of `ephoto.specs.model.MEASURES`. `gave_way` names the rules whose
    bounds could not hold, in the order in which they gave way. `uncovered_px` tells how far the card's frame
    leaves the photo at each side, card px (only sides where it does). `enlargement` is card px per original
    photo px. `identity` is true when the photo already is the card and keeps its pixels.
    """

    photo_to_card: NDArray[np.float64]
    size_wh: tuple[int, int]
    measures: dict[str, float]
    gave_way: tuple[str, ...] = ()
    uncovered_px: tuple[tuple[Side, float], ...] = ()
    enlargement: float = 1.0
    identity: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """The person cut out of a frame.

    `alpha` (H, W) float32 0..1; `foreground` (H, W, 3) uint8, the person's own colour wherever alpha > 0;
    `unknown` (H, W) bool, the band that was refined. `engine` and `method` say what made it.
    """

    alpha: NDArray[np.float32]
    foreground: NDArray[np.uint8]
    unknown: NDArray[np.bool_]
    engine: str
    method: str


class FaceEngine(Protocol):
    """Finds faces with landmarks. Implementations are safe to call from several threads."""

    name: str

    def find(self, photo: Photo) -> tuple[Face, ...]:
        """Every confirmed face, largest first; an empty tuple if there is none."""
        ...

    def follow(self, pixels: NDArray[np.uint8], guess: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Landmarks (468, 2) on pixels (H, W, 3) of a face that is about at `guess` (468, 2); None if it is not."""
        ...


class MattingEngine(Protocol):
    """Finds the person in a picture. Implementations are safe to call from several threads.

    `view` says what the engine sees best: "frame" (the card's frame widened by about a third) or "photo"
    (the whole photo).
    """

    name: str
    view: Literal["frame", "photo"]

    def person(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Person probability (H, W) float32 0..1 for pixels (H, W, 3) uint8, at the same size."""
        ...
