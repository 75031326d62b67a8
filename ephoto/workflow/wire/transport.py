"""Where a counterpart is: an address, a folder, or an SFTP server."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ephoto.core.edited import Edited
    from ephoto.core.settings import Settings

__all__ = ["Folder", "Http", "Sftp", "Transport", "transport"]

_MOST_TIMEOUT_S, _MOST_RETRIES, _MOST_BACKOFF_S = 600.0, 20, 3600.0


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP server.

    Attributes
    ----------
    url : scheme, host, port and perhaps a path that all requests begin with; no password, no query
    timeout_s : for one try, from the connection to the answer's last byte
    retries : tries after the first one
    max_backoff_s : longest wait before a try, whatever the server asks for
    ca_file : certificates that the server's is held against, PEM; without it those of the package certifi
    cert_file, key_file : our own certificate and its key, PEM, where the server asks for one
    """

    url: str
    timeout_s: float = 20.0
    retries: int = 5
    max_backoff_s: float = 60.0
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that both sides see."""

    path: Path


@dataclass(frozen=True, slots=True)
class Sftp:
    """An SFTP server, whose host key is in `known_hosts`; `key_file` is the user's own, without a passphrase."""

    host: str
    port: int
    user: str
    key_file: Path = field(repr=False)
    known_hosts: Path
    folder: str = "/"
    timeout_s: float = 30.0


Transport = Http | Folder | Sftp


def transport(edited: Edited, allowed: Sequence[str], settings: Settings) -> Transport:
    """The table `transport` of a mapping file; files it names lie beside it, and an address may be in the environment.

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    kind = edited.take("type", "", ", ".join(allowed), lambda word: word in allowed)
    made: Transport = (
        _http(edited, settings) if kind == "http" else _folder(edited) if kind == "folder" else _sftp(edited)
    )
    edited.done()
    return made


def _http(edited: Edited, settings: Settings) -> Http:
    url = edited.take("url", "", "https://HOST/")
    variable = edited.take("url_env", "", "EPHOTO_...", lambda name: not name or name.startswith("EPHOTO_"))
    plain = edited.take("plain_http", False, "true, false")
    key = "url_env" if variable else "url"
    if bool(url) == bool(variable):
        edited.refuse(key, "it is missing" if not url else "url and url_env exclude each other", "url, url_env")
    address = url or settings.secret(variable)
    fault = "the environment does not hold it" if address is None else _fault(address, plain=plain)
    if fault:
        edited.refuse(key, fault, "https://HOST/")  # never the address itself: it may have come with a password
    return Http(
        (address or "").rstrip("/"),
        edited.take("timeout_s", 20.0, "seconds, to 600", lambda n: 0 < n <= _MOST_TIMEOUT_S),
        edited.take("retries", 5, "0 to 20", lambda n: 0 <= n <= _MOST_RETRIES),
        edited.take("max_backoff_s", 60.0, "seconds, to 3600", lambda n: 0 < n <= _MOST_BACKOFF_S),
        _beside(edited, "ca_file"),
        _beside(edited, "cert_file"),
        _beside(edited, "tls_key_file"),
    )


def _fault(url: str, *, plain: bool) -> str:
    """What is wrong with an address; "" if nothing."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "it is no URL"
    if parts.scheme not in ("http", "https") or not host or not url.isascii() or not url.isprintable() or " " in url:
        return "it is no URL"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "it has a password, a query or a fragment"
    if parts.scheme == "http" and not plain and not _loopback(host):
        return "it is not encrypted; a network that is protected otherwise needs plain_http = true"
    return ""


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _folder(edited: Edited) -> Folder:
    return Folder(edited.file.parent / edited.take("path", "", "a folder", bool))


def _sftp(edited: Edited) -> Sftp:
    return Sftp(
        edited.take("host", "", "a host's name", _plain),
        edited.take("port", 22, "1 to 65535", lambda n: 0 < n < 1 << 16),
        edited.take("user", "", "a user's name", _plain),
        edited.file.parent / edited.take("key_file", "", "a file's name", bool),
        edited.file.parent / edited.take("known_hosts", "", "a file's name", bool),
        edited.take("folder", "/", "a folder", lambda name: bool(name) and name.isprintable() and '"' not in name),
        edited.take("timeout_s", 30.0, "seconds, to 600", lambda n: 0 < n <= _MOST_TIMEOUT_S),
    )


def _plain(word: str) -> bool:
    """No option of a program, and nothing that a shell or a batch file reads otherwise."""
    return (
        bool(word)
        and not word.startswith("-")
        and word.replace("-", "").replace(".", "").replace("_", "").replace(":", "").isalnum()
    )


def _beside(edited: Edited, key: str) -> Path | None:
    name = edited.take(key, "", "a file's name")
    return edited.file.parent / name if name else None
