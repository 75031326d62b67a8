"""What comes out at the end of the road."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ephoto.core.findings import Report

__all__ = ["Card"]


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """A finished card.

    `data` are the bytes of the file, `image` the pixels that those bytes decode to: (H, W, 3) uint8 sRGB, or
    (H, W, 4) with straight alpha where a transparent background was asked for.
    """

    image: NDArray[np.uint8]
    data: bytes
    report: Report
    format: Literal["JPEG", "PNG"]
    spec_id: str

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the file: complete or not at all.

        Raises
        ------
        EnvironmentFault
            "output_exists" unless `overwrite`; "output_failed".
        UsageError
            "suffix_mismatch" if the name does not end as this format's files do.
        """
        from ephoto.codec.write import check_suffix, write

        check_suffix(path, self.format)
        return write(path, self.data, overwrite=overwrite)
