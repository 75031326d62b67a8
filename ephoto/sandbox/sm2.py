"""SM2 with SM3 by the OpenSSL command line: another implementation than the one that ephoto signs with.

Keys lie in files: PEM for this program, and beside them raw for the other side. A raw private key is 32 bytes, a raw
public one 64, x before y, each as hexadecimal digits.
"""

from __future__ import annotations

import base64
import binascii
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ephoto.core.errors import EnvironmentFault

__all__ = [
    "USER_ID",
    "new_key",
    "private_pem",
    "public_pem",
    "raw_private",
    "raw_public",
    "raw_public_of",
    "sign",
    "sm3",
    "verify",
]

USER_ID = "1234567812345678"
_SIZE = 32
# SubjectPublicKeyInfo of an uncompressed point on SM2's curve, as far as it is the same for every key.
_PUBLIC = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
# ECPrivateKey (RFC 5915) on SM2's curve, as far as it is the same for every key.
_PRIVATE = bytes.fromhex("30770201010420")
_CURVE_AND_POINT = bytes.fromhex("a00a06082a811ccf5501822da14403420004")
_RAW = re.compile("[0-9a-fA-F]{128}")
_TIMEOUT_S = 20


def sm3(data: bytes) -> str:
    """SM3, hexadecimal."""
    from cryptography.hazmat.primitives import hashes

    made = hashes.Hash(hashes.SM3())
    made.update(data)
    return made.finalize().hex()


def new_key() -> str:
    """A private key, PEM.

    Raises
    ------
    EnvironmentFault
        "package_missing": OpenSSL is not there, or does not know SM2.
    """
    return _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2").decode("ascii")


def raw_private(pem: str) -> bytes:
    """The 32 bytes of a private key."""
    told = _openssl("pkey", "-text", "-noout", given=pem.encode("ascii")).decode("ascii")
    return _number(told, "priv").rjust(_SIZE, b"\0")[-_SIZE:]


def raw_public(pem: str) -> bytes:
    """The 64 bytes of the public key of a private one."""
    return _openssl("pkey", "-pubout", "-outform", "DER", given=pem.encode("ascii"))[-2 * _SIZE :]


def public_pem(raw: bytes) -> str:
    """A public key of 64 bytes, PEM."""
    body = base64.encodebytes(_PUBLIC + raw).decode("ascii")
    return f"-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----\n"


def private_pem(raw: bytes, public: bytes) -> str:
    """A private key of 32 bytes and its public one of 64, PEM."""
    body = base64.encodebytes(_PRIVATE + raw + _CURVE_AND_POINT + public).decode("ascii")
    return f"-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n"


def raw_public_of(pem: str) -> bytes:
    """The 64 bytes of a public key."""
    return _openssl("pkey", "-pubin", "-outform", "DER", given=pem.encode("ascii"))[-2 * _SIZE :]


def sign(pem: str, data: bytes) -> str:
    """The signature of bytes: DER in base64."""
    with tempfile.TemporaryDirectory() as folder:
        key, given = Path(folder, "key"), Path(folder, "data")
        key.touch(0o600)
        key.write_text(pem, "ascii")
        given.write_bytes(data)
        words = ("pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-inkey", str(key), "-in", str(given))
        return base64.b64encode(_openssl(*words, "-pkeyopt", f"distid:{USER_ID}")).decode("ascii")


def verify(pem: str, data: bytes, signature: str) -> bool:
    """Whether the signature is of these bytes: DER in base64, or r and s in base64 or hexadecimal digits."""
    der = _der(signature)
    if der is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        key, given, signed = Path(folder, "key"), Path(folder, "data"), Path(folder, "signature")
        key.write_text(pem, "ascii")
        given.write_bytes(data)
        signed.write_bytes(der)
        words = ("pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pubin", "-inkey", str(key), "-in", str(given))
        told = _openssl(*words, "-sigfile", str(signed), "-pkeyopt", f"distid:{USER_ID}", may_fail=True)
    return b"Signature Verified Successfully" in told


def _der(signature: str) -> bytes | None:
    if _RAW.fullmatch(signature):
        return _joined(bytes.fromhex(signature))
    try:
        data = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) == 2 * _SIZE and data[:2] != bytes((0x30, 2 * _SIZE - 2)):
        return _joined(data)
    return data


def _joined(raw: bytes) -> bytes:
    """r and s as DER: a SEQUENCE of two INTEGERs, each without needless zeros and never negative."""
    body = b""
    for half in (raw[:_SIZE], raw[_SIZE:]):
        number = half.lstrip(b"\0") or b"\0"
        number = b"\0" + number if number[0] & 0x80 else number
        body += bytes((0x02, len(number))) + number
    return bytes((0x30, len(body))) + body


def _number(told: str, name: str) -> bytes:
    """A number of what OpenSSL prints of a key: hexadecimal bytes with colons, on lines of their own."""
    found = re.search(rf"^{name}:\n((?:\s+[0-9a-f:]+\n)+)", told, re.MULTILINE)
    return bytes.fromhex(re.sub(r"[\s:]", "", found[1])) if found else b""


def _openssl(*words: str, given: bytes = b"", may_fail: bool = False) -> bytes:
    program = shutil.which("openssl")
    if program is None:
        raise EnvironmentFault("package_missing", name="SM2", problem="there is no program openssl")
    ended = subprocess.run([program, *words], input=given, capture_output=True, timeout=_TIMEOUT_S, check=False)
    if ended.returncode and not may_fail:
        raise EnvironmentFault("package_missing", name="SM2", problem="the program openssl refuses")
    return ended.stdout
