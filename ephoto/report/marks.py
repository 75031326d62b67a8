"""What can be drawn on a photo: values only, so that a conversion loads nothing to draw with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Line", "Marks", "Point"]

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """Points to be joined, photo px; `label` stands at the last one. `closed` joins the last to the first."""

    points: tuple[Point, ...]
    kind: Literal["frame", "guide", "point", "fail", "warn"]
    label: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What is drawn on a photo (H, W, 3): `lines`, and `dots` (n, 2), photo px."""

    pixels: NDArray[np.uint8]
    lines: tuple[Line, ...]
    dots: NDArray[np.floating]
