"""Where each card is written; everything that can be refused is refused here, before any work.

-o left out      <stem>.<spec>.jpg beside the photo; stdout for a photo from stdin
-o -             stdout, for one card alone
-o a/{stem}.jpg  {stem} and {spec} are replaced
-o folder        <stem>.<spec>.jpg in it, if it is a folder already or ends in a separator (then it is made)
-o card.jpg      that file, for one card alone
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.specs.model import Spec

__all__ = ["STDIO", "Target", "plan"]

STDIO = "-"
STDIN_STEM = "stdin"
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png"}


@dataclass(frozen=True, slots=True)
class Target:
    """One card to be made: of which photo, for which spec, written where (None: stdout)."""

    photo: str
    spec: Spec
    path: Path | None

    @property
    def shown(self) -> str:
        return STDIO if self.path is None else str(self.path)


def plan(photos: Sequence[str], specs: Sequence[Spec], output: str | None, *, force: bool) -> list[Target]:
    """One target a photo and spec, photo by photo.

    Raises
    ------
    UsageError
        "folder_input", "same_file", "suffix_mismatch", "several_outputs", "same_output", "bad_option".
    EnvironmentFault
        "output_exists" unless `force`; "output_failed" where the folder is not there.
    """
    _check_photos(photos)
    targets = [Target(photo, spec, _path(photo, spec, output)) for photo in photos for spec in specs]
    _check_distinct(targets, output)
    for target in targets:
        if target.path is not None:
            _check(target, target.path, output, force)
    return targets


def _check_photos(photos: Sequence[str]) -> None:
    for photo in photos:
        if photo != STDIO and Path(photo).is_dir():
            raise UsageError("folder_input", path=photo)
    if photos.count(STDIO) > 1:
        raise UsageError("stdin_twice")


def _path(photo: str, spec: Spec, output: str | None) -> Path | None:
    """The path of one card, or None for stdout."""
    stem = STDIN_STEM if photo == STDIO else Path(photo).stem
    name = f"{stem}.{spec.id}{SUFFIXES[spec.format]}"
    if output is None:
        return None if photo == STDIO else Path(photo).parent / name
    if output == STDIO:
        return None
    if _is_template(output):
        return Path(output.replace("{stem}", stem).replace("{spec}", spec.id))
    return Path(output) / name if _is_folder(output) else Path(output)


def _is_template(output: str) -> bool:
    return "{stem}" in output or "{spec}" in output


def _is_folder(output: str) -> bool:
    return output.endswith(("/", os.sep)) or Path(output).is_dir()


def _check_distinct(targets: Sequence[Target], output: str | None) -> None:
    shared = output is not None and not _is_template(output) and not _is_folder(output)
    if shared and len(targets) > 1:
        raise UsageError("several_outputs", count=len(targets), path=output)
    if sum(target.path is None for target in targets) > 1:
        raise UsageError("several_outputs", count=len(targets), path=STDIO)
    seen: set[Any] = set()
    for target in targets:
        if target.path is None:
            continue
        key = os.path.normcase(os.path.realpath(target.path))
        if key in seen:
            raise UsageError("same_output", path=str(target.path))
        seen.add(key)


def _check(target: Target, path: Path, output: str | None, force: bool) -> None:
    from ephoto.codec.write import check_suffix

    check_suffix(path, target.spec.format)
    if target.photo != STDIO and _same(Path(target.photo), path):
        raise UsageError("same_file", path=str(path))
    if path.is_dir():
        raise EnvironmentFault("output_failed", path=str(path), problem="it is a folder")
    if os.path.lexists(path) and not force:
        raise EnvironmentFault("output_exists", path=str(path))
    made_later = output is not None and output.endswith(("/", os.sep))
    if not made_later and not path.parent.is_dir():
        raise EnvironmentFault("output_failed", path=str(path), problem=f"there is no folder {path.parent}")


def _same(photo: Path, path: Path) -> bool:
    """Whether both names lead to one file, by whatever links."""
    try:
        return photo.samefile(path)
    except (OSError, ValueError):  # one of them is not there yet
        return os.path.normcase(os.path.realpath(photo)) == os.path.normcase(os.path.realpath(path))
