"""Batches without nets: the real run, ledger and sinks, with a crew that makes "cards" of bytes in no time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from types import SimpleNamespace

from ephoto.batch.job import Job
from ephoto.batch.listed import Listed
from ephoto.batch.naming import Naming
from ephoto.batch.places import check_apart, sink_of, source_of
from ephoto.batch.run import run
from ephoto.batch.work import Made, Refusal
from ephoto.core.errors import EphotoError

SPEC = SimpleNamespace(id="a-spec", format="JPEG")
MOST_BYTES = 1000


def card_of(data):
    return b"card of " + data


def made(data):
    card = card_of(data)
    return Made(card, hashlib.sha256(data).hexdigest(), hashlib.sha256(card).hexdigest(), True, [], {"convert": 1.5})


def crew(desk, tell):
    """One photo after the other, in this process."""
    reader = desk.job.source.reader
    for row in desk.rows():
        try:
            result = made(reader.read(row.locator))
        except EphotoError as error:
            result = Refusal(error)
        desk.finish(row, result)
        tell(desk.progress)
    return True


def job_of(photos, cards, naming=None, columns=None, **words):
    """As the command line builds it."""
    photos, cards = str(photos), str(cards)
    source = source_of(photos, MOST_BYTES, columns)
    sink = sink_of(cards)
    check_apart(source, sink, (photos, cards))
    names = Naming(naming, spec_id=SPEC.id, format=SPEC.format, has_ids=isinstance(source, Listed))
    return Job(source, sink, names, {"spec": SPEC}, **words)


def batch(photos, cards, *, ledger=None, crew=crew, **words):
    """One run; gives its summary."""
    job = job_of(photos, cards, **words)
    return run(
        job, ledger or job.sink.ledger, version="0", now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        bug=lambda error: (_ for _ in ()).throw(error), crew=crew,
    )  # fmt: skip


def files(folder):
    """What a folder holds, without the ledger."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".ephoto" not in path.parts
    }


def cards_in(folder):
    """The cards in it, without the manifest."""
    return {name: data for name, data in files(folder).items() if name != "manifest.jsonl"}
