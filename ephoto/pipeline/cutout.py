"""What comes out where a person is cut out of a photo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cv2

from ephoto.core.findings import Report
from ephoto.pipeline.reporting import photo_facts

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ephoto.pipeline.whole import WholeMatte

__all__ = ["Cutout", "cutout_of"]


@dataclass(frozen=True, eq=False)
class Cutout:
    """A person cut out of a photo, every pixel of it.

    `image` (H, W, 4) uint8 is sRGB with straight alpha, as large as the upright photo: the person's own colours,
    un-mixed from the ground along the edge, and black wherever alpha is 0. `report` has facts and no findings. `dpi` is
    the resolution that the photo's file stated.
    """

    image: NDArray[np.uint8]
    report: Report
    dpi: tuple[float, float] | None = None

    @property
    def alpha(self) -> NDArray[np.uint8]:
        """The person's share of each pixel, (H, W) uint8, 255 is all of it; a view of `image`."""
        return self.image[:, :, 3]

    @cached_property
    def data(self) -> bytes:
        """The bytes of the PNG file, encoded when they are first asked for: it takes longer than the cutting."""
        from ephoto.codec.png import png

        return png(self.image, self.dpi)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the PNG file: complete or not at all.

        Raises
        ------
        EnvironmentFault
            "output_exists" unless `overwrite`; "output_failed".
        UsageError
            "suffix_mismatch" if the name does not end in .png: other formats have no alpha, or lose some.
        """
        from ephoto.codec.write import check_suffix, write

        check_suffix(path, "PNG")
        return write(path, self.data, overwrite=overwrite)


def cutout_of(whole: WholeMatte) -> Cutout:
    """What is handed to a caller, with the facts of how it was made."""
    facts = photo_facts(whole) | {"cutout": _facts(whole)}
    return Cutout(whole.pixels, Report("", facts), whole.photo.source.dpi)


def _facts(whole: WholeMatte) -> dict[str, Any]:
    alpha = cv2.extractChannel(whole.pixels, 3)
    x, y, w, h = cv2.boundingRect(alpha)
    opaque = cv2.countNonZero(cv2.inRange(alpha, 255, 255)) / alpha.size
    return {
        "engine": whole.engine,
        "method": whole.method,
        "looks": whole.looks,
        "box_xyxy": [x, y, x + w, y + h],
        "person_share": round(opaque, 4),
        "unknown_share": round(cv2.countNonZero(alpha) / alpha.size - opaque, 4),
    }
