"""Signatures by SM2 with SM3 (GM/T 0003.2-2012, GM/T 0009-2012), a profile of core.signing; the mathematics is gmssl's.

What gmssl leaves to its callers is here: chance from the system (its own is not meant for secrets), the ranges of r and
s, user ids other than the usual one, and public keys whose first digits are zeros or fours, which it takes off. It is
plain Python and its time depends on the key: sign on a machine that is your own.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.signing import string_to_sign
from ephoto.workflow.wire import der
from ephoto.workflow.wire.sm3 import sm3

if TYPE_CHECKING:
    from typing import Literal

    from ephoto.core.signing import Key, Request

__all__ = [
    "DEFAULT_USER",
    "ORDER",
    "PRIVATE_BYTES",
    "PUBLIC_BYTES",
    "Sm2Sm3",
    "on_curve",
    "public_of",
    "sign",
    "verify",
]

DEFAULT_USER = "1234567812345678"  # GM/T 0009-2012, section 10
PRIVATE_BYTES, PUBLIC_BYTES = 32, 64
_HALF = 32
# The curve of GM/T 0003.5-2012.
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_G_Y = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
_HEX = re.compile("[0-9A-Fa-f]{128}")
_MOST_SIGNATURE_CHARS = 256


class Sm2Sm3:
    """The eight lines of core.signing, the first one "EPHOTO-SM2-SM3", the body's digest SM3; signed by SM2.

    A `Key`'s secret is the private key to sign with, 32 bytes, and the public one to verify with, 64 bytes x and y.

    Parameters
    ----------
    user_id : of the signer, on which both sides agree; "" differs from the usual one
    encoding : how signatures are sent; all three are taken. "base64-der" has r and s as DER numbers, the others side by
        side, 32 bytes each
    """

    name = "sm2-sm3"
    _FIRST_LINE = "EPHOTO-SM2-SM3"

    def __init__(
        self, *, user_id: str = DEFAULT_USER, encoding: Literal["base64-der", "base64-raw", "hex-raw"] = "base64-der"
    ) -> None:
        _gmssl()
        self._user, self._encoding = user_id.encode("ascii"), encoding

    def sign(self, key: Key, request: Request) -> str:
        """The signature; another one each time.

        Raises
        ------
        UsageError
            "key_unfit": it is no private key.
        """
        r, s = sign(key.secret, self._said(request), self._user)
        raw = r.to_bytes(_HALF) + s.to_bytes(_HALF)
        if self._encoding == "hex-raw":
            return raw.hex()
        if self._encoding == "base64-der":
            raw = der.packed(der.SEQUENCE, der.packed_number(r) + der.packed_number(s))
        return base64.b64encode(raw).decode("ascii")

    def verify(self, key: Key, request: Request, signature: str) -> bool:
        said = self._said(request)
        return any(verify(key.secret, said, r, s, self._user) for r, s in _read(signature))

    def _said(self, request: Request) -> bytes:
        return string_to_sign(request, self._FIRST_LINE, lambda body: sm3(body).hex())


def sign(private: bytes, data: bytes, user: bytes) -> tuple[int, int]:
    """The numbers r and s.

    Raises
    ------
    UsageError
        "key_unfit".
    """
    if len(private) != PRIVATE_BYTES or not 1 <= int.from_bytes(private) <= ORDER - 2:
        raise UsageError("key_unfit", problem="it is no private key of SM2", least=PRIVATE_BYTES)
    public = public_of(private)
    digest = sm3(_of_the_signer(public, user) + data)
    while True:  # once, but for one case in 2 to the 256th
        drawn = f"{1 + secrets.randbelow(ORDER - 1):064x}"
        made = _engine(private, public).sign(digest, drawn)
        if made is not None:
            return int(made[:64], 16), int(made[64:], 16)


def verify(public: bytes, data: bytes, r: int, s: int, user: bytes) -> bool:
    """Whether they are the signature of the data by that key's owner."""
    if len(public) != PUBLIC_BYTES or not on_curve(public) or not (1 <= r < ORDER and 1 <= s < ORDER):
        return False
    digest = sm3(_of_the_signer(public, user) + data)
    try:
        return bool(_engine(b"", public).verify(f"{r:064x}{s:064x}", digest))
    except TypeError:  # it came to the point at infinity, which gmssl has no form for
        return False


def on_curve(public: bytes) -> bool:
    """Whether x and y are a point of the curve."""
    x, y = int.from_bytes(public[:_HALF]), int.from_bytes(public[_HALF:])
    return max(x, y) < _P and (y * y - (x * x * x + _A * x + _B)) % _P == 0


@lru_cache(maxsize=8)
def public_of(private: bytes) -> bytes:
    """The public key of a private one: it takes 10 ms, and is needed for each signature."""
    engine = _engine(private, b"")
    point: str = engine._kg(int.from_bytes(private), engine.ecc_table["g"])  # gmssl has no public name for this
    return bytes.fromhex(point)


def _of_the_signer(public: bytes, user: bytes) -> bytes:
    """Z of GM/T 0003.2-2012, 5.5: user id, curve and public key, which are signed in front of all data."""
    curve = b"".join(n.to_bytes(_HALF) for n in (_A, _B, _G, _G_Y))
    return sm3((8 * len(user)).to_bytes(2) + user + curve + public)


def _read(signature: str) -> list[tuple[int, int]]:
    """What a signature may mean: r and s side by side, in hexadecimal digits or base64, or as DER in base64."""
    if _HEX.fullmatch(signature):
        return [(int(signature[:64], 16), int(signature[64:], 16))]
    if len(signature) > _MOST_SIGNATURE_CHARS:
        return []
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return []
    made = [(int.from_bytes(raw[:_HALF]), int.from_bytes(raw[_HALF:]))] if len(raw) == 2 * _HALF else []
    try:
        (one, r), (two, s) = der.elements(der.only(raw, der.SEQUENCE))
        if one == two == der.INTEGER:
            made.append((der.number(r), der.number(s)))
    except ValueError:
        pass  # no DER
    return made


def _engine(private: bytes, public: bytes) -> Any:
    engine = _gmssl().CryptSM2(private_key=private.hex(), public_key="")
    engine.public_key = public.hex()  # not by its constructor, which takes zeros and fours off the front
    return engine


def _gmssl() -> Any:
    try:
        from gmssl import sm2
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name="sm2-sm3", package="gmssl", extra="gm") from error
    return sm2
