"""Production by way of files: packages to the bureau, receipts from it; which drop and which rules, a mapping says."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.adapters.production.control import control_line, read_control, tellable, verify_control
from ephoto.workflow.adapters.production.drop import Drop, LocalDrop, Settled
from ephoto.workflow.adapters.production.reading import verify_package
from ephoto.workflow.adapters.production.receipts import Receipt, read_receipt
from ephoto.workflow.adapters.production.sftp import SftpDrop
from ephoto.workflow.wire.transport import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ephoto.workflow.adapters.production.config import ProductionRules

__all__ = ["FileProduction", "Incoming", "Production", "open_drop"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A receipt that waits in the drop, or why it cannot be taken. It stays there until it is settled.

    Whoever records it settles it to "archive" after the commit: after a crash in between it is read again, and says the
    same events under the same ids. What cannot be taken is settled to "error".
    """

    name: str = field(repr=False)
    receipt: Receipt | None
    fault: InputError | None
    _drop: Drop = field(repr=False)

    @property
    def shown(self) -> str:
        """Its name, as it may be told: not where a bureau has put a person's number into it."""
        return tellable(self.name)

    def settle(self, place: Settled) -> None:
        """Move it, with its control file; another reader may have done so meanwhile.

        Raises
        ------
        EnvironmentFault
        """
        try:
            self._drop.settle(self.name, place)
        except EnvironmentFault as error:
            if not _is_gone(self._drop, self.name, error):
                raise


class Production(Protocol):
    """Whatever makes cards of packages."""

    def send(self, package: Path) -> bool:
        """Hand a package over; false if it was there already. May be done again after any failure."""
        ...

    def receipts(self) -> Iterator[Incoming]:
        """The receipts that wait."""
        ...


class FileProduction:
    """Production behind a drop."""

    def __init__(self, rules: ProductionRules, drop: Drop) -> None:
        self._rules, self._drop = rules, drop

    def send(self, package: Path) -> bool:
        """Look the package through as its receiver will, then put it and its control file.

        Raises
        ------
        InputError
            What `reading.verify_package` raises.
        EnvironmentFault
            What the drop raises: "output_exists", "drop_failed", "drop_full", "connection_lost", "host_key_wrong",
            "login_refused".
        """
        manifest = verify_package(package, self._rules.package)
        line = control_line(package, manifest["count"], manifest["batch_no"], self._rules.control)
        return self._drop.publish(package, line)

    def receipts(self) -> Iterator[Incoming]:
        """Receipts in the order of their names, each held against its control file. What another reader takes away
        meanwhile is left to it.

        Raises
        ------
        EnvironmentFault
            What the drop raises.
        """
        for name in self._drop.waiting():
            with tempfile.TemporaryDirectory(prefix="ephoto-") as folder:
                try:
                    receipt = self._receipt(name, Path(folder))
                except EnvironmentFault as error:
                    if not _is_gone(self._drop, name, error):
                        raise
                    continue
                except InputError as error:
                    yield Incoming(name, None, error, self._drop)
                    continue
            yield Incoming(name, receipt, None, self._drop)

    def _receipt(self, name: str, folder: Path) -> Receipt:
        file, said = self._drop.fetch(name, folder, self._rules.drop.receipt_bytes)
        control = read_control(said, self._rules.control)
        verify_control(control, file, self._rules.control)
        receipt = read_receipt(file, self._rules.drop.receipt_bytes)
        rows = (len(receipt.rows), receipt.total, 1)  # bureaus count the lines of the file, or those of the batch
        if control.batch_no != receipt.batch_no or control.rows not in rows:
            raise InputError("wf.package_checksum", file=tellable(name))
        return receipt


def _is_gone(drop: Drop, name: str, error: EnvironmentFault) -> bool:
    """Whether a step failed because somebody else has settled the file."""
    return error.code == "drop_failed" and name not in drop.waiting()


def open_drop(rules: ProductionRules, sleep: Callable[[float], None], chance: Callable[[], float]) -> Drop:
    """The drop that a mapping names.

    Raises
    ------
    EnvironmentFault
        "drop_failed": there is no such folder; "sftp_missing".
    """
    if rules.transport is None:
        raise EnvironmentFault("drop_failed", place="-", problem="the mapping names none")
    if isinstance(rules.transport, Folder):
        return LocalDrop(rules.transport.path, rules.control)
    return SftpDrop(rules.transport, rules.control, rules.drop, sleep, chance)
