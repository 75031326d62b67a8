"""The bureau and the printer: packages that a test makes by itself, receipts, cards."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.contracts.schemas import check
from ephoto.sandbox.packages import digest_named, open_package, read_control
from ephoto.sandbox.receipts import masked
from ephoto.sandbox.refusals import Refused
from ephoto.sandbox.world import load_world
from tests.sandbox.office import JPEG, ME, NOW, OTHER, application, control_line, drop, facts, package, until, zipped

BATCH = "20260115-000001"
NAME = "EMP-0001_bulk_20260115_000001.zip"


def dropped(office, files, **words):
    """What the bureau says of a package at once."""
    drop(office.prepared, files if isinstance(files, bytes) else zipped(files), **words)
    first = office.receipts()[0]
    assert first["level"] == "file"
    return first


def lying(office, folder):
    return sorted(path.name for path in (office.prepared.bureau / folder).iterdir())


def test_a_package_becomes_cards(office):
    first = dropped(office, package((ME, OTHER)), rows=2)
    assert (first["result"], first["final"], first["batch_no"], first["attempt"]) == ("accepted", False, BATCH, 1)
    _, rows = office.receipts(2)
    assert (rows["final"], rows["total"], rows["succeeded"], rows["failed"], rows["pending"]) == (True, 2, 2, 0, 0)
    assert [row["row_no"] for row in rows["rows"]] == [1, 2]
    assert rows["rows"][0]["id_number_masked"] == "119900********0011"
    assert len({row["card_no"] for row in rows["rows"]}) == 2
    assert until(lambda: lying(office, "archive")) == [NAME, f"{NAME}.ok"]
    assert lying(office, "in") == []
    assert ME not in json.dumps([first, rows])


@pytest.mark.parametrize("words", [{"roster": "xlsx"}, {"encoding": "gb18030"}, {"encoding": "utf-8"}], ids=str)
def test_rosters_of_all_kinds(office, words):
    assert dropped(office, package((ME, OTHER), **words), rows=2)["result"] == "accepted"


@pytest.mark.parametrize("digest", ["sha256", "sm3", "md5"])
def test_control_lines_with_any_digest(office, digest):
    data = zipped(package())
    line = control_line(NAME, data, 1, BATCH, hashlib.new(digest, data).hexdigest())
    drop(office.prepared, data, line=line)
    first, rows = office.receipts(2, digest)
    assert (first["result"], rows["succeeded"]) == ("accepted", 1)


def test_nothing_is_read_before_its_control_line(office):
    (office.prepared.bureau / "in" / NAME).write_bytes(zipped(package()))
    (office.prepared.bureau / "in" / "other.zip.part").write_bytes(b"PK")
    drop(office.prepared, zipped(package((OTHER,), "B2")), name="b2.zip", batch_no="B2")
    office.receipts(2)
    assert lying(office, "in") == [NAME, "other.zip.part"]


def without(files, name):
    return {path: data for path, data in files.items() if path != name}


def test_what_is_refused_and_why(office):
    good = package()
    photo = f"photos/{ME}.jpg"
    cases = {
        "wf.package_missing_file": [without(good, photo), without(good, "manifest.json"), without(good, "SHA256SUMS")],
        "wf.package_unknown_file": [good | {"readme.txt": b""}, good | {f"photos/{OTHER}.jpg": JPEG}],
        "wf.package_checksum": [
            good | {photo: JPEG + OTHER.encode()},
            good | {"SHA256SUMS": good["SHA256SUMS"].replace(b"a", b"b")},
            good | {"SHA256SUMS": b""},
        ],
        "wf.package_broken": [
            b"PK no zip",
            good | {"manifest.json": b"{"},
            good | {"manifest.json": b"{}"},
            package(count=2),
            package((ME, OTHER)) | {"roster.csv": b""},
            with_roster("序号,证件号码,姓名\r\n1,119900199308150026,测试1".encode()),
            with_roster("序号,证件号码,姓名".encode()),
            with_roster(b"\xff\xff\xff"),
            {"../x": b"", **good}, {"/x": b"", **good}, {"a\\b": b"", **good}, {"a/": b"", **good},
        ],
    }  # fmt: skip
    count = 0
    for code, packages in cases.items():
        for files in packages:
            count += 1
            name = f"batch-{count:03}.zip"
            drop(office.prepared, files if isinstance(files, bytes) else zipped(files), name=name)
            found = office.receipts(count)
            assert {r["result"] for r in found} == {"refused"}, (code, count)
            receipt = max(found, key=lambda r: r["receipt_no"])
            expected = {code, "wf.package_checksum"} if code == "wf.package_broken" else {code}
            assert receipt["code"] in expected, (code, count)
            assert receipt["final"]
            assert ME not in receipt["detail"]
            assert f"{name}.ok" in until(
                lambda name=name: f"{name}.ok" in lying(office, "error") and lying(office, "error")
            )
    assert lying(office, "archive") == []
    assert office.state()["cards"] == 0


def with_roster(data):
    """A package whose sums are right and whose roster is another's."""
    files = package() | {"roster.csv": data}
    manifest = json.loads(files["manifest.json"])
    manifest["files"][0] = {"path": "roster.csv", **facts(data)}
    return with_manifest(files, manifest)


def with_manifest(files, manifest):
    """The same files under another manifest, with sums that are right."""
    files = files | {"manifest.json": json.dumps(manifest).encode()}
    sums = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in files.items() if path != "SHA256SUMS"]
    return files | {"SHA256SUMS": "".join(sums).encode()}


def test_a_photo_that_is_no_jpeg_is_refused(office):
    text = b"<html>"
    files = package() | {f"photos/{ME}.jpg": text}
    manifest = json.loads(files["manifest.json"])
    manifest["files"][1] = {"path": f"photos/{ME}.jpg", **facts(text)}
    first = dropped(office, with_manifest(files, manifest))
    assert (first["code"], "JPEG" in first["detail"]) == ("wf.package_broken", True)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param(control_line(NAME, b"other", 1, BATCH), "wf.package_checksum", id="bytes"),
        pytest.param("nonsense", "wf.package_broken", id="nonsense"),
        pytest.param("", "wf.package_broken", id="empty"),
        pytest.param("../in/x.zip|1|1|" + "0" * 64 + "|" + BATCH, "wf.package_broken", id="another name"),
    ],
)
def test_control_lines_that_are_wrong(office, line, code):
    assert dropped(office, package(), line=line)["code"] == code


def test_a_control_line_of_other_rows_or_another_batch(office):
    data = zipped(package())
    assert dropped(office, data, rows=2)["code"] == "wf.package_broken"
    drop(office.prepared, data, name="again.zip", batch_no="20260115-000009")
    assert {receipt["code"] for receipt in office.receipts(2)} == {"wf.package_broken"}


@pytest.mark.parametrize("kind", ["ratio", "entries", "overlap", "link", "lies"])
def test_bombs_and_traps_are_refused(office, kind):
    first = dropped(office, bomb(kind))
    assert first["code"] in ("wf.package_too_large", "wf.package_broken", "wf.package_checksum")
    assert office.state()["cards"] == 0


def bomb(kind):
    if kind == "ratio":
        return zipped(package() | {"zeros": bytes(20_000_000)}, zipfile.ZIP_DEFLATED)
    if kind == "entries":
        return zipped({f"{k}": b"" for k in range(20_001)})
    if kind == "link":
        data = io.BytesIO(zipped(package()))
        with zipfile.ZipFile(data, "a") as made:
            info = zipfile.ZipInfo("link.jpg")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            made.writestr(info, "/etc/passwd")
        return data.getvalue()
    if kind == "lies":  # says that it unpacks to little
        data = zipped({"manifest.json": bytes(5_000_000)}, zipfile.ZIP_DEFLATED)
        return data.replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    data = io.BytesIO()  # two names for one place
    with zipfile.ZipFile(data, "w") as made:
        made.writestr("manifest.json", b"{}" * 100)
        made.writestr("other", b"{}" * 100)
        made.infolist()[1].header_offset = 0
    return data.getvalue()


def test_the_same_package_twice_makes_no_second_card(office):
    data = zipped(package())
    dropped(office, data)
    before = office.receipts(2)
    drop(office.prepared, data)
    until(lambda: len(lying(office, "archive")) == 4)
    assert office.receipts(2) == before
    assert office.state()["cards"] == 1
    assert len(office.state()["packages"]) == 2


def test_another_attempt_after_a_refusal(office):
    assert dropped(office, package() | {"x": b""})["code"] == "wf.package_unknown_file"
    drop(office.prepared, zipped(package(attempt=2)))
    *_, rows = office.receipts(3)
    assert (rows["attempt"], rows["succeeded"]) == (2, 1)


FAILING = {
    "119904199001010219": "bank",
    "119904199001010227": "data",
    "119904199001010235": "photo",
    "119904199001010243": "card",
}


def test_cards_that_fail_and_succeed_at_another_attempt(office):
    numbers = (*FAILING, ME)
    dropped(office, package(numbers), rows=5)
    rows = office.receipts(2)[1]
    assert (rows["succeeded"], rows["failed"]) == (1, 4)
    assert [row.get("fail_type") for row in rows["rows"]] == [*FAILING.values(), None]
    mine = rows["rows"][-1]["card_no"]
    drop(office.prepared, zipped(package(numbers, attempt=2)), rows=5)
    again = office.receipts(4)[3]
    assert [row.get("fail_type") for row in again["rows"]] == [None, None, None, "card", None]
    assert again["rows"][-1]["card_no"] == mine


def test_whose_card_is_pending_gets_it_in_the_next_receipt(office):
    dropped(office, package(("119904199001010251", ME)), rows=2)
    rows = office.receipts(2)[1]
    assert (rows["final"], rows["pending"], rows["succeeded"]) == (False, 1, 1)
    assert office.control("produce", batch_no=BATCH) == {"receipts": 1}
    last = office.receipts(3)[2]
    assert (last["final"], [row["row_no"] for row in last["rows"]]) == (True, [1])
    assert office.control("produce") == {"receipts": 0}


def test_partial_receipts_on_request(office):
    office.control("bureau", produce="on_request")
    dropped(office, package((ME, OTHER, "440524188001010014")), rows=3)
    assert office.state()["cards"] == 0
    office.control("produce", first=2)
    office.control("produce")
    _, partial, final = office.receipts(3)
    assert (partial["final"], [row["row_no"] for row in partial["rows"]]) == (False, [1, 2])
    assert (final["final"], [row["row_no"] for row in final["rows"]]) == (True, [3])
    assert office.state()["cards"] == 3


def test_the_bank_says_where_a_card_is(office):
    office.apply(application(application_id="APP-ROW-0001"))
    dropped(office, package())
    row = office.receipts(2)[1]["rows"][0]
    (event,) = until(lambda: office.feed()["events"])
    assert (event["type"], event["application_id"], event["card_no"]) == (
        "ready_at_branch", "APP-ROW-0001", row["card_no"],
    )  # fmt: skip
    assert office.state()["applications"]["states"] == {"produced": 1}


@pytest.mark.parametrize(
    ("delivery", "kind", "beside"),
    [
        ("pickup_branch", "ready_at_branch", {"branch_code"}),
        ("mail_personal", "dispatched", {"carrier", "tracking_no"}),
        ("employer_collect", "handed_over", {"branch_code"}),
    ],
)
def test_what_the_bank_says_depends_on_the_delivery(office, delivery, kind, beside):
    office.apply(application(application_id="APP-ROW-0001"))
    files = package()
    manifest = json.loads(files["manifest.json"])
    manifest["rows"][0]["delivery"] = delivery
    dropped(office, with_manifest(files, manifest))
    (event,) = until(lambda: office.feed()["events"])
    assert event["type"] == kind
    assert beside <= set(event)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_package_is_refused_or_whole(data):
    """Whatever byte is another one, and wherever it ends."""
    content = bytearray(zipped(package(), data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.sampled_from([len(content), len(content) // 2, len(content) - 10]))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "batch.zip")
        path.write_bytes(content)
        code = "wf.package_whole"
        try:
            assert open_package(path, load_world().bureau)["count"] == 1
        except Refused as refused:
            code = refused.code
    assert code.startswith("wf.package_")


def job(folder, job_id="00000001", number=ME, **changed):
    """A job of an instant printer, renamed to its name at the end."""
    made = folder / f"job-{job_id}.tmp"
    made.mkdir()
    files = {"card.csv": f"姓名,证件号码\r\n测试甲,{number}\r\n".encode("utf-8-sig"), "photo.jpg": JPEG}
    told = {
        "schema": "ephoto.job/1", "job_id": job_id, "application_id": "APP-ROW-0001", "created_at": NOW,
        "mode": "instant", "spec": "cn-social-security-card@1",
        "files": [{"path": path, **facts(data)} for path, data in files.items()],
    }  # fmt: skip
    for name, data in (files | {"job.json": json.dumps(told | changed).encode()}).items():
        (made / name).write_bytes(data)
    made.rename(folder / f"job-{job_id}")
    return f"job-{job_id}"


def result_of(office, where, name):
    path = office.prepared.printer / where / name / "result.json"
    until(path.is_file)
    result = json.loads(path.read_bytes())
    check(result, "ephoto.job-result/1")
    assert not (office.prepared.printer / name).exists()
    return result


def test_an_instant_printer_prints(office):
    result = result_of(office, "done", job(office.prepared.printer))
    assert result["row"]["result"] == "success"
    assert (result["job_id"], result["row"]["id_number_masked"]) == ("00000001", masked(ME))


@pytest.mark.parametrize(
    "words",
    [
        {"number": "119904199001010243"},
        {"files": [{"path": name, **facts(b"other")} for name in ("card.csv", "photo.jpg")]},
        {"files": [{"path": name, **facts()} for name in ("photo.jpg", "../../vault.key")]},
        {"mode": "bulk"},
    ],
    ids=["fails", "sum", "outside", "mode"],
)
def test_jobs_that_end_in_error(office, words):
    result = result_of(office, "error", job(office.prepared.printer, **words))
    assert result["row"]["result"] == "failed"


def test_a_printer_that_is_off_leaves_jobs_alone(office):
    office.control("printer", on=False)
    name = job(office.prepared.printer)
    (office.prepared.printer / "job-00000002.tmp").mkdir()
    office.control("printer", on=True)
    result_of(office, "done", name)
    assert (office.prepared.printer / "job-00000002.tmp").is_dir()


def test_a_bug_in_one_look_does_not_end_the_watch(office, served, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(served.bureau, "look", lambda: 1 / 0)
        until(lambda: office.state()["requests"].get("bug ZeroDivisionError"))
    assert dropped(office, package())["result"] == "accepted"


def test_control_lines():
    assert read_control("a.zip|1|2|" + "F" * 64 + "|B1\r\n").digest == "f" * 64
    for wrong in (
        "",
        "a|1|2|3",
        "a|-1|2|" + "0" * 64 + "|b",
        "a|1|2|00|b",
        "a|1|2|" + "0" * 64 + "|",
        "a|²|2|" + "0" * 64 + "|b",
    ):
        assert read_control(wrong) is None
    assert digest_named(b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0") == "sm3"
    assert digest_named(b"abc", "0" * 64) == ""


def test_a_receipt_tells_times_of_china(office):
    dropped(office, package())
    assert office.receipts(2)[1]["rows"][0]["made_at"].endswith("+08:00")
