"""Jobs of a printer: seen whole, put once, told when they lie."""

from __future__ import annotations

import csv
import json
import multiprocessing
import shutil
from dataclasses import replace

import pytest

from ephoto.contracts.schemas import faults
from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.adapters.production.config import HotFolderRules
from ephoto.workflow.adapters.production.hot_folder import HotFolder
from tests.workflow.production.people import COLUMNS, bad_row, good_row, id_number, photo, row

SPEC = "cn-social-security-card@1"
NOW = 1_768_440_000.0


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def root(tmp_path):
    (tmp_path / "printer").mkdir()
    return tmp_path / "printer"


@pytest.fixture
def folder(root, clock):
    return HotFolder(HotFolderRules(root, 30), COLUMNS, clock)


def printed(root, job_id, result, place="done"):
    """What the printer's side does."""
    (root / place).mkdir(exist_ok=True)
    (root / f"job-{job_id}").rename(root / place / f"job-{job_id}")
    told = {"schema": "ephoto.job-result/1", "job_id": job_id, "row": result}
    (root / place / f"job-{job_id}" / "result.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def test_a_settled_job_leaves_nobodys_face_name_or_card_number_whatever_the_printer_put_there(root, folder, tmp_path):
    job_id = folder.put(row(0), SPEC)
    printed(root, job_id, good_row(1))
    job, outside = root / "done" / f"job-{job_id}", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    (job / "spool").mkdir()
    (job / "spool" / "face.bmp").write_bytes(b"x")
    (job / "print.log").write_text(id_number(0))
    (job / "link").symlink_to(outside)
    (result,) = folder.results()
    folder.settle(result)
    assert [p.relative_to(root).as_posix() for p in (root / "archive").rglob("*")] == [
        f"archive/job-{job_id}", f"archive/job-{job_id}/job.json",
    ]  # fmt: skip
    assert (outside / "kept").exists()
    assert list(folder.results()) == []
    assert folder.stale() == []


def test_a_link_in_a_jobs_place_leads_no_deletion_out_of_the_folder(root, folder, tmp_path):
    job_id = folder.put(row(0), SPEC)
    printed(root, job_id, good_row(1))
    job = root / "done" / f"job-{job_id}"
    job.rename(tmp_path / "elsewhere")
    job.symlink_to(tmp_path / "elsewhere")
    for result in folder.results():
        folder.settle(result)
    assert (tmp_path / "elsewhere" / "photo.jpg").exists()


def test_a_job_is_there_as_a_whole(root, folder):
    job_id = folder.put(row(0), SPEC)
    job = root / f"job-{job_id}"
    assert {p.name for p in job.iterdir()} == {"job.json", "card.csv", "photo.jpg"}
    told = json.loads((job / "job.json").read_text("utf-8"))
    assert faults(told, "ephoto.job/1") == []
    assert (job / "photo.jpg").read_bytes() == photo(0)
    with (job / "card.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.DictReader(file))
    assert [(c["id_number"], c["photo"]) for c in cells] == [(id_number(0), "photo.jpg")]
    assert "119900" not in job_id
    assert not list(root.glob("*.tmp"))


def test_a_job_is_put_once_whatever_became_of_it(root, folder):
    job_id = folder.put(row(0), SPEC)
    for step in (
        lambda: None,
        lambda: printed(root, job_id, good_row(1)),
        lambda: folder.settle(next(folder.results())),
        lambda: shutil.rmtree(root / "archive"),
    ):
        step()
        with pytest.raises(InputError) as caught:
            folder.put(row(0), SPEC)
        assert caught.value.code == "wf.job_known"
    assert folder.put(row(1), SPEC) != job_id


def test_another_attempt_waits_until_the_first_is_over(root, folder):
    job_id = folder.put(row(0), SPEC)
    with pytest.raises(InputError):
        folder.put(row(0), SPEC, attempt=2)
    printed(root, job_id, bad_row(1), "error")
    assert folder.put(row(0), SPEC, attempt=2) == f"{job_id}-2"


def test_applications_whose_ids_begin_alike_are_two(folder):
    folder.put(row(0, application_id="APP-TEST-1"), SPEC)
    folder.put(row(1, application_id="APP-TEST-11"), SPEC)


def put(root, results):
    try:
        HotFolder(HotFolderRules(root, 30), COLUMNS, lambda: NOW).put(row(0, photo=_photo()), SPEC)
        results.put("put")
    except InputError as error:
        results.put(error.code)


def _photo():
    from tests.workflow.production.people import picture

    return picture(photo(0))


def test_two_programs_at_once_put_one_job(root):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    several = [context.Process(target=put, args=(root, results)) for _ in range(3)]
    for process in several:
        process.start()
    told = sorted(results.get(timeout=60) for _ in several)
    for process in several:
        process.join()
    assert told == ["put", "wf.job_known", "wf.job_known"]
    assert len(list(root.glob("job-*"))) == 1


def test_results_become_events_once_and_what_is_personal_goes(root, folder):
    good, bad = folder.put(row(0), SPEC), folder.put(row(1), SPEC)
    assert list(folder.results()) == []
    printed(root, good, good_row(1))
    printed(root, bad, bad_row(1), "error")
    found = list(folder.results())
    events = [one.event() for one in found]
    assert [(e.type, e.application_id) for e in events] == [
        ("produced", "APP-TEST-00000"),
        ("production_failed", "APP-TEST-00001"),
    ]
    assert [one.event() for one in folder.results()] == events
    for one in found:
        folder.settle(one)
    assert list(folder.results()) == []
    left = {p.name for p in (root / "archive").rglob("*") if p.is_file()}
    assert left == {"job.json"}
    assert folder.stale() == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", json.dumps({"schema": "ephoto.job-result/1", "job_id": "APP-TEST-00000", "row": {}}), "x" * 70_000],
)
def test_a_result_that_cannot_be_read_is_told_and_stays(root, folder, text):
    job_id = folder.put(row(0), SPEC)
    printed(root, job_id, good_row(1))
    (root / "done" / f"job-{job_id}" / "result.json").write_text(text)
    (found,) = folder.results()
    assert found.row is None
    assert found.fault.code in ("wf.package_broken", "wf.package_too_large", "document_unfit")
    assert found.event() is None


@pytest.mark.parametrize(
    ("change", "place"),
    [({"job_id": "APP-TEST-00009"}, "done"), ({"row": good_row(2)}, "done"), ({}, "error")],
)
def test_a_result_of_another_job_is_refused(root, folder, change, place):
    job_id = folder.put(row(0), SPEC)
    printed(root, job_id, good_row(1), place)
    path = root / place / f"job-{job_id}" / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    (found,) = folder.results()
    assert found.fault.code == "wf.receipt_row"


def test_jobs_that_we_never_put_are_passed_over(root, folder):
    (root / "done" / "job-OTHER-0001").mkdir(parents=True)
    (root / "done" / "job-OTHER-0001" / "result.json").write_text("{}")
    assert list(folder.results()) == []


def test_a_job_that_lies_is_told_and_never_put_again(root, folder, clock):
    job_id = folder.put(row(0), SPEC)
    clock.now += 29 * 60
    assert folder.stale() == []
    clock.now += 2 * 60
    (found,) = folder.stale()
    assert (found.job_id, round(found.minutes), found.begun) == (job_id, 31, True)
    assert found.finding().code == "wf.job_stale"
    assert found.finding().message("zh")
    assert len(list(root.glob("job-*"))) == 1
    printed(root, job_id, good_row(1))
    assert folder.stale() == []


def test_a_job_that_was_taken_and_has_no_result_is_told(root, folder, clock):
    job_id = folder.put(row(0), SPEC)
    printed(root, job_id, good_row(1))
    (root / "done" / f"job-{job_id}" / "result.json").unlink()
    clock.now += 3600
    assert [one.job_id for one in folder.stale()] == [job_id]


def test_a_claim_whose_program_was_killed_is_told_until_an_operator_gives_it_free(root, folder, clock):
    job_id = folder.put(row(0), SPEC)
    (root / f"job-{job_id}").rename(root / f"job-{job_id}.tmp")  # as if it had not come so far
    clock.now += 3600
    assert [(one.job_id, one.begun) for one in folder.stale()] == [(job_id, False)]
    with pytest.raises(InputError):
        folder.put(row(0), SPEC)
    folder.release(job_id)
    assert folder.stale() == []
    assert folder.put(row(0), SPEC) == job_id
    with pytest.raises(InputError):
        folder.release(job_id)


def test_a_photo_that_changed_leaves_no_claim(root, folder):
    wrong = row(0, photo=replace(row(0).photo, read=lambda: photo(1)))
    with pytest.raises(InputError) as caught:
        folder.put(wrong, SPEC)
    assert caught.value.code == "wf.package_checksum"
    folder.put(row(0), SPEC)


def test_a_disk_error_leaves_no_claim(root, folder):
    (root / "job-APP-TEST-00000.tmp").write_text("in the way")
    (root / "job-APP-TEST-00000.tmp").rename(root / "elsewhere")
    (root / ".ephoto-jobs").write_text("no folder")
    with pytest.raises(EnvironmentFault) as caught:
        folder.put(row(0), SPEC)
    assert caught.value.code == "drop_failed"
    (root / ".ephoto-jobs").unlink()
    folder.put(row(0), SPEC)


@pytest.mark.parametrize("name", ["", "../x/y/z/a", "short", "a" * 65, "119900 0000"])
def test_ids_that_no_folder_can_have_are_refused(root, folder, name):
    with pytest.raises(InputError):
        folder.put(row(0, application_id=name), SPEC)
    assert list(root.iterdir()) == []


def test_without_the_folder_the_reason_is_told(tmp_path, clock):
    with pytest.raises(EnvironmentFault) as caught:
        HotFolder(HotFolderRules(tmp_path / "none", 30), COLUMNS, clock)
    assert caught.value.code == "drop_failed"
