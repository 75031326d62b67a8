"""The ledger: what it lets happen to a photo, what counts as unchanged, and what is refused before any work."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ephoto.batch.items import Item
from ephoto.batch.ledger import Ledger
from ephoto.batch.work import Made
from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from tests.batch.trivial import batch, card_of, cards_in

KEYS = ("a", "b", "c", "team/a")


def made_of(data):
    return Made(data, "0" * 64, hashlib.sha256(data).hexdigest(), True, [], {"convert": 1.5})


@pytest.fixture
def ledger(tmp_path):
    with closing(Ledger(tmp_path / "ledger.sqlite")) as opened:
        yield opened


def planned(ledger, *items, anew=False, retry=False, ended=True):
    """One run that plans those items; gives its number and the twins that it met."""
    with ledger.planning():
        run = ledger.start("wishes", "0", "2026-01-01T00:00:00+00:00")
        if anew:
            ledger.begin_anew()
        twins = [ledger.plan(run, item, f"{item.key}.jpg", None, retry=retry) for item in items]
    if ended:
        ledger.end(run, "2026-01-01T00:00:01+00:00")
    return run, [twin for twin in twins if twin]


def item(key, size=5, mtime_ns=7, **others):
    return Item(key, f"/in/{key}", size, mtime_ns, **others)


def deliver(ledger, n, data=b"x"):
    (row,) = (row for row in ledger.rows() if row.n == n)
    ledger.delivering(row, made_of(data))


def states(ledger):
    return {row.key: row.state for row in ledger.rows()}


class Life(RuleBasedStateMachine):
    """Photos come, change and go, runs plan, deliver, fail and die anywhere; a dictionary says what must be so."""

    @initialize()
    def begin(self):
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "ledger.sqlite"
        self.ledger = Ledger(self.path)
        self.there, self.state, self.facts, self.again = {}, {}, {}, set()
        self.run = None

    def teardown(self):
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()

    @rule(key=st.sampled_from(KEYS), size=st.integers(1, 3))
    def put(self, key, size):
        self.there[key] = size

    @rule(key=st.sampled_from(KEYS))
    def take_away(self, key):
        self.there.pop(key, None)

    @rule(anew=st.booleans(), retry=st.booleans(), quick=st.booleans())
    def plan(self, anew, retry, quick):
        with self.ledger.planning():
            self.run = self.ledger.start("wishes", "0", "now")
            if anew:
                self.ledger.begin_anew()
                self.state = dict.fromkeys(self.state, "waiting")
            for key, size in sorted(self.there.items()):
                known = quick and self.ledger.unchanged(self.run, item(key, size), retry=retry)
                if not known:
                    assert self.ledger.plan(self.run, item(key, size), key, None, retry=retry) is None
        for key, size in self.there.items():
            tried = self.state.get(key) == "failed" and (key in self.again or retry)
            if self.facts.get(key) != size or tried:
                self.state[key] = "waiting"
            self.facts[key] = size
        self.seen = set(self.there)

    @rule(key=st.sampled_from(KEYS))
    def plan_that_is_given_up(self, key):
        with suppress(InputError), self.ledger.planning():
            run = self.ledger.start("wishes", "0", "now")
            self.ledger.begin_anew()
            self.ledger.plan(run, item(key, 9), key, None)
            raise InputError("not_found", path=key)

    def waiting(self, state="waiting"):
        rows = self.ledger.rows(state, run=self.run)
        return [(row.n, row.key) for row in rows]

    @precondition(lambda self: self.run and self.waiting())
    @rule(data=st.data())
    def deliver(self, data):
        n, key = data.draw(st.sampled_from(self.waiting()))
        deliver(self.ledger, n, key.encode())
        self.state[key] = "delivering"

    @precondition(lambda self: self.run and self.waiting("delivering"))
    @rule(data=st.data(), well=st.booleans())
    def delivered(self, data, well):
        n, key = data.draw(st.sampled_from(self.waiting("delivering")))
        (self.ledger.done if well else self.ledger.wait_again)(n)
        self.state[key] = "done" if well else "waiting"

    @precondition(lambda self: self.run and self.waiting())
    @rule(data=st.data(), again=st.booleans())
    def fail(self, data, again):
        n, key = data.draw(st.sampled_from(self.waiting()))
        self.ledger.failed(n, InputError("not_a_picture"), again=again)
        self.state[key] = "failed"
        (self.again.add if again else self.again.discard)(key)

    @rule()
    def die_and_come_again(self):
        self.ledger.close()
        self.ledger = Ledger(self.path)

    @invariant()
    def every_photo_once_and_in_the_state_that_it_must_have(self):
        if hasattr(self, "ledger"):
            assert states(self.ledger) == self.state

    @invariant()
    def counts_add_up(self):
        if getattr(self, "run", None):
            counts = self.ledger.counts(self.run)
            assert sum(counts.values()) == len(self.state)
            assert counts["gone"] == len(self.state) - len(self.seen)
            expected = Counter(state for key, state in self.state.items() if key in self.seen)
            assert {state: count for state, count in counts.items() if state != "gone" and count} == expected


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize(
    ("size", "mtime_ns", "expected"),
    [
        pytest.param(5, 7, "done", id="the same"),
        pytest.param(6, 7, "waiting", id="another size"),
        pytest.param(5, 8, "waiting", id="another time"),
        pytest.param(None, None, "waiting", id="the source does not tell"),
    ],
)
def test_unchanged_is_the_same_size_and_time(ledger, size, mtime_ns, expected):
    planned(ledger, item("a"))
    deliver(ledger, 1)
    ledger.done(1)
    planned(ledger, item("a", size, mtime_ns))
    assert states(ledger) == {"a": expected}


def test_a_photo_that_nobody_can_tell_the_size_of_always_waits_again(ledger):
    for _ in range(2):
        planned(ledger, item("a", None, None))
        assert states(ledger) == {"a": "waiting"}
        deliver(ledger, 1)
        ledger.done(1)


def test_a_card_whose_delivery_was_cut_short_is_made_anew_if_all_is(ledger):
    planned(ledger, item("a"))
    deliver(ledger, 1)
    planned(ledger, item("a"), anew=True)
    assert states(ledger) == {"a": "waiting"}


def test_two_photos_of_one_run_have_no_name_in_common_whatever_its_case(ledger):
    one, other = item("A"), item("a")
    _, twins = planned(ledger, one, other)
    assert twins == ["A"]


def test_a_name_is_free_again_when_its_photo_has_gone(ledger):
    planned(ledger, item("A"))
    run, twins = planned(ledger, item("a"))
    assert (twins, ledger.counts(run)["gone"]) == ([], 1)
    _, twins = planned(ledger, item("a"), item("A"))
    assert twins == ["a"]


def test_a_card_under_another_name_is_ours_only_by_the_old_one(ledger):
    planned(ledger, item("a"))
    deliver(ledger, 1)
    ledger.done(1)
    with ledger.planning():
        run = ledger.start("wishes", "0", "now")
        ledger.plan(run, item("a"), "other.jpg", None)
    (row,) = ledger.rows()
    assert (row.state, row.output) == ("waiting", "other.jpg")
    assert (ledger.is_ours("a.jpg"), ledger.is_ours("other.jpg")) == (True, False)


def test_names_that_are_no_text_are_kept(ledger):
    locator = os.fsdecode(b"/in/\xd5\xc5\xc8\xfd.jpg")
    planned(ledger, Item("张三.jpg", locator, 1, 1))
    (row,) = ledger.rows()
    assert row.locator == locator
    run = ledger.start("wishes", "0", "now")
    with ledger.planning():
        assert ledger.unchanged(run, Item("张三.jpg", locator, 1, 1))


def test_one_ledger_is_for_one_batch_at_a_time(tmp_path, ledger):
    with pytest.raises(EnvironmentFault) as caught:
        Ledger(tmp_path / "ledger.sqlite")
    assert (caught.value.code, caught.value.values["path"]) == ("ledger_busy", str(tmp_path / "ledger.sqlite"))
    ledger.close()
    Ledger(tmp_path / "ledger.sqlite").close()


def test_a_ledger_of_another_layout_is_refused(tmp_path):
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
        db.commit()
    with pytest.raises(EnvironmentFault) as caught:
        Ledger(path)
    assert (caught.value.code, "another version" in caught.value.message()) == ("ledger_failed", True)


def test_a_file_that_is_no_ledger_is_named_and_let_go(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database" * 100)
    for _ in range(2):  # the second time is not "busy"
        with pytest.raises(EnvironmentFault) as caught:
            Ledger(path)
        assert caught.value.code == "ledger_failed"


def test_a_full_disk_is_told_in_the_systems_words(ledger):
    ledger._db.execute("PRAGMA max_page_count = 12")  # SQLite's own way to be full
    with pytest.raises(EnvironmentFault) as caught:
        planned(ledger, *(item(f"{n:0200}") for n in range(200)))
    assert (caught.value.code, caught.value.values["problem"]) == ("ledger_failed", "No space left on device")
    assert states(ledger) == {}
    ledger._db.execute("PRAGMA max_page_count = 10000")
    planned(ledger, item("a"))


# ---- whole runs, in this process


@pytest.fixture
def place(tmp_path):
    """A folder of three photos, and where their cards go."""
    (tmp_path / "in").mkdir()
    for name in ("张三", "b", "c"):
        (tmp_path / "in" / f"{name}.jpg").write_bytes(name.encode())
    return tmp_path / "in", tmp_path / "out"


def expected(source):
    return {path.name: card_of(path.read_bytes()) for path in source.iterdir()}


def test_a_second_run_makes_nothing_and_touches_nothing(place):
    source, out = place
    assert batch(source, out).made == 3
    before = {path: path.stat().st_mtime_ns for path in out.iterdir() if path.is_file()}
    again = batch(source, out)
    assert (again.made, again.unchanged, again.left) == (0, 3, 0)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir() if path.is_file()} == before


def test_a_card_that_was_deleted_is_made_again(place):
    source, out = place
    batch(source, out)
    (out / "张三.jpg").unlink()
    assert batch(source, out).made == 1
    assert cards_in(out) == expected(source)


@pytest.mark.parametrize("where", ["card", "photo"])
def test_verify_finds_one_changed_byte_behind_the_same_size_and_time(place, where):
    source, out = place
    batch(source, out)
    path = (out if where == "card" else source) / "张三.jpg"
    times = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert batch(source, out).made == 0
    assert batch(source, out, verify=True).made == 1
    assert cards_in(out) == expected(source)
    assert batch(source, out, verify=True).made == 0


def test_photos_that_failed_are_tried_again_only_if_asked_or_changed(place):
    source, out = place
    (source / "large.jpg").write_bytes(b"x" * 2000)  # more than trivial batches read
    assert batch(source, out).errors == {"too_many_bytes": 1}
    assert ran(source, out) == []
    assert ran(source, out, retry=True) == ["large.jpg"]
    (source / "large.jpg").write_bytes(b"x")
    assert ran(source, out) == ["large.jpg"]


def ran(source, out, **words):
    """Which photos a run works on."""
    from tests.batch.trivial import crew

    seen = []

    def watching(desk, tell):
        handed = desk.rows
        desk.rows = lambda: (seen.append(row.key) or row for row in handed())
        return crew(desk, tell)

    batch(source, out, crew=watching, **words)
    return seen


def test_a_batch_that_was_cut_short_goes_on_only_if_asked_to(place):
    source, out = place

    def one_card(desk, tell):
        from tests.batch.trivial import made

        row = next(desk.rows())
        desk.finish(row, made(desk.job.source.reader.read(row.locator)))
        return False

    first = batch(source, out, crew=one_card)
    assert (first.made, first.left, first.stopped.code) == (1, 2, "interrupted")
    with pytest.raises(UsageError) as caught:
        batch(source, out)
    assert caught.value.code == "batch_unfinished"
    assert "--resume" in caught.value.hint()
    assert batch(source, out, resume=True).made == 2
    assert cards_in(out) == expected(source)


def test_other_wishes_are_refused_and_make_all_anew_by_force(place):
    source, out = place
    batch(source, out)
    with pytest.raises(UsageError) as caught:
        batch(source, out, naming="{stem}-x.jpg")
    assert caught.value.code == "batch_other_wishes"
    assert batch(source, out, naming="{stem}-x.jpg", force=True).made == 3


def test_what_others_put_there_is_not_replaced_unless_by_force(place):
    source, out = place
    out.mkdir()
    (out / "b.jpg").write_bytes(b"mine")
    first = batch(source, out)
    assert (first.made, first.errors) == (2, {"output_exists": 1})
    assert (out / "b.jpg").read_bytes() == b"mine"
    assert batch(source, out, force=True).made == 1
    assert cards_in(out) == expected(source)


def test_a_card_that_the_ledger_lost_with_the_power_is_found_again(place):
    """Where entries are not synced one by one, a card may be there whose last entries are gone."""
    source, out = place
    batch(source, out)
    there = {path: path.stat().st_ino for path in out.glob("*.jpg")}
    ledger = out / ".ephoto" / "ledger.sqlite"
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("UPDATE photo SET state = 'waiting', card_sha256 = NULL, card_bytes = NULL")
        db.execute("DELETE FROM ours")
        db.execute("UPDATE run SET ended = NULL")
        db.commit()
    next(iter(there)).write_bytes(b"another's")
    summary = batch(source, out, resume=True)
    assert (summary.made, summary.errors) == (2, {"output_exists": 1})
    assert {path: path.stat().st_ino for path in out.glob("*.jpg")} == there  # looked at, not put there again


def test_photos_with_one_name_are_refused_before_any_work(place):
    source, out = place
    (source / "b.png").write_bytes(b"another b")
    with pytest.raises(UsageError) as caught:
        batch(source, out)
    assert caught.value.code == "batch_same_output"
    assert cards_in(out) == {} or set(cards_in(out)) <= {"same_names.jsonl"}


def test_the_manifest_is_written_anew_when_other_photos_are_there_though_as_many(place):
    source, out = place
    for name in ("b.jpg", "c.jpg"):
        (source / name).rename(source.parent / name)
        batch(source, out)
        (source.parent / name).rename(source / name)
    assert "b.jpg" in (out / "manifest.jsonl").read_text("utf-8")
    assert '"c.jpg"' not in (out / "manifest.jsonl").read_text("utf-8")


def test_cards_do_not_go_where_failed_photos_go(place):
    source, out = place
    (source / "quarantine").mkdir()
    (source / "quarantine" / "b.jpg").write_bytes(b"an old one")
    assert batch(source, out).errors == {"name_unsafe": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere hold names to be text")
def test_a_name_in_gb18030_comes_through(tmp_path):
    (tmp_path / "in").mkdir()
    raw = os.fsencode(tmp_path / "in") + b"/" + "张三.jpg".encode("gb18030")
    Path(os.fsdecode(raw)).write_bytes(b"photo")
    for made in (1, 0):
        assert batch(tmp_path / "in", tmp_path / "out").made == made
    assert cards_in(tmp_path / "out") == {"张三.jpg": card_of(b"photo")}


@pytest.mark.slow
def test_a_second_run_over_a_hundred_thousand_photos_takes_ten_seconds_and_little_memory(tmp_path, capsys):
    """`pytest -s` shows the figures. The first run is made without syncing, which it is not about."""
    import time
    import tracemalloc

    (tmp_path / "in").mkdir()
    for n in range(100_000):
        (tmp_path / "in" / f"{n:06}.jpg").write_bytes(b"%d" % n)
    sync = os.fsync
    try:
        os.fsync = lambda file: None
        assert batch(tmp_path / "in", tmp_path / "out").made == 100_000
    finally:
        os.fsync = sync
    start, cpu = time.perf_counter(), time.process_time()
    again = batch(tmp_path / "in", tmp_path / "out")
    took_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu
    assert (again.made, again.unchanged) == (0, 100_000)
    tracemalloc.start()
    batch(tmp_path / "in", tmp_path / "out")
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    with capsys.disabled():
        print(f"\n100,000 photos again: {took_s:.1f} s, {cpu_s:.1f} s of them at work; {peak_mb:.0f} MB at most")
    assert cpu_s < 10
    assert peak_mb < 60


def test_the_database_is_whole_and_has_one_row_a_photo(place):
    source, out = place
    for _ in range(3):
        batch(source, out)
    with closing(sqlite3.connect(out / ".ephoto" / "ledger.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*), count(DISTINCT key) FROM photo").fetchone() == (3, 3)
