"""No engine opens a connection; and what watches them sees one if there is one."""

from __future__ import annotations

import pytest

from tests.extras import no_network
from tests.extras.conftest import PORTRAIT

pytestmark = pytest.mark.skipif(not no_network.supported(), reason="the kernel's filter is Linux's")

# What was seen to report to its maker (mediapipe 0.10.35, onnxruntime 1.32) did so within seconds, at the latest when
# it was closed.
WAIT_S = 10
PROGRAM = """
import gc, time
from ephoto.pipeline.converter import Converter
converter = Converter({options})
for _ in range(3):
    assert converter.convert({photo!r}).report.passed
time.sleep({wait})
del converter
gc.collect()
time.sleep(2)
print("quiet")
"""


def watched(**options):
    words = ", ".join(f"{key}={value!r}" for key, value in options.items())
    return no_network.run(PROGRAM.format(options=words, photo=str(PORTRAIT), wait=WAIT_S))


def is_quiet(ended):
    assert not ended.tried, ended.err
    assert ended.code == 0, ended.err
    assert ended.out == "quiet\n"


@pytest.mark.slow
def test_the_embedded_engines_are_quiet():
    is_quiet(watched(engine="selfie", faces="embedded"))


@pytest.mark.slow
@pytest.mark.usefixtures("u2net_home")
def test_rembg_is_quiet():
    is_quiet(watched(engine="rembg:u2netp"))


@pytest.mark.slow
@pytest.mark.usefixtures("mediapipe")
def test_mediapipe_is_quiet():
    is_quiet(watched(engine="mediapipe", faces="mediapipe"))


TRY = {
    "a socket": "import socket; socket.socket()",
    "version 6": "import socket; socket.socket(socket.AF_INET6)",
    "a datagram": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "past Python": "import ctypes; ctypes.CDLL(None).socket(2, 1, 0)",
    "a thread": """
import socket, threading
one = threading.Thread(target=lambda: socket.create_connection(("127.0.0.1", 9)))
one.start(); one.join()
""",
    "another process": """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import socket; socket.socket()"])
""",
    "a name": "import socket; socket.getaddrinfo('example.invalid', 80)",
}


@pytest.mark.parametrize("code", TRY.values(), ids=TRY)
def test_the_watcher_sees_who_tries(code):
    ended = no_network.run(code + "\nprint('unseen')")
    assert ended.tried
    assert ended.out == ""


def test_a_real_connection_is_possible_without_the_watcher_and_seen_with_it():
    """On the loopback, to a listener of this test's own."""
    import socket
    import subprocess
    import sys

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5).close(); print('through')"
        assert subprocess.check_output([sys.executable, "-c", code], text=True) == "through\n"
        listener.accept()[0].close()
        assert no_network.run(code).tried


def test_the_watcher_lets_the_machines_own_sockets_be():
    """And other processes that open none."""
    ended = no_network.run(
        "import socket, subprocess; socket.socketpair(); socket.socket(socket.AF_UNIX)\n"
        "subprocess.run(['true'], check=True); print('fine')"
    )
    assert (ended.tried, ended.out) == (False, "fine\n"), ended.err
