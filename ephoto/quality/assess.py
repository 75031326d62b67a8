"""Every measure of one photo, each taken once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.quality.background_colour import background_colour
from ephoto.quality.background_shade import background_shade
from ephoto.quality.background_uniformity import background_uniformity
from ephoto.quality.blockiness import blockiness
from ephoto.quality.cheek_ratio import cheek_ratio
from ephoto.quality.chroma import GREY, chroma
from ephoto.quality.clothes_contrast import clothes_contrast
from ephoto.quality.colour_cast import colour_cast
from ephoto.quality.crops_and_margins import leftward_crop, margin_above, margin_below, rightward_crop
from ephoto.quality.dynamic_range import dynamic_range
from ephoto.quality.ears_visible import ear_places, ears_visible
from ephoto.quality.exposure import over_exposure, under_exposure
from ephoto.quality.expression import raised_brows, smile
from ephoto.quality.eyes_open import eyes_open
from ephoto.quality.face_view import EYES_AT, IED_PX
from ephoto.quality.frame_over_eye import frame_over_eye
from ephoto.quality.gaze import gaze_aside
from ephoto.quality.glare import glare
from ephoto.quality.hair_over_eyes import hair_over_eyes
from ephoto.quality.hair_over_face import hair_over_face
from ephoto.quality.head_covering import head_covering, temple_places
from ephoto.quality.head_margin import head_margin
from ephoto.quality.head_size import head_size
from ephoto.quality.illumination_uniformity import illumination_uniformity
from ephoto.quality.inter_eye_distance import inter_eye_distance
from ephoto.quality.iris_contrast import iris_contrast
from ephoto.quality.lens_tint import lens_tint
from ephoto.quality.luminance import histogram
from ephoto.quality.luminance_mean import luminance_mean
from ephoto.quality.luminance_variance import luminance_variance
from ephoto.quality.mouth_closed import mouth_closed
from ephoto.quality.natural_colour import natural_colour
from ephoto.quality.periodicity import periodicity
from ephoto.quality.points import BARE_SKIN, UNDER_EYE_LEFT, UNDER_EYE_RIGHT
from ephoto.quality.red_eye import red_eye
from ephoto.quality.reference_white import reference_white
from ephoto.quality.sclera import whites
from ephoto.quality.sharpness import sharpness
from ephoto.quality.shoulders import shoulders
from ephoto.quality.single_face_present import single_face_present
from ephoto.quality.skin import around, skin_of
from ephoto.quality.strokes import strokes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ephoto.core.face import Head
    from ephoto.core.types import Face
    from ephoto.quality.eye_view import EyeView
    from ephoto.quality.face_view import FaceView
    from ephoto.quality.skin import Skin

__all__ = ["Measured", "of_figure", "of_landmarks", "of_pixels"]

CHEEK_HALF_PX = 9  # of 81 px between the eyes
LEAST_IED_PX = 60.0  # fewer photo px between the eyes are too few to judge what is sharp
LEAST_FINE_IED_PX = 40.0  # fewer than these for what is fine: eyes, glasses, strands of hair
LEAST_POSE_IED_PX = 30.0  # and fewer than these for a pose or a gaze
LEAST_GROUND_PX = 200  # fewer of the ground say nothing of it
# Where hair and lids are looked at: from above the crown down to the eyes, as wide as they are.
UPPER_FACE_XY = (int(EYES_AT[0] - 0.95 * IED_PX), 20)
UPPER_FACE = np.s_[20 : int(EYES_AT[1] + 0.2 * IED_PX), UPPER_FACE_XY[0] : int(EYES_AT[0] + 0.95 * IED_PX)]
IS_GREY = "the photo is black and white"
FEW_PIXELS = "the face has too few pixels"


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure: `native` in its own unit, or None and the `reason` why it could not be taken.

    `component` is the ISO component's name, or the house's own for what the standard does not have.
    """

    component: str
    native: float | None
    reason: str = ""


def of_landmarks(
    face: Face,
    head: Head,
    hair_px: float,
    size_wh: tuple[int, int],
    scale: float,
    area_shares: Sequence[float],
    *,
    hair_cut: bool,
) -> Iterator[Measured]:
    """What landmarks and the height of the hair tell.

    Parameters
    ----------
    face : Face
        In px of the decoded photo.
    head : Head
        The same, measured; its hair reaches `hair_px` above the eye line, and `hair_cut` tells that an edge of the
        photo cuts it.
    size_wh : (int, int)
        Of the decoded photo, px; `scale` is decoded px per original px.
    area_shares : sequence of float
        Of the other faces, over the subject's area.
    """
    points, pose, (w, h) = face.landmarks.astype(np.float64), face.pose, size_wh
    yield Measured("SingleFacePresent", single_face_present(area_shares))
    ied = inter_eye_distance(points, pose.yaw_deg)
    yield _or_unknown("InterEyeDistance", None if ied is None else ied / scale, "the head is in profile")
    yield Measured("HeadSize", head_size(points, h))
    yield Measured("LeftwardCropOfTheFaceImage", leftward_crop(points))
    yield Measured("RightwardCropOfTheFaceImage", rightward_crop(points, w))
    yield Measured("MarginAboveOfTheFaceImage", margin_above(points))
    yield Measured("MarginBelowOfTheFaceImage", margin_below(points, h))
    few = ied is not None and ied / scale < LEAST_POSE_IED_PX
    for component, native in (
        ("HeadPoseYaw", pose.yaw_deg),
        ("HeadPosePitch", pose.pitch_deg),
        ("GazeAside", gaze_aside(points, face.irises, pose.yaw_deg)),
    ):
        yield Measured(component, None, FEW_PIXELS) if few else Measured(component, native)
    yield Measured("HeadMargin", head_margin(head, hair_px, size_wh, hair_cut=hair_cut))
    yield Measured("HeadPoseRoll", pose.roll_deg)
    yield Measured("EyesOpen", eyes_open(points))
    yield Measured("MouthClosed", mouth_closed(points))
    yield Measured("Smile", smile(points))
    yield Measured("RaisedBrows", raised_brows(points))


def of_figure(
    person: NDArray[np.float32],
    pixels: NDArray[np.uint8],
    eyes_xy: tuple[float, float],
    chin_y: float,
    face_px: float,
    behind_rgb: tuple[int, int, int] | None,
) -> Iterator[Measured]:
    """What the person's outline tells, on a small level picture of the person down to the shoulders.

    `person` (H, W) float32 is 0..1 and NaN where nothing is known; `behind_rgb` is the ground that the card will have,
    or None where the photo's own stays.
    """
    apart = clothes_contrast(person, pixels, eyes_xy[0], chin_y, face_px, behind_rgb)
    yield _or_unknown("ClothesContrast", apart, "no shoulders are seen")
    yield _or_unknown("Shoulders", shoulders(person, eyes_xy, chin_y, face_px), "no shoulders are seen")


def of_pixels(
    view: FaceView,
    eyes: Sequence[EyeView],
    near: NDArray[np.uint8],
    blocks: NDArray[np.uint8],
    block_px: int,
    wanted_rgb: tuple[int, int, int],
    *,
    ground_is_own: bool = True,
) -> Iterator[Measured]:
    """What the pixels of face and eyes tell.

    Parameters
    ----------
    near : (H, W, 3) uint8
        The face's middle in the decoded photo's own pixels.
    blocks : (H, W) uint8
        Brightness about the face in the decoded pixels, in which a JPEG's blocks are `block_px` wide.
    wanted_rgb : the document's ground
    ground_is_own : False where the ground may have been painted, so that its light is not the photo's
    """
    shares = histogram(view.luma, view.face)
    for component, measure in (
        ("LuminanceMean", luminance_mean),
        ("LuminanceVariance", luminance_variance),
        ("DynamicRange", dynamic_range),
        ("UnderExposurePrevention", under_exposure),
        ("OverExposurePrevention", over_exposure),
    ):
        yield _or_unknown(component, None if shares is None else measure(shares), "no face is seen")
    right, left = histogram(view.luma, view.right_cheek), histogram(view.luma, view.left_cheek)
    both = None if right is None or left is None else illumination_uniformity(right, left)
    yield _or_unknown("IlluminationUniformity", both, "a cheek is not seen")
    yield _or_unknown("CheekRatio", cheek_ratio(view.luma, view.cheeks, CHEEK_HALF_PX), "a cheek is not seen")
    colourful = chroma(view.pixels, view.face)
    grey = colourful is not None and colourful < GREY
    yield _or_unknown("Chroma", colourful, "no face is seen")
    yield _skin_colour(view, grey=grey)
    ground = histogram(view.luma, view.ground) if cv2.countNonZero(view.ground) >= LEAST_GROUND_PX else None
    yield from _ground(view, ground, wanted_rgb)
    few_for_eyes = view.scale * LEAST_FINE_IED_PX > IED_PX
    patches = _patches(view)
    coverings = _coverings(view, patches, grey=grey)
    of_eyes = _eyes(eyes, patches, ground if ground_is_own else None, grey=grey)
    for measured in (*coverings, *of_eyes):
        yield Measured(measured.component, None, FEW_PIXELS) if few_for_eyes else measured
    few = view.scale * LEAST_IED_PX > IED_PX
    yield _or_unknown("Sharpness", None if few else sharpness(view.pixels, view.face), FEW_PIXELS)
    yield _or_unknown("CompressionArtifacts", blockiness(blocks, block_px), FEW_PIXELS)
    yield _or_unknown("Periodicity", None if few else periodicity(near), FEW_PIXELS)


@dataclass(frozen=True, slots=True, eq=False)
class _Patches:
    """The skin, and colours (n, 3), 0..255: under either eye, of the person at the temples, and where ears would be;
    `ear_shown` (n,) tells whether the person is there.
    """

    skin: Skin
    under_right: NDArray[np.float64]
    under_left: NDArray[np.float64]
    temples: NDArray[np.float64]
    ears: NDArray[np.float64]
    ear_shown: NDArray[np.bool_]


def _patches(view: FaceView) -> _Patches:
    parts = [
        view.points[[*BARE_SKIN]],
        view.points[[*UNDER_EYE_RIGHT]],
        view.points[[*UNDER_EYE_LEFT]],
        temple_places(view.points),
        ear_places(view.points),
    ]
    places, ends = np.concatenate(parts), np.cumsum([len(part) for part in parts])[:-1]
    h, w = view.person.shape
    x, y = np.clip(places.astype(np.intp), 0, (w - 1, h - 1)).T
    bare, right, left, temples, ears = np.split(around(view.pixels, places), ends)
    *_, at_temples, at_ears = np.split(view.person[y, x] > 0.5, ends)
    return _Patches(skin_of(bare), right, left, temples[at_temples], ears, at_ears)


def _coverings(view: FaceView, patches: _Patches, *, grey: bool) -> Iterator[Measured]:
    """What hair, hats and scarves leave free."""
    points = view.points
    detail = strokes(np.asarray(cv2.cvtColor(view.pixels[UPPER_FACE], cv2.COLOR_RGB2GRAY), np.uint8), UPPER_FACE_XY)
    yield Measured("HairOverEyes", hair_over_eyes(detail, points))
    yield Measured("HairOverFace", hair_over_face(detail, points))
    if grey:
        for component in ("HeadCovering", "EarsVisible"):
            yield Measured(component, None, IS_GREY)
        return
    covering = head_covering(view.pixels, view.person, detail, points, patches.skin, patches.temples)
    yield _or_unknown("HeadCovering", covering, "the crown is not seen")
    yield Measured("EarsVisible", ears_visible(patches.ears, patches.ear_shown, patches.skin))


def _eyes(
    eyes: Sequence[EyeView], patches: _Patches, ground: NDArray[np.float64] | None, *, grey: bool
) -> Iterator[Measured]:
    """The eyes, the glasses before them, and the light on their whites or on the ground (its levels' shares)."""
    for component, native in (("IrisContrast", iris_contrast(eyes)), ("RedEye", red_eye(eyes))):
        yield _or_unknown(component, native, "the eyes have too few pixels")
    yield Measured("Glare", glare(eyes))
    seen = whites(eyes)
    yield _or_unknown("ReferenceWhite", reference_white(seen, ground), "no white is seen")
    yield _or_unknown("ColourCast", colour_cast(seen), "the eyes have too few pixels")
    if grey:
        for component in ("LensTint", "FrameOverEye"):
            yield Measured(component, None, IS_GREY)
        return
    yield Measured("LensTint", lens_tint(patches.under_right, patches.under_left, patches.skin))
    yield Measured("FrameOverEye", frame_over_eye(eyes, patches.skin))


def _skin_colour(view: FaceView, *, grey: bool) -> Measured:
    if grey:
        return Measured("NaturalColour", None, IS_GREY)
    cheeks = cv2.bitwise_or(view.right_cheek, view.left_cheek)
    x, y, w, h = cv2.boundingRect(cheeks)
    part = np.s_[y : y + h, x : x + w]
    colour = natural_colour(np.array(cv2.mean(view.pixels[part], cheeks[part])[:3])) if w else None
    return _or_unknown("NaturalColour", colour, "a cheek is not seen")


def _ground(view: FaceView, shares: NDArray[np.float64] | None, wanted_rgb: tuple[int, int, int]) -> Iterator[Measured]:
    """What the ground tells; `shares` (256,) are those of its levels, if enough of it is seen."""
    for component, native in (
        ("BackgroundUniformity", background_uniformity(view.luma, view.ground)),
        ("BackgroundShade", None if shares is None else background_shade(shares)),
        ("BackgroundColour", background_colour(view.pixels, view.ground, wanted_rgb)),
    ):
        yield _or_unknown(component, native, "too little background is seen")


def _or_unknown(component: str, native: float | None, reason: str) -> Measured:
    return Measured(component, None, reason) if native is None else Measured(component, native)
