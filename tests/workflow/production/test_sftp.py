"""The drop behind a real SSH server: whole files, each once, whatever happens to the connection."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import socket
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.adapters.production.config import DropRules
from ephoto.workflow.adapters.production.control import ControlRules, control_line, read_control, verify_control
from ephoto.workflow.adapters.production.sftp import SftpDrop
from ephoto.workflow.adapters.production.sftp_program import Sftp
from tests.workflow.production.servers import CuttingProxy, free_port, key, made_drop, sshd

RULES = ControlRules()
DROP = DropRules(retries=3, max_backoff_s=0.1)


def _slow(*values):
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with sshd(tmp_path_factory.mktemp("ssh") / "home", Path("unused")) as server:
        yield server


@pytest.fixture
def server(running, tmp_path):
    return replace(running, root=made_drop(tmp_path / "drop with a space"))


def drop_of(transport, rules=DROP, slept=None):
    waits = [] if slept is None else slept
    return SftpDrop(transport, RULES, rules, waits.append, random.Random(1).random)


def package(folder, size=300_000, name="EMP_bulk_1.zip"):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(random.Random(size).randbytes(size))
    return path, control_line(path, 3, "B-1", RULES)


def there(server):
    return {str(p.relative_to(server.root)) for p in server.root.rglob("*") if p.is_file()}


def assert_whole(server, path, control):
    """As its reader sees it: by the control file, and nothing else lies there."""
    assert there(server) == {f"in/{path.name}", f"in/{path.name}.ok"}
    assert (server.root / "in" / f"{path.name}.ok").read_bytes() == control
    verify_control(read_control(control, RULES), server.root / "in" / path.name, RULES)


def test_a_package_arrives_whole_with_its_control_file(server, tmp_path):
    path, control = package(tmp_path / "own")
    assert drop_of(server.transport()).publish(path, control)
    assert_whole(server, path, control)


def test_publishing_again_puts_nothing_twice(server, tmp_path):
    path, control = package(tmp_path / "own")
    drop = drop_of(server.transport())
    drop.publish(path, control)
    before = (server.root / "in" / path.name).stat()
    assert not drop.publish(path, control)
    assert (server.root / "in" / path.name).stat().st_ino == before.st_ino
    assert_whole(server, path, control)


@pytest.mark.parametrize("place", ["archive", "error"])
def test_what_its_reader_has_taken_is_not_put_again(server, tmp_path, place):
    path, control = package(tmp_path / "own")
    drop = drop_of(server.transport())
    drop.publish(path, control)
    for name in (path.name, f"{path.name}.ok"):
        (server.root / "in" / name).rename(server.root / place / name)
    assert not drop.publish(path, control)
    assert there(server) == {f"{place}/{path.name}", f"{place}/{path.name}.ok"}


@pytest.mark.parametrize("size", [299_999, 300_000])
@pytest.mark.parametrize("done", [True, False])
def test_another_file_of_that_name_is_never_overwritten(server, tmp_path, size, done):
    path, control = package(tmp_path / "own")
    (server.root / "in" / path.name).write_bytes(b"x" * size)
    if done:
        (server.root / "in" / f"{path.name}.ok").write_bytes(b"theirs" if size % 2 else control)
    with pytest.raises(EnvironmentFault) as caught:
        drop_of(server.transport()).publish(path, control)
    assert caught.value.code == "output_exists"
    assert (server.root / "in" / path.name).read_bytes() == b"x" * size


@pytest.mark.parametrize("begun", [32_768, *_slow(0, 1, 299_999, 300_000, 300_001)])
def test_a_cut_upload_is_gone_on_with(server, tmp_path, begun):
    path, control = package(tmp_path / "own")
    (server.root / "in" / f"{path.name}.part").write_bytes((path.read_bytes() + b"!")[:begun])
    assert drop_of(server.transport()).publish(path, control)
    assert_whole(server, path, control)


@pytest.mark.parametrize("rules", [DROP, replace(DROP, read_back_bytes=0)])
def test_what_another_package_left_is_not_gone_on_with(server, tmp_path, rules):
    path, control = package(tmp_path / "own")
    (server.root / "in" / f"{path.name}.part").write_bytes(b"y" * 1000)
    assert drop_of(server.transport(), rules).publish(path, control)
    assert_whole(server, path, control)


def test_a_control_file_is_missing_after_a_crash(server, tmp_path):
    path, control = package(tmp_path / "own")
    shutil.copy(path, server.root / "in" / path.name)
    (server.root / "in" / f"{path.name}.ok.part").write_bytes(control[:5])
    assert drop_of(server.transport()).publish(path, control)
    assert_whole(server, path, control)


@pytest.mark.parametrize("lost", [False, *_slow(True)], ids=["forth", "back"])
@pytest.mark.parametrize("cut", [5000, 150_000, *_slow(0, 30, 1500, 2500, 3500, 40_000, 290_000, 304_000)])
def test_a_cut_connection_leaves_one_whole_file_after_another_try(server, tmp_path, cut, lost):
    path, control = package(tmp_path / "own")
    slept: list[float] = []
    with CuttingProxy(server.port, [cut] * 3, lost=lost) as proxy:
        transport = server.transport(port=proxy.port, known_hosts=server.known_as(proxy.port))
        drop_of(transport, slept=slept).publish(path, control)
        assert proxy.cut or cut > 3000
    assert len(slept) == proxy.cut
    assert_whole(server, path, control)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_cuts_anywhere_never_show_a_reader_half_a_file(server, tmp_path, seed):
    """A reader that goes by control files looks all the time; each step of the sender is cut somewhere."""
    chance = random.Random(seed)
    path, control = package(tmp_path / "own", size=200_000)
    digest, stop, seen, bad = hashlib.sha256(path.read_bytes()).digest(), threading.Event(), [0], []

    def reader():
        while not stop.is_set():
            if (server.root / "in" / f"{path.name}.ok").exists():
                seen[0] += 1
                whole = (server.root / "in" / f"{path.name}.ok").read_bytes() == control
                if not whole or hashlib.sha256((server.root / "in" / path.name).read_bytes()).digest() != digest:
                    bad.append("half")

    watching = threading.Thread(target=reader)
    watching.start()
    cuts = [chance.choice([chance.randrange(6000), chance.randrange(220_000)]) for _ in range(8)]
    try:
        with CuttingProxy(server.port, cuts, lost=seed % 2 == 1) as proxy:
            transport = server.transport(port=proxy.port, known_hosts=server.known_as(proxy.port))
            drop_of(transport, replace(DROP, retries=12)).publish(path, control)
    finally:
        stop.set()
        watching.join()
    assert bad == []
    assert_whole(server, path, control)


def test_a_sender_that_gives_up_leaves_what_the_next_one_goes_on_with(server, tmp_path):
    path, control = package(tmp_path / "own")
    with CuttingProxy(server.port, [10**9, 100_000, 100_000]) as proxy:
        transport = server.transport(port=proxy.port, known_hosts=server.known_as(proxy.port))
        with pytest.raises(EnvironmentFault) as caught:
            drop_of(transport, replace(DROP, retries=0)).publish(path, control)
    assert caught.value.code == "connection_lost"
    assert there(server) <= {f"in/{path.name}.part"}
    drop_of(server.transport()).publish(path, control)
    assert_whole(server, path, control)


def fault(transport, path, control, rules=DROP):
    slept: list[float] = []
    with pytest.raises(EnvironmentFault) as caught:
        drop_of(transport, rules, slept).publish(path, control)
    return caught.value, slept


def test_another_host_key_is_refused_at_once(server, tmp_path):
    path, control = package(tmp_path / "own")
    other = key(tmp_path / "other").with_suffix(".pub").read_text().split()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{server.port} {other[0]} {other[1]}\n")
    found, slept = fault(server.transport(known_hosts=tmp_path / "known"), path, control)
    assert (found.code, slept) == ("host_key_wrong", [])
    assert there(server) == set()


def test_an_unknown_host_is_refused_and_never_learnt(server, tmp_path):
    path, control = package(tmp_path / "own")
    (tmp_path / "known").write_text("")
    found, _ = fault(server.transport(known_hosts=tmp_path / "known"), path, control)
    assert found.code == "host_key_wrong"
    assert (tmp_path / "known").read_text() == ""
    found, _ = fault(server.transport(known_hosts=tmp_path / "not there"), path, control)
    assert found.code == "host_key_wrong"


def test_a_key_that_the_server_does_not_know_is_refused(server, tmp_path):
    path, control = package(tmp_path / "own")
    found, slept = fault(server.transport(key_file=key(tmp_path / "other")), path, control)
    assert (found.code, slept) == ("login_refused", [])
    assert found.values["problem"] == "the server does not know the key"


def test_a_key_that_others_can_read_is_refused(server, tmp_path):
    path, control = package(tmp_path / "own")
    shutil.copy(server.home / "user", tmp_path / "open")
    (tmp_path / "open").chmod(0o644)
    found, _ = fault(server.transport(key_file=tmp_path / "open"), path, control)
    assert (found.code, found.values["problem"]) == ("login_refused", "others can read the key's file")


def test_no_agent_and_no_settings_of_the_user_are_asked(server, tmp_path, monkeypatch):
    """The right key is in an agent and named in ~/.ssh/config; neither may be looked at."""
    path, control = package(tmp_path / "own")
    started = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL)
    try:
        while not (tmp_path / "agent").exists():
            assert started.poll() is None
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        subprocess.run(["ssh-add", "-q", server.home / "user"], check=True)
        found, _ = fault(server.transport(key_file=key(tmp_path / "other")), path, control)
    finally:
        started.terminate()
        started.wait()
    assert found.code == "login_refused"


def test_nobody_listens(server, tmp_path):
    path, control = package(tmp_path / "own")
    port = free_port()
    found, slept = fault(server.transport(port=port, known_hosts=server.known_as(port)), path, control)
    assert (found.code, len(slept)) == ("connection_lost", 3)


def test_a_server_that_never_answers_is_given_up(server, tmp_path):
    path, control = package(tmp_path / "own")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        transport = server.transport(port=port, known_hosts=server.known_as(port), timeout_s=1.0)
        found, _ = fault(transport, path, control, replace(DROP, retries=0))
    assert found.code == "connection_lost"


def test_the_program_is_missing(server):
    with pytest.raises(EnvironmentFault) as caught:
        Sftp(server.transport(), program="no-such-sftp")
    assert caught.value.code == "sftp_missing"


def test_there_is_no_such_folder(server, tmp_path):
    path, control = package(tmp_path / "own")
    found, _ = fault(server.transport(folder=str(server.root / "nowhere")), path, control)
    assert (found.code, found.values["problem"]) == ("drop_failed", "there is no such file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_told(server, tmp_path):
    path, control = package(tmp_path / "own", size=3_000_000)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", server.root / "in"], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        found, slept = fault(server.transport(), path, control)
        assert (found.code, slept) == ("drop_full", [])
        assert not (server.root / "in" / path.name).exists()
    finally:
        subprocess.run(["umount", server.root / "in"], check=True)


def test_receipts_are_listed_fetched_and_settled(server, tmp_path):
    out, drop = server.root / "out", drop_of(server.transport())
    for name in ("R1.json", "R2.json", "half.json", ".hidden.json", "with space.json"):
        (out / name).write_bytes(name.encode())
        if name != "half.json":
            (out / f"{name}.ok").write_bytes(b"said")
    assert drop.waiting() == ["R1.json", "R2.json"]
    copy, said = drop.fetch("R1.json", tmp_path, 100)
    assert (copy.read_bytes(), said) == (b"R1.json", b"said")
    with pytest.raises(InputError):
        drop.fetch("R2.json", tmp_path, 3)
    drop.settle("R1.json", "archive")
    drop.settle("R2.json", "error")
    drop.settle("R1.json", "archive")
    assert drop.waiting() == []
    assert {"archive/R1.json", "archive/R1.json.ok", "error/R2.json", "error/R2.json.ok"} <= there(server)


def test_a_receipt_of_a_name_that_was_there_before_is_kept_beside_it(server):
    drop = drop_of(server.transport())
    for k in range(3):
        (server.root / "out" / "R.json").write_text(str(k))
        (server.root / "out" / "R.json.ok").write_text(str(k))
        drop.settle("R.json", "archive")
    assert there(server) == {f"archive/R.json{end}{n}" for end in ("", ".ok") for n in ("", ".1", ".2")}


def test_a_move_that_was_cut_short_is_finished(server):
    (server.root / "archive" / "R.json").write_text("x")
    (server.root / "out" / "R.json.ok").write_text("x")
    assert drop_of(server.transport()).waiting() == []
    assert there(server) == {"archive/R.json", "archive/R.json.ok"}
