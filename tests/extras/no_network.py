"""Watches whether a process opens an internet socket: itself, one of its threads or libraries, or a process it starts.

A seccomp filter (Linux 5.0, no rights needed) reports socket(2) to this process: without an AF_INET or AF_INET6 socket
there is neither a connection nor a datagram. Who tries is stopped there, and then ended. Sockets of the machine itself
(AF_UNIX) may be opened. io_uring, which opens sockets past that call, is reported as well.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Calls:
    """A machine's system calls by number, from linux/audit.h and its table."""

    architecture: int
    socket: int
    seccomp: int
    io_uring_setup: int = 425


_MACHINES = {
    "x86_64": Calls(0xC000003E, socket=41, seccomp=317),
    "aarch64": Calls(0xC00000B7, socket=198, seccomp=277),
}
_PR_SET_NO_NEW_PRIVS, _SET_MODE_FILTER, _NEW_LISTENER = 38, 1, 1 << 3
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF: load a word of seccomp_data, jump if equal, return
_ARCHITECTURE, _NUMBER, _FIRST = 4, 0, 16  # where the words are; the last is the first argument
_ALLOW, _REPORT = 0x7FFF0000, 0x7FC00000  # SECCOMP_RET_ALLOW, SECCOMP_RET_USER_NOTIF


@dataclass(frozen=True)
class Ended:
    """How a watched process ended: whether anyone in it tried to open a socket, and what it said."""

    tried: bool
    code: int
    out: str
    err: str


def supported() -> bool:
    return sys.platform == "linux" and platform.machine() in _MACHINES


def be_watched(reports_to: int) -> None:
    """From now on who opens an internet socket waits for ever and is reported on this end of a pair of sockets.

    For this process, all that it starts, and all their threads; called before there are any.
    """
    calls = _MACHINES[platform.machine()]
    rules = [  # (what, lines to skip if it holds, and if not, value)
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, 7, calls.architecture),  # another one, as 32-bit programs have: report
        (_LOAD, 0, 0, _NUMBER),
        (_EQUAL, 5, 0, calls.io_uring_setup),
        (_EQUAL, 0, 3, calls.socket),
        (_LOAD, 0, 0, _FIRST),
        (_EQUAL, 2, 0, int(socket.AF_INET)),
        (_EQUAL, 1, 0, int(socket.AF_INET6)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REPORT),
    ]
    code = b"".join(struct.pack("HBBI", *rule) for rule in rules)
    held = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(rules), ctypes.addressof(held)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)):
        raise OSError(ctypes.get_errno(), "rights cannot be given up")
    listener = libc.syscall(
        ctypes.c_long(calls.seccomp),
        ctypes.c_ulong(_SET_MODE_FILTER),
        ctypes.c_ulong(_NEW_LISTENER),
        ctypes.c_void_p(ctypes.addressof(program)),
    )
    if listener < 0:
        raise OSError(ctypes.get_errno(), "the kernel takes no filter")
    with socket.socket(fileno=reports_to) as line:
        socket.send_fds(line, [b"."], [listener])
    os.close(listener)


def run(code: str, env: dict[str, str] | None = None, cwd: Path = ROOT, most_s: float = 300.0) -> Ended:
    """Run Python code in a process of its own and watch it; it is ended as soon as it tries to open a socket."""
    ours, theirs = socket.socketpair()
    start = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import no_network\n"
        f"no_network.be_watched({theirs.fileno()}); sys.path.pop(0)\n"
    )
    with ours, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-c", start + code], stdout=out, stderr=err, cwd=cwd, env=os.environ | (env or {}),
                pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
        tried = _watch(process, ours, time.monotonic() + most_s)
        for file in (out, err):
            file.seek(0)
        return Ended(tried, process.wait(), out.read().decode(), err.read().decode())


def _watch(process: subprocess.Popen[bytes], line: socket.socket, until: float) -> bool:
    """Whether anyone tried before the process ended; then, or when it takes too long, all of it is ended."""
    _, listeners, _, _ = socket.recv_fds(line, 1, 1)
    if not listeners:
        process.wait()
        raise OSError("the process could not be watched")
    try:
        reports = select.poll()
        reports.register(listeners[0], select.POLLIN)
        while process.poll() is None:
            if any(event & select.POLLIN for _, event in reports.poll(100)):
                return True
            if time.monotonic() > until:
                raise TimeoutError("the process does not end")
        return any(event & select.POLLIN for _, event in reports.poll(0))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        os.close(listeners[0])
