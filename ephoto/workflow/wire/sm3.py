"""SM3 (GM/T 0004-2012), a digest of 256 bits: from whichever library has it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["sm3", "ways"]


def sm3(data: bytes) -> bytes:
    """The digest, 32 bytes: by Python's OpenSSL where that has it, else by cryptography, else by gmssl, which is slow.

    Raises
    ------
    EnvironmentFault
        "extra_missing": none of them is there.
    """
    for way in ways():
        digest = way(data)
        if digest is not None:
            return digest
    raise EnvironmentFault("extra_missing", name="SM3", package="gmssl", extra="gm")


def ways() -> tuple[Callable[[bytes], bytes | None], ...]:
    """The libraries, the quickest first; each gives None where it is not there or does not know SM3."""
    return _hashlib, _cryptography, _gmssl


def _hashlib(data: bytes) -> bytes | None:
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError:  # OpenSSL was built without it
        return None


def _cryptography(data: bytes) -> bytes | None:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes
    except ImportError:
        return None
    try:
        state = hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm:
        return None
    state.update(data)
    return state.finalize()


def _gmssl(data: bytes) -> bytes | None:
    try:
        from gmssl import sm3 as of_gmssl
    except ImportError:
        return None
    return bytes.fromhex(of_gmssl.sm3_hash(list(data)))
