"""Both kinds of database, real ones: a fresh SQLite file, and a fresh database of a PostgreSQL server on loopback.

The server is that of EPHOTO_TEST_POSTGRES (the URL of a database where others may be created), or one of our own, made
from the programs that are installed. Without either the tests of PostgreSQL are skipped; with
EPHOTO_TEST_REQUIRE_POSTGRES=1 they fail.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

SERVER, REQUIRED = "EPHOTO_TEST_POSTGRES", "EPHOTO_TEST_REQUIRE_POSTGRES"
KINDS = ("sqlite", "postgresql")
WAIT_S = 60
# Nothing here outlives a test: no need to wait for disks.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


@pytest.fixture(params=[KINDS[0], pytest.param(KINDS[1], marks=pytest.mark.slow)])
def database_url(request, tmp_path):
    """The URL of an empty database, of each kind in turn; PostgreSQL among the slow tests."""
    yield from empty_database(request, tmp_path)


def empty_database(request, tmp_path):
    """The URL of an empty database of the kind that is asked for, while it is needed."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        with fresh_database(request.getfixturevalue("postgres_server")) as url:
            yield url


@pytest.fixture
def postgres_url(postgres_server):
    """The URL of an empty PostgreSQL database."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server():
    """The URL of a database of a server where databases may be created."""
    given = os.environ.get(SERVER)
    if given:
        yield given
        return
    programs = programs_dir()
    if programs is None:
        why = f"PostgreSQL is not installed, and {SERVER} names no server"
        (pytest.fail if os.environ.get(REQUIRED) == "1" else pytest.skip)(why)
    with server(programs) as url:
        yield url


@contextmanager
def fresh_database(server_url):
    name = f"ephoto_test_{secrets.token_hex(8)}"
    url = make_url(server_url).set(drivername="postgresql+pg8000")
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    try:
        yield url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as db:
            db.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def programs_dir():
    """Where initdb and postgres lie: on the path, or where Debian puts them, the newest."""
    for name in ("initdb", "postgres"):
        found = shutil.which(name)
        if found and (Path(found).resolve().parent / "postgres").exists():
            return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    return debian[-1].parent if debian else None


@contextmanager
def server(programs):
    """A cluster of our own, gone afterwards; it ends with this process, whatever ends that."""
    home = Path(tempfile.mkdtemp(prefix="ephoto-postgres-"))
    account = other_account()
    password = secrets.token_hex(16)
    try:
        (home / "password").write_text(password)
        if account:
            for path in (home, home / "password"):
                os.chown(path, account["user"], account["group"])
        data = home / "data"
        asked = [programs / "initdb", "-D", data, "-U", "tester", "-E", "UTF8", "--no-locale", "--no-sync"]
        asked += ["--auth=scram-sha-256", f"--pwfile={home / 'password'}"]
        made = subprocess.run(asked, **account, cwd=home, capture_output=True, text=True, timeout=WAIT_S)
        assert made.returncode == 0, made.stderr
        with (home / "log").open("wb") as log:
            process, port = started(programs, data, account, log)
        try:
            yield f"postgresql://tester:{password}@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing is worth keeping
            process.wait(WAIT_S)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def other_account():
    """PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    pytest.fail("no account to run PostgreSQL with")


def started(programs, data, account, log):
    """The server and its port. Another one may take a free port first: then on the next."""
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    for _ in range(5):
        port = free_port()
        asked = [programs / "postgres", "-D", data, "-p", str(port), *options]
        process = subprocess.Popen(
            asked, **account, cwd=data.parent, stdout=log, stderr=log, preexec_fn=die_with_parent
        )
        if answers(process, port):
            return process, port
        process.kill()
        process.wait()
    pytest.fail(f"PostgreSQL did not start: {(data.parent / 'log').read_text()[-2000:]}")


def answers(process, port):
    end = time.monotonic() + WAIT_S
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError, DBAPIError), closing(socket.create_connection(("127.0.0.1", port), 1)):
            return ready(port)
        time.sleep(0.05)
    return False


def ready(port):
    """It refuses this password; while it starts, it refuses everybody with another word."""
    engine = create_engine(f"postgresql+pg8000://tester:wrong@127.0.0.1:{port}/postgres", poolclass=NullPool)
    for _ in range(200):
        try:
            engine.connect().close()
        except DBAPIError as error:
            if "28P01" in str(error.orig):
                return True
        time.sleep(0.05)
    return False


def free_port():
    with closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def die_with_parent():
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG
