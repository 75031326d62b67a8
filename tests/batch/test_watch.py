"""A watch from Python, as the command starts it; the process itself is in tests/cli/test_watch.py."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from ephoto.batch.archive import Archive, ArchiveReader
from ephoto.batch.folder import FileReader, Folder
from ephoto.batch.job import Job
from ephoto.batch.naming import Naming
from ephoto.batch.notices import Bell
from ephoto.batch.sinks import FolderSink
from ephoto.batch.watch import watch
from ephoto.batch.zip_sink import ZipSink
from ephoto.core.errors import EphotoError, UsageError
from ephoto.specs import load

PHOTO = (Path(__file__).resolve().parents[2] / "samples" / "portrait.jpg").read_bytes()
SPEC = load.DEFAULT
LONG_S = 60


def job_of(folder, **others):
    (spec,) = load.many(SPEC)
    (folder / "in").mkdir(exist_ok=True)
    naming = Naming(None, spec_id=spec.id, format=spec.format, has_ids=False)
    given = {"source": Folder(folder / "in", FileReader(10**7)), "sink": FolderSink(folder / "out")} | others
    return Job(naming=naming, wishes={"spec": spec, "checks": False}, **given)


def watched(job, folder, bell, **others):
    return watch(
        job, folder / "ledger.sqlite", bell, version="test", now=partial(datetime.now, UTC),
        bug=lambda error: EphotoError("internal", problem=repr(error), trace=""), **others,
    )  # fmt: skip


def ended_when(true, bell):
    """Rings for the end as soon as that holds."""

    def wait():
        end = time.monotonic() + LONG_S
        while not true() and time.monotonic() < end:
            time.sleep(0.02)
        bell.end()

    threading.Thread(target=wait, daemon=True).start()


def test_photos_that_are_there_and_that_come(tmp_path):
    job, bell, told = job_of(tmp_path), Bell(), []
    (tmp_path / "in" / "a.jpg").write_bytes(PHOTO)

    def tell(status):
        told.append(status)
        if status.done == 1 and not (tmp_path / "in" / "b.jpg").exists():
            (tmp_path / "in" / "b.jpg").write_bytes(PHOTO)

    ended_when((tmp_path / "out" / "b.jpg").exists, bell)
    summary = watched(job, tmp_path, bell, tell=tell, poll=True)
    assert (summary.made, summary.photos, summary.failed, summary.left) == (2, 2, 0, 0)
    assert summary.stopped is None
    assert told[-1].done == 2
    lines = (tmp_path / "out" / "manifest.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["output"] for line in lines] == ["a.jpg", "b.jpg"]


def test_a_watch_that_ends_at_once_has_planned_nothing_and_hides_nothing(tmp_path):
    """Its manifest is the last one's, not an empty one."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(PHOTO)
    bell = Bell()
    ended_when((tmp_path / "out" / "a.jpg").exists, bell)
    watched(job_of(tmp_path), tmp_path, bell)
    before = (tmp_path / "out" / "manifest.jsonl").read_bytes()
    bell = Bell()
    bell.end()
    summary = watched(job_of(tmp_path), tmp_path, bell)
    assert summary.left == 1
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == before


def test_a_card_that_was_removed_is_made_again_by_the_next_watch(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(PHOTO)
    card = tmp_path / "out" / "a.jpg"
    for _ in range(2):
        bell = Bell()
        ended_when(card.exists, bell)
        assert watched(job_of(tmp_path), tmp_path, bell).made == 1
        card.unlink()


def test_no_card_falls_on_a_photo(tmp_path):
    photo = tmp_path / "in" / "a.jpg"
    job = job_of(tmp_path, sink=FolderSink(tmp_path), force=True)
    job = replace(job, naming=Naming("in/{stem}.jpg", spec_id="x", format="JPEG", has_ids=False))
    photo.write_bytes(PHOTO)
    bell = Bell()
    ended_when((tmp_path / "manifest.jsonl").exists, bell)
    summary = watched(job, tmp_path, bell)
    assert (summary.failed, summary.errors) == (1, {"name_unsafe": 1})
    assert photo.read_bytes() == PHOTO


@pytest.mark.parametrize("whose", ["source", "sink"])
def test_a_zip_is_refused_on_either_side(tmp_path, whose):
    path = tmp_path / "photos.zip"
    zip_ = {"source": Archive(path, ArchiveReader(path, 10)), "sink": ZipSink(path)}[whose]
    with pytest.raises(UsageError) as caught:
        watched(job_of(tmp_path, **{whose: zip_}), tmp_path, Bell())
    assert caught.value.code == {"source": "watch_input", "sink": "watch_output"}[whose]
