"""Fresh keys for a sandbox: nothing of them is in the package, and no two folders share one."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault
from ephoto.sandbox import sm2

if TYPE_CHECKING:
    from ephoto.sandbox.signatures import ProfileName

__all__ = ["office_keys", "ssh_key", "vault_key"]

_BYTES = 32


def vault_key() -> str:
    """A key that seals photos: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(_BYTES)).decode("ascii") + "\n"


def office_keys(profile: ProfileName) -> dict[str, str]:
    """Keys by their files: those in `keys` for the office, those in `sandbox` for this side.

    Of "hmac-sha256" both sides hold the same two secrets; of "sm2-sm3" each its own private key and the other's public.
    """
    if profile == "hmac-sha256":
        shared, own = secrets.token_hex(_BYTES), secrets.token_hex(_BYTES)
        return {"keys/office.key": shared, "keys/sandbox.key": own, "sandbox/verify": shared, "sandbox/sign": own}
    office, own = sm2.new_key(), sm2.new_key()
    return {
        "keys/office.key": sm2.raw_private(office).hex() + "\n",
        "keys/sandbox.pub": sm2.raw_public(own).hex() + "\n",
        "sandbox/verify": sm2.public_pem(sm2.raw_public(office)),
        "sandbox/sign": own,
    }


def ssh_key() -> tuple[str, str]:
    """An Ed25519 key in OpenSSH's own form: the private file, and the public line without a comment.

    Raises
    ------
    EnvironmentFault
        "extra_missing".
    """
    try:
        from cryptography.hazmat.primitives import serialization as form
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name="sandbox", package="cryptography", extra="sandbox") from error

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH)
    return private.decode("ascii"), public.decode("ascii")
