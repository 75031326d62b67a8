"""Opening a store: what is refused, in which words, and by whom the file may be read."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.workflow.store.engine import engine_of
from ephoto.workflow.vault import Vault, VaultKey
from tests.workflow.databases import free_port
from tests.workflow.store_worker import Worker, together
from tests.workflow.stored import KEY, application, opened

OTHER = VaultKey("other", b"x" * 32)


def refused(url, *, vault=None):
    with pytest.raises(EnvironmentFault) as caught:
        opened(url, vault=vault).close()
    assert caught.value.code == "store_failed"
    for lang in ("en", "zh"):
        assert caught.value.message(lang)
    return caught.value.values["problem"]


def executed(url, *statements):
    driver = make_url(url)
    if driver.drivername == "postgresql":
        driver = driver.set(drivername="postgresql+pg8000")
    engine = create_engine(driver, poolclass=NullPool)
    with engine.begin() as db:
        for statement in statements:
            db.execute(text(statement))


def test_what_was_written_is_there_when_it_is_opened_again(database_url):
    with opened(database_url) as store:
        store.run(lambda unit: unit.add_application(application(store)))
    with opened(database_url) as store, store.reading() as unit:
        assert [row.id for row in unit.applications()] == ["APP-0001"]


def test_processes_that_open_a_new_database_at_once_make_it_once(database_url):
    assert together("opens", database_url, count=4) == [0, 0, 0, 0]


def test_another_programs_database_is_refused_and_left_alone(database_url):
    executed(database_url, "CREATE TABLE ephoto_photo (x integer)")
    assert refused(database_url) == "it is there and holds something else"
    executed(database_url, "INSERT INTO ephoto_photo VALUES (1)")


def test_a_database_of_another_version_is_refused(database_url):
    opened(database_url).close()
    executed(database_url, "UPDATE ephoto_layout SET version = 99")
    assert refused(database_url) == "another version of ephoto wrote it"


def test_a_wrong_key_is_told_at_once(database_url):
    opened(database_url).close()
    with pytest.raises(EnvironmentFault) as caught:
        opened(database_url, vault=Vault((OTHER,)))
    assert caught.value.code == "vault_sealed"


def test_a_new_key_goes_in_front(database_url):
    opened(database_url).close()
    opened(database_url, vault=Vault((OTHER, KEY))).close()


def test_a_new_key_behind_would_lose_sight_of_everybody_and_is_refused(database_url):
    opened(database_url).close()
    assert refused(database_url, vault=Vault((KEY, OTHER))) == "it was begun with another key"


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)
    assert refused(f"sqlite:///{path}") == "it is there and holds something else"
    assert path.read_text() == "Dear Sir or Madam, " * 100


@pytest.mark.parametrize("name", ["missing/store.sqlite", "."])
def test_a_file_that_cannot_be_made_is_told(tmp_path, name):
    expected = {"missing/store.sqlite": "No such file or directory", ".": "Is a directory"}
    assert refused(f"sqlite:///{tmp_path / name}") == expected[name]


def test_the_file_is_its_owners_alone(tmp_path):
    before = os.umask(0)
    try:
        with opened(f"sqlite:///{tmp_path / 'store.sqlite'}"):
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert "store.sqlite-wal" in modes
    assert set(modes.values()) == {0o600}


def test_sqlite_is_set_to_lose_nothing_and_to_overwrite_what_goes(tmp_path):
    with opened(f"sqlite:///{tmp_path / 'store.sqlite'}") as store, store.unit() as unit:
        asked = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        told = [unit.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked]
    assert told == ["wal", 2, 1, 1]


@pytest.mark.parametrize(
    "url",
    ["mysql://root:hidden@host/x", "sqlite://", "sqlite:///:memory:", "office.sqlite", "", "postgresql+psycopg://x"],
)
def test_other_urls_are_refused_without_what_is_in_them(url):
    with pytest.raises(UsageError) as caught:
        opened(url)
    assert caught.value.code == "bad_option"
    assert "hidden" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_without_the_password():
    url = f"postgresql://office:hidden@127.0.0.1:{free_port()}/cards"
    with pytest.raises(EnvironmentFault) as caught:
        opened(url)
    assert caught.value.values["problem"] == "the server does not answer"
    assert "hidden" not in repr(caught.value) + str(caught.value)
    assert "office" not in str(caught.value)


def test_a_wrong_password_and_a_database_that_is_not_there_are_told(postgres_url):
    url = make_url(postgres_url)
    wrong = url.set(password="hidden").render_as_string(hide_password=False)
    assert refused(wrong) == "the server refuses this user"
    nowhere = url.set(database="nowhere").render_as_string(hide_password=False)
    assert refused(nowhere) == "the server has no such database"


def test_a_server_without_tls_is_refused_where_tls_was_asked_for(postgres_url):
    assert refused(f"{postgres_url}?sslmode=require") == "the server does not answer"
    with pytest.raises(UsageError):
        opened(f"{postgres_url}?sslmode=perhaps")


def test_a_read_only_server_is_told(postgres_url):
    with opened(postgres_url) as store:
        store.run(lambda unit: unit.add_application(application(store)))
    executed(postgres_url, f'ALTER DATABASE "{make_url(postgres_url).database}" SET default_transaction_read_only = on')
    with opened(postgres_url) as store, pytest.raises(EnvironmentFault) as caught:
        store.run(lambda unit: unit.audit("looked"))
    assert caught.value.values["problem"] == "Read-only file system"


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    worker = Worker("fills", url, 600_000).ready().go()
    code, message, kept = worker.told()
    assert code == "store_failed"
    assert "store.sqlite" in message
    with opened(url) as store, store.reading() as unit:
        assert len(unit.history("APP-0001")) == kept


def test_a_store_that_is_closed_says_so(database_url):
    store = opened(database_url)
    store.close()
    with pytest.raises(EnvironmentFault) as caught:
        store.run(lambda unit: unit.count_photos())
    assert caught.value.values["problem"] == "it is closed"


@pytest.mark.parametrize(
    ("missing", "url", "package"),
    [("sqlalchemy", "sqlite:///{}/x.sqlite", "sqlalchemy"), ("pg8000", "postgresql://x@localhost/x", "pg8000")],
)
def test_a_package_that_is_not_installed_is_named(tmp_path, missing, url, package):
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from ephoto.core.errors import EnvironmentFault\n"
        "from tests.workflow.stored import opened\n"
        f"try: opened({url.format(tmp_path)!r})\n"
        "except EnvironmentFault as error: print(error.code, error.values['package'])\n"
    )
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60)
    assert told.stdout.split() == ["extra_missing", package], told.stderr


def test_a_database_that_others_keep_locked_is_told(tmp_path, monkeypatch):
    from ephoto.workflow.store import limits

    path = tmp_path / "store.sqlite"
    opened(f"sqlite:///{path}").close()
    short = limits.Limits(
        **{**{n: getattr(limits.limits(), n) for n in limits.Limits.__slots__}, "busy_s": 0.1, "tries": 2}
    )
    monkeypatch.setattr("ephoto.workflow.store.engine.limits", lambda: short)
    monkeypatch.setattr("ephoto.workflow.store.database.limits", lambda: short)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert refused(f"sqlite:///{path}") == "others keep it busy"


def test_opening_it_once_more_leaves_the_locks_of_this_process(tmp_path):
    """To close a file gives up the process's locks on it, SQLite's too: then another one takes itself for the last, and
    takes the log away that this one writes to.
    """
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    other = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('SELECT * FROM ephoto_audit'); d.close()"
    with opened(url) as store:
        store.run(lambda unit: unit.audit("looked"))
        engine_of(url).dispose()
        asked = [sys.executable, "-c", other, str(tmp_path / "store.sqlite")]
        subprocess.run(asked, check=True, timeout=60)
        assert (tmp_path / "store.sqlite-wal").exists()
