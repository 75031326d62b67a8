"""Photos that lie in OUT, by whatever links: with --force a card could take the place of one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ephoto.core.errors import UsageError

__all__ = ["Bounds"]


@dataclass(slots=True)
class Bounds:
    """Where no photo may lie: in `out`, unless it is in `own` as well. Both are real paths; None: nowhere."""

    out: Path | None = None
    own: Path | None = None
    _inside: dict[str, bool] = field(default_factory=dict, init=False)

    def check(self, path: str, shown: str) -> None:
        """Refuse a photo by its path.

        Parameters
        ----------
        shown : what its source is called

        Raises
        ------
        UsageError
            "out_in_in".
        """
        if self.out is None:
            return
        folder = os.path.dirname(path)  # noqa: PTH120  (a hundred thousand times)
        if folder not in self._inside:
            self._inside[folder] = self._is_inside(os.path.join(folder, "x"))  # noqa: PTH118
        inside = self._inside[folder]
        if self._is_inside(path) if os.path.islink(path) else inside:  # noqa: PTH114
            raise UsageError("out_in_in", path=str(self.out), base=shown)

    def _is_inside(self, path: str) -> bool:
        real = Path(os.path.realpath(path))
        return self.out in real.parents and (self.own is None or self.own not in real.parents)
