"""Numpy arrays as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["check_shape", "from_array", "to_8bit"]


def from_array(array: NDArray[Any]) -> NDArray[np.uint8]:
    """A copy as (H, W, 3) RGB or (H, W, 4) RGBA uint8, C-contiguous.

    Takes (H, W), (H, W, 1), (H, W, 3) and (H, W, 4); uint8, uint16 (0..65535) and float (0..1).

    Raises
    ------
    UsageError
        "bad_array": another shape or type, or values that are not finite or out of range.
    """
    check_shape(array)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    small = _levels(np.ma.getdata(array))
    if small.ndim == 2:
        return np.repeat(small[:, :, None], 3, axis=2)
    return np.array(small, np.uint8, order="C")


def check_shape(array: NDArray[Any]) -> None:
    """Raise UsageError("bad_array") unless the shape is a picture's."""
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))):
        raise UsageError("bad_array", problem=f"its shape is {array.shape}")


def to_8bit(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """16-bit levels to the nearest of the 8-bit ones: v / 257, rounded."""
    wide = values.astype(np.uint32)
    return np.asarray((wide * 255 + 32767) // 65535, np.uint8)


def _levels(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "u" and array.dtype.itemsize == 2:  # either byte order
        return to_8bit(array)
    if not np.issubdtype(array.dtype, np.floating):
        raise UsageError("bad_array", problem=f"its type is {array.dtype}")
    if not np.isfinite(array).all():
        raise UsageError("bad_array", problem="it holds NaN or infinity")
    low, high = float(array.min()), float(array.max())
    if low < 0.0 or high > 1.0:
        raise UsageError("bad_array", problem=f"its floats go from {low:.4g} to {high:.4g}")
    return np.asarray(np.rint(array * 255.0), np.uint8)
