"""What became of each photo, in SQLite: written by one process, safe against its death and the system's.

A row goes waiting -> delivering -> done, or waiting -> failed. "delivering" is committed before a card is handed over,
with the card's SHA-256: after a crash it is enough to ask the place whether that card is there.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ephoto.batch.database import Database
from ephoto.batch.naming import folded
from ephoto.batch.row import COLUMNS, Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ephoto.batch.items import Item
    from ephoto.core.errors import EphotoError

__all__ = ["LastRun", "Ledger", "Reasons"]

_WITH_PROBLEM = ("name_unsafe", "row_unfit")  # errors whose `problem` is one of a few sentences, never a person's
_KNOWN = "n, run, folded, state, again, size, mtime_ns, output, locator, input, id"

_FACTS = "SELECT run, folded, n, state, again, size, mtime_ns, locator, input, id FROM photo WHERE key = ?"


@dataclass(frozen=True, slots=True)
class LastRun:
    """`wishes` is the fingerprint that it had, `ended` whether it left nothing waiting, `photos` how many it saw,
    `made` whether any card was made so far.
    """

    n: int
    wishes: str
    ended: bool
    photos: int
    made: bool


@dataclass(frozen=True, slots=True)
class Reasons:
    """How often each error kept a card from being made, by code; how often for which problem, of unfit names and rows;
    and in how many cards' reports each failed or unknown rule stands.
    """

    errors: dict[str, int] = field(default_factory=dict)
    problems: dict[str, dict[str, int]] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)


class Ledger:
    """Opened by one process at a time; its methods may be called from several threads.

    With `sync` each entry is on the disk before the next step, so that even after the power was cut no card is handed
    over twice; without, the last entries may be lost then, never when the process dies: their photos are made once
    more and replace the same files. It costs the driver half a millisecond a photo.

    Raises
    ------
    EnvironmentFault
        "ledger_busy" while another batch has it; "ledger_failed" where it cannot be opened or written, or a file is
        there that is none.
    """

    def __init__(self, path: Path, *, sync: bool = True) -> None:
        self.path = path
        self._base = Database(path, sync=sync)
        self._db, self._do, self._told = self._base.db, self._base.do, self._base.told
        self.changes = 0  # entries of this process that are more than "seen again"

    def close(self) -> None:
        self._base.close()

    def discard(self) -> None:
        """Remove it when it is closed: nothing that was entered counts."""
        self._base.discarded = True

    # ---- runs

    def last_run(self) -> LastRun | None:
        """The run before this one, or None where there was none."""
        with self._told():
            row = self._db.execute("SELECT n, wishes, ended FROM run ORDER BY n DESC LIMIT 1").fetchone()
            if row is None:
                return None
            photos = self._db.execute("SELECT count(*) FROM photo WHERE run = ?", (row[0],)).fetchone()[0]
            made = self._db.execute("SELECT 1 FROM photo WHERE card_sha256 IS NOT NULL LIMIT 1").fetchone()
        return LastRun(row[0], row[1], row[2] is not None, int(photos), made is not None)

    def start(self, wishes: str, version: str, now: str) -> int:
        """Enter a new run; gives its number."""
        with self._told():
            at = self._db.execute(
                "INSERT INTO run (started, wishes, version) VALUES (?, ?, ?)", (now, wishes, version)
            ).lastrowid
            return int(at or 0)

    def end(self, run: int, now: str) -> None:
        self._do("UPDATE run SET ended = ? WHERE n = ?", now, run)

    # ---- planning

    def planning(self) -> AbstractContextManager[None]:
        """All or nothing of what is planned in between."""
        return self._base.whole()

    def begin_anew(self) -> None:
        """Every photo waits, also those that IN does not have now, and is planned as if it had changed: the cards were
        made with other wishes.
        """
        self._do("UPDATE photo SET state = 'waiting', again = 0, error = NULL, size = NULL")

    def plan(
        self, run: int, item: Item, output: str | None, unfit: EphotoError | None, *, retry: bool = False
    ) -> str | None:
        """Enter a photo, or see that it is known: it waits if it is new or has changed.

        A photo that failed waits if its failure is one to be tried again, or any with `retry`. One that is `unfit`
        before it is read fails at once. Gives the key of another photo of this run that has the same output or key,
        or None. Within `planning`.
        """
        name = None if output is None else folded(output)
        row = self._db.execute(f"SELECT {_KNOWN} FROM photo WHERE key = ?", (item.key,)).fetchone()
        if row is not None and row[1] == run:
            return item.key
        if name is not None and (row is None or row[2] != name):
            other = self._db.execute("SELECT n, key, run FROM photo WHERE folded = ?", (name,)).fetchone()
            if other is not None:
                if other[2] == run:
                    return str(other[1])
                self._db.execute("UPDATE photo SET folded = NULL WHERE n = ?", (other[0],))  # its photo has gone
        facts = (item.size, item.mtime_ns, output, _storable(item.locator), item.input or item.key, item.id)
        n = self._new(run, item.key, name, facts) if row is None else row[0]
        if row is not None:
            self._see(run, row, name, facts, retry=retry)
        if unfit is not None and not self._known_as(n, unfit):
            self.failed(n, unfit)
        return None

    def unchanged(self, run: int, item: Item, *, retry: bool = False) -> bool:
        """Whether a photo is known as it is, and nothing is to be done for it; then it is entered as seen.

        Quicker than `plan`, for a photo that would have the same output as before. Within `planning`.
        """
        row = self._db.execute(_FACTS, (item.key,)).fetchone()
        if row is None or row[0] == run or item.size is None or row[1] is None:
            return False
        if row[3] == "failed" and (row[4] or retry):
            return False
        facts = (item.size, item.mtime_ns, _storable(item.locator), item.input or item.key, item.id)
        if row[5:] != facts:
            return False
        self._db.execute("UPDATE photo SET run = ? WHERE n = ?", (run, row[2]))
        return True

    def _new(self, run: int, key: str, name: str | None, facts: tuple[Any, ...]) -> int:
        at = self._db.execute(
            "INSERT INTO photo (size, mtime_ns, output, locator, input, id, run, folded, key, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')",
            (*facts, run, name, key),
        )
        self.changes += 1
        return int(at.lastrowid or 0)

    def _see(self, run: int, row: tuple[Any, ...], name: str | None, facts: tuple[Any, ...], *, retry: bool) -> None:
        n, _, had, state, again, *known = row
        if tuple(known) == facts and name == had:
            self._db.execute("UPDATE photo SET run = ? WHERE n = ?", (run, n))
        else:
            self._db.execute(
                "UPDATE photo SET size = ?, mtime_ns = ?, output = ?, locator = ?, input = ?, id = ?, run = ?, "
                "folded = ? WHERE n = ?",
                (*facts, run, name, n),
            )
            self.changes += 1
        # By the same name for people, too: two photos that a table has swapped may be of one size and time.
        same = (*known[:3], known[4]) == (*facts[:3], facts[4]) and facts[0] is not None
        if not same or (state == "failed" and (again or retry)):
            self._db.execute("UPDATE photo SET state = 'waiting', again = 0, error = NULL WHERE n = ?", (n,))
            self.changes += 1

    def _known_as(self, n: int, error: EphotoError) -> bool:
        """Whether a photo has failed by that very error already."""
        state, known = self._db.execute("SELECT state, error FROM photo WHERE n = ?", (n,)).fetchone()
        return bool(state == "failed" and known == _told_of(error))

    # ---- the way of a photo

    def delivering(self, row: Row, made: Any) -> None:
        """A card was made and is about to be handed over; from now on its name is ours."""
        with self._base.whole():
            self._db.execute(
                "UPDATE photo SET state = 'delivering', sha256 = ?, card_sha256 = ?, card_bytes = ?, findings = ?, "
                "passed = ?, timings_ms = ?, error = NULL, again = 0 WHERE n = ?",
                (made.sha256, made.card_sha256, len(made.data), json.dumps(made.findings, ensure_ascii=False),
                 int(made.passed), json.dumps(made.timings_ms), row.n),
            )  # fmt: skip
            self._db.execute(
                "INSERT OR REPLACE INTO ours (folded, output, sha256) VALUES (?, ?, ?)",
                (folded(str(row.output)), row.output, made.card_sha256),
            )
        self.changes += 1

    def done(self, n: int) -> None:
        """The card is where it belongs."""
        self._do("UPDATE photo SET state = 'done', aside = NULL WHERE n = ?", n)

    def is_ours(self, output: str) -> bool:
        """Whether a card of that name was handed over by this ledger."""
        with self._told():
            return self._db.execute("SELECT 1 FROM ours WHERE folded = ?", (folded(output),)).fetchone() is not None

    def stale(self) -> list[tuple[str, str]]:
        """Name and SHA-256 of cards that no photo stands behind any more: it has another name, or failed for good."""
        with self._told():
            return self._db.execute(
                "SELECT output, sha256 FROM ours WHERE NOT EXISTS ("
                "SELECT 1 FROM photo WHERE photo.folded = ours.folded AND (photo.state <> 'failed' OR photo.again))"
            ).fetchall()

    def disown(self, output: str) -> None:
        """A card is no longer there as ours."""
        self._do("DELETE FROM ours WHERE folded = ?", folded(output))
        self.changes += 1

    def wait_again(self, n: int) -> None:
        """Not done after all."""
        self._do("UPDATE photo SET state = 'waiting' WHERE n = ?", n)
        self.changes += 1

    def unseen(self, key: str) -> None:
        """As if its run had not seen this photo: it was taken away, or is planned once more."""
        self._do("UPDATE photo SET run = 0 WHERE key = ?", key)

    def failed(
        self,
        n: int,
        error: EphotoError,
        findings: list[dict[str, Any]] | None = None,
        *,
        again: bool = False,
        aside: str | None = None,
    ) -> None:
        """There is no card; `again` where the next run shall try."""
        self.changes += 1
        self._do(
            "UPDATE photo SET state = 'failed', error = ?, findings = ?, again = ?, aside = ?, passed = NULL "
            "WHERE n = ?",
            _told_of(error), json.dumps(findings or [], ensure_ascii=False),
            int(again), aside, n,
        )  # fmt: skip

    # ---- questions

    def rows(self, state: str | None = None, *, run: int | None = None, page: int = 500) -> Iterator[Row]:
        """Photos in order, read a page at a time, so that rows may change meanwhile and memory does not grow."""
        where = ["n > ?", *(["state = ?"] if state else []), *(["run = ?"] if run is not None else [])]
        wanted = [*([state] if state else []), *([run] if run is not None else [])]
        last = 0
        while True:
            with self._told():
                raw = self._db.execute(
                    f"SELECT {COLUMNS} FROM photo WHERE {' AND '.join(where)} ORDER BY n LIMIT {page}", (last, *wanted)
                ).fetchall()
            yield from map(Row.of, raw)
            if len(raw) < page:
                return
            last = raw[-1][0]

    def state(self, n: int) -> str:
        with self._told():
            return str(self._db.execute("SELECT state FROM photo WHERE n = ?", (n,)).fetchone()[0])

    def outputs(self, run: int, page: int = 5000) -> Iterator[tuple[int, str]]:
        """Number and card's name of every photo of that run that is done, a page at a time."""
        last = 0
        while True:
            with self._told():
                found = self._db.execute(
                    f"SELECT n, output FROM photo WHERE state = 'done' AND n > ? AND run = ? ORDER BY n LIMIT {page}",
                    (last, run),
                ).fetchall()
            yield from found
            if len(found) < page:
                return
            last = found[-1][0]

    def same_photos(self, run: int, last: LastRun) -> bool:
        """Whether that run saw the photos that the one before saw, and no others."""
        with self._told():
            seen, left = self._db.execute(
                "SELECT count(*) FILTER (WHERE run = ?), count(*) FILTER (WHERE run = ?) FROM photo", (run, last.n)
            ).fetchone()
        return (seen, left) == (last.photos, 0)

    def any_aside(self, run: int) -> bool:
        """Whether a photo of that run is in quarantine."""
        with self._told():
            found = self._db.execute(
                "SELECT 1 FROM photo WHERE run = ? AND state = 'failed' AND aside IS NOT NULL LIMIT 1", (run,)
            ).fetchone()
        return found is not None

    def counts(self, run: int) -> dict[str, int]:
        """How many photos of that run are in each state; "gone": known ones that IN no longer has."""
        with self._told():
            counted = dict(
                self._db.execute("SELECT state, count(*) FROM photo WHERE run = ? GROUP BY state", (run,)).fetchall()
            )
            gone = self._db.execute("SELECT count(*) FROM photo WHERE run <> ?", (run,)).fetchone()[0]
        return {state: int(counted.get(state, 0)) for state in ("waiting", "delivering", "done", "failed")} | {
            "gone": int(gone)
        }

    def reasons(self, run: int) -> Reasons:
        """Why photos of that run have no card, and what is wrong with the cards."""
        with self._told():
            errors = self._db.execute(
                "SELECT json_extract(error, '$.code'), CASE WHEN json_extract(error, '$.code') IN (?, ?) "
                "THEN json_extract(error, '$.values.problem') ELSE '' END, count(*) FROM photo "
                "WHERE run = ? AND state = 'failed' GROUP BY 1, 2",
                (*_WITH_PROBLEM, run),
            ).fetchall()
            rules = self._db.execute(
                "SELECT json_extract(f.value, '$.code'), count(*) FROM photo, json_each(photo.findings) AS f "
                "WHERE photo.run = ? AND photo.state = 'done' AND json_extract(f.value, '$.required') "
                "AND json_extract(f.value, '$.status') IN ('fail', 'unknown') GROUP BY 1",
                (run,),
            ).fetchall()
        found = Reasons(rules=dict(rules))
        for code, problem, count in errors:
            found.errors[code] = found.errors.get(code, 0) + count
            if problem:
                found.problems.setdefault(code, {})[problem] = count
        return found


def _storable(locator: str) -> str | bytes:
    try:
        locator.encode()
    except UnicodeEncodeError:
        return os.fsencode(locator)
    return locator


def _told_of(error: EphotoError) -> str:
    told = {"code": error.code, "values": error.values, "exit_code": error.exit_code}
    return json.dumps(told, ensure_ascii=False, default=str)
