"""manifest.jsonl is what manifest.schema.json says, in every state that a photo can be in."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

from ephoto.batch.products import SCHEMA, entry
from ephoto.batch.row import Row
from tests.batch.trivial import batch, crew

DIGEST = "0123456789abcdef" * 4
FINDING = {"code": "gaze", "status": "fail", "required": True, "native": -0.1, "unit": "px", "bounds": [None, 0.1]}
ERROR = {"code": "not_found", "values": {"path": "a.jpg"}, "exit_code": 3}


@pytest.fixture(scope="module")
def schema():
    found = json.loads(files("ephoto.batch").joinpath("manifest.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def row(**others):
    facts = {
        "n": 1, "key": "a.jpg", "input": "a.jpg", "locator": "/in/a.jpg", "id": "", "size": 5, "mtime_ns": 7,
        "sha256": DIGEST, "output": "a.jpg", "state": "done", "error": None, "findings": [FINDING], "passed": False,
        "card_sha256": DIGEST, "card_bytes": 9, "aside": None, "timings_ms": {"read": 0.1},
    }  # fmt: skip
    return Row(**facts | others)


ROWS = [
    pytest.param(row(), id="done"),
    pytest.param(row(passed=True, findings=[], id="110101199003070038"), id="done, of a table"),
    pytest.param(row(state="waiting", findings=[FINDING], error=None), id="waiting, made once before"),
    pytest.param(row(state="waiting", sha256=None, card_sha256=None, card_bytes=None, passed=None), id="waiting"),
    pytest.param(row(state="delivering"), id="delivering"),
    pytest.param(row(state="failed", error=ERROR, aside="quarantine/a.jpg", passed=None), id="in quarantine"),
    pytest.param(row(state="failed", error=ERROR, size=None, output=None, findings=[]), id="failed, never seen"),
    pytest.param(row(state="done", aside="quarantine/a.jpg"), id="made at last"),
]


@pytest.mark.parametrize("given", ROWS)
def test_every_state_is_as_the_schema_says(schema, given):
    schema.validate(entry(given, "a-spec"))
    schema.validate(entry(given, "a-spec", timed=False))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"schema": "ephoto.batch/2"}, id="another version"),
        pytest.param({"sha256": None}, id="done without a digest"),
        pytest.param({"sha256": "ABC"}, id="no digest"),
        pytest.param({"error": ERROR}, id="done with an error"),
        pytest.param({"state": "failed"}, id="failed without an error"),
        pytest.param({"state": "lost"}, id="a state that is none"),
        pytest.param({"quarantine": "a.jpg"}, id="done and in quarantine"),
        pytest.param({"findings": [FINDING | {"status": "pass"}]}, id="what passed is not told"),
    ],
)
def test_the_schema_can_refuse(schema, change):
    assert not schema.is_valid(entry(row(), "a-spec") | change)


def test_the_schema_knows_every_key_and_no_other(schema):
    told = entry(row(), "a-spec")
    assert list(schema.schema["properties"]) == list(told) == schema.schema["required"]
    assert schema.schema["properties"]["schema"] == {"const": SCHEMA}


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("out", ["out", "out.zip"])
def test_manifests_of_batches_are_as_the_schema_says(schema, tmp_path, out, whole):
    (tmp_path / "in").mkdir()
    for name in ("张三", "李四", "b"):
        (tmp_path / "in" / f"{name}.jpg").write_bytes(name.encode())
    (tmp_path / "in" / "large.jpg").write_bytes(b"x" * 2000)

    def some(desk, tell):
        desk.stop.set() if not whole else None
        return crew(desk, tell) and whole

    batch(tmp_path / "in", tmp_path / out, crew=some, on_fail="quarantine")
    if out == "out.zip" and not whole:
        text = (tmp_path / "out.zip.ephoto" / "manifest.jsonl").read_text("utf-8")
    elif out == "out.zip":
        import zipfile

        with zipfile.ZipFile(tmp_path / out) as archive:
            text = archive.read("manifest.jsonl").decode()
    else:
        text = (tmp_path / out / "manifest.jsonl").read_text("utf-8")
    told = [json.loads(line) for line in text.splitlines()]
    for line in told:
        schema.validate(line)
    assert [line["state"] for line in told] == (["done", "failed", "done", "done"] if whole else ["waiting"] * 4)


def test_a_manifest_that_cannot_be_written_leaves_no_half_of_it(tmp_path):
    """A folder lies where the manifest would be put together."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"a")
    blocked = tmp_path / "out" / ".ephoto" / "ledger.sqlite.manifest.part"
    blocked.mkdir(parents=True)
    ended = batch(tmp_path / "in", tmp_path / "out")
    assert (ended.made, ended.stopped.code, ended.stopped.values["problem"]) == (1, "output_failed", "Is a directory")
    blocked.rmdir()
    assert batch(tmp_path / "in", tmp_path / "out", resume=True).stopped is None
