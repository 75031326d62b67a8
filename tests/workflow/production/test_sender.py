"""The mapping, the drop and receipts together."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace

import pytest

from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from ephoto.core.settings import Settings
from ephoto.workflow.adapters.production.config import ProductionRules, read_production
from ephoto.workflow.adapters.production.package import write_package
from ephoto.workflow.adapters.production.receipts import Batch, events_of
from ephoto.workflow.adapters.production.sender import FileProduction, open_drop
from ephoto.workflow.adapters.registry import PRODUCTION, Around
from ephoto.workflow.wire.mapping import bundled, load_mapping
from ephoto.workflow.wire.transport import Folder, Sftp
from tests.workflow.production.people import COLUMNS, CREATED, HEAD, receipt, row, rows
from tests.workflow.production.servers import made_drop

HEADER = '[adapter]\nkind = "production"\n'


def rules_of(folder, text):
    (folder / "production.toml").write_text(HEADER + text, "utf-8")
    return read_production(folder / "production.toml", Settings())


def no_sleep(_):
    raise AssertionError("it waited")


@pytest.fixture
def production(tmp_path):
    made_drop(tmp_path / "bureau")
    rules = rules_of(tmp_path, '[transport]\ntype = "folder"\npath = "bureau"\n')
    return FileProduction(rules, open_drop(rules, no_sleep, lambda: 0.5))


def dropped(root, document, name="R-1.json", rows_told=None, spoil=b""):
    data = json.dumps(document).encode()
    told = len(document.get("rows", ())) if rows_told is None else rows_told
    line = f"{name}|{len(data)}|{told}|{hashlib.sha256(data).hexdigest()}|{document['batch_no']}\n"
    (root / "out" / name).write_bytes(data + spoil)
    (root / "out" / f"{name}.ok").write_text(line)


def test_the_bundled_file_says_what_holds_without_it(tmp_path):
    shutil.copy(bundled("production"), tmp_path / "copy.toml")
    full = read_production(tmp_path / "copy.toml", Settings())
    bare = rules_of(tmp_path, "")
    assert full.transport == Folder(tmp_path / "bureau")
    assert replace(full, transport=None, columns=bare.columns) == bare
    assert full.columns.header == bare.columns.header
    document = {"row_no": 1, "name": "a", "id_number": "b"}
    assert full.columns.cells(document) == bare.columns.cells(document) == ["1", "", "b", "a", "", "", "", ""]
    assert bare.transport is None
    assert bare.hot_folder is None


def test_whatever_a_mapping_may_set_is_set(tmp_path):
    rules = rules_of(
        tmp_path,
        """
        [transport]
        type = "sftp"
        host = "bureau.example"
        user = "office"
        key_file = "k"
        known_hosts = "h"
        [package]
        pattern = "{id}{name}.jpg"
        folder = "pic_{employer_code}/"
        max_entries = 7
        max_zip_bytes = 9000
        roster = "xlsx"
        encoding = "gb18030"
        digest = "sm3"
        [control]
        line = "{batch_no};{name};{bytes};{rows};{digest}"
        suffix = ".chk"
        [drop]
        retries = 1
        max_backoff_s = 2
        read_back_bytes = 3
        [receipts]
        max_bytes = 4000
        [hot_folder]
        path = "printer"
        stale_min = 5
        [roster]
        "姓名" = "name"
        CSRQ = { from = "applicant.birth_date", date = "%Y%m%d" }
        """,
    )
    assert isinstance(rules, ProductionRules)
    assert isinstance(rules.transport, Sftp)
    assert (rules.package.pattern, rules.package.max_entries, rules.package.roster) == ("{id}{name}.jpg", 7, "xlsx")
    assert (rules.control.suffix, rules.control.digest) == (".chk", "sm3")
    assert (rules.drop.retries, rules.drop.max_backoff_s, rules.drop.receipt_bytes) == (1, 2.0, 4000)
    assert rules.hot_folder.path == tmp_path / "printer"
    assert rules.columns.header == ("姓名", "CSRQ")
    assert rules.columns.encoding == "gb18030"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[package]\npattern = "x.jpg"', "package.pattern"),
        ('[package]\npattern = "../{id}.jpg"', "package.pattern"),
        ('[package]\npattern = "{id}.png"', "package.pattern"),
        ('[package]\npattern = "{id!r}.jpg"', "package.pattern"),
        ('[package]\npattern = "{school}.jpg"', "package.pattern"),
        ('[package]\npattern = "{id.jpg"', "package.pattern"),
        ('[package]\nfolder = "../"', "package.folder"),
        ('[package]\nfolder = "photos"', "package.folder"),
        ('[package]\nfolder = "/photos/"', "package.folder"),
        ("[package]\nmax_entries = 0", "package.max_entries"),
        ("[package]\nmax_entries = 100000", "package.max_entries"),
        ('[package]\ndigest = "sha1"', "package.digest"),
        ('[package]\nencoding = "big5"', "package.encoding"),
        ("[package]\nflat = true", "package.flat"),
        ('[control]\nline = "{name}"', "control.line"),
        ('[control]\nsuffix = "ok"', "control.suffix"),
        ('[control]\nsuffix = "./x"', "control.suffix"),
        ("[hot_folder]\nstale_min = 0", "hot_folder.stale_min"),
        ("[drop]\nretries = -1", "drop.retries"),
        ("[receipts]\nx = 1", "receipts.x"),
        ('[roster]\n"a.b" = "name"', "roster.a.b"),
        ('[roster]\nZP = { from = "photo.bytes", encode = "base64" }', "roster.ZP"),
        ('[roster]\nXM = "nothing"', "roster.XM"),
        ('[transport]\ntype = "http"\nurl = "http://127.0.0.1/"', "transport.type"),
        ('[transport]\ntype = "sftp"\nhost = "-oProxyCommand=x"', "transport.host"),
        ("[else]\nx = 1", "else"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_with_its_key(tmp_path, text, key):
    with pytest.raises(UsageError) as caught:
        rules_of(tmp_path, text)
    assert (caught.value.code, caught.value.values["key"]) == ("settings_invalid", key)


def test_a_mapping_of_another_kind_is_refused(tmp_path):
    with pytest.raises(UsageError) as caught:
        read_production(bundled("notify"), Settings())
    assert caught.value.values["key"] == "adapter.kind"


def test_the_registry_builds_what_a_mapping_names(tmp_path):
    made_drop(tmp_path / "bureau")
    (tmp_path / "p.toml").write_text(HEADER + '[transport]\ntype = "folder"\npath = "bureau"\n')
    mapping = load_mapping(tmp_path / "p.toml", Settings())
    around = Around(Settings(), lambda: 0.0, no_sleep, lambda: 0.5)
    assert list(PRODUCTION.build(mapping, around).receipts()) == []
    (tmp_path / "q.toml").write_text(HEADER)
    with pytest.raises(EnvironmentFault) as caught:
        PRODUCTION.build(load_mapping(tmp_path / "q.toml", Settings()), around)
    assert caught.value.code == "drop_failed"


def test_a_package_is_looked_through_before_it_leaves(tmp_path, production):
    package = write_package(tmp_path / HEAD.file_name(), HEAD, rows(2), production._rules.package, COLUMNS)
    data = bytearray(package.path.read_bytes())
    data[data.find(b"\xff\xd8\xff") + 50] ^= 1
    (tmp_path / "spoilt.zip").write_bytes(data)
    with pytest.raises(InputError):
        production.send(tmp_path / "spoilt.zip")
    assert list((tmp_path / "bureau" / "in").iterdir()) == []
    assert production.send(package.path)
    assert not production.send(package.path)
    line = (tmp_path / "bureau" / "in" / f"{package.path.name}.ok").read_text().split("|")
    assert (line[0], line[2], line[4]) == (package.path.name, "2", HEAD.batch_no + "\n")


def test_receipts_stay_until_they_are_settled_and_say_the_same_again(tmp_path, production):
    root = tmp_path / "bureau"
    dropped(root, receipt(2))
    batch = Batch(HEAD.batch_no, 1, CREATED, {1: "APP-TEST-00000", 2: "APP-TEST-00001"})
    first, again = ([events_of(one.receipt, batch) for one in production.receipts()] for _ in range(2))
    assert first == again != []
    for one in production.receipts():
        one.settle("archive")
    assert list(production.receipts()) == []
    assert {p.name for p in (root / "archive").iterdir()} == {"R-1.json", "R-1.json.ok"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"spoil": b" "}, "wf.package_checksum"),
        ({"rows_told": 9}, "wf.package_checksum"),
        ({"document": receipt(2, total=9)}, "wf.receipt_totals"),
        ({"document": receipt(2, level="x")}, "document_unfit"),
    ],
)
def test_a_receipt_that_cannot_be_taken_is_told_and_the_next_one_read(tmp_path, production, change, code):
    root = tmp_path / "bureau"
    dropped(root, **({"document": receipt(2)} | change))
    dropped(root, receipt(1), "R-2.json")
    bad, good = production.receipts()
    assert (bad.receipt, bad.fault.code, good.fault) == (None, code, None)
    bad.settle("error")
    good.settle("archive")
    assert sorted(p.name for p in (root / "error").iterdir()) == ["R-1.json", "R-1.json.ok"]


def test_a_receipt_under_a_name_of_another_is_refused(tmp_path, production):
    root = tmp_path / "bureau"
    dropped(root, receipt(1))
    for end in ("", ".ok"):
        (root / "out" / f"R-1.json{end}").rename(root / "out" / f"119900198802290011.json{end}")
    (one,) = production.receipts()
    assert one.fault.code == "wf.package_checksum"
    assert "119900" not in str(one.fault) + repr(one) + one.shown


def test_no_temporary_file_is_left(tmp_path, production, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    dropped(tmp_path / "bureau", receipt(2))
    assert len(list(production.receipts())) == 1
    write_package(tmp_path / "a.zip", HEAD, [row(0)], production._rules.package, COLUMNS)
    assert list((tmp_path / "temporary").iterdir()) == []
