"""What is personal lies sealed: AES-256-GCM (NIST SP 800-38D) under keys from outside, and marks to look people up by.

A sealed blob is `EV1`, the key id's length and the key id, a random nonce of 96 bits, the ciphertext and its tag. All
before the nonce, and what the blob is about, are authenticated: a blob that is put in another's place does not open.
Each key given is only the root of two others (HKDF, RFC 5869): one that seals, one that marks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ephoto.core.errors import EnvironmentFault
from ephoto.core.files import whole_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["Vault", "VaultKey", "new_key_file"]

_MAGIC: Final = b"EV1"
_KEY_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 12, 16
_MARK_CHARS = 32
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MOST_FILE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class VaultKey:
    """32 secret bytes and the name that blobs call them by; the bytes are in no repr.

    Raises
    ------
    EnvironmentFault
        "vault_key_unfit".
    """

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise EnvironmentFault("vault_key_unfit", problem="its name has other signs")
        if len(self.secret) != _KEY_BYTES:
            raise EnvironmentFault("vault_key_unfit", problem="it is not 32 bytes in base64")


class Vault:
    """Seals and opens. Safe to use from several threads.

    Parameters
    ----------
    keys
        The first seals, all open: a new key is put in front. The last one marks, so it stays as long as the database
        that was begun with it. One key seals no more than 2**32 blobs (NIST SP 800-38D, section 8.3).

    Raises
    ------
    EnvironmentFault
        "vault_key_missing" without a key; "vault_key_unfit" where two have one name; "extra_missing".
    """

    def __init__(self, keys: tuple[VaultKey, ...]) -> None:
        if not keys:
            raise EnvironmentFault("vault_key_missing")
        if len({key.id for key in keys}) != len(keys):
            raise EnvironmentFault("vault_key_unfit", problem="two keys have one name")
        self._first = keys[0].id
        self._ciphers = {key.id: _cipher(key) for key in keys}
        self._marking = _derived(keys[-1].secret, b"ephoto vault 1: mark", _KEY_BYTES)

    @classmethod
    def from_text(cls, text: str) -> Vault:
        """Keys of 32 bytes in base64, one a line, as `base64` or `id:base64`; blank lines and such with # do not count.

        Raises
        ------
        EnvironmentFault
            "vault_key_missing", "vault_key_unfit", "extra_missing".
        """
        lines = [line.strip() for line in text.splitlines()]
        return cls(tuple(_key(line) for line in lines if line and not line.startswith("#")))

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Vault:
        """As `from_text`.

        Raises
        ------
        EnvironmentFault
            "vault_key_missing" where no such file can be read; "vault_key_unfit", "extra_missing".
        """
        try:
            with Path(path).open("rb") as file:
                raw = file.read(_MOST_FILE_BYTES)
            text = raw.decode("ascii")
        except (OSError, ValueError) as error:
            if isinstance(error, UnicodeDecodeError):
                raise EnvironmentFault("vault_key_unfit", problem="it is not 32 bytes in base64") from None
            raise EnvironmentFault("vault_key_missing") from None
        return cls.from_text(text)

    def seal(self, data: bytes, about: str) -> bytes:
        """`about` says what it belongs to, and is needed again to open it."""
        name = self._first.encode()
        header = _MAGIC + bytes([len(name)]) + name
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return header + nonce + self._ciphers[self._first].encrypt(nonce, data, header + about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """What was sealed.

        Raises
        ------
        EnvironmentFault
            "vault_sealed": by a key that is not given; it was changed; it belongs to something else.
        """
        from cryptography.exceptions import InvalidTag

        start = len(_MAGIC) + 1
        if sealed[: len(_MAGIC)] != _MAGIC or len(sealed) < start:
            raise EnvironmentFault("vault_sealed", problem="it is not what the vault writes")
        end = start + sealed[start - 1]
        if len(sealed) < end + _NONCE_BYTES + _TAG_BYTES:
            raise EnvironmentFault("vault_sealed", problem="it is not what the vault writes")
        cipher = self._ciphers.get(sealed[start:end].decode("ascii", "replace"))
        if cipher is None:
            raise EnvironmentFault("vault_sealed", problem="its key is not given")
        nonce, hidden = sealed[end : end + _NONCE_BYTES], sealed[end + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, hidden, sealed[:end] + about.encode())
        except InvalidTag:
            problem = "it was changed, or belongs to something else, or its key has changed"
            raise EnvironmentFault("vault_sealed", problem=problem) from None

    def mark(self, kind: str, value: str) -> str:
        """32 hexadecimal digits that are the same for the same value and tell nothing of it without the key.

        HMAC-SHA256, cut to 128 bits. `kind` keeps people, cards and keys apart; it has no zero sign.
        """
        said = f"{kind}\0{value}".encode()
        return hmac.new(self._marking, said, hashlib.sha256).hexdigest()[:_MARK_CHARS]


def new_key_file(path: str | os.PathLike[str]) -> None:
    """A file with one fresh key, readable for its owner only; nothing is replaced.

    Raises
    ------
    EnvironmentFault
        "output_exists", "output_failed".
    """
    with whole_file(path) as file:
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), 0o600)
        file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")


def _key(line: str) -> VaultKey:
    name, colon, text = line.rpartition(":")
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _KEY_BYTES:
        raise EnvironmentFault("vault_key_unfit", problem="it is not 32 bytes in base64")
    # A key without a name has one that follows from it, so that no name is given to two keys.
    own = _derived(secret, b"ephoto vault 1: name", 6).hex()
    return VaultKey(name.strip() if colon else own, secret)


def _derived(secret: bytes, purpose: bytes, count: int) -> bytes:
    hashes, hkdf, _ = _primitives()
    made: bytes = hkdf(algorithm=hashes.SHA256(), length=count, salt=None, info=purpose).derive(secret)
    return made


def _cipher(key: VaultKey) -> AESGCM:
    made: AESGCM = _primitives()[2](_derived(key.secret, b"ephoto vault 1: seal", _KEY_BYTES))
    return made


def _primitives() -> tuple[Any, Any, Any]:
    """SHA-256, HKDF and AES-GCM of the package: EnvironmentFault("extra_missing") without it."""
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ImportError as error:
        raise EnvironmentFault(
            "extra_missing", name="ephoto.workflow", package="cryptography", extra="workflow"
        ) from error
    return hashes, HKDF, AESGCM
