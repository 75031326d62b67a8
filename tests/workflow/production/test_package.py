"""Packages as their receivers see them: by Python's zipfile, unzip, sha256sum and the schema."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.contracts.schemas import faults
from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.adapters.production.config import PackageRules
from ephoto.workflow.adapters.production.package import write_package
from ephoto.workflow.adapters.production.reading import verify_package
from ephoto.workflow.adapters.production.roster_columns import RosterColumns
from ephoto.workflow.wire.fields import Field, Fields
from tests.workflow.production.people import COLUMNS, HEAD, RULES, id_number, photo, picture, row, rows

ROOT = Path(__file__).resolve().parents[3]
NO_PERSON = ("119900", "测试")


def made(tmp_path, given, rules=RULES, columns=COLUMNS, head=HEAD):
    return write_package(tmp_path / head.file_name(), head, given, rules, columns)


def test_the_manifest_lists_every_file_and_nothing_else_is_there(tmp_path):
    package = made(tmp_path, rows(3))
    with zipfile.ZipFile(package.path) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.testzip() is None
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for one in manifest["files"]:
            data = archive.read(one["path"])
            assert (one["bytes"], one["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert faults(manifest, "ephoto.package/1") == []
    assert names == sorted(names)
    assert set(names) == {"manifest.json", "SHA256SUMS"} | {one["path"] for one in manifest["files"]}
    assert [(r["row_no"], r["id_number"], r["photo"]) for r in manifest["rows"]] == [
        (k + 1, id_number(k), f"photos/{id_number(k)}.jpg") for k in range(3)
    ]
    assert package.count == manifest["count"] == 3
    assert package.size == package.path.stat().st_size


@pytest.mark.skipif(os.name == "nt", reason="rights of files are POSIX's")
def test_nobody_else_on_the_machine_reads_a_package_unless_its_owner_says_so(tmp_path):
    package = made(tmp_path, rows(1))
    assert package.path.stat().st_mode & 0o777 == 0o600
    package.path.chmod(0o640)
    write_package(package.path, HEAD, rows(1), RULES, COLUMNS, overwrite=True)
    assert package.path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_what_a_killed_program_left_of_a_package_goes_with_the_next_one(tmp_path):
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from dataclasses import replace\n"
        "from tests.workflow.production.test_package import *\n"
        "one = row(0)\n"
        "dying = replace(one.photo, read=lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
        "made(Path(sys.argv[1]), [replace(one, photo=dying)])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, timeout=120, check=False)
    assert ended.returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".ephoto-")
    assert left.stat().st_mode & 0o777 == 0o600
    package = made(tmp_path, rows(1))
    assert list(tmp_path.iterdir()) == [package.path]


def test_other_programs_read_it(tmp_path):
    package = made(tmp_path, rows(5))
    subprocess.run(["unzip", "-t", "-qq", package.path], check=True)
    out = tmp_path / "out"
    subprocess.run(["unzip", "-q", package.path, "-d", out], check=True)
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=out, capture_output=True, check=True)
    assert done.stdout.count(b": OK") == 5 + 2


def test_the_same_rows_give_the_same_bytes_in_another_process_locale_and_zone(tmp_path):
    program = (
        "import sys; from pathlib import Path; from tests.workflow.production.people import *;"
        "from ephoto.workflow.adapters.production.package import write_package;"
        "write_package(Path(sys.argv[1]), HEAD, rows(20), RULES, COLUMNS)"
    )
    digests = set()
    for k, place in enumerate([{"LC_ALL": "C", "TZ": "UTC"}, {"LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai"}]):
        path = tmp_path / f"{k}.zip"
        environment = os.environ | place | {"PYTHONHASHSEED": str(k), "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", program, path], env=environment, cwd=ROOT, check=True)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    package = made(tmp_path, rows(20))
    assert digests == {hashlib.sha256(package.path.read_bytes()).hexdigest()}


def test_a_workbook_is_the_same_bytes_too(tmp_path):
    rules = replace(RULES, roster="xlsx")
    first = write_package(tmp_path / "a.zip", HEAD, rows(4), rules, COLUMNS)
    second = write_package(tmp_path / "b.zip", HEAD, rows(4), rules, COLUMNS)
    assert first.path.read_bytes() == second.path.read_bytes()
    assert verify_package(first.path, rules)["count"] == 4


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_the_roster_is_in_the_encoding_asked_for_and_its_formulas_are_dead(tmp_path, encoding):
    odd = [row(0, name="𠮷田"), row(1, name="=1+1")]
    package = made(tmp_path, odd, replace(RULES, encoding=encoding))
    with zipfile.ZipFile(package.path) as archive:
        data = archive.read("roster.csv")
    told = list(csv.DictReader(io.StringIO(data.decode(encoding), newline="")))
    assert [one["name"] for one in told] == ["𠮷田", "'=1+1"]
    assert [one["id_number"] for one in told] == [id_number(0), id_number(1)]
    assert data.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
    assert [f.code for f in package.findings] == (["wf.name_not_in_gbk"] if encoding == "gb18030" else [])
    assert verify_package(package.path, RULES)["rows"][1]["name"] == "=1+1"


def test_columns_are_the_receivers(tmp_path):
    fields = Fields(
        (
            Field(("姓名",), ("name",)),
            Field(("出生日期",), ("applicant", "birth_date"), date="%Y%m%d"),
            Field(("领卡",), ("delivery",), enum={"pickup_branch": "0"}),
            Field(("手机",), ("applicant", "mobile")),
        )
    )
    package = made(tmp_path, rows(1), columns=RosterColumns(fields))
    with zipfile.ZipFile(package.path) as archive:
        told = archive.read("roster.csv").decode("utf-8-sig")
    assert told == "姓名,出生日期,领卡,手机\r\n测试0,19880229,0,13800138000\r\n"


def test_a_column_that_is_too_long_is_an_error_without_the_name(tmp_path):
    fields = Fields((Field(("XM",), ("name",), max_bytes=6),))
    with pytest.raises(InputError) as caught:
        made(tmp_path, [row(0, name="很长的名字")], columns=RosterColumns(fields, "gb18030"))
    assert caught.value.code == "wf.value_too_long"
    assert "很长" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("pattern", "folder", "path"),
    [
        ("{id}{name}.jpg", "photos/", "photos/{id}测试0.jpg"),
        ("{id}{name}.jpg", "pic_{employer_code}/", "pic_E7/{id}测试0.jpg"),
        ("{application_id}.jpg", "", "APP-TEST-00000.jpg"),
        ("{row_no}.jpeg", "", "1.jpeg"),
    ],
)
def test_photos_are_named_as_the_target_asks(tmp_path, pattern, folder, path):
    rules = replace(RULES, pattern=pattern, folder=folder)
    package = made(tmp_path, [row(0, employer_code="E7")], rules)
    with zipfile.ZipFile(package.path) as archive:
        assert path.format(id=id_number(0)) in archive.namelist()
    assert verify_package(package.path, rules)["rows"][0]["photo"] == path.format(id=id_number(0))


@pytest.mark.parametrize("name", ["a/b", "..\\x", "a\0b", "a\nb", "x" * 300, "a:b"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path, name):
    with pytest.raises(InputError) as caught:
        made(tmp_path, [row(0, name=name)], replace(RULES, pattern="{name}.jpg"))
    assert caught.value.code == "wf.roster_row"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("digest", ["sha256", "sm3", "md5"])
def test_the_manifest_has_the_digest_asked_for_and_the_sums_stay_sha256(tmp_path, digest):
    package = made(tmp_path, rows(2), replace(RULES, digest=digest))
    with zipfile.ZipFile(package.path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        sums = archive.read("SHA256SUMS").decode()
    assert manifest["digest"] == digest
    told = next(one for one in manifest["files"] if one["path"].endswith(f"{id_number(0)}.jpg"))
    assert told["sha256"] == hashlib.new(digest, photo(0)).hexdigest()
    assert hashlib.sha256(photo(0)).hexdigest() in sums
    verify_package(package.path, RULES)


def test_the_same_person_twice_is_refused_with_the_first_row(tmp_path):
    with pytest.raises(InputError) as caught:
        made(tmp_path, [*rows(3), row(1)])
    assert (caught.value.code, caught.value.values) == ("wf.roster_duplicate", {"row": 2})


def test_two_photos_of_one_name_are_refused(tmp_path):
    same = [row(0, name="李一"), row(1, name="李一")]
    with pytest.raises(InputError) as caught:
        made(tmp_path, same, replace(RULES, pattern="{name}.jpg"))
    assert (caught.value.code, caught.value.values) == ("wf.package_names_clash", {"row": 2, "other": 1})


@pytest.mark.parametrize("rules", [replace(RULES, max_entries=2), replace(RULES, max_zip_bytes=5000)])
def test_too_many_people_or_bytes_are_refused_and_leave_nothing(tmp_path, rules):
    with pytest.raises(InputError) as caught:
        made(tmp_path, rows(3), rules)
    assert caught.value.code == "wf.package_too_large"
    assert list(tmp_path.iterdir()) == []


def test_the_limit_counts_the_manifest_too(tmp_path):
    size = made(tmp_path, rows(3)).size
    write_package(tmp_path / "fits.zip", HEAD, rows(3), replace(RULES, max_zip_bytes=size), COLUMNS)
    with pytest.raises(InputError) as caught:
        write_package(tmp_path / "above.zip", HEAD, rows(3), replace(RULES, max_zip_bytes=size - 1), COLUMNS)
    assert caught.value.code == "wf.package_too_large"
    assert not (tmp_path / "above.zip").exists()


def test_a_photo_that_changed_is_refused_and_leaves_nothing(tmp_path):
    good = picture(photo(0))
    for data in (photo(1), photo(0)[:-1], b""):
        with pytest.raises(InputError) as caught:
            made(tmp_path, [row(0, photo=replace(good, read=lambda data=data: data))])
        assert caught.value.code == "wf.package_checksum"
        assert not any(word in str(caught.value) for word in NO_PERSON)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unasked(tmp_path):
    made(tmp_path, rows(1))
    with pytest.raises(EnvironmentFault) as caught:
        made(tmp_path, rows(2))
    assert caught.value.code == "output_exists"


def test_an_empty_package_and_values_off_the_schema_are_refused(tmp_path):
    with pytest.raises(InputError):
        made(tmp_path, [])
    with pytest.raises(InputError) as caught:
        made(tmp_path, [*rows(2), row(7, id_number="short")])
    assert caught.value.code == "document_unfit"
    assert not any(word in str(caught.value) for word in NO_PERSON)
    assert list(tmp_path.iterdir()) == []


def test_a_second_attempt_has_a_name_of_its_own():
    assert HEAD.file_name() == "EMP-0001_bulk_20260115-000001.zip"
    assert replace(HEAD, attempt=2).file_name() == "EMP-0001_bulk_20260115-000001_2.zip"


def test_no_value_shows_a_person():
    shown = repr(row(0)) + repr(rows(2))
    assert not any(word in shown for word in NO_PERSON)


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20), min_size=1, max_size=5
    ),
    encoding=st.sampled_from(["utf-8-sig", "gb18030"]),
    roster=st.sampled_from(["csv", "xlsx"]),
)
def test_whatever_the_names_a_package_is_read_back(tmp_path_factory, names, encoding, roster):
    folder = tmp_path_factory.mktemp("names")
    rules = PackageRules(encoding=encoding, roster=roster)
    given_rows = [row(k, name=name) for k, name in enumerate(names)]
    package = made(folder, given_rows, rules)
    assert [one["name"] for one in verify_package(package.path, rules)["rows"]] == names
    shutil.rmtree(folder)
