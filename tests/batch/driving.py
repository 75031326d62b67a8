"""Running batches as processes in tests, and looking at what they leave."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.batch.driver import card_of

__all__ = [
    "Batch", "cards", "children", "ended", "is_running", "left_over", "lines", "own", "photos", "rows", "waited_for",
]  # fmt: skip

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("张三", "李四", "王五", "赵六", "孙七", "周八", "吴九", "郑十", "team/钱一", "team/冯二", "陈三", "褚四")
DONE = (0, 1)  # exit codes of a batch that left nothing waiting
WITHIN_S = 120.0


def photos(folder: Path, *, count: int = 9, bad: int = 3, kind: str = "good") -> dict[str, bytes]:
    """Put `count` trivial photos in a folder, `bad` of them bad; gives the cards that they must come to."""
    made = {}
    for place, name in enumerate(NAMES[:count]):
        path = folder / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        is_bad = place % 3 == 1 and place // 3 < bad
        data = f"{'bad' if is_bad else kind} photo {place} of {name}".encode()
        path.write_bytes(data)
        if not is_bad:
            made[f"{name}.jpg"] = card_of(data)
    return made


@dataclass(frozen=True)
class Ended:
    """How a process ended; below 0 the code is the signal that ended it."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> Any:
        return json.loads(self.out)


class Batch:
    """One `ephoto batch` with its words, to be run again and again; `wished` is for tests/batch/driver.py."""

    def __init__(self, source: Path | str, out: Path | str, *words: str, **wished: Any) -> None:
        self.out = Path(out)
        self.words = ("batch", str(source), str(out), "--workers", "2", "--json", *words)
        self.wished = wished

    def begin(self, *words: str, **wished: Any) -> subprocess.Popen[str]:
        """A process; whoever begins it waits for it."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("EPHOTO_")}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.batch.driver", json.dumps(self.wished | wished), *self.words, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, encoding="utf-8",
            env=clean | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def run(self, *words: str, **wished: Any) -> Ended:
        process = self.begin(*words, **wished)
        return ended(process)


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end of one that was begun."""
    with process:
        out, err = process.communicate(timeout=WITHIN_S)
    return Ended(process.returncode, out, err)


def waited_for(what: Any, within_s: float = 60.0) -> Any:
    """What a function gives as soon as that is something."""
    until = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)
    return found


def own(out: Path) -> Path:
    """The folder with the ledger and what else belongs to the batch itself."""
    return out.with_name(out.name + ".ephoto") if out.suffix == ".zip" else out / ".ephoto"


def cards(out: Path) -> dict[str, bytes]:
    """All files that a batch has made for people, without the manifest: cards, and photos in quarantine."""
    if out.suffix != ".zip":
        return _files(out, out / ".ephoto")
    found = _files(own(out), own(out) / "cards")
    if out.exists():
        with zipfile.ZipFile(out) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            assert len(names) == len(set(names))
            found |= {name: archive.read(name) for name in names if name != "manifest.jsonl"}
    return found


def _files(folder: Path, without: Path) -> dict[str, bytes]:
    kept = ("ledger.sqlite", "manifest.jsonl")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and without not in path.parents and not path.name.startswith(kept)
    }


def lines(out: Path) -> list[dict[str, Any]]:
    """The manifest, without what differs from run to run."""
    if out.suffix == ".zip":
        with zipfile.ZipFile(out) as archive:
            text = archive.read("manifest.jsonl").decode()
    else:
        text = (out / "manifest.jsonl").read_text("utf-8")
    return [json.loads(line) | {"timings_ms": {}} for line in text.splitlines()]


def left_over(out: Path) -> list[Path]:
    """Files that were not finished."""
    return [path for path in out.parent.rglob("*.part*") if path.name.startswith((".ephoto", "ledger"))]


def rows(out: Path) -> list[tuple[str, str]]:
    """Key and state of every photo in the ledger."""
    with closing(sqlite3.connect(own(out) / "ledger.sqlite")) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return ledger.execute("SELECT key, state FROM photo ORDER BY n").fetchall()


def children(pid: int) -> list[int]:
    """Processes whose parent that is, zombies too (Linux)."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                facts = (folder / "stat").read_text()
            except OSError:
                continue
            if int(facts.rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def is_running(pid: int) -> bool:
    """Whether a process is at work: a zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
