"""The folder of a sandbox: keys, an office's file and its mappings, the drop, the printer; all a newcomer needs."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Literal

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.files import whole_file
from ephoto.sandbox.bureau import FOLDERS
from ephoto.sandbox.keys import office_keys, ssh_key, vault_key
from ephoto.sandbox.printer import PRINTER_FOLDERS
from ephoto.sandbox.signatures import PROFILES, Keys, ProfileName
from ephoto.sandbox.world import default_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["HOST", "USER", "Drop", "Prepared", "prepare"]

Drop = Literal["sftp", "folder"]
HOST, USER = "127.0.0.1", "office"
_OFFICE_ID, _OWN_ID = "office-1", "sandbox-1"
_MARK = "sandbox/sandbox.json"
_MAPPINGS = ("submission", "replacement", "employer", "production", "activation", "notify")
_SCHEMA = "ephoto.sandbox/1"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A folder that is ready to be served.

    Attributes
    ----------
    folder : with office.toml and sandbox.toml in it
    http_port, sftp_port : on this machine's own address
    keys : this side's
    host_key, user_key : OpenSSH's text, private and public
    """

    folder: Path
    http_port: int
    sftp_port: int
    keys: Keys
    host_key: str = field(repr=False)
    user_key: str = field(repr=False)

    @property
    def url(self) -> str:
        """Where HTTP is served."""
        return f"http://{HOST}:{self.http_port}"

    @property
    def office(self) -> Path:
        """The office's file."""
        return self.folder / "office.toml"

    @property
    def bureau(self) -> Path:
        """The drop."""
        return self.folder / "bureau"

    @property
    def printer(self) -> Path:
        """The hot folder."""
        return self.folder / "printer"

    @property
    def world(self) -> Path:
        """How it behaves."""
        return self.folder / "sandbox.toml"


def prepare(
    folder: Path, *, http_port: int = 0, sftp_port: int = 0, profile: ProfileName | None = None, drop: Drop = "sftp"
) -> Prepared:
    """Make the folder, or take up one that was made before: its keys, ports and edited files stay.

    Parameters
    ----------
    folder : a new or empty one, or a sandbox's
    http_port, sftp_port : 0 takes a free one, and the same again the next time
    profile : how requests are signed; None is "hmac-sha256", or what the folder was made with
    drop : how the office's mapping reaches the bureau; the sandbox serves both

    Raises
    ------
    UsageError
        "sandbox_folder": something else lies in the folder, or another profile was asked for than it was made with.
    EnvironmentFault
        "output_failed", "extra_missing", "package_missing".
    """
    known = _known(folder)
    if known is None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError("sandbox_folder", path=str(folder), problem="something else lies there")
        known = _made(folder, http_port, sftp_port, profile or PROFILES[0], drop)
    elif profile not in (None, known["profile"]):
        raise UsageError("sandbox_folder", path=str(folder), problem="it was made with another signature")
    elif any(port not in (0, known[name]) for name, port in (("http_port", http_port), ("sftp_port", sftp_port))):
        raise UsageError("sandbox_folder", path=str(folder), problem="it was made with another port")
    own = folder / "sandbox"
    signs: ProfileName = "sm2-sm3" if known["profile"] == "sm2-sm3" else "hmac-sha256"
    keys = Keys(signs, _OFFICE_ID, _secret(own / "verify"), _OWN_ID, _secret(own / "sign"))
    host_key, user_key = (_secret(own / name).decode("ascii") for name in ("host_key", "user_key.pub"))
    ports = [known[name] for name in ("http_port", "sftp_port")]
    return Prepared(folder, int(ports[0]), int(ports[1]), keys, host_key + "\n", user_key)


def _known(folder: Path) -> Mapping[str, str | int] | None:
    """What the folder says of itself; None if it is no sandbox's, or was not finished."""
    try:
        told = json.loads((folder / _MARK).read_bytes())
    except (OSError, ValueError):
        return None
    kinds = {"http_port": int, "sftp_port": int, "profile": str, "schema": str}
    whole = isinstance(told, dict) and all(type(told.get(name)) is kind for name, kind in kinds.items())
    return told if whole and told["schema"] == _SCHEMA and told["profile"] in PROFILES else None


def _secret(path: Path) -> bytes:
    try:
        return path.read_bytes().removesuffix(b"\n")
    except OSError as error:
        raise EnvironmentFault("output_failed", path=str(path), problem=error.strerror or str(error)) from error


def _made(folder: Path, http_port: int, sftp_port: int, profile: ProfileName, drop: Drop) -> Mapping[str, str | int]:
    http_port, sftp_port = (port or _free_port() for port in (http_port, sftp_port))
    host_private, host_public = ssh_key()
    user_private, user_public = ssh_key()
    secret = office_keys(profile) | {
        "vault.key": vault_key(),
        "keys/sftp": user_private,
        "sandbox/host_key": host_private,
    }
    plain = {
        "keys/sftp.pub": f"{user_public} {USER}\n",
        "keys/known_hosts": f"[{HOST}]:{sftp_port} {host_public}\n",
        "sandbox/user_key.pub": f"{user_public}\n",
        "sandbox.toml": default_text(),
        "office.toml": _template("office", {}),
    }
    url = f"http://{HOST}:{http_port}"
    words = {"url": url, "profile": profile, "transport": _transport(drop, sftp_port)}
    words["sandbox_key"] = "sandbox.key" if profile == "hmac-sha256" else "sandbox.pub"
    plain |= {f"{name}.toml": _template(name, words) for name in _MAPPINGS}
    try:
        for inner in ("keys", "sandbox", *(f"bureau/{one}" for one in FOLDERS),
                      *(f"printer/{one}" for one in PRINTER_FOLDERS)):  # fmt: skip
            (folder / inner).mkdir(parents=True, exist_ok=True)
        for name in ("keys", "sandbox"):
            (folder / name).chmod(0o700)
        for name, text in secret.items():
            _write_secret(folder / name, text)
    except OSError as error:
        raise EnvironmentFault("output_failed", path=str(folder), problem=error.strerror or str(error)) from error
    for name, text in plain.items():
        _write(folder / name, text)
    told: dict[str, str | int] = {"schema": _SCHEMA, "http_port": http_port, "sftp_port": sftp_port, "profile": profile}
    _write(folder / _MARK, json.dumps(told) + "\n")  # last: a folder without it was not finished
    return told


def _transport(drop: Drop, port: int) -> str:
    if drop == "folder":
        return '[transport]\ntype = "folder"\npath = "bureau"'
    lines = (
        "[transport]", 'type = "sftp"', f'host = "{HOST}"', f"port = {port}", f'user = "{USER}"',
        'key_file = "keys/sftp"', 'known_hosts = "keys/known_hosts"', 'folder = "/"', "timeout_s = 20",
    )  # fmt: skip
    return "\n".join(lines)


def _template(name: str, words: Mapping[str, str]) -> str:
    text = files(__package__).joinpath("templates", f"{name}.toml").read_text("utf-8")
    return Template(text).substitute(words)


def _write(path: Path, text: str) -> None:
    with whole_file(path) as file:
        file.write(text.encode("utf-8"))


def _write_secret(path: Path, text: str) -> None:
    """A new file that only its owner can read, from its first moment on."""
    with open(path, "x", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port
