"""Several parts in one body: multipart/form-data (RFC 7578)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Part", "join"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Part:
    """One part; names are ASCII, so that no receiver reads them otherwise, and no person's."""

    name: str
    data: bytes = field(repr=False)
    content_type: str
    file: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or (self.file and not _NAME.fullmatch(self.file)):
            raise ValueError("a part's name has other signs")
        if not self.content_type.isascii() or not self.content_type.isprintable():
            raise ValueError("a part's type has other signs")


def join(parts: Sequence[Part]) -> tuple[bytes, str]:
    """The body, and the content type with its boundary: 128 random bits, which no part holds."""
    boundary = f"ephoto-{secrets.token_hex(16)}"
    while any(boundary.encode() in part.data for part in parts):
        boundary = f"ephoto-{secrets.token_hex(16)}"
    pieces = []
    for part in parts:
        file = f'; filename="{part.file}"' if part.file else ""
        head = f'Content-Disposition: form-data; name="{part.name}"{file}\r\nContent-Type: {part.content_type}'
        pieces.append(f"--{boundary}\r\n{head}\r\n\r\n".encode("ascii") + part.data + b"\r\n")
    return b"".join(pieces) + f"--{boundary}--\r\n".encode("ascii"), f"multipart/form-data; boundary={boundary}"
