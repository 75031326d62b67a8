"""Signed messages: what a callback or a request is verified by, over its raw bytes and before anything is parsed.

The string to sign has eight lines, joined by one LF and without one at the end: the profile's name, METHOD, path,
sorted query, timestamp, nonce, idempotency key, and the body's SHA-256 in hexadecimal digits. It is the house's own,
after what the published interfaces of banks have in common. Other profiles join by the Protocol `Profile`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from ephoto.core.errors import InputError, UsageError
from ephoto.core.numbers import numbers

__all__ = [
    "HEADERS",
    "Clock",
    "Headers",
    "HmacSha256",
    "Key",
    "MemoryNonces",
    "NonceStore",
    "Profile",
    "Request",
    "Signer",
    "Verifier",
    "new_nonce",
    "sorted_query",
    "string_to_sign",
    "timestamp",
]

Clock = Callable[[], float]  # seconds since 1970-01-01 UTC

_VISIBLE = re.compile(r"[\x21-\x7e]+")
_METHOD = re.compile(r"[A-Z]{1,16}")
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MOST_IDEMPOTENCY_CHARS = 255
# RFC 3339 with seconds and a zone. It is signed as it was sent.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Rules:
    """See signing.toml."""

    window_s: float
    nonce_windows: float
    key_bytes: int
    nonce_chars: tuple[int, int]


def _rules() -> _Rules:
    return numbers(_Rules, __package__, "signing.toml")


@dataclass(frozen=True, slots=True)
class Headers:
    """The names under which a signature travels; case does not count."""

    key_id: str = "Ephoto-Key-Id"
    timestamp: str = "Ephoto-Timestamp"
    nonce: str = "Ephoto-Nonce"
    signature: str = "Ephoto-Signature"
    idempotency_key: str = "Idempotency-Key"


HEADERS = Headers()


@dataclass(frozen=True, slots=True)
class Key:
    """A secret and the name that messages call it by; the secret is in no repr.

    Raises
    ------
    UsageError
        "key_unfit": it is shorter than 16 bytes or all zeros, or its name is not 1 to 64 letters, digits and . _ -
    """

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        least = _rules().key_bytes
        if not _KEY_ID.fullmatch(self.id):
            raise UsageError("key_unfit", problem="its name has other signs", least=least)
        if len(self.secret) < least:
            raise UsageError("key_unfit", problem="it is too short", least=least)
        if not any(self.secret):  # what a file holds that was being written when the power failed
            raise UsageError("key_unfit", problem="it is all zeros", least=least)


@dataclass(frozen=True, slots=True)
class Request:
    """What of a message is signed. `path` and `query` are as in the request line, percent signs and all, without "?".

    Raises
    ------
    InputError
        "signature_invalid": a part has signs that it cannot have, above all a line's end.
    """

    method: str
    path: str
    query: str
    timestamp: str
    nonce: str
    idempotency_key: str
    body: bytes = field(repr=False)

    def __post_init__(self) -> None:
        low, high = _rules().nonce_chars
        if not _METHOD.fullmatch(self.method):
            raise InputError("signature_invalid", problem="its method is not in capital letters")
        if not (self.path.startswith("/") and _VISIBLE.fullmatch(self.path) and not re.search("[?#]", self.path)):
            raise InputError("signature_invalid", problem="its path is not as in a request line")
        if self.query and (not _VISIBLE.fullmatch(self.query) or "#" in self.query):
            raise InputError("signature_invalid", problem="its query is not as in a request line")
        if not (low <= len(self.nonce) <= high and _VISIBLE.fullmatch(self.nonce)):
            raise InputError("signature_invalid", problem="its nonce has other signs or another length")
        key = self.idempotency_key
        if key and (len(key) > _MOST_IDEMPOTENCY_CHARS or not _VISIBLE.fullmatch(key)):
            raise InputError("signature_invalid", problem="its idempotency key has other signs or another length")
        if _seconds(self.timestamp) is None:
            raise InputError("signature_invalid", problem="its timestamp is no RFC 3339 time with a zone")

    @property
    def time_s(self) -> float:
        """The timestamp in seconds since 1970-01-01 UTC."""
        return _seconds(self.timestamp) or 0.0


def sorted_query(query: str) -> str:
    """The parts between &, as they were sent, sorted by their bytes.

    >>> sorted_query("b=2&a=1&a-b=3")
    'a-b=3&a=1&b=2'
    """
    return "&".join(sorted(query.split("&")))


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def string_to_sign(request: Request, profile: str, digest: Callable[[bytes], str] = _sha256) -> bytes:
    """The eight lines; `profile` is the first, and `digest` of the body, in hexadecimal digits, the last."""
    lines = (
        profile,
        request.method,
        request.path,
        sorted_query(request.query),
        request.timestamp,
        request.nonce,
        request.idempotency_key,
        digest(request.body),
    )
    return "\n".join(lines).encode("ascii")


def timestamp(seconds: float) -> str:
    """RFC 3339 in whole seconds.

    >>> timestamp(1767225600.9)
    '2026-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_nonce() -> str:
    """128 random bits, as 32 hexadecimal digits."""
    return secrets.token_hex(16)


class Profile(Protocol):
    """A way of signing. Where `sign` needs a private key and `verify` its public one, each is given its own `Key`."""

    @property
    def name(self) -> str: ...

    def sign(self, key: Key, request: Request) -> str:
        """The signature as it travels in its header."""
        ...

    def verify(self, key: Key, request: Request, signature: str) -> bool:
        """Whether the signature is right; in a time that does not tell how far it is."""
        ...


class HmacSha256:
    """HMAC-SHA256 (RFC 2104, FIPS 180-4) over `string_to_sign`, as 64 small hexadecimal digits."""

    name = "hmac-sha256"
    _FIRST_LINE = "EPHOTO-HMAC-SHA256"

    def sign(self, key: Key, request: Request) -> str:
        return hmac.new(key.secret, string_to_sign(request, self._FIRST_LINE), hashlib.sha256).hexdigest()

    def verify(self, key: Key, request: Request, signature: str) -> bool:
        return hmac.compare_digest(self.sign(key, request).encode(), signature.encode("utf-8", "replace"))


class NonceStore(Protocol):
    """Which nonces were used. Implementations are safe to call from several threads."""

    def claim(self, key_id: str, nonce: str, mark: str, *, until_s: float, now_s: float) -> str | None:
        """Note that the nonce was used, in one step; None if it was new, else the mark that it was first used with.

        It is remembered until `until_s` at least. `mark` tells one message from another.
        """
        ...


class MemoryNonces:
    """Nonces of one process; gone with it."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def claim(self, key_id: str, nonce: str, mark: str, *, until_s: float, now_s: float) -> str | None:
        with self._lock:
            while self._used and next(iter(self._used.values()))[1] < now_s:
                self._used.popitem(last=False)
            first = self._used.get((key_id, nonce))
            if first is not None:
                return first[0]
            self._used[key_id, nonce] = mark, until_s
            return None


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs messages with one key.

    `clock` gives seconds since 1970 UTC, `nonces` a fresh nonce a call.
    """

    key: Key
    clock: Clock
    nonces: Callable[[], str] = new_nonce
    profile: Profile = field(default_factory=HmacSha256)

    def headers(
        self, method: str, path: str, body: bytes, *, query: str = "", idempotency_key: str = ""
    ) -> dict[str, str]:
        """What to send beside the message: key id, timestamp, nonce, signature, and an idempotency key if it has one.

        Raises
        ------
        InputError
            "signature_invalid": a part has signs that it cannot have.
        """
        request = Request(method, path, query, timestamp(self.clock()), self.nonces(), idempotency_key, body)
        told = {
            HEADERS.key_id: self.key.id,
            HEADERS.timestamp: request.timestamp,
            HEADERS.nonce: request.nonce,
            HEADERS.signature: self.profile.sign(self.key, request),
        }
        return told | ({HEADERS.idempotency_key: idempotency_key} if idempotency_key else {})


class Verifier:
    """Verifies signed messages.

    Parameters
    ----------
    keys : those that may sign now; two of them while one takes the other's place
    clock : seconds since 1970 UTC
    nonces : what was used so far; shared by all processes that receive for the same keys
    window_s : how far a timestamp may be from the clock, either way; without it 300 s
    """

    def __init__(
        self,
        keys: tuple[Key, ...],
        clock: Clock,
        nonces: NonceStore,
        *,
        window_s: float | None = None,
        profile: Profile | None = None,
    ) -> None:
        rules = _rules()
        self._keys = {key.id: key for key in keys}
        if len(self._keys) != len(keys):
            raise UsageError("key_unfit", problem="two keys have one name", least=rules.key_bytes)
        if len({key.secret for key in keys}) != len(keys):
            # A message does not sign its key's name: under the other one it would come in once more.
            raise UsageError("key_unfit", problem="two keys have one secret", least=rules.key_bytes)
        self._clock, self._nonces = clock, nonces
        self._window_s = rules.window_s if window_s is None else window_s
        self._kept_s = rules.nonce_windows * self._window_s
        self._profile: Profile = profile or HmacSha256()

    def verify(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        resent: Literal["refuse", "allow"] = "refuse",
    ) -> bool:
        """Whether the very same message was verified before; never with `resent` "refuse".

        The signature comes first, so that nothing else is told to who has no key, then the time, then the nonce.
        `resent` "allow" is for receivers that answer a message that comes twice as they did before.

        Raises
        ------
        InputError
            "signature_invalid": a header is missing, the key is unknown, or the signature is not that of these bytes.
            "clock_skew": the timestamp is too old, or too far ahead. "replayed": the nonce was used before.
        """
        sent = _sent(headers)
        request = Request(
            method,
            path,
            query,
            sent[HEADERS.timestamp],
            sent[HEADERS.nonce],
            sent[HEADERS.idempotency_key],
            body,
        )
        key = self._keys.get(sent[HEADERS.key_id])
        if key is None:
            raise InputError("signature_invalid", problem="its key is not known")
        if not self._profile.verify(key, request, sent[HEADERS.signature]):
            raise InputError("signature_invalid", problem="it is not of these bytes and this key")
        now = self._clock()
        self._check_time(now - request.time_s)
        mark = hashlib.sha256(string_to_sign(request, self._profile.name)).hexdigest()
        first = self._nonces.claim(key.id, request.nonce, mark, until_s=now + self._kept_s, now_s=now)
        if first is not None and not (resent == "allow" and hmac.compare_digest(first, mark)):
            raise InputError("replayed")
        return first is not None

    def _check_time(self, age_s: float) -> None:
        if abs(age_s) > self._window_s:
            problem = "it is too old" if age_s > 0 else "it is ahead of this clock"
            raise InputError("clock_skew", problem=problem, age_s=round(age_s), window_s=self._window_s)


def _sent(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of `HEADERS`, each once."""
    wanted = {name.lower(): name for name in (getattr(HEADERS, part) for part in HEADERS.__slots__)}
    found: dict[str, str] = {}
    for name, value in headers.items():
        own = wanted.get(name.lower())
        if own is None:
            continue
        if own in found:
            raise InputError("signature_invalid", problem="a header comes twice")
        found[own] = value.strip(" \t")
    found.setdefault(HEADERS.idempotency_key, "")
    if len(found) < len(wanted):
        raise InputError("signature_invalid", problem="a header is missing")
    return found


def _seconds(text: str) -> float | None:
    """An RFC 3339 time with a zone in seconds since 1970; None if it is none."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):  # the 30th of February, or a zone of 25 hours
        return None
