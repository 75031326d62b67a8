"""The table `sign` of a mapping file: how messages are signed, with which keys, and whose signatures are taken."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from ephoto.core.errors import InputError, UsageError
from ephoto.core.signing import HmacSha256, Key, Signer, Verifier
from ephoto.workflow.wire.limits import limits

if TYPE_CHECKING:
    from pathlib import Path

    from ephoto.core.edited import Edited
    from ephoto.core.settings import Settings
    from ephoto.core.signing import Clock, NonceStore, Profile

__all__ = ["KeyPlace", "Signing", "profile", "signer", "signing", "verifier"]

Name = Literal["hmac-sha256", "sm2-sm3"]
Encoding = Literal["base64-der", "base64-raw", "hex-raw"]
_NAMES: tuple[Name, ...] = get_args(Name)
_ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
_DEFAULT_USER = "1234567812345678"
_BASE64 = "base64:"


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A key's name, and the file or the variable of the environment that holds it."""

    key_id: str
    file: Path | None = None
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Signing:
    """See the comments of the bundled mappings. `own` signs; `others` are whose signatures are taken."""

    profile: Name
    own: KeyPlace | None
    others: tuple[KeyPlace, ...]
    window_s: float
    user_id: str = _DEFAULT_USER
    signature: Encoding = "base64-der"


def signing(edited: Edited) -> Signing:
    """Read the table; no key is read yet.

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    name = edited.take("profile", str(_NAMES[0]), ", ".join(_NAMES), lambda word: word in _NAMES)
    own = _place(edited) if "key_id" in edited else None
    others = []
    for one in edited.tables("verify"):
        others.append(_place(one))
        one.done()
    most = limits().max_window_s
    window = edited.take("window_s", 300.0, f"seconds, to {most:g}", lambda n: 0 < n <= most)
    user, signature = _DEFAULT_USER, str(_ENCODINGS[0])
    if name == "sm2-sm3":
        user = edited.take("user_id", user, "ASCII signs", lambda word: word.isascii() and word.isprintable())
        signature = edited.take("signature", signature, ", ".join(_ENCODINGS), lambda word: word in _ENCODINGS)
    edited.done()
    if own is None and not others:
        edited.refuse("key_id", "it is missing", "key_id, verify")
    if own is not None and own.key_id in {one.key_id for one in others}:
        edited.refuse("verify", "one key signs and verifies", "two keys")
    return Signing(name, own, tuple(others), window, user, signature)  # type: ignore[arg-type]  # `take` gives words


def profile(by: Signing) -> Profile:
    """How messages are signed.

    Raises
    ------
    EnvironmentFault
        "extra_missing": ephoto[gm] is not installed.
    """
    if by.profile == "hmac-sha256":
        return HmacSha256()
    from ephoto.workflow.wire.sm2 import Sm2Sm3

    return Sm2Sm3(user_id=by.user_id, encoding=by.signature)


def signer(by: Signing, settings: Settings, clock: Clock) -> Signer:
    """What signs our messages.

    Raises
    ------
    UsageError
        "settings_invalid": the file has no key of ours. "key_unfit".
    InputError
        "not_readable".
    EnvironmentFault
        "extra_missing".
    """
    if by.own is None:
        raise UsageError("key_unfit", problem="the mapping has no key to sign with", least=16)
    return Signer(_key(by, by.own, settings, private=True), clock, profile=profile(by))


def verifier(by: Signing, settings: Settings, clock: Clock, nonces: NonceStore) -> Verifier:
    """What verifies messages of others; `nonces` are shared by all processes that receive.

    Raises
    ------
    UsageError
        "key_unfit": no key, one that cannot serve, or the one that we sign with: what we send could be sent back to us.
    InputError
        "not_readable".
    EnvironmentFault
        "extra_missing".
    """
    if not by.others:
        raise UsageError("key_unfit", problem="the mapping has no key to verify with", least=16)
    keys = tuple(_key(by, place, settings, private=False) for place in by.others)
    if _signs_too(by, keys, settings):
        raise UsageError("key_unfit", problem="one key signs and verifies", least=16)
    return Verifier(keys, clock, nonces, window_s=by.window_s, profile=profile(by))


def _place(edited: Edited) -> KeyPlace:
    name = edited.take("key_id", "", "a key's name", bool)
    file = edited.take("key_file", "", "a file's name")
    variable = edited.take("key_env", "", "EPHOTO_...", lambda word: not word or word.startswith("EPHOTO_"))
    if bool(file) == bool(variable):
        edited.refuse("key_file", "either key_file or key_env is needed", "key_file, key_env")
    return KeyPlace(name, edited.file.parent / file if file else None, variable)


def _key(by: Signing, place: KeyPlace, settings: Settings, *, private: bool) -> Key:
    data = _bytes(place, settings)
    if by.profile == "hmac-sha256":
        return Key(place.key_id, _shared(data))
    from ephoto.workflow.wire.sm2_keys import private_key, public_key

    return Key(place.key_id, private_key(data) if private else public_key(data))


def _signs_too(by: Signing, keys: tuple[Key, ...], settings: Settings) -> bool:
    """Whether one of the keys is our own."""
    if by.own is None:
        return False
    try:
        own = _key(by, by.own, settings, private=True).secret
    except InputError:  # who only receives need not hold it
        return False
    if by.profile != "hmac-sha256":
        from ephoto.workflow.wire.sm2 import public_of

        own = public_of(own)
    return any(hmac.compare_digest(own, key.secret) for key in keys)


def _bytes(place: KeyPlace, settings: Settings) -> bytes:
    if place.file is None:
        text = settings.secret(place.variable)
        if text is None:
            raise InputError("not_readable", path=place.variable, problem="the environment does not hold it")
        return text.encode("utf-8", "surrogateescape")
    try:
        return place.file.read_bytes()
    except OSError as error:
        problem = error.strerror or str(error)
        raise InputError("not_readable", path=str(place.file), problem=problem) from error


def _shared(data: bytes) -> bytes:
    """The key's bytes as they are, but for a line's end at the end; behind "base64:" what that says."""
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    if not data.startswith(_BASE64.encode()):
        return data
    try:
        return base64.b64decode(data.removeprefix(_BASE64.encode()), validate=True)
    except binascii.Error:
        raise UsageError("key_unfit", problem="it is no base64", least=16) from None
