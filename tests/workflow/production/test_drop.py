"""A drop in a folder: nothing half, nothing overwritten, nothing twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.adapters.production.control import ControlRules, control_line
from ephoto.workflow.adapters.production.drop import LocalDrop
from tests.workflow.production.servers import made_drop

ROOT = Path(__file__).resolve().parents[3]
RULES = ControlRules()


@pytest.fixture
def root(tmp_path):
    return made_drop(tmp_path / "drop")


def package(folder, data=b"x" * 100_000, name="EMP_bulk_1.zip"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name, control_line(folder / name, 1, "B-1", RULES)


def there(root):
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


def test_a_package_and_its_control_file_are_put_once(root, tmp_path):
    path, control = package(tmp_path / "own")
    drop = LocalDrop(root, RULES)
    assert drop.publish(path, control)
    assert not drop.publish(path, control)
    assert there(root) == {"in/EMP_bulk_1.zip", "in/EMP_bulk_1.zip.ok"}
    assert (root / "in/EMP_bulk_1.zip").read_bytes() == path.read_bytes()
    assert (root / "in/EMP_bulk_1.zip.ok").read_bytes() == control


@pytest.mark.parametrize("place", ["archive", "error"])
def test_what_was_taken_is_not_put_again(root, tmp_path, place):
    path, control = package(tmp_path / "own")
    drop = LocalDrop(root, RULES)
    drop.publish(path, control)
    for name in (path.name, f"{path.name}.ok"):
        (root / "in" / name).rename(root / place / name)
    assert not drop.publish(path, control)
    assert there(root) == {f"{place}/{path.name}", f"{place}/{path.name}.ok"}


@pytest.mark.parametrize("place", ["in", "archive", "error"])
@pytest.mark.parametrize("size", [99_999, 100_000])
def test_another_file_of_that_name_stays(root, tmp_path, place, size):
    path, control = package(tmp_path / "own")
    (root / place / path.name).write_bytes(b"y" * size)
    with pytest.raises(EnvironmentFault) as caught:
        LocalDrop(root, RULES).publish(path, control)
    assert caught.value.code == "output_exists"
    assert there(root) == {f"{place}/{path.name}"}


def test_another_control_file_stays(root, tmp_path):
    path, control = package(tmp_path / "own")
    (root / "in" / path.name).write_bytes(path.read_bytes())
    (root / "in" / f"{path.name}.ok").write_bytes(b"theirs")
    with pytest.raises(EnvironmentFault):
        LocalDrop(root, RULES).publish(path, control)
    assert (root / "in" / f"{path.name}.ok").read_bytes() == b"theirs"


def test_a_crash_before_the_control_file_is_gone_on_from(root, tmp_path):
    path, control = package(tmp_path / "own")
    (root / "in" / path.name).write_bytes(path.read_bytes())
    assert LocalDrop(root, RULES).publish(path, control)
    assert there(root) == {"in/EMP_bulk_1.zip", "in/EMP_bulk_1.zip.ok"}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
@pytest.mark.slow
def test_a_sender_that_is_killed_anywhere_leaves_a_drop_that_the_next_one_completes(root, tmp_path):
    """A reader looks all the time, by control files."""
    path, control = package(tmp_path / "own", data=os.urandom(20_000_000))
    program = (
        "import sys; from pathlib import Path; from ephoto.workflow.adapters.production.drop import LocalDrop;"
        "from ephoto.workflow.adapters.production.control import *; p=Path(sys.argv[2]); r=ControlRules();"
        "line=control_line(p,1,'B-1',r); d=LocalDrop(Path(sys.argv[1]),r); print('go',flush=True); d.publish(p,line)"
    )
    whole, stop, bad = path.read_bytes(), threading.Event(), []

    def reader():
        while not stop.is_set():
            done = (root / "in" / f"{path.name}.ok").exists()
            if done and (root / "in" / path.name).read_bytes() != whole:
                bad.append("half")

    watching = threading.Thread(target=reader)
    watching.start()
    try:
        for k in range(12):
            sender = subprocess.Popen(
                [sys.executable, "-c", program, root, path], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
            )  # fmt: skip
            assert sender.stdout.readline() == b"go\n"
            time.sleep(k * 0.004)
            sender.kill()
            sender.wait()
            sender.stdout.close()
        LocalDrop(root, RULES).publish(path, control)
    finally:
        stop.set()
        watching.join()
    assert bad == []
    assert there(root) == {"in/EMP_bulk_1.zip", "in/EMP_bulk_1.zip.ok"}


def put(root, path, control, results):
    results.put(LocalDrop(root, RULES).publish(path, control))


def test_two_senders_at_once_put_it_once(root, tmp_path):
    path, control = package(tmp_path / "own", data=os.urandom(3_000_000))
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    both = [context.Process(target=put, args=(root, path, control, results)) for _ in range(2)]
    for process in both:
        process.start()
    told = sorted(results.get(timeout=60) for _ in both)
    for process in both:
        process.join()
    assert told == [False, True]
    assert there(root) == {"in/EMP_bulk_1.zip", "in/EMP_bulk_1.zip.ok"}


def test_receipts_without_control_file_are_not_seen(root, tmp_path):
    drop = LocalDrop(root, RULES)
    (root / "out/half.json").write_text("{")
    (root / "out/lonely.json.ok").write_text("x")
    (root / "out/R.json").write_text("{}")
    (root / "out/R.json.ok").write_text("said")
    (root / "out/link.json").symlink_to("/etc/passwd")
    (root / "out/link.json.ok").write_text("x")
    assert drop.waiting() == ["R.json"]
    assert drop.fetch("R.json", tmp_path, 10)[1] == b"said"
    with pytest.raises(InputError):
        drop.fetch("R.json", tmp_path / "..", 1)


def test_settled_receipts_are_kept_beside_those_of_their_name(root):
    drop = LocalDrop(root, RULES)
    for k in range(3):
        (root / "out/R.json").write_text(str(k))
        (root / "out/R.json.ok").write_text(str(k))
        drop.settle("R.json", "archive")
    assert there(root) == {f"archive/R.json{end}{n}" for end in ("", ".ok") for n in ("", ".1", ".2")}
    assert (root / "archive/R.json.2").read_text() == "2"


def test_a_move_that_was_cut_short_is_finished(root):
    (root / "archive/R.json").write_text("x")
    (root / "out/R.json.ok").write_text("x")
    assert LocalDrop(root, RULES).waiting() == []
    assert there(root) == {"archive/R.json", "archive/R.json.ok"}


def test_names_that_no_drop_has_are_refused(root, tmp_path):
    (tmp_path / "张三.zip").write_bytes(b"x")
    with pytest.raises(InputError):
        LocalDrop(root, RULES).publish(tmp_path / "张三.zip", b"x")
    with pytest.raises(InputError):
        control_line(tmp_path / "张三.zip", 1, "B-1", RULES)


def test_a_folder_that_is_missing_is_told(tmp_path):
    with pytest.raises(EnvironmentFault) as caught:
        LocalDrop(tmp_path, RULES)
    assert (caught.value.code, caught.value.values["problem"]) == ("drop_failed", "there is no folder")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_told_and_leaves_nothing(root, tmp_path):
    path, control = package(tmp_path / "own", data=b"x" * 3_000_000)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "t", root / "in"], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        with pytest.raises(EnvironmentFault) as caught:
            LocalDrop(root, RULES).publish(path, control)
        assert (caught.value.code, caught.value.values["problem"]) == ("output_failed", "No space left on device")
        assert there(root) == set()
    finally:
        subprocess.run(["umount", root / "in"], check=True)
