"""A Ray cluster of several nodes on this machine, the processes in it, and batches that run on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ephoto.batch import on_ray
from ephoto.batch.folder import FileReader, Folder
from ephoto.batch.job import Job
from ephoto.batch.naming import Naming
from ephoto.batch.run import run
from ephoto.batch.sinks import FolderSink
from ephoto.core.settings import Settings
from ephoto.specs.load import get
from tests.extras.conftest import ROOT

SAMPLES = sorted((ROOT / "samples").glob("*.jpg"))
MOST_BYTES = 10**8
SPEC = "cn-social-security-card"


@contextmanager
def cluster_of(nodes: int):
    """Nodes of one processor each; none of their processes is left behind."""
    from ray.cluster_utils import Cluster

    made = Cluster(shutdown_at_exit=False)
    try:
        for _ in range(nodes):
            made.add_node(num_cpus=1, object_store_memory=80 * 2**20, include_dashboard=False)
        yield made
    finally:
        made.shutdown()
        until(lambda: not processes(), 30)


def processes(told: str = "") -> list[int]:
    """Process numbers of this process's descendants that say so in their command line."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if words[0] != "Z":
                children.setdefault(int(words[1]), []).append(int(entry.name))
    found, left = [], [os.getpid()]
    while left:
        for pid in children.get(left.pop(), []):
            left.append(pid)
            if told in command(pid) and any(word in command(pid) for word in ("ray", "gcs_server")):
                found.append(pid)
    return found


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def hands() -> list[int]:
    """The processes that make cards."""
    return processes("(Hand)")


def until(holds, most_s: float = 120.0) -> None:
    end = time.monotonic() + most_s
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def session(cluster) -> Path:
    """Where its logs are."""
    return Path(cluster.head_node.get_session_dir_path())


def photos(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        shutil.copyfile(SAMPLES[number % len(SAMPLES)], folder / f"{number:03}.jpg")
    return folder


def cards(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.jpg"))}


class CountingSink(FolderSink):
    """A folder that remembers what was put there, in order."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.delivered: list[str] = []

    def deliver(self, name: str, data: bytes) -> None:
        super().deliver(name, data)
        self.delivered.append(name)


def batch(source, sink, *, ledger=None, crew=on_ray.work, workers=1, bug=None, **options):
    """One batch in this process; a bug is raised unless `bug` takes it."""
    spec = get(SPEC)
    naming = Naming(None, spec_id=spec.id, format=spec.format, has_ids=False)
    wishes = {"spec": spec, "settings": Settings()}
    job = Job(source, sink, naming, wishes, workers=workers, **options)
    return run(job, ledger or sink.ledger, version="0", now=partial(datetime.now, UTC), bug=bug or _raised, crew=crew)


def folder_of(path: Path, reader: FileReader | None = None) -> Folder:
    return Folder(path, reader or FileReader(MOST_BYTES))


def command_line(source, out, *more: str, **environment: str) -> subprocess.Popen[str]:
    words = ["batch", str(source), str(out), "--json", *more]
    return subprocess.Popen(
        [sys.executable, "-c", "import sys; from ephoto.cli.app import main; sys.exit(main())", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip


@contextmanager
def meanwhile(when, do):
    """Do something in another thread as soon as something holds; what goes wrong there is raised here."""
    wrong: list[BaseException] = []

    def wait() -> None:
        try:
            until(when)
            do()
        except BaseException as error:
            wrong.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    yield
    thread.join()
    if wrong:
        raise wrong[0]


def _raised(error: BaseException):
    raise error
