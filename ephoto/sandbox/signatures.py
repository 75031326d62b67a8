"""Signed requests, by this side's own code: HMAC-SHA256 of `cryptography`, SM2 of OpenSSL.

Nothing of ephoto's signing is used, so that a mistake there does not meet itself here. The string to sign has eight
lines joined by one LF: the profile's first line, METHOD, path, query sorted by its parts, timestamp, nonce,
idempotency key, digest of the body.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from ephoto.sandbox import sm2
from ephoto.sandbox.refusals import Refused
from ephoto.sandbox.times import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PROFILES", "SIGNED_HEADERS", "Gate", "Keys", "Message", "ProfileName", "signed_headers"]

ProfileName = Literal["hmac-sha256", "sm2-sm3"]
PROFILES: tuple[ProfileName, ...] = ("hmac-sha256", "sm2-sm3")
_FIRST_LINES = {"hmac-sha256": "EPHOTO-HMAC-SHA256", "sm2-sm3": "EPHOTO-SM2-SM3"}
_KEY_ID, _TIMESTAMP = "ephoto-key-id", "ephoto-timestamp"
_NONCE, _SIGNATURE, _IDEMPOTENCY = "ephoto-nonce", "ephoto-signature", "idempotency-key"
SIGNED_HEADERS = (_KEY_ID, _TIMESTAMP, _NONCE, _SIGNATURE, _IDEMPOTENCY)
_HMAC = re.compile("[0-9a-f]{64}")
_LEAST_NONCE, _MOST_NONCE, _MOST_IDEMPOTENCY = 16, 128, 255


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs: the office's requests are verified by `verifies`, what goes out is signed by `signs`.

    Of "hmac-sha256" both are the secrets; of "sm2-sm3" PEM, `verifies` public and `signs` private.
    """

    profile: ProfileName
    office_id: str
    verifies: bytes = field(repr=False)
    own_id: str
    signs: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it is on the wire; `path` and `query` with their percent signs."""

    method: str
    path: str
    query: str
    body: bytes = field(repr=False)


class Gate:
    """Lets signed requests in, each once.

    Parameters
    ----------
    keys : of both sides
    clock : seconds since 1970 UTC
    window_s : how far a timestamp may be from the clock, either way
    """

    def __init__(self, keys: Keys, clock: Callable[[], float], window_s: float = 300.0) -> None:
        self._keys, self._clock, self._window_s = keys, clock, window_s
        self._used: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, message: Message, headers: Mapping[str, str]) -> str:
        """The request's idempotency key, "" if it has none.

        Raises
        ------
        Refused
            401 "wf.signature_invalid", "wf.clock_skew", "wf.replay"; the signature comes first.
        """
        told = {name.lower(): value.strip(" \t") for name, value in headers.items()}
        stamp, nonce, key = (told.get(name, "") for name in (_TIMESTAMP, _NONCE, _IDEMPOTENCY))
        if told.get(_KEY_ID) != self._keys.office_id or not _plain(stamp, nonce, key):
            raise Refused(401, "wf.signature_invalid")
        data = _to_sign(self._keys.profile, message, stamp, nonce, key)
        if not _right(self._keys, data, told.get(_SIGNATURE, "")):
            raise Refused(401, "wf.signature_invalid")
        at, now = moment(stamp), self._clock()
        if at is None or abs(now - at) > self._window_s:
            raise Refused(401, "wf.clock_skew")
        with self._lock:
            while self._used and next(iter(self._used.values())) < now:
                self._used.popitem(last=False)
            if nonce in self._used:
                raise Refused(401, "wf.replay")
            self._used[nonce] = now + 2 * self._window_s
        return key


def signed_headers(
    keys: Keys, message: Message, now_s: float, *, idempotency_key: str = "", wrongly: bool = False
) -> dict[str, str]:
    """The headers of a request that goes out; `wrongly` signs other bytes than are sent."""
    stamp = datetime.fromtimestamp(int(now_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    nonce = secrets.token_hex(16)
    data = _to_sign(keys.profile, message, stamp, nonce, idempotency_key) + (b"\n" if wrongly else b"")
    signature = _hmac(keys.signs, data).hex() if keys.profile == "hmac-sha256" else sm2.sign(keys.signs.decode(), data)
    told = {"Ephoto-Key-Id": keys.own_id, "Ephoto-Timestamp": stamp, "Ephoto-Nonce": nonce}
    told["Ephoto-Signature"] = signature
    return told | ({"Idempotency-Key": idempotency_key} if idempotency_key else {})


def _plain(stamp: str, nonce: str, key: str) -> bool:
    """Whether nothing in them can be a line's end, and the nonce is long enough to be by chance."""
    visible = all("!" <= sign <= "~" for sign in stamp + nonce + key)
    return visible and _LEAST_NONCE <= len(nonce) <= _MOST_NONCE and len(key) <= _MOST_IDEMPOTENCY


def _to_sign(profile: ProfileName, message: Message, stamp: str, nonce: str, key: str) -> bytes:
    query = "&".join(sorted(message.query.split("&")))
    digest = sm2.sm3(message.body) if profile == "sm2-sm3" else hashlib.sha256(message.body).hexdigest()
    lines = (_FIRST_LINES[profile], message.method, message.path, query, stamp, nonce, key, digest)
    return "\n".join(lines).encode("utf-8")


def _right(keys: Keys, data: bytes, signature: str) -> bool:
    if keys.profile == "sm2-sm3":
        return sm2.verify(keys.verifies.decode(), data, signature)
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, hmac

    made = hmac.HMAC(keys.verifies, hashes.SHA256())
    made.update(data)
    if not _HMAC.fullmatch(signature):
        return False
    try:
        made.verify(bytes.fromhex(signature))
    except InvalidSignature:
        return False
    return True


def _hmac(secret: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes, hmac

    made = hmac.HMAC(secret, hashes.SHA256())
    made.update(data)
    return made.finalize()
