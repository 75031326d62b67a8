"""A photo as its source lists it, and what a source and its reader are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ephoto.core.errors import EphotoError

__all__ = ["Item", "Reader", "Source"]


@dataclass(frozen=True, slots=True)
class Item:
    """One photo of a batch, before it is read.

    Attributes
    ----------
    key : str
        What it is known by from run to run: its path within the folder or archive, with `/`, or its id.
    locator : str
        Where its reader finds it.
    size, mtime_ns : int or None
        Bytes, and nanoseconds since 1970, as far as the source tells: a photo is unchanged while both are.
    id : str
        From a manifest, else empty.
    fields : columns of a manifest, which `--naming` may use
    row : int
        Of the manifest, as its program counts; 0 elsewhere.
    input : str
        What people call it: its path as it was listed; default: the key.
    error : EphotoError or None
        What makes it unfit before it is read.
    """

    key: str
    locator: str
    size: int | None
    mtime_ns: int | None
    id: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    row: int = 0
    input: str = ""
    error: EphotoError | None = None


class Reader(Protocol):
    """Gives a photo's bytes. It pickles, so that workers read for themselves; `local` ones must stay in one process."""

    @property
    def local(self) -> bool: ...

    def read(self, locator: str) -> bytes:
        """The bytes.

        Raises
        ------
        InputError
        """


class Source(Protocol):
    """Where photos come from."""

    @property
    def reader(self) -> Reader: ...

    @property
    def shown(self) -> str:
        """What the whole of it is called, as it was asked for."""

    @property
    def base(self) -> Path | None:
        """The local folder or file that cards must not be written into, if there is one."""

    @property
    def passed_over(self) -> int:
        """Files that were listed and are no photos by their names; known when `items` has ended."""

    def items(self) -> Iterator[Item]:
        """The photos in an order that does not change.

        Raises
        ------
        InputError, UsageError
        """

    def is_there(self, locator: str | None = None) -> bool:
        """Whether the whole of it can still be reached, or the place of one photo in it: a disk may be pulled out."""
