"""The first phase: everything about a photo that does not depend on which card is made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ephoto.codec.decode import decode
from ephoto.core.face import HIDDEN_EARS, Head, head_of
from ephoto.core.geometry import apply
from ephoto.core.types import Contact, Face, MattingEngine, Photo, Pose, Subject
from ephoto.faces.subject import choose
from ephoto.framing.solve import solve
from ephoto.pipeline.engine_output import faces_of
from ephoto.pipeline.view import contact, limits, look
from ephoto.pipeline.work import WorkingMatte, cut_out, ears_hidden, hair_height

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.codec.source import Loaded
    from ephoto.core.settings import Settings
    from ephoto.core.types import FaceEngine, Framing
    from ephoto.pipeline.request import MatteQuality
    from ephoto.pipeline.view import View
    from ephoto.specs.model import Spec

__all__ = ["Analysis", "analyse", "crown_frame", "expected_face_width", "upright"]

# Adult proportions over the face width, used only to guess a resolution before a face is found: crown to chin,
# eye distance and head width (anthropometric means; the house's own estimates).
CROWN_CHIN, IED, HEAD_WIDTH = 1.55, 0.46, 1.08


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """A photo, its subject, and the subject cut out.

    `photo` stands upright: `turned` quarter turns (clockwise) were made after decoding because the head lay on its
    side. `hair_px` is the height of the hair top above the eye line, along the head's axis, photo px. `view` is what
    the segmentation net saw, `work` the person solved on a small picture about the head. `ears` is the factor by which
    the face was taken to be wider because its ears are hidden.
    """

    photo: Photo
    subject: Subject
    head: Head
    hair_px: float
    contact: Contact
    view: View
    work: WorkingMatte
    ears: float = 1.0
    turned: int = 0


def analyse(
    loaded: Loaded, spec: Spec, faces: FaceEngine, matting: MattingEngine, quality: MatteQuality, settings: Settings
) -> Analysis:
    """Decode, find the one subject, and cut it out on a frame that is about where the card will lie."""
    wanted = expected_face_width(spec)
    photo = decode(loaded, settings, shorter_side_px=int(wanted / limits().face_share))
    subject = choose(faces_of(faces, photo), photo.size_wh)
    head = head_of(subject.face)
    if photo.scale < 1.0 and head.face_width_px < wanted:
        finer = decode(loaded, settings, shorter_side_px=int(min(photo.size_wh) * wanted / head.face_width_px) + 1)
        subject, photo = _rescaled(subject, photo, finer), finer
        head = head_of(subject.face)
    turned = round(head.roll_deg / 90.0) % 4
    if turned:
        photo, subject = upright(photo, subject, turned)
        head = head_of(subject.face)
    first = crown_frame(spec, head, photo.size_wh)
    view = look(photo, first, matting, head.face_width_px)
    work = cut_out(photo, subject.face, head, view, first, quality)
    frontal = abs(subject.face.pose.yaw_deg) <= limits().frontal_deg  # a turned head hides its far ear by itself
    ears = HIDDEN_EARS if frontal and ears_hidden(work, head) else 1.0
    head = head.wider(ears) if ears != 1.0 else head
    return Analysis(
        photo=photo,
        subject=subject,
        head=head,
        hair_px=hair_height(work, head),
        contact=contact(view, photo.size_wh, head.face_width_px),
        view=view,
        work=work,
        ears=ears,
        turned=turned,
    )


def expected_face_width(spec: Spec) -> float:
    """About how many px wide the face will be on the card, from the first length that the spec bounds."""
    for measure, share in (
        ("face_width", 1.0),
        ("ied", IED),
        ("head_width", HEAD_WIDTH),
        ("crown_chin", CROWN_CHIN),
        ("hair_chin", CROWN_CHIN + limits().hair_guess),
    ):
        rule = spec.rule(measure)
        if rule is not None:
            known = [v for v in (rule.aim, rule.low, rule.high) if v is not None]
            return known[0] / share
    return 0.55 * spec.size_wh[0]


def crown_frame(spec: Spec, head: Head, photo_wh: tuple[int, int]) -> Framing:
    """The frame that would be right for ordinary hair: where to look for the person."""
    guess = head.crown_px + limits().hair_guess * head.face_width_px
    free = replace(spec, enlarge="warn")
    return solve(free, head, guess, photo_wh, contact=Contact(bottom=False))


def _rescaled(subject: Subject, coarse: Photo, fine: Photo) -> Subject:
    """The same subject on a finer decoding of the same photo."""
    ratio = np.array(fine.size_wh, np.float64) / np.array(coarse.size_wh, np.float64)
    affine = np.array([[ratio[0], 0.0, 0.0], [0.0, ratio[1], 0.0]])
    return _mapped(subject, affine)


def upright(photo: Photo, subject: Subject, turns: int) -> tuple[Photo, Subject]:
    """Turn a photo whose head lies on its side or hangs down, by quarter turns; pixels are moved, not resampled."""
    w, h = photo.size_wh
    affine = {  # photo px to turned px; the crown leans to the image left when roll > 0, so turn clockwise
        1: np.array([[0.0, -1.0, h], [1.0, 0.0, 0.0]]),
        2: np.array([[-1.0, 0.0, w], [0.0, -1.0, h]]),
        3: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, w]]),
    }[turns]
    pixels = np.ascontiguousarray(np.rot90(photo.pixels, -turns))
    moved = _mapped(subject, affine)
    pose = moved.face.pose
    yaw, pitch = pose.yaw_deg, pose.pitch_deg
    for _ in range(turns):  # what was nodding is turning to the side now, and the other way round
        yaw, pitch = -pitch, yaw
    level = Pose(yaw, pitch, (pose.roll_deg - 90.0 * turns + 180.0) % 360.0 - 180.0)
    return replace(photo, pixels=pixels), replace(moved, face=replace(moved.face, pose=level))


def _mapped(subject: Subject, affine: NDArray[np.float64]) -> Subject:
    def box(b: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        ends = apply(affine, np.array([[b[0], b[1]], [b[2], b[3]]]))
        (x0, y0), (x1, y1) = ends.min(0), ends.max(0)
        return float(x0), float(y0), float(x1), float(y1)

    face: Face = subject.face
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    moved = replace(
        face,
        landmarks=apply(affine, face.landmarks).astype(np.float32),
        irises=apply(affine, face.irises.reshape(-1, 2)).reshape(face.irises.shape).astype(np.float32),
        box_xyxy=box(face.box_xyxy),
        depth=None if face.depth is None else face.depth * np.float32(scale),
    )
    others = tuple(replace(b, box_xyxy=box(b.box_xyxy)) for b in subject.bystanders)
    return replace(subject, face=moved, bystanders=others)
