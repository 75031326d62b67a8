"""The order in which a photo is searched: cheap and likely looks first, turned pictures last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ephoto.core.types import FoundBy
from ephoto.faces.roi import Roi

__all__ = ["ATTEMPTS", "COUNT_SMALL", "COUNT_TINY", "TRIED", "Attempt", "tiles", "whole"]

# A border helps where the face fills the photo: the nets were trained on faces that lie whole in the picture.
BORDER = 0.25  # of the longer side, at each side
# Side of a tile over the photo's longer side. The full-range net needs about 16 px of face on its 192: on the whole
# photo that is a face of 8 % of the side, on a tile one of 5 %. Neighbours share a face of up to 20 %.
TILE = 0.6
# Largest box over the photo's longer side below which faces beside it may have gone unseen, and are looked for with
# the full-range net, and on tiles.
COUNT_SMALL, COUNT_TINY = 0.18, 0.10


@dataclass(frozen=True, slots=True)
class Attempt:
    """One look: a detector, what it is shown, and the counter-clockwise quarter turns of the picture before."""

    detector: Literal["short_range", "full_range"]
    view: Literal["whole", "padded", "tiles"] = "whole"
    quarter_turns: int = 0

    def rois(self, size_wh: tuple[int, int]) -> list[Roi]:
        """The regions of a photo that the detector is shown."""
        if self.view == "tiles":
            return tiles(size_wh, quarter_turns=self.quarter_turns)
        return [whole(size_wh, border=BORDER if self.view == "padded" else 0.0, quarter_turns=self.quarter_turns)]

    @property
    def found_by(self) -> FoundBy:
        name = f"{self.detector}_tiles" if self.view == "tiles" else self.detector
        return FoundBy(name, self.view == "padded", self.quarter_turns)


def whole(size_wh: tuple[int, int], *, border: float = 0.0, quarter_turns: int = 0) -> Roi:
    """The square around a whole photo, with a border at each side as a share of the longer side."""
    w, h = size_wh
    return Roi((w / 2, h / 2), max(w, h) * (1 + 2 * border), 90.0 * quarter_turns)


def tiles(size_wh: tuple[int, int], *, quarter_turns: int = 0) -> list[Roi]:
    """Overlapping squares that cover a photo: two by two, or two in a row where it is long."""
    w, h = size_wh
    side = TILE * max(w, h)
    xs, ys = ([side / 2, length - side / 2] if length > side else [length / 2] for length in (w, h))
    return [Roi((x, y), side, 90.0 * quarter_turns) for y in ys for x in xs]


_UPRIGHT = (
    Attempt("short_range"),
    Attempt("full_range"),
    Attempt("short_range", "padded"),
    Attempt("full_range", "padded"),
    Attempt("full_range", "tiles"),
)
# Heads that lie or hang are mostly detected upright already and read by trying turns of their own region, so the
# turned looks come last; they find faces that are hard to see as well.
ATTEMPTS = tuple(Attempt(a.detector, a.view, turns) for turns in (0, 1, 3, 2) for a in _UPRIGHT)
TRIED = "short_range, full_range, padded, tiles; 0°, 90°, 180°, 270°"
