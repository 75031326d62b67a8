"""Digests by the names that mappings use."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DIGESTS", "DigestName", "hasher", "hex_of"]

DigestName = Literal["sha256", "sm3", "md5"]
DIGESTS: tuple[DigestName, ...] = get_args(DigestName)


class Hasher(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


def hasher(name: DigestName) -> Hasher:
    """A hash that takes bytes piece by piece. MD5 is for old readers: it shows that a file was cut, not who changed it.

    Raises
    ------
    EnvironmentFault
        "extra_missing": nothing here knows SM3.
    """
    if name == "sha256":
        return hashlib.sha256()
    if name == "md5":
        return hashlib.md5(usedforsecurity=False)
    try:
        return hashlib.new("sm3")
    except ValueError:  # Python's OpenSSL was built without
        return _Sm3()


class _Sm3:
    """SM3 of the package cryptography, which brings an OpenSSL of its own."""

    def __init__(self) -> None:
        try:
            from cryptography.hazmat.primitives.hashes import SM3, Hash
        except ImportError as error:
            raise EnvironmentFault("extra_missing", name="SM3", package="cryptography", extra="workflow") from error
        self._hash: Any = Hash(SM3())

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def hexdigest(self) -> str:
        return str(self._hash.copy().finalize().hex())


def hex_of(name: DigestName, blocks: Iterable[bytes]) -> str:
    """The digest of bytes that come in blocks, hexadecimal."""
    made = hasher(name)
    for block in blocks:
        made.update(block)
    return made.hexdigest()
