"""The files that `ephoto check` may write: refused before any work, written whole after it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ephoto.core.findings import Report
    from ephoto.core.messages import Language
    from ephoto.pipeline.converter import Judged
    from ephoto.report.page import Checked

__all__ = ["Files"]


class Files:
    """What is wanted, and what was gathered for it."""

    def __init__(
        self,
        csv: str | None,
        html: str | None,
        annotate: str | None,
        photos: Sequence[str],
        *,
        force: bool,
        lang: Language,
        foreseen: bool,
    ) -> None:
        self._csv, self._html, self._annotate = csv, html, annotate
        self._photos, self._force = [p for p in photos if p != "-"], force
        self._lang: Language = lang
        self._foreseen = foreseen
        self._rows: list[tuple[str, Report]] = []
        self._checked: list[Checked] = []
        self._picture: bytes | None = None

    def refuse(self, count: int) -> None:
        """Everything that can be refused before the photos are read.

        Raises
        ------
        UsageError
            "several_outputs" where one picture is asked for of several, "suffix_mismatch", "same_output".
        EnvironmentFault
            "output_exists".
        """
        from ephoto.codec.write import SUFFIXES, suffix_format

        wanted = [path for path in (self._csv, self._html, self._annotate) if path is not None]
        if self._annotate is not None:
            if count > 1:
                raise UsageError("several_outputs", count=count, path=self._annotate)
            if suffix_format(self._annotate) is None:
                allowed = [suffix for known in SUFFIXES.values() for suffix in known]
                raise UsageError("suffix_mismatch", path=self._annotate, format="PNG", allowed=allowed)
        for k, path in enumerate(wanted):
            if path in wanted[:k]:
                raise UsageError("same_output", path=path)
            if os.path.lexists(path) and not self._force:
                raise EnvironmentFault("output_exists", path=path)

    def add(self, photo: str, judged: Judged) -> None:
        """One photo that was judged; pictures are drawn here, so that no photo is kept."""
        from ephoto.codec.write import suffix_format

        if self._csv is not None:
            self._rows.append((photo, judged.report))
        if self._html is not None or self._annotate is not None:
            from ephoto.report.annotate import annotated
            from ephoto.report.page import Checked

            if self._html is not None:
                self._checked.append(Checked(photo, judged.report, annotated(judged.marks, "JPEG")))
            if self._annotate is not None:
                png = suffix_format(self._annotate) == "PNG"
                self._picture = annotated(judged.marks, "PNG" if png else "JPEG")

    def write(self) -> Iterator[str]:
        """The files, each written whole; gives their names.

        Raises
        ------
        UsageError
            "same_file" where a photo would be replaced.
        EnvironmentFault
            "output_failed", "output_exists".
        """
        from ephoto.codec.write import write
        from ephoto.report.page import page
        from ephoto.report.spreadsheet import csv_of

        made: list[tuple[str, bytes]] = []
        if self._csv is not None:
            made.append((self._csv, csv_of(self._rows, self._lang)))
        if self._html is not None:
            made.append((self._html, page(self._checked, self._lang, foreseen=self._foreseen)))
        if self._annotate is not None and self._picture is not None:
            made.append((self._annotate, self._picture))
        for path, data in made:
            write(path, data, overwrite=self._force, inputs=self._photos)
            yield path
