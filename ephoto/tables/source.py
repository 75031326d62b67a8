"""Where a table's bytes are, so that they can be read again from the start."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ephoto.core.errors import InputError, UsageError
from ephoto.tables.limits import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Source", "source_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A table's name, which tells its format, and its bytes: a path, or the bytes themselves."""

    name: str
    held: Path | bytes

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes from the start. What the system says when it cannot: InputError("not_found" | "not_readable")."""
        if isinstance(self.held, bytes):
            yield io.BytesIO(self.held)
            return
        path = os.fspath(self.held)
        try:
            if self.held.is_dir():
                raise InputError("not_readable", path=path, problem="it is a folder")
            if self.held.exists() and not self.held.is_file():  # a pipe can be read once only
                raise InputError("not_readable", path=path, problem="it is not an ordinary file")
            file = self.held.open("rb")
        except FileNotFoundError:
            raise InputError("not_found", path=path) from None
        except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
            if isinstance(error, InputError):
                raise
            problem = getattr(error, "strerror", None) or str(error)
            raise InputError("not_readable", path=path, problem=problem) from error
        with file:
            yield file


def source_of(source: Any, name: str | None) -> Source:
    """A path, bytes or a binary file object (read from where it stands, to its end) as a source.

    Raises
    ------
    UsageError
        "table_source": it is none of these, or has no name.
    InputError
        "table_too_large" for bytes and files beyond `stream_bytes` of limits.toml; a path has no such limit.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(os.fsdecode(source))
        return Source(name or path.name, path)
    if name is None:
        raise UsageError("table_source", kind=type(source).__name__)
    limit = limits()["stream_bytes"]
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif hasattr(source, "read"):
        data = _all_of(source, limit)
    else:
        raise UsageError("table_source", kind=type(source).__name__)
    if len(data) > limit:
        raise InputError("table_too_large", problem=f"bytes held in memory: {limit}")
    return Source(name, data)


def _all_of(file: Any, limit: int) -> bytes:
    parts, size = [], 0
    while size <= limit:
        block = file.read(1 << 20)
        if not isinstance(block, (bytes, bytearray)):
            raise UsageError("table_source", kind=type(file).__name__)
        if not block:
            break
        parts.append(bytes(block))
        size += len(block)
    return b"".join(parts)
