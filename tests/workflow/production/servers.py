"""A real OpenSSH server on loopback, and a proxy before it that cuts connections."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from ephoto.workflow.wire.transport import Sftp

SSHD = shutil.which("sshd", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")
FOLDERS = ("in", "out", "archive", "error")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return path


def made_drop(root: Path) -> Path:
    for name in FOLDERS:
        (root / name).mkdir(parents=True)
    return root


@dataclass
class Server:
    """sshd with one user, who is whoever runs the tests; `root` is what the drop lies in."""

    root: Path
    home: Path
    port: int

    def transport(self, **changes) -> Sftp:
        values = {
            "host": "127.0.0.1", "port": self.port, "user": getpass.getuser(), "key_file": self.home / "user",
            "known_hosts": self.home / "known_hosts", "folder": str(self.root), "timeout_s": 10.0,
        }  # fmt: skip
        return Sftp(**(values | changes))

    def known_as(self, port: int) -> Path:
        """A file of known hosts for another port, as a proxy's."""
        path = self.home / f"known_{port}"
        path.write_text((self.home / "known_hosts").read_text().replace(f":{self.port} ", f":{port} "))
        return path


@contextlib.contextmanager
def sshd(home: Path, root: Path):
    """The server, as long as the block lasts. Skipped where there is none, unless it is demanded."""
    if SSHD is None:
        if os.environ.get("EPHOTO_TEST_REQUIRE_SSHD") == "1":
            pytest.fail("there is no sshd, and EPHOTO_TEST_REQUIRE_SSHD=1")
        pytest.skip("there is no sshd (Debian: openssh-server)")
    home.mkdir(exist_ok=True)
    key(home / "host")
    public = key(home / "user").with_suffix(".pub").read_text()
    (home / "authorized").write_text(public)
    Path("/run/sshd").mkdir(exist_ok=True) if os.geteuid() == 0 else None
    for _ in range(5):  # the port may be another's by now
        port = free_port()
        settings = {
            "Port": port, "ListenAddress": "127.0.0.1", "HostKey": home / "host", "PidFile": "none",
            "AuthorizedKeysFile": home / "authorized", "StrictModes": "no", "UsePAM": "no",
            "PasswordAuthentication": "no", "KbdInteractiveAuthentication": "no", "PermitRootLogin": "yes",
            "Subsystem": "sftp internal-sftp", "LogLevel": "ERROR", "MaxStartups": "100", "UseDNS": "no",
        }  # fmt: skip
        (home / "config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        log = (home / "log").open("w")
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", home / "config"], stderr=log)
        try:
            if _listens(process, port):
                host = (home / "host.pub").read_text().split()
                (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {host[0]} {host[1]}\n")
                yield Server(root, home, port)
                return
        finally:
            process.terminate()
            process.wait()
            log.close()
    pytest.fail("sshd does not start: " + (home / "log").read_text())


def _listens(process: subprocess.Popen, port: int) -> bool:
    for _ in range(200):
        if process.poll() is not None:
            return False
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.02)
    return False


class CuttingProxy:
    """Hands bytes on in both directions; the first connections are cut after so many bytes towards the server.

    `cuts` are taken one a connection; when they are used up, nothing is cut. `lost` cuts what comes back instead, so
    that the server has done what the client does not hear of.
    """

    def __init__(self, port: int, cuts: list[int], *, lost: bool = False) -> None:
        self._to, self.cuts, self._lost = port, list(cuts), lost
        self.cut = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):  # wakes the thread that accepts
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            most = self.cuts.pop(0) if self.cuts else None
            forth, back = (None, most) if self._lost else (most, None)
            self._start(self._pump, client, server, forth)
            self._start(self._pump, server, client, back)

    def _pump(self, source, target, most):
        sent = 0
        with contextlib.suppress(OSError):
            while data := source.recv(4096 if most is not None else 65536):
                if most is not None and sent + len(data) >= most:
                    target.sendall(data[: most - sent])
                    self.cut += 1
                    break
                target.sendall(data)
                sent += len(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
