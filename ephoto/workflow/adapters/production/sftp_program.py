"""The `sftp` program of OpenSSH, run with a list of commands: one session each time, trusting nothing it was not told.

No file of the user's or the system's settings is read, no agent asked, no password given; the host's key must be the
one that is pinned.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ephoto.workflow.wire.transport import Sftp as Server

__all__ = ["CommandError", "Sftp", "free_bytes", "listed"]

_LEAST_RATE = 16_000  # bytes a second; a session that moves fewer is given up
_ALIVE_TRIES = 3
_ECHO = "sftp> "
# What `ls -ln` prints, whose lines the client itself puts together: mode, links, owner, group, bytes, time, name.
_LINE = re.compile(r"([-dlbcps])\S{9,10}\s+\S+\s+\S+\s+\S+\s+([0-9]+)\s+\S+\s+\S+\s+\S+\s(.*)")
_FREE = re.compile(r"^\s*[0-9]+\s+[0-9]+\s+([0-9]+)\s", re.MULTILINE)  # of `df`: size, used, available, in KiB
# What ssh and sftp say on their standard error, in English.
_SAID = {
    "host_key_wrong": re.compile(r"Host key verification failed|REMOTE HOST IDENTIFICATION|host key is known"),
    "login_refused": re.compile(
        r"Permission denied \(|Too many authentication failures|Load key|bad permissions|No supported authentication"
    ),
    "connection_lost": re.compile(
        r"[Cc]onnection (?:refused|timed out|reset|closed|lost)|Connection to \S+ (?:closed|timed out)|Broken pipe|"
        r"Could not resolve|No route to host|unreachable|kex_exchange_identification|banner exchange|not responding|"
        r"ssh_dispatch_run_fatal|closed by remote host|packet corrupt|Corrupted MAC|Bad packet|packet too long"
    ),
}


class CommandError(Exception):
    """A command was refused by the server, the connection being well. `said` is the client's standard error."""

    def __init__(self, said: str) -> None:
        super().__init__("sftp")
        self.said = said


class Sftp:
    """Sessions with one server.

    Raises
    ------
    EnvironmentFault
        "sftp_missing" here; from `run` "host_key_wrong", "login_refused", "connection_lost".
    """

    def __init__(self, transport: Server, program: str = "sftp") -> None:
        found = shutil.which(program)
        if found is None:
            raise EnvironmentFault("sftp_missing", program=program)
        self._program, self._to = found, transport
        self.shown = f"{transport.host}:{transport.port}{transport.folder}"

    def run(self, commands: Sequence[str], here: Path, moved: int = 0) -> list[list[str]]:
        """What each command printed. The session ends at the first that fails; one with - in front may fail.

        Parameters
        ----------
        here : the local folder in which files are named
        moved : bytes that go over, for how long it may take

        Raises
        ------
        CommandError
        EnvironmentFault
        """
        folder = self._to.folder.replace("\\", "\\\\")
        batch = "\n".join([f'cd "{folder}"', *commands, "bye", ""])
        limit = self._to.timeout_s * (_ALIVE_TRIES + 1) + moved / _LEAST_RATE
        code, printed, said = self._session(batch, here, limit)
        if code != 0:
            self._check(code, said)
            raise CommandError(said)
        return _by_command(printed, len(commands))

    def _session(self, batch: str, here: Path, limit: float) -> tuple[int, str, str]:
        arguments = [self._program, *self._options(), "-b", "-", f"{self._to.user}@{_bracketed(self._to.host)}"]
        # An environment of its own: no agent's socket, no program that asks for passwords, English messages.
        process = subprocess.Popen(
            arguments, cwd=here, env={"LC_ALL": "C", "PATH": os.defpath}, start_new_session=True, text=True,
            encoding="utf-8", errors="replace", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            printed, said = process.communicate(batch, limit)
        except subprocess.TimeoutExpired:
            _end(process)
            raise EnvironmentFault("connection_lost", place=self.shown, problem="it took too long") from None
        except BaseException:
            _end(process)
            raise
        return process.returncode, printed, said

    def _options(self) -> list[str]:
        to = self._to
        alive = max(1, round(to.timeout_s / _ALIVE_TRIES))
        set_ = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": _quoted(to.known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "UpdateHostKeys": "no",
            "VerifyHostKeyDNS": "no",
            "IdentityFile": _quoted(to.key_file),
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "PreferredAuthentications": "publickey",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "ConnectTimeout": str(max(1, round(to.timeout_s))),
            "ConnectionAttempts": "1",
            "ServerAliveInterval": str(alive),
            "ServerAliveCountMax": str(_ALIVE_TRIES),
            "ControlPath": "none",
            "LogLevel": "ERROR",
        }
        return ["-F", "none", "-P", str(to.port), *(f"-o{name}={value}" for name, value in set_.items())]

    def _check(self, code: int, said: str) -> None:
        """What ended a session, if it was not a command."""
        for name, pattern in _SAID.items():
            if pattern.search(said):
                self._raise(name, said)
        if code not in (0, 1):  # sftp's own end is 1 where a command failed, ssh's is 255
            raise EnvironmentFault("connection_lost", place=self.shown, problem="the connection was cut")

    def _raise(self, name: str, said: str) -> None:
        if name == "host_key_wrong":
            raise EnvironmentFault("host_key_wrong", place=self.shown, file=str(self._to.known_hosts))
        if name == "login_refused":
            private = "bad permissions" not in said
            problem = "the server does not know the key" if private else "others can read the key's file"
            raise EnvironmentFault("login_refused", place=self.shown, problem=problem)
        raise EnvironmentFault("connection_lost", place=self.shown, problem="the connection was cut")


def listed(lines: Sequence[str]) -> dict[str, int]:
    """Bytes by name of the ordinary files that `ls -ln` printed."""
    made = {}
    for line in lines:
        found = _LINE.fullmatch(line.rstrip("\r"))
        if found is not None and found[1] == "-":
            made[found[3].rpartition("/")[2]] = int(found[2])
    return made


def free_bytes(lines: Sequence[str]) -> int | None:
    """What `df` says is free; None where the server does not tell."""
    found = _FREE.search("\n".join(lines))
    return None if found is None else int(found[1]) * 1024


def _by_command(printed: str, count: int) -> list[list[str]]:
    """The lines after each echo of a command; the first echo is that of changing the folder."""
    made: list[list[str]] = []
    for line in printed.splitlines():
        if line.startswith(_ECHO):
            made.append([])
        elif made:
            made[-1].append(line)
    return (made + [[] for _ in range(count + 1)])[1 : count + 1]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _quoted(path: Path) -> str:
    """A path for an option of ssh, where % begins a token and a space ends the word."""
    text = str(path.absolute()).replace("%", "%%")
    if '"' in text or "${" in text or "\n" in text:
        raise EnvironmentFault("drop_failed", place=text, problem="ssh cannot be given such a path")
    return f'"{text}"'


def _end(process: subprocess.Popen[str]) -> None:
    """sftp, and the ssh that it started, which would hold our pipes open."""
    with suppress(OSError, AttributeError):  # AttributeError: no process groups on Windows
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.communicate()
