"""What a package is made of, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from ephoto.workflow.findings import Finding
    from ephoto.workflow.values import DeliveryMethod, Kind

__all__ = ["Mode", "Package", "PackageHead", "PackageRow", "Picture"]

Mode = Literal["bulk", "instant"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A card's file that is read when it is packed, so that no package holds all of its photos in memory.

    Attributes
    ----------
    sha256, size : of the bytes that `read` is to give; other bytes are refused
    """

    sha256: str
    size: int
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PackageRow:
    """One person of a package.

    Attributes
    ----------
    number : the row of the roster it comes from, for findings; 0 where there is none
    document : what the columns of the roster are taken from, in the words of "ephoto.submission/1"; what stands in the
        other attributes need not be in it
    """

    id_number: str = field(repr=False)
    name: str = field(repr=False)
    kind: Kind
    photo: Picture
    application_id: str = ""
    delivery: DeliveryMethod | None = None
    branch_code: str = ""
    employer_code: str = ""
    number: int = 0
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PackageHead:
    """What a package says of itself.

    Attributes
    ----------
    batch_no : unique for ever; a batch that is sent again keeps it, with the next `attempt`
    created_at : with a zone
    spec : the document that the photos were made for, and its version: "cn-social-security-card@1"
    """

    batch_no: str
    sender: str
    receiver: str
    created_at: datetime
    spec: str
    attempt: int = 1
    mode: Mode = "bulk"

    def file_name(self) -> str:
        """The package's usual name; a second attempt has another, since what was dropped once is never overwritten."""
        again = f"_{self.attempt}" if self.attempt > 1 else ""
        return f"{self.sender}_{self.mode}_{self.batch_no}{again}.zip"


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was written. `findings` warn: names that the receiver may not be able to read."""

    path: Path
    head: PackageHead
    count: int
    size: int
    findings: tuple[Finding, ...] = ()
