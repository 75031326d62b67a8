"""SM2 keys from files and into them: PEM as OpenSSL writes it (PKCS#8, SEC 1, SubjectPublicKeyInfo), or digits.

The package cryptography does not know this curve, so the few elements are read here.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.workflow.wire import der
from ephoto.workflow.wire.sm2 import ORDER, PRIVATE_BYTES, PUBLIC_BYTES, on_curve, public_of

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["new_sm2_key", "private_key", "public_key"]

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s*(.*?)-----END \1-----", re.DOTALL)
_DIGITS = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_OF_CURVES = bytes.fromhex("2a8648ce3d0201")  # 1.2.840.10045.2.1, id-ecPublicKey
_SM2 = bytes.fromhex("2a811ccf5501822d")  # 1.2.156.10197.1.301, the curve
_PARAMETERS, _POINT = 0xA0, 0xA1  # [0] and [1] of SEC 1's ECPrivateKey
_SEC1 = ("EC PRIVATE KEY", "SM2 PRIVATE KEY")  # the second is what OpenSSL 3 calls it
_UNPACKED = b"\x04"  # in front of x and y


def private_key(data: bytes) -> bytes:
    """The private key, 32 bytes, of a PEM file ("PRIVATE KEY", "EC PRIVATE KEY") or of 64 hexadecimal digits.

    Raises
    ------
    UsageError
        "key_unfit": it is none, is of another curve, or is protected by a passphrase.
    """
    try:
        kinds = _blocks(data)
        of_sec1 = next((kinds[name] for name in _SEC1 if name in kinds), None)
        if "PRIVATE KEY" in kinds:
            made = _of_pkcs8(kinds["PRIVATE KEY"])
        elif of_sec1 is not None:
            made = _of_sec1(der.only(of_sec1, der.SEQUENCE))
        else:
            made = _digits(data)
    except ValueError:
        _unfit("it is no private key of SM2", PRIVATE_BYTES)
    if len(made) != PRIVATE_BYTES or not 1 <= int.from_bytes(made) <= ORDER - 2:
        _unfit("it is no private key of SM2", PRIVATE_BYTES)
    return made


def public_key(data: bytes) -> bytes:
    """The public key, x and y in 64 bytes, of a PEM file ("PUBLIC KEY") or of 128 hexadecimal digits, or 130 that begin
    with 04.

    Raises
    ------
    UsageError
        "key_unfit": it is none, or no point of the curve.
    """
    try:
        kinds = _blocks(data)
        made = _of_spki(kinds["PUBLIC KEY"]) if "PUBLIC KEY" in kinds else _digits(data)
    except ValueError:
        _unfit("it is no public key of SM2", PUBLIC_BYTES)
    if len(made) == PUBLIC_BYTES + 1:
        made = made.removeprefix(_UNPACKED)
    if len(made) != PUBLIC_BYTES or not on_curve(made):
        _unfit("it is no public key of SM2", PUBLIC_BYTES)
    return made


def new_sm2_key(folder: str | os.PathLike[str], name: str) -> tuple[Path, Path]:
    """A fresh pair: NAME.pem, which only this user may read, and NAME.pub.pem, which goes to the other side.

    Raises
    ------
    EnvironmentFault
        "output_exists", "output_failed"; "extra_missing".
    """
    private = (1 + secrets.randbelow(ORDER - 2)).to_bytes(PRIVATE_BYTES)
    point = der.packed(der.BITS, b"\x00" + _UNPACKED + public_of(private))
    kind = der.packed(der.SEQUENCE, der.packed(der.OID, _OF_CURVES) + der.packed(der.OID, _SM2))
    inner = der.packed_number(1) + der.packed(der.OCTETS, private) + der.packed(_POINT, point)
    whole = der.packed_number(0) + kind + der.packed(der.OCTETS, der.packed(der.SEQUENCE, inner))
    ours, theirs = Path(folder) / f"{name}.pem", Path(folder) / f"{name}.pub.pem"
    _write(ours, _pem("PRIVATE KEY", der.packed(der.SEQUENCE, whole)), 0o600)
    _write(theirs, _pem("PUBLIC KEY", der.packed(der.SEQUENCE, kind + point)), 0o644)
    return ours, theirs


def _blocks(data: bytes) -> dict[str, bytes]:
    """The PEM file's blocks by kind; none if it is no PEM."""
    found = {kind.decode("ascii"): body for kind, body in _PEM.findall(data)}
    if "ENCRYPTED PRIVATE KEY" in found or any(b"ENCRYPTED" in body for body in found.values()):
        _unfit("it is protected by a password", PRIVATE_BYTES)
    try:
        return {kind: base64.b64decode(b"".join(body.split()), validate=True) for kind, body in found.items()}
    except binascii.Error:
        raise ValueError("no base64") from None


def _of_pkcs8(data: bytes) -> bytes:
    version, kind, key = der.elements(der.only(data, der.SEQUENCE))[:3]
    _check_kind(kind)
    if version[0] != der.INTEGER or key[0] != der.OCTETS:
        raise ValueError("another element")
    return _of_sec1(der.only(key[1], der.SEQUENCE), of_sm2=True)


def _of_sec1(inner: bytes, *, of_sm2: bool = False) -> bytes:
    """The key of an ECPrivateKey; its curve is inside, unless what is about it has named it."""
    version, key, *others = der.elements(inner)
    curves = [content for tag, content in others if tag == _PARAMETERS]
    if version != (der.INTEGER, b"\x01") or key[0] != der.OCTETS or len(key[1]) > PRIVATE_BYTES:
        raise ValueError("another element")
    if [der.only(one, der.OID) for one in curves] not in ([_SM2], [] if of_sm2 else [_SM2]):
        raise ValueError("another curve")
    return key[1].rjust(PRIVATE_BYTES, b"\x00")


def _of_spki(data: bytes) -> bytes:
    kind, (tag, bits) = der.elements(der.only(data, der.SEQUENCE))
    _check_kind(kind)
    if tag != der.BITS or bits[:1] != b"\x00":
        raise ValueError("another element")
    return bits[1:]


def _check_kind(kind: tuple[int, bytes]) -> None:
    """An AlgorithmIdentifier: a key of a curve, and the curve."""
    if kind[0] != der.SEQUENCE or der.elements(kind[1])[-1] != (der.OID, _SM2):
        raise ValueError("another curve")


def _digits(data: bytes) -> bytes:
    text = data.strip()
    if not _DIGITS.fullmatch(text):
        raise ValueError("no digits")
    return bytes.fromhex(text.decode("ascii"))


def _pem(kind: str, data: bytes) -> bytes:
    text = base64.b64encode(data).decode("ascii")
    lines = [text[k : k + 64] for k in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", "")).encode("ascii")


def _write(path: Path, data: bytes, mode: int) -> None:
    """A new file with its rights from the first byte on."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise EnvironmentFault("output_exists", path=str(path)) from None
    except OSError as error:
        raise EnvironmentFault("output_failed", path=str(path), problem=error.strerror or str(error)) from error


def _unfit(problem: str, least: int) -> NoReturn:
    raise UsageError("key_unfit", problem=problem, least=least) from None
