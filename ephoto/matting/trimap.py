"""Which pixels of a mask are person, which are ground, and which must be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.matting.levels import moved
from ephoto.matting.topology import one_body
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Trimap", "trimap"]


@dataclass(frozen=True, slots=True, eq=False)
class Trimap:
    """What is known before alpha is solved, both (h, w).

    `prior` float32 is the best guess of alpha from the mask alone: exactly 0 or 1 outside the `unknown` band.
    """

    prior: NDArray[np.float32]
    unknown: NDArray[np.bool_]

    def on(self, affine: NDArray[np.float64], size_wh: tuple[int, int]) -> Trimap:
        """The same trimap on another frame; `affine` (2, 3) maps px to that frame's px."""
        unknown = moved(self.unknown.view(np.uint8), affine, size_wh, nearest=True)
        return Trimap(moved(self.prior, affine, size_wh, nearest=True), unknown.view(bool))


def trimap(mask: NDArray[np.float32], px_per_face: float) -> Trimap:
    """The trimap of a person mask (h, w) float32 0..1; `px_per_face` is the face's width in the mask's own px."""
    t = tuning()
    gap_area_px = t.gap_area * px_per_face**2
    body = one_body(mask, joined=t.joined, sure=t.sure, gap_mask=t.gap_mask, gap_area_px=gap_area_px)
    subject = (body > t.believed).view(np.uint8)
    reach = _disc(t.reach * px_per_face)
    near = cv2.dilate(subject, reach) > cv2.erode(subject, reach)
    person = cv2.erode((body > t.sure).view(np.uint8), _disc(t.inner * px_per_face))
    maybe = cv2.dilate((body > 1 - t.sure).view(np.uint8), _disc(t.outer * px_per_face))
    unknown = np.asarray((maybe > person) & near)
    rise = np.clip((body - np.float32(t.prior_low)) * np.float32(1 / (t.prior_high - t.prior_low)), 0, 1)
    guess = rise * rise * (3 - 2 * rise)
    return Trimap(np.where(unknown, guess, subject.astype(np.float32)), unknown)


def _disc(radius_px: float) -> NDArray[np.uint8]:
    """A structuring element of at least one pixel's reach."""
    r = max(1, round(radius_px))
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))  # type: ignore[return-value]
