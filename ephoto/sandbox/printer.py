"""The instant printer: takes jobs from a hot folder, makes a card of each, and leaves result.json in the job's folder.

A job is a folder `job-ID`; while it is written it has another name. It ends in `done` or in `error`, with its result.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import check, faults
from ephoto.core.files import whole_file
from ephoto.sandbox.packages import digest_named
from ephoto.sandbox.pictures import is_jpeg
from ephoto.sandbox.receipts import made_row, masked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ephoto.sandbox.books import Books
    from ephoto.sandbox.world import World

__all__ = ["PRINTER_FOLDERS", "Printer"]

PRINTER_FOLDERS = ("done", "error")
_JOB = re.compile("job-[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_TEMPORARY = ".tmp"
_ID = re.compile("[0-9]{17}[0-9X]")
_MOST_BYTES = 20_000_000
_NOBODY = "*****"


class Printer:
    """One hot folder.

    Parameters
    ----------
    folder : where jobs come, with `PRINTER_FOLDERS` in it
    clock : seconds since 1970 UTC
    """

    def __init__(self, folder: Path, world: World, books: Books, clock: Callable[[], float]) -> None:
        self._folder, self._world, self._books, self._clock = folder, world, books, clock
        self._on = True

    def switch(self, on: bool) -> None:
        """On, or off: then jobs stay where they lie."""
        self._on = on

    def look(self) -> int:
        """Print what waits; how many jobs that were."""
        if not self._on:
            return 0
        jobs = [one for one in sorted(self._folder.glob("job-*")) if _is_job(one)]
        for job in jobs:
            self._print(job)
        return len(jobs)

    def _print(self, folder: Path) -> None:
        job_id = folder.name.removeprefix("job-")
        job = _job(folder, job_id)
        if job is None:
            row = _unfit(1, _id_number(folder))
        else:
            number = _id_number(folder)
            about = {"row_no": 1, "id_number": number, "application_id": job["application_id"]}
            person = self._world.person(number)
            row = made_row(about, person, self._books, self._world, self._clock(), last=True)
            self._learn(row)
        result = {"schema": "ephoto.job-result/1", "job_id": job_id, "row": row}
        check(result, "ephoto.job-result/1")
        with whole_file(folder / "result.json", overwrite=True) as file:
            file.write(json.dumps(result, ensure_ascii=False, indent=1).encode("utf-8"))
        where = "done" if row["result"] == "success" else "error"
        folder.replace(_free(self._folder / where, folder.name))

    def _learn(self, row: dict[str, Any]) -> None:
        with self._books.lock:
            self._books.counts["jobs"] += 1
            case = self._books.cases.get(row["application_id"])
            if case is not None:
                case.state = "produced" if row["result"] == "success" else "production_failed"
                case.card_no = row.get("card_no", "")


def _is_job(path: Path) -> bool:
    whole = not path.name.endswith(_TEMPORARY)
    return whole and bool(_JOB.fullmatch(path.name)) and path.is_dir() and not path.is_symlink()


def _free(folder: Path, name: str) -> Path:
    target, k = folder / name, 1
    while os.path.lexists(target):
        k += 1
        target = folder / f"{name}.{k}"
    return target


def _job(folder: Path, job_id: str) -> dict[str, Any] | None:
    """job.json, if it and the files that it lists are in order."""
    content = _bytes(folder, "job.json")
    try:
        job: dict[str, Any] = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if faults(job, "ephoto.job/1") or job["job_id"] != job_id:
        return None
    for one in job["files"]:
        data = _bytes(folder, one["path"])
        if "/" in one["path"] or len(data) != one["bytes"] or not digest_named(data, one["sha256"]):
            return None
        if one["path"].endswith(".jpg") and not is_jpeg(data):
            return None
    return job


def _bytes(folder: Path, name: str) -> bytes:
    """A file of the job; none if it is not there, a link, or far too large."""
    path = folder / name
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return b""
    return path.read_bytes()


def _id_number(folder: Path) -> str:
    """The one cell of card.csv that is an ID number, whatever its column is called."""
    data = _bytes(folder, "card.csv")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    found = (cell.strip("'= \"") for row in csv.reader(io.StringIO(text, newline="")) for cell in row)
    return next((cell for cell in found if _ID.fullmatch(cell)), _NOBODY)


def _unfit(row_no: int, number: str) -> dict[str, Any]:
    told = {"row_no": row_no, "id_number_masked": masked(number), "result": "failed"}
    return told | {"fail_type": "data", "fail_code": "J01", "fail_reason": "the job is not in order"}
