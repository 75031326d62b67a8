"""A drop behind an SSH server."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.adapters.production.control import checked_name, is_name
from ephoto.workflow.adapters.production.sftp_program import CommandError, Sftp, free_bytes, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ephoto.workflow.adapters.production.config import DropRules
    from ephoto.workflow.adapters.production.control import ControlRules
    from ephoto.workflow.adapters.production.drop import Settled
    from ephoto.workflow.wire.transport import Sftp as Server

__all__ = ["SftpDrop"]

Made = TypeVar("Made")
_PART = ".part"
_MOST_CONTROL = 4096  # bytes
_BLOCK = 1 << 20


class SftpDrop:
    """See drop.Drop. A step whose connection was cut is done again, after a pause, and goes on from what is there.

    Parameters
    ----------
    sleep : waits for seconds
    chance : a number from 0 to 1, by which pauses differ, so that many senders do not come back at once
    """

    def __init__(
        self,
        server: Server,
        rules: ControlRules,
        drop: DropRules,
        sleep: Callable[[float], None],
        chance: Callable[[], float],
    ) -> None:
        self._to, self._rules = drop, rules
        self._sftp = Sftp(server)
        self._sleep, self._chance = sleep, chance

    @property
    def shown(self) -> str:
        return self._sftp.shown

    def publish(self, file: Path, control: bytes) -> bool:
        checked_name(file)
        return self._again(lambda: self._publish(file, control))

    def waiting(self) -> list[str]:
        return self._again(self._waiting)

    def fetch(self, name: str, folder: Path, most: int) -> tuple[Path, bytes]:
        return self._again(lambda: self._fetch(name, folder, most))

    def settle(self, name: str, place: Settled) -> None:
        self._again(lambda: self._settle(name, place))

    def _again(self, step: Callable[[], Made]) -> Made:
        """Only a cut connection is worth another try: a wrong key stays wrong."""
        for number in range(self._to.retries):
            try:
                return self._told(step)
            except EnvironmentFault as error:
                if error.code != "connection_lost":
                    raise
                self._sleep(self._chance() * min(self._to.max_backoff_s, 2.0**number))
        return self._told(step)

    def _told(self, step: Callable[[], Made]) -> Made:
        try:
            return step()
        except CommandError as error:
            absent = "not found" in error.said or "No such file" in error.said
            problem = "there is no such file" if absent else "the server refused it"
            raise EnvironmentFault("drop_failed", place=self.shown, problem=problem) from None

    def _look(self, *folders: str) -> dict[str, dict[str, int]]:
        """Bytes of each file by folder and name."""
        printed = self._sftp.run([f"ls -ln {folder}" for folder in folders], Path())
        return {folder: listed(lines) for folder, lines in zip(folders, printed, strict=True)}

    def _publish(self, file: Path, control: bytes) -> bool:
        name, ok, size = file.name, self._rules.name_of(file.name), file.stat().st_size
        there = self._look("in", "archive", "error")
        for place in ("archive", "error"):
            if name in there[place]:
                return self._is_same(f"{place}/{name}", there[place][name], size)
        whole = name in there["in"]  # a try before this one came so far
        if whole:
            self._is_same(f"in/{name}", there["in"][name], size)
            self._compare(file, f"in/{name}")
        if ok in there["in"]:
            return self._is_same(f"in/{ok}", there["in"][ok], len(control))
        if not whole:
            self._upload(file, there["in"].get(name + _PART))
        self._finish(name, control, renamed=whole)
        return True

    def _is_same(self, path: str, there: int, size: int) -> bool:
        """False, for a file that was there as it should be."""
        if there != size:
            raise EnvironmentFault("output_exists", path=f"{self.shown}/{path}")
        return False

    def _upload(self, file: Path, begun: int | None) -> None:
        """The file under a name that no reader looks at; what a cut upload left is gone on from."""
        size, part = file.stat().st_size, f"in/{file.name}{_PART}"
        fresh = [f"put -f {file.name} {part}"]
        resumed = begun is not None and 0 < begun <= size <= self._to.read_back_bytes
        if resumed:
            self._put(file, [f"reput -f {file.name} {part}"] if begun != size else [], begun or 0)
            resumed = self._compare(file, part, raising=False)  # else it is of another package
        if not resumed:
            self._put(file, fresh if begun is None else [f"-rm {part}", *fresh], 0)

    def _finish(self, name: str, control: bytes, *, renamed: bool) -> None:
        """Rename the file, then put its control file: one session, which ends at the first step that fails. -l is the
        rename of SFTP 3, which overwrites nothing.
        """
        ok = self._rules.name_of(name)
        steps = [] if renamed else [f"rename -l in/{name}{_PART} in/{name}"]
        steps += [f"-rm in/{ok}{_PART}", f"put {ok} in/{ok}{_PART}", f"rename -l in/{ok}{_PART} in/{ok}"]
        with tempfile.TemporaryDirectory(prefix="ephoto-") as folder:
            Path(folder, ok).write_bytes(control)
            self._sftp.run(steps, Path(folder))

    def _put(self, file: Path, commands: Sequence[str], begun: int) -> None:
        """Upload, and see that all has arrived."""
        size = file.stat().st_size
        try:
            look = f"ls -ln in/{file.name}{_PART}"
            printed = self._sftp.run([*commands, look], file.parent.absolute(), size)
        except CommandError:
            if (free := self._free()) is not None and free < size - begun:
                raise EnvironmentFault("drop_full", place=self.shown, free=free) from None
            raise
        if listed(printed[-1]) != {file.name + _PART: size}:
            raise EnvironmentFault("connection_lost", place=self.shown, problem="not all bytes arrived")

    def _free(self) -> int | None:
        try:
            return free_bytes(self._sftp.run(["-df in"], Path())[0])
        except CommandError:
            return None

    def _compare(self, file: Path, path: str, *, raising: bool = True) -> bool:
        """Whether a file on the server has our bytes; SFTP knows no digests: it is read back, if not too large."""
        size = file.stat().st_size
        if size > self._to.read_back_bytes:
            return True
        with tempfile.TemporaryDirectory(prefix=".ephoto-", dir=file.parent) as folder:
            self._sftp.run([f"get {path} back"], Path(folder), size)
            same = _sha256(Path(folder, "back")) == _sha256(file)
        if raising and not same:
            raise EnvironmentFault("output_exists", path=f"{self.shown}/{path}")
        return same

    def _waiting(self) -> list[str]:
        there = self._look("out", "archive")
        found = []
        for ok in sorted(name for name in there["out"] if name.endswith(self._rules.suffix)):
            name = ok.removesuffix(self._rules.suffix)
            if name in there["out"] and is_name(name):
                found.append(name)
            elif name in there["archive"] and is_name(name):  # a move that was cut short, or that another one makes
                with suppress(CommandError):
                    self._move([ok], "archive", set(there["archive"]))
        return found

    def _fetch(self, name: str, folder: Path, most: int) -> tuple[Path, bytes]:
        ok = self._rules.name_of(name)
        there = self._look("out")["out"]
        if there.get(name, 0) > most or there.get(ok, 0) > _MOST_CONTROL:
            raise InputError("wf.package_too_large", problem=f"its bytes are more than {most}")
        for left in (folder / name, folder / ok):
            left.unlink(missing_ok=True)
        self._sftp.run([f"get out/{name} {name}", f"get out/{ok} {ok}"], folder.absolute(), there.get(name, 0))
        if (folder / name).stat().st_size > most:  # it has grown meanwhile
            raise InputError("wf.package_too_large", problem=f"its bytes are more than {most}")
        return folder / name, (folder / ok).read_bytes()

    def _settle(self, name: str, place: Settled) -> None:
        there = self._look("out", place)
        self._move([one for one in (name, self._rules.name_of(name)) if one in there["out"]], place, set(there[place]))

    def _move(self, names: Sequence[str], place: Settled, taken: set[str]) -> None:
        """To the first free names there: a receipt that came twice is kept twice."""
        steps = []
        for name in names:
            target, number = name, 0
            while target in taken:
                number += 1
                target = f"{name}.{number}"
            steps.append(f"rename -l out/{name} {place}/{target}")
        if steps:
            self._sftp.run(steps, Path())


def _sha256(path: Path) -> str:
    made = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            made.update(block)
    return made.hexdigest()
