"""A hot folder: jobs for an instant-issuance printer, one an application, and what became of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from ephoto.contracts.schemas import check
from ephoto.core.cells import defused
from ephoto.core.errors import EnvironmentFault, EphotoError, InputError
from ephoto.workflow.adapters.production.drop import folder_told
from ephoto.workflow.adapters.production.reading import parsed_json
from ephoto.workflow.adapters.production.receipts import ReceiptRow, event_of, row_of
from ephoto.workflow.adapters.production.roster import cells_of
from ephoto.workflow.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ephoto.workflow.adapters.production.config import HotFolderRules
    from ephoto.workflow.adapters.production.roster_columns import RosterColumns
    from ephoto.workflow.adapters.production.values import PackageRow
    from ephoto.workflow.lifecycle.events import Event

__all__ = ["HotFolder", "JobResult", "StaleJob", "job_of"]

JOB, RESULT = "ephoto.job/1", "ephoto.job-result/1"
_CLAIMS = ".ephoto-jobs"  # beside the jobs: one small file an application and attempt, kept for ever
_ID = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_MOST_RESULT = 65536  # bytes
_JOB_FILE, _RESULT_FILE = "job.json", "result.json"
_DONE: tuple[Literal["done", "error"], ...] = ("done", "error")


@dataclass(frozen=True, slots=True)
class StaleJob:
    """A job that nobody has touched for long. It is told and never sent again by itself: two cards would come out.

    `begun` is false for one that was claimed and never put, by a program that was ended meanwhile.
    """

    job_id: str
    minutes: float
    begun: bool = True

    def finding(self) -> Finding:
        return Finding("wf.job_stale", values={"job": self.job_id, "minutes": round(self.minutes)})


@dataclass(frozen=True, slots=True)
class JobResult:
    """What the printer left of a job: a row as a receipt has it, or why its result cannot be read."""

    job_id: str
    application_id: str
    created_at: datetime
    row: ReceiptRow | None = field(default=None, repr=False)
    fault: EphotoError | None = None

    def event(self) -> Event | None:
        """What has happened, under an id of the job's; None while it is pending, or cannot be read."""
        if self.row is None:
            return None
        return event_of(self.row, self.application_id, f"job/{self.job_id}", self.job_id, self.created_at)


def job_of(application_id: str, attempt: int) -> str:
    """A job's id."""
    return application_id if attempt == 1 else f"{application_id}-{attempt}"


class HotFolder:
    """One printer's folder.

    Parameters
    ----------
    clock : seconds since 1970 UTC, by which files' times are set too

    Raises
    ------
    EnvironmentFault
        "drop_failed", from every method: the folder is not there, or cannot be used.
    """

    def __init__(self, rules: HotFolderRules, columns: RosterColumns, clock: Callable[[], float]) -> None:
        self._root, self._stale_s = rules.path, rules.stale_min * 60
        self._columns, self._clock = columns, clock
        if not self._root.is_dir():
            raise EnvironmentFault("drop_failed", place=str(self._root), problem="there is no folder")

    def put(self, row: PackageRow, spec: str, *, attempt: int = 1) -> str:
        """Write a job and rename it to where the printer looks; its id is the application's, and the attempt.

        Raises
        ------
        InputError
            "wf.job_known": this attempt was put before, whatever became of it, or another one is still open;
            "wf.package_checksum": the photo is not the one that its row tells of; "document_unfit".
        """
        job_id = job_of(row.application_id, attempt)
        if not _ID.fullmatch(job_id):
            raise InputError("wf.field_unfit", field="application_id", problem="it is no name of a job")
        files = self._files(row, job_id, spec)
        with self._told():
            if any(self._is_of(path.name, row.application_id) for path in self._root.glob("job-*")):
                raise InputError("wf.job_known", job=job_id)
            claim = self._claim(job_id, row.application_id)
            begun = self._root / f"job-{job_id}.tmp"
            try:
                begun.mkdir()
                for name, data in files.items():
                    with (begun / name).open("xb") as file:
                        file.write(data)
                        file.flush()
                        os.fsync(file.fileno())
                begun.rename(self._root / f"job-{job_id}")
            except BaseException:  # it was never seen by the printer: the next try may have it
                shutil.rmtree(begun, ignore_errors=True)
                with suppress(OSError):
                    claim.unlink()
                raise
        return job_id

    def results(self) -> Iterator[JobResult]:
        """Jobs that lie in done or error with a result; one that is still being written comes the next time."""
        for place in _DONE:
            with self._told():
                jobs = sorted((self._root / place).glob("job-*"))
                found = [job / _RESULT_FILE for job in jobs if not job.is_symlink() and (job / _RESULT_FILE).exists()]
            for path in found:
                job_id = path.parent.name.removeprefix("job-")
                claim = self._claimed(job_id)
                if claim is None:
                    continue
                result = self._result(path, job_id, *claim, failed=place == "error")
                if result.row is not None or path.exists():  # else another reader has settled it
                    yield result

    def settle(self, result: JobResult) -> None:
        """A job whose result is recorded: job.json lies in archive, all else is deleted, the printer's own files too.

        The result goes last: it has the card's number, and until the job is in archive it says that there is something
        to record.
        """
        with self._told():
            for place in _DONE:
                job = self._root / place / f"job-{result.job_id}"
                if job.is_symlink() or not job.is_dir():
                    continue
                _empty(job, but=(_JOB_FILE, _RESULT_FILE))
                archive = self._root / "archive"
                archive.mkdir(exist_ok=True)
                with suppress(FileNotFoundError):  # another reader has
                    job.rename(archive / job.name)
                _empty(archive / job.name, but=(_JOB_FILE,))

    def stale(self) -> list[StaleJob]:
        """Jobs that were put and not touched for the time set, and claims without a job."""
        now, made = self._clock(), []
        with self._told():
            for claim in sorted((self._root / _CLAIMS).glob("*.json")):
                job_id, minutes = claim.stem, (now - claim.stat().st_mtime) / 60
                waits = (self._root / f"job-{job_id}").exists()
                taken = any((self._root / p / f"job-{job_id}").exists() for p in (*_DONE, "archive"))
                unread = any((self._root / p / f"job-{job_id}").exists() and not
                             (self._root / p / f"job-{job_id}" / "result.json").exists() for p in _DONE)  # fmt: skip
                if minutes * 60 >= self._stale_s and (waits or unread or not taken):
                    made.append(StaleJob(job_id, minutes, waits or taken))
        return made

    def release(self, job_id: str) -> None:
        """Give a claim free whose job was never put: an operator's decision, after looking at the printer.

        Raises
        ------
        InputError
            "wf.job_known": the job is there.
        """
        with self._told():
            places = [self._root, *(self._root / p for p in (*_DONE, "archive"))]
            if any((place / f"job-{job_id}").exists() for place in places):
                raise InputError("wf.job_known", job=job_id)
            shutil.rmtree(self._root / f"job-{job_id}.tmp", ignore_errors=True)
            (self._root / _CLAIMS / f"{job_id}.json").unlink(missing_ok=True)

    @staticmethod
    def _is_of(name: str, application_id: str) -> bool:
        """Whether a folder is a job of the application, of any attempt, begun or put."""
        return bool(re.fullmatch(rf"job-{re.escape(application_id)}(-[0-9]+)?(\.tmp)?", name))

    def _files(self, row: PackageRow, job_id: str, spec: str) -> dict[str, bytes]:
        photo = row.photo.read()
        if len(photo) != row.photo.size or hashlib.sha256(photo).hexdigest() != row.photo.sha256:
            raise InputError("wf.package_checksum", file="photo.jpg")
        files = {"card.csv": self._card(row), "photo.jpg": photo}
        job = {
            "schema": JOB,
            "job_id": job_id,
            "application_id": row.application_id,
            "created_at": self._now(),
            "mode": "instant",
            "spec": spec,
            "files": [
                {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                for name, data in sorted(files.items())
            ],
        }
        check(job, JOB)
        return files | {"job.json": f"{json.dumps(job, ensure_ascii=False, indent=1)}\n".encode()}

    def _card(self, row: PackageRow) -> bytes:
        """One row, with the photo's file in the column for it, as printers' programs import it."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(self._columns.header)
        writer.writerow([defused(cell) for cell in cells_of(self._columns, row, 1, "photo.jpg")])
        return b"\xef\xbb\xbf" + out.getvalue().encode()

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")

    def _claim(self, job_id: str, application_id: str) -> Path:
        """Take the id for ever; of two programs at once one has it."""
        folder = self._root / _CLAIMS
        folder.mkdir(exist_ok=True)
        claim = folder / f"{job_id}.json"
        told = {"application_id": application_id, "created_at": self._now()}
        try:
            with claim.open("x", encoding="utf-8") as file:
                json.dump(told, file)
        except FileExistsError:
            raise InputError("wf.job_known", job=job_id) from None
        os.utime(claim, (self._clock(), self._clock()))
        return claim

    def _claimed(self, job_id: str) -> tuple[str, datetime] | None:
        """Whose job it is; None for a folder that we never put."""
        try:
            told = json.loads((self._root / _CLAIMS / f"{job_id}.json").read_text("utf-8"))
            return str(told["application_id"]), datetime.fromisoformat(told["created_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _result(self, path: Path, job_id: str, application: str, at: datetime, *, failed: bool) -> JobResult:
        try:
            with path.open("rb") as file:
                data = file.read(_MOST_RESULT + 1)
            if len(data) > _MOST_RESULT:
                raise InputError("wf.package_too_large", problem=f"its bytes are more than {_MOST_RESULT}")
            document = parsed_json(data)
            check(document, RESULT)
            row = row_of(document["row"])
            if document["job_id"] != job_id or row.application_id not in ("", application):
                raise InputError("wf.receipt_row", row=row.row_no, problem="it is another application's")
            if failed and row.result == "success":
                raise InputError("wf.receipt_row", row=row.row_no, problem="it succeeded, and lies in error")
        except OSError as error:
            if isinstance(error, EphotoError):
                raise
            problem = error.strerror or str(error)
            return JobResult(job_id, application, at, fault=InputError("not_readable", path=path.name, problem=problem))
        except InputError as error:
            return JobResult(job_id, application, at, fault=error)
        return JobResult(job_id, application, at, row)

    def _told(self) -> AbstractContextManager[None]:
        return folder_told(str(self._root))


def _empty(folder: Path, but: tuple[str, ...]) -> None:
    """Delete what lies in a folder; links themselves, never what they lead to. Another reader may be at it too."""
    with suppress(FileNotFoundError):
        for entry in list(folder.iterdir()):
            if entry.name in but:
                continue
            with suppress(FileNotFoundError):
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
