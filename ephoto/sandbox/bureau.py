"""The card bureau: takes packages that were dropped into `in`, makes cards, and writes receipts into `out`.

A package lies in `in` under its name, and beside it NAME.ok, its control line, which comes last. What the bureau has
read it moves to `archive` or `error`; a receipt is written as a whole and its control line comes last as well.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import check, is_code
from ephoto.core.files import whole_file
from ephoto.sandbox.packages import digest_named, digest_of, open_package, read_control
from ephoto.sandbox.receipts import file_receipt, made_row, row_receipt
from ephoto.sandbox.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ephoto.sandbox.books import Books, Case
    from ephoto.sandbox.telling import Teller
    from ephoto.sandbox.world import World

__all__ = ["FOLDERS", "Bureau"]

FOLDERS = ("in", "out", "archive", "error")
_OK = ".ok"


class Bureau:
    """One drop and its cards.

    Parameters
    ----------
    folder : with `FOLDERS` in it
    clock : seconds since 1970 UTC
    """

    def __init__(self, folder: Path, world: World, books: Books, teller: Teller, clock: Callable[[], float]) -> None:
        self._folder, self._world, self._books = folder, world, books
        self._teller, self._clock = teller, clock
        self._manifests: dict[str, dict[str, Any]] = {}
        self._numbers: dict[str, int] = {}
        self._digests: dict[str, str] = {}  # a sender reads receipts by the digest that it writes packages with
        self._marks: dict[str, str] = {}
        self._told: dict[str, set[int]] = {}
        self._seen: dict[str, float] = {}
        self._produce = world.bureau.produce

    def look(self) -> int:
        """Take what lies in `in`; how many packages that were."""
        taken = 0
        for control in sorted((self._folder / "in").glob(f"*{_OK}")):
            if control.is_symlink() or not control.is_file():
                continue
            taken += self._take(control)
        return taken

    def on_request(self, wanted: bool) -> None:
        """Make cards only when `produce` is called, or as soon as a package comes."""
        with self._books.lock:
            self._produce = "on_request" if wanted else "at_once"

    def produce(self, batch_no: str = "", *, first: int = 0) -> int:
        """Make what waits, of one batch or all: how many receipts were written.

        Parameters
        ----------
        first : so many rows only, in a receipt that is not final
        """
        with self._books.lock:
            waiting = {no: one for no, one in self._manifests.items() if batch_no in ("", no)}
            for manifest in waiting.values():
                self._make(manifest, first, last=True)
            return len(waiting)

    def _take(self, control: Path) -> bool:
        data = control.with_name(control.name.removesuffix(_OK))
        said = read_control(control.read_bytes()[:1024].decode("utf-8", "replace"))
        if said is None or said.name != data.name or not data.is_file() or data.is_symlink():
            first = self._seen.setdefault(control.name, self._clock())
            if self._clock() - first < self._world.bureau.settle_s:
                return False  # it may still be written
        self._seen.pop(control.name, None)
        batch_no = said.batch_no if said is not None and is_code(said.batch_no) else "UNKNOWN"
        attempt = 0
        try:
            if said is None or said.name != data.name or not data.is_file() or data.is_symlink():
                raise Refused(422, "wf.package_broken", problem="its control line is not right")
            if data.stat().st_size > self._world.bureau.max_zip_bytes:
                raise Refused(422, "wf.package_too_large", problem="it has too many bytes")
            content = data.read_bytes() if data.stat().st_size == said.size else b""
            digest = digest_named(content, said.digest) if content else ""
            if not digest:
                raise Refused(422, "wf.package_checksum", file="*.zip")
            self._digests[batch_no] = digest
            manifest = open_package(data, self._world.bureau)
            attempt = manifest["attempt"]
            if manifest["batch_no"] != said.batch_no or manifest["count"] != said.rows:
                raise Refused(422, "wf.package_broken", problem="its control line is not right")
        except Refused as refused:
            self._note(batch_no, attempt, refused.code, 0)
            self._write(file_receipt(batch_no, attempt, self._number(batch_no), refused.code, refused.message()))
            self._move(control, data, "error")
            return True
        self._accept(manifest, hashlib.sha256(content).hexdigest())
        self._move(control, data, "archive")
        return True

    def _accept(self, manifest: dict[str, Any], mark: str) -> None:
        batch_no, attempt = manifest["batch_no"], manifest["attempt"]
        with self._books.lock:
            if self._marks.get(batch_no) == mark:  # sent twice: its receipts were written
                self._note(batch_no, attempt, "", 0)
                return
            self._marks[batch_no], self._told[batch_no] = mark, set()
            self._note(batch_no, attempt, "", manifest["count"])
            self._write(file_receipt(batch_no, attempt, self._number(batch_no)))
            for row in manifest["rows"]:
                case = self._case(row)
                if case is not None and case.state not in ("produced", "received"):
                    case.state = "producing"
            self._manifests[batch_no] = manifest
            if self._produce == "at_once":
                if self._world.bureau.partial_rows:
                    self._make(manifest, self._world.bureau.partial_rows, last=False)
                self._make(manifest, 0, last=False)

    def _make(self, manifest: dict[str, Any], first: int, *, last: bool) -> None:
        """Make rows and write their receipt, each row's result once; the batch is done with once no row is pending."""
        told = self._told[manifest["batch_no"]]
        open_rows = [row for row in manifest["rows"] if row["row_no"] not in told]
        rows = open_rows[:first] if first else open_rows
        made = [self._row(manifest, row, last=last) for row in rows]
        told.update(row["row_no"] for row in made if row["result"] != "pending")
        final = len(told) == len(manifest["rows"])
        self._write(row_receipt(manifest, self._number(manifest["batch_no"]), made, final=final))
        if final:
            self._manifests.pop(manifest["batch_no"], None)

    def _row(self, manifest: dict[str, Any], row: dict[str, Any], *, last: bool) -> dict[str, Any]:
        before = self._books.made(manifest["sender"], manifest["batch_no"], row["row_no"])
        if before is not None and (before["result"] == "success" or before["attempt"] == manifest["attempt"]):
            return {key: value for key, value in before.items() if key != "attempt"}
        person = self._world.person(row["id_number"])
        made = made_row(row, person, self._books, self._world, self._clock(), last=last)
        if made["result"] != "pending":
            kept = made | {"attempt": manifest["attempt"]}
            self._books.keep_made(manifest["sender"], manifest["batch_no"], row["row_no"], kept)
            self._learn(row, made)
        return made

    def _learn(self, row: dict[str, Any], made: dict[str, Any]) -> None:
        case = self._case(row)
        if case is None:
            return
        case.state = "produced" if made["result"] == "success" else "production_failed"
        case.card_no = made.get("card_no", "")
        case.delivery = row.get("delivery", case.delivery)
        case.branch_code = row.get("branch_code", case.branch_code)
        if case.card_no and self._world.bureau.tell_bank:
            self._teller.tell_made(case)

    def _case(self, row: dict[str, Any]) -> Case | None:
        return self._books.cases.get(row.get("application_id", ""))

    def _note(self, batch_no: str, attempt: int, code: str, rows: int) -> None:
        told = {"batch_no": batch_no, "attempt": attempt, "rows": rows, "result": "refused" if code else "accepted"}
        with self._books.lock:
            self._books.packages.append(told | ({"code": code} if code else {}))

    def _number(self, batch_no: str) -> str:
        with self._books.lock:
            self._numbers[batch_no] = self._numbers.get(batch_no, 0) + 1
            return f"R-{batch_no}-{self._books.run}-{self._numbers[batch_no]:03}"

    def _write(self, receipt: dict[str, Any]) -> None:
        """Publish a receipt, then its control line."""
        check(receipt, "ephoto.receipt/1")
        data = json.dumps(receipt, ensure_ascii=False, indent=1).encode("utf-8")
        name = f"{receipt['receipt_no']}.json"
        rows, digest = len(receipt.get("rows", ())), digest_of(data, self._digests.get(receipt["batch_no"], "sha256"))
        with whole_file(self._folder / "out" / name) as file:
            file.write(data)
        with whole_file(self._folder / "out" / f"{name}{_OK}") as file:
            file.write(f"{name}|{len(data)}|{rows}|{digest}|{receipt['batch_no']}\n".encode())

    def _move(self, control: Path, data: Path, where: str) -> None:
        """The package first, so that what is left of a move that broke off is no package without a control line."""
        for one in (data, control):
            with suppress(FileNotFoundError):
                one.replace(self._free(self._folder / where, one.name))

    def _free(self, folder: Path, name: str) -> Path:
        """A name that nobody has there: what came before is kept."""
        target, k = folder / name, 1
        while os.path.lexists(target):
            k += 1
            target = folder / f"{name}.{k}"
        return target
