"""Packages for the card bureau: `python -m benchmarks.package`.

Prints one table: seconds, processor seconds, people a second and peak memory for 1,000 and 10,000 people, from a
batch's folder and from an office's database with sealed photos, in packages of 500 and in one zip. Each line is a
process of its own; its time begins after the imports. An office's people are entered in batches too, which is most of
their time. What is read is made before: cards of 24 kB of noise and fictional people.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ephoto.core.resident_id import check_digit
from ephoto.workflow.adapters.production.config import PackageRules, ProductionRules, read_production
from ephoto.workflow.adapters.production.package import write_package
from ephoto.workflow.adapters.production.rows_from_batch import Wanted, rows_from_batch
from ephoto.workflow.adapters.production.values import PackageHead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.office.office import Office
    from ephoto.workflow.store.unit import Unit

SPEC = "cn-social-security-card@1"
CARD_BYTES = 24_000
NOW = 1_768_442_400.0  # 2026-01-15 10:00 in Beijing
SOURCES = ("batch", "office")


def id_number(k: int) -> str:
    """Of area 1199xx, which is nobody's."""
    first = f"119900{1960 + k % 40}{k // 40 % 12 + 1:02}{k // 480 % 28 + 1:02}{k // 13440:03}"
    return first + check_digit(first)


def card(k: int) -> bytes:
    return b"\xff\xd8\xff" + random.Random(k).randbytes(CARD_BYTES - 3)


def make_batch(folder: Path, count: int) -> None:
    """What `ephoto batch` leaves, and a roster."""
    (folder / "cards").mkdir(parents=True)
    with (folder / "cards" / "manifest.jsonl").open("w", encoding="utf-8") as manifest:
        for k in range(count):
            data, name = card(k), f"{id_number(k)}.jpg"
            (folder / "cards" / name).write_bytes(data)
            line = {
                "schema": "ephoto.batch/1", "input": name, "id": None, "state": "done", "spec": SPEC.partition("@")[0],
                "output": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "passed": True,
                "error": None, "findings": [], "quarantine": None, "photo": {"bytes": 1, "sha256": "0" * 64},
                "timings_ms": {},
            }  # fmt: skip
            manifest.write(json.dumps(line) + "\n")
    with (folder / "roster.csv").open("w", encoding="utf-8-sig", newline="") as roster:
        csv.writer(roster).writerows(
            [("姓名", "证件号码", "手机号码"), *((f"测试{k}", id_number(k), "13800138000") for k in range(count))]
        )


def make_office(folder: Path, count: int) -> None:
    """A database of accepted applications."""
    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.store.rows import ApplicationRow, Entry
    from ephoto.workflow.vault import new_key_file

    folder.mkdir()
    new_key_file(folder / "vault.key")
    at = datetime.fromtimestamp(NOW - 86400, UTC)

    def fill(unit: Unit, numbers: range) -> None:
        for k in numbers:
            name, data = f"APP-{k:08}", card(k)
            photo = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            document = {
                "applicant": {"name": f"测试{k}", "id_number": id_number(k), "mobile": "13800138000"},
                "bank": {"code": "BANK1", "branch_code": "B0001"},
                "delivery": {"method": "pickup_branch"},
                "photo": photo,
            }
            person = office.store.vault.mark("person", id_number(k))
            row = unit.add_application(
                ApplicationRow(name, person, "first_issue", "individual", "accepted", document, external_no=f"EXT-{k}")
            )
            unit.save_application(replace(row, photo_id=unit.put_photo(name, "card", data)))
            for step, source in (("created", "applicant"), ("photo_attached", "ephoto"), ("confirmed", "applicant"),
                                 ("accepted", "platform")):  # fmt: skip
                payload = {"external_no": f"EXT-{k}"} if step == "accepted" else {}
                event: Any = Event(f"{name}-{step}", step, at, name, source=source, payload=payload)  # type: ignore[arg-type]
                unit.append(Entry(None, event, NOW - 86400, event.digest(), None))

    office = opened_office(folder)
    with office.store:
        for start in range(0, count, 500):
            numbers = range(start, min(start + 500, count))
            office.store.run(lambda unit, numbers=numbers: fill(unit, numbers))


def opened_office(folder: Path) -> Office:
    from ephoto.workflow.office.office import Office
    from ephoto.workflow.policy import load_policy
    from ephoto.workflow.store.database import Store
    from ephoto.workflow.vault import Vault

    def clock() -> float:
        return NOW

    store = Store.open(f"sqlite:///{folder / 'office.sqlite'}", Vault.from_file(folder / "vault.key"), clock)
    return Office(store, load_policy(), clock)


def rules_for(size: int) -> ProductionRules:
    from ephoto.core.settings import Settings
    from ephoto.workflow.wire.mapping import bundled

    rules = read_production(bundled("production"), Settings())
    return replace(rules, package=PackageRules(max_entries=size, max_zip_bytes=4_000_000_000))


def pack(source: str, folder: Path, size: int) -> int:
    """Pack everyone, `size` a package; gives how many people that were."""
    rules, out = rules_for(size), Path(tempfile.mkdtemp(dir=folder))
    packed = _from_batch(folder, rules, out) if source == "batch" else _from_office(folder, rules, out)
    return sum(packed)


def _from_batch(folder: Path, rules: ProductionRules, out: Path) -> Iterator[int]:
    got = rows_from_batch(folder / "cards", folder / "roster.csv", Wanted(SPEC))
    left, number = iter(got.rows), 0
    while part := list(islice(left, rules.package.max_entries)):
        number += 1
        head = PackageHead(f"20260115-{number:06}", "EMP-0001", "BUREAU", datetime.fromtimestamp(NOW, UTC), SPEC)
        yield write_package(out / head.file_name(), head, part, rules.package, rules.columns).count


def _from_office(folder: Path, rules: ProductionRules, out: Path) -> Iterator[int]:
    from ephoto.workflow.office.packaging import Parties, open_batches, write_batch

    office = opened_office(folder)
    with office.store:
        for batch_no in open_batches(office, rules, Parties("EMP-0001", "BUREAU")):
            yield write_batch(office, batch_no, out, rules).count


def _child(source: str, folder: Path, size: int) -> None:
    """Nothing is printed: what measures it hears only of its end."""
    start, busy = time.perf_counter(), time.process_time()
    count = pack(source, folder, size)
    told = {"count": count, "seconds": time.perf_counter() - start, "busy": time.process_time() - busy}
    (folder / "told.json").write_text(json.dumps(told))


def measured(source: str, folder: Path, size: int) -> tuple[int, float, float, float]:
    """People, seconds, processor seconds and peak memory (MB) of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.package", "--child", source, str(folder), str(size)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peak", *command], check=True, capture_output=True, text=True
    )
    told = json.loads((folder / "told.json").read_text())
    return told["count"], told["seconds"], told["busy"], json.loads(done.stdout)["peak_mb"]


def main(counts: list[int], work: Path) -> None:
    print("| from | people | packages of | seconds | processor s | people/s | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for source in SOURCES:
        for count in counts:
            for size in (500, count):
                # An office's applications are packed once: each line has a database of its own.
                folder = work / f"{source}-{count}-{size if source == 'office' else 'any'}"
                if not folder.exists():
                    (make_batch if source == "batch" else make_office)(folder, count)
                people, seconds, busy, peak = measured(source, folder, size)
                if people != count:
                    raise SystemExit(f"{people} of {count} were packed")
                cells = (
                    f"{people:,}",
                    f"{size:,}",
                    f"{seconds:.1f}",
                    f"{busy:.1f}",
                    f"{people / seconds:,.0f}",
                    f"{peak:.0f}",
                )
                print(f"| {source} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--child", nargs=3, metavar=("SOURCE", "FOLDER", "SIZE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        _child(given.child[0], Path(given.child[1]), int(given.child[2]))
    else:
        with tempfile.TemporaryDirectory(prefix="ephoto-benchmark-") as temporary:
            main(given.people, Path(temporary))
