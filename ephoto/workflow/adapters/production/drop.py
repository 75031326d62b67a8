"""A drop: folders in which files are handed over, each with its control file: in for theirs to read, out for ours."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal, Protocol

from ephoto.core.errors import EnvironmentFault, EphotoError, InputError
from ephoto.core.files import place_new, whole_file
from ephoto.workflow.adapters.production.control import checked_name, is_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ephoto.workflow.adapters.production.control import ControlRules

__all__ = ["FOLDERS", "Drop", "LocalDrop", "Settled", "folder_told"]

FOLDERS = ("in", "out", "archive", "error")
Settled = Literal["archive", "error"]
_BLOCK = 1 << 20
_MOST_CONTROL = 4096  # bytes


class Drop(Protocol):
    """Where packages are put and receipts are found.

    Nothing is ever overwritten, and each step may be done again after a crash: what is done already stays as it is. A
    reader that looks at control files alone never sees a file that is not whole.
    """

    @property
    def shown(self) -> str:
        """How errors name it."""
        ...

    def publish(self, file: Path, control: bytes) -> bool:
        """Put a file into in, and its control file last. False if both were there already, or were taken by now.

        Raises
        ------
        EnvironmentFault
            "output_exists": another file has its name; "drop_failed" and what reaching the drop raises.
        """
        ...

    def waiting(self) -> list[str]:
        """The files in out that have their control file, by name."""
        ...

    def fetch(self, name: str, folder: Path, most: int) -> tuple[Path, bytes]:
        """A copy of a waiting file in a folder of ours, and what its control file holds.

        Raises
        ------
        InputError
            "wf.package_too_large": it has more bytes than that.
        """
        ...

    def settle(self, name: str, place: Settled) -> None:
        """Move a file and its control file out of out, when what it says is recorded or refused."""
        ...


class LocalDrop:
    """A drop in a folder that this machine sees, local or mounted."""

    def __init__(self, root: Path, rules: ControlRules) -> None:
        self._root, self._rules = root, rules
        for name in FOLDERS:
            if not (root / name).is_dir():
                raise EnvironmentFault("drop_failed", place=str(root / name), problem="there is no folder")

    @property
    def shown(self) -> str:
        return str(self._root)

    def publish(self, file: Path, control: bytes) -> bool:
        name, ok = checked_name(file), self._rules.name_of(file.name)
        with self._told():
            taken = [p / name for p in (self._root / "archive", self._root / "error") if (p / name).exists()]
            if taken:
                self._check_same(taken[0], file.read_bytes())
                return False
            target = self._root / "in" / name
            if not target.exists():
                with _or_there(), file.open("rb") as source, whole_file(target, mark=f"{name}-") as made:
                    shutil.copyfileobj(source, made, _BLOCK)
            self._check_same(target, file.read_bytes())
            put = False
            with _or_there():
                with whole_file(target.with_name(ok), mark=f"{name}-") as made:
                    made.write(control)
                put = True
            self._check_same(target.with_name(ok), control)
            # What a sender that was killed has left; one that is still at it finds that all is there.
            for left in target.parent.glob(f".ephoto-{name}-*.part"):
                left.unlink(missing_ok=True)
        return put

    def waiting(self) -> list[str]:
        with self._told():
            there = {entry.name for entry in os.scandir(self._root / "out") if entry.is_file(follow_symlinks=False)}
            found = []
            for ok in sorted(name for name in there if name.endswith(self._rules.suffix)):
                name = ok.removesuffix(self._rules.suffix)
                if name in there and is_name(name):
                    found.append(name)
                elif (self._root / "archive" / name).exists() and is_name(name):  # a move that was cut short
                    self._move(ok, "archive")
            return found

    def fetch(self, name: str, folder: Path, most: int) -> tuple[Path, bytes]:
        with self._told():
            with (self._root / "out" / self._rules.name_of(name)).open("rb") as file:
                control = file.read(_MOST_CONTROL)
            copy, size = folder / name, 0
            with (self._root / "out" / name).open("rb") as source, copy.open("xb") as made:
                while block := source.read(_BLOCK):
                    size += len(block)
                    if size > most:
                        raise InputError("wf.package_too_large", problem=f"its bytes are more than {most}")
                    made.write(block)
            return copy, control

    def settle(self, name: str, place: Settled) -> None:
        with self._told():
            if (self._root / "out" / name).exists():
                self._move(name, place)
            self._move(self._rules.name_of(name), place)

    def _move(self, name: str, place: Settled) -> None:
        """To the first free name there: a receipt that came twice is kept twice. What another reader moves is moved."""
        source, target, number = self._root / "out" / name, self._root / place / name, 0
        while True:
            try:
                with suppress(FileNotFoundError):
                    _move_new(source, target)
                return
            except FileExistsError:
                number += 1
                target = self._root / place / f"{name}.{number}"

    def _check_same(self, there: Path, data: bytes) -> None:
        try:
            same = there.stat().st_size == len(data) and there.read_bytes() == data
        except FileNotFoundError:  # its reader has taken it this very moment
            return
        if not same:
            raise EnvironmentFault("output_exists", path=str(there))

    def _told(self) -> AbstractContextManager[None]:
        return folder_told(self.shown)


@contextmanager
def folder_told(place: str) -> Iterator[None]:
    """What the system says of a folder, as ours.

    Raises
    ------
    EnvironmentFault
        "drop_full", "drop_failed".
    """
    try:
        yield
    except EphotoError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EnvironmentFault("drop_full", place=place, free=0) from None
        raise EnvironmentFault("drop_failed", place=place, problem=error.strerror or str(error)) from None


@contextmanager
def _or_there() -> Iterator[None]:
    """Another sender was faster; what it put is compared afterwards."""
    try:
        yield
    except EnvironmentFault as error:
        if error.code != "output_exists":
            raise


def _move_new(source: Path, target: Path) -> None:
    """Rename without replacing."""
    place_new(source, target)
    source.unlink(missing_ok=True)
