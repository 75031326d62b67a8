"""What was measured, frame by frame: the only thing of a session that grows, and no picture in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["COLUMNS", "Series"]

# seconds; angles, degrees; place of the face's middle, px; lengths, px; lids and mouth as in observe.FacePart; open_*
# and like_* as in eyes.Openness (not a number before the eyes are learnt), mouth_like as
# in mouth.mouth_likeness; change, of the view against the frame
# before (continuity.change); fingerprint of the frame.
COLUMNS = (
    *("seconds", "yaw", "pitch", "roll", "x", "y", "width", "length", "lid_right", "lid_left", "mouth", "mouth_like"),
    *("open_right", "open_left", "like_right", "like_left", "change", "fingerprint"),
)


class Series:
    """Rows of COLUMNS in order of time."""

    def __init__(self, rows: list[list[float]] | None = None) -> None:
        self._rows = rows or []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, **values: float) -> None:
        """One frame; every column must be given."""
        self._rows.append([float(values[name]) for name in COLUMNS])

    def since(self, seconds: float) -> Mapping[str, NDArray[np.float64]]:
        """Columns (N,) of the rows from a moment on."""
        start = len(self._rows)
        while start and self._rows[start - 1][0] >= seconds:
            start -= 1
        return _columns(self._rows[start:])

    def last(self, count: int) -> Mapping[str, NDArray[np.float64]]:
        """Columns (N,) of the last rows, at most `count`."""
        return _columns(self._rows[-count:])

    def to_state(self) -> list[list[float]]:
        return [[round(v, 5) if v == v else None for v in row] for row in self._rows]  # type: ignore[misc]

    @classmethod
    def from_state(cls, state: list[list[Any]]) -> Series:
        return cls([[float("nan") if v is None else float(v) for v in row] for row in state])


def _columns(rows: list[list[float]]) -> Mapping[str, NDArray[np.float64]]:
    table = np.array(rows, np.float64).reshape(-1, len(COLUMNS))
    return dict(zip(COLUMNS, table.T, strict=True))
