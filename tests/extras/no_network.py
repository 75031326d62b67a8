"""A process that may open no internet socket: the kernel ends it at the first try, whichever thread or library tries.

A seccomp filter (Linux, no rights needed) on socket(2): without an AF_INET or AF_INET6 socket there is neither a
connection nor a datagram. Sockets of the machine itself (AF_UNIX) may be opened. io_uring, which can open sockets past
that call, is forbidden as well.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# (audit architecture, socket, io_uring_setup) by machine: linux/audit.h and the syscall tables
_MACHINES = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF: load a word of seccomp_data, jump if equal, return
_ALLOW, _TRAP = 0x7FFF0000, 0x00030000  # SECCOMP_RET_ALLOW; SECCOMP_RET_TRAP sends SIGSYS to the thread that tried


@dataclass(frozen=True)
class Ended:
    """How a watched process ended: whether it tried to open a socket, and what it said."""

    tried: bool
    code: int
    out: str
    err: str


def supported() -> bool:
    return sys.platform == "linux" and platform.machine() in _MACHINES


def forbid() -> None:
    """From now on the kernel sends SIGSYS to whoever in this process opens an internet socket. Call before threads."""
    architecture, number, uring = _MACHINES[platform.machine()]
    rules = [  # (code, jump if true, jump if false, value)
        (_LOAD, 0, 0, 4),  # the architecture
        (_EQUAL, 0, 7, architecture),  # another one (32-bit calls): trap
        (_LOAD, 0, 0, 0),  # the call's number
        (_EQUAL, 5, 0, uring),
        (_EQUAL, 0, 3, number),
        (_LOAD, 0, 0, 16),  # its first argument: the address family
        (_EQUAL, 2, 0, int(socket.AF_INET)),
        (_EQUAL, 1, 0, int(socket.AF_INET6)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _TRAP),
    ]
    code = b"".join(struct.pack("HBBI", *rule) for rule in rules)
    held = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(rules), ctypes.addressof(held)))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((_PR_SET_NO_NEW_PRIVS, 1, 0), (_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program))):
        if libc.prctl(words[0], ctypes.c_ulong(words[1]), ctypes.c_ulong(words[2]), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "the kernel takes no filter")


def run(code: str, env: dict[str, str] | None = None, cwd: Path = ROOT) -> Ended:
    """Run Python code in a process of its own that may open no internet socket."""
    here = str(Path(__file__).parent)
    start = f"import sys; sys.path.insert(0, {here!r}); import no_network; no_network.forbid(); sys.path.pop(0)\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, check=False, cwd=cwd, timeout=300,
        env=os.environ | (env or {}),
    )  # fmt: skip
    return Ended(done.returncode == -signal.SIGSYS, done.returncode, done.stdout, done.stderr)
