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
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ephoto.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["STDIO", "Product", "Target", "check_file", "identities", "make_folder", "plan"]

Identity = str | tuple[int, int]

STDIO = "-"
STDIN_STEM = "stdin"
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png"}


class Product(Protocol):
    """What is to be made: a spec's card, or a cut-out. Its id stands in the file's name."""

    @property
    def id(self) -> str: ...

    @property
    def format(self) -> str: ...


P = TypeVar("P", bound=Product)


@dataclass(frozen=True, slots=True)
class Target(Generic[P]):
    """One card to be made: of which photo, for which spec, written where (None: stdout)."""

    photo: str
    spec: P
    path: Path | None

    @property
    def shown(self) -> str:
        return STDIO if self.path is None else str(self.path)


def plan(photos: Sequence[str], specs: Sequence[P], output: str | None, *, force: bool) -> list[Target[P]]:
    """One target a photo and spec, photo by photo.

    Raises
    ------
    UsageError
        "folder_input", "same_file", "suffix_mismatch", "several_outputs", "same_output", "stdin_twice", "bad_option".
    EnvironmentFault
        "output_exists" unless `force`; "output_failed" where nothing can be written under that name.
    """
    _check_words(photos, output)
    targets = [Target(photo, spec, _path(photo, spec, output)) for photo in photos for spec in specs]
    _check_distinct(targets, output)
    taken = {identity for photo in photos if photo != STDIO for identity in identities(Path(photo))}
    for target in targets:
        if target.path is not None:
            _check(target, target.path, output, taken, force)
    return targets


def make_folder(path: Path) -> None:
    """Make the folder of a card, if it is not there.

    Raises
    ------
    EnvironmentFault
        "output_failed".
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault("output_failed", path=str(path), problem=error.strerror or str(error)) from None


def _check_words(photos: Sequence[str], output: str | None) -> None:
    for photo in photos:
        if not photo:
            raise UsageError("bad_option", option="PHOTO", value='""', allowed="a file name, or -")
        if photo != STDIO and _is_dir(photo):
            raise UsageError("folder_input", path=photo)
    if photos.count(STDIO) > 1:
        raise UsageError("stdin_twice")
    if output == "":
        raise UsageError("bad_option", option="--output", value='""', allowed="a file, a folder, or -")


def _path(photo: str, spec: Product, output: str | None) -> Path | None:
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
    return output.endswith(("/", os.sep)) or _is_dir(output)


def _is_dir(path: str | Path) -> bool:
    """Whether a folder of that name is there; a name that the system cannot look up is none."""
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def _check_distinct(targets: Sequence[Target[P]], output: str | None) -> None:
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


def _check(target: Target[P], path: Path, output: str | None, taken: set[Identity], force: bool) -> None:
    from ephoto.codec.write import check_suffix

    check_suffix(path, target.spec.format)
    if output is None and not taken & identities(path) and not os.path.lexists(target.photo):
        return  # told when the photo is read: that it is not there says more than that its folder is not
    check_file(path, taken, force=force, made=output is not None and output.endswith(("/", os.sep)))


def check_file(path: Path, taken: set[Identity], *, force: bool, made: bool = False) -> None:
    """Refuse a file that cannot be written; `taken` are the identities of the inputs, `made` that its folder is made.

    Raises
    ------
    UsageError
        "same_file".
    EnvironmentFault
        "output_exists" unless `force`; "output_failed".
    """
    if taken & identities(path):
        raise UsageError("same_file", path=str(path))
    if _is_dir(path):
        raise EnvironmentFault("output_failed", path=str(path), problem="it is a folder")
    try:
        path.lstat()
    except FileNotFoundError:
        _check_folder(path, made=made)
    except OSError as error:  # too long, or through something that is no folder
        raise EnvironmentFault("output_failed", path=str(path), problem=error.strerror or str(error)) from None
    else:
        if not force:
            raise EnvironmentFault("output_exists", path=str(path))


def _check_folder(path: Path, *, made: bool) -> None:
    """Refuse a folder that is not there, unless it is made on the way."""
    folder = path.parent
    if not _is_dir(folder) and (not made or os.path.lexists(folder)):
        raise EnvironmentFault("output_failed", path=str(path), problem=f"there is no folder {folder}")


def identities(path: Path) -> set[Identity]:
    """What a file is known by: its name without links, and where it is there its place on the disk."""
    known: set[Identity] = {os.path.normcase(os.path.realpath(path))}
    try:
        there = path.stat()
    except (OSError, ValueError):  # not there yet
        return known
    return known | {(there.st_dev, there.st_ino)}
