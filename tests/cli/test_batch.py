"""`ephoto batch`: the real thing from words to cards, and nothing of a photo in what it prints."""

from __future__ import annotations

import zipfile
from pathlib import Path
from uuid import uuid4

import pytest

from ephoto.core.messages import phrase, text

MARK = "QXZMARK"  # in every name, id and path of a photo
ID = f"{MARK}110101199003070038"


@pytest.fixture(scope="session")
def expected(tmp_path_factory, portrait_bytes):
    """What `ephoto convert` makes of the portrait."""
    from ephoto.cli.app import main

    folder = tmp_path_factory.mktemp("expected")
    (folder / "p.jpg").write_bytes(portrait_bytes)
    assert main(["convert", str(folder / "p.jpg"), "-o", str(folder / "card.jpg")]) == 0
    return (folder / "card.jpg").read_bytes()


@pytest.fixture
def photos(tmp_path, portrait_bytes):
    """IN: a portrait and a file that is none, in folders that bear names."""
    root = tmp_path / "in"
    (root / f"{MARK}-class").mkdir(parents=True)
    (root / f"{MARK}-class" / f"{MARK}-张三.jpg").write_bytes(portrait_bytes)
    (root / f"{MARK}-bad.png").write_bytes(b"no picture")
    return root


def silent(ended):
    """Nothing that belongs to a photo was printed."""
    told = ended.text + ended.err
    for word in (MARK, "张三", "110101", "QXZ", "-class"):
        assert word not in told
    return ended


def table(folder, rows, name="table.csv"):
    path = folder / name
    path.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    return path


# ---- the cards are those of `ephoto convert`


def as_folder(folder, data):
    (folder / "in").mkdir()
    (folder / "in" / "P.jpg").write_bytes(data)
    return folder / "in"


def as_pattern(folder, data):
    return f"{as_folder(folder, data)}/*.jpg"


def as_zip(folder, data):
    with zipfile.ZipFile(folder / "in.zip", "w") as archive:
        archive.writestr("P.jpg", data)
    return folder / "in.zip"


def as_table(folder, data):
    as_folder(folder, data)
    return table(folder, [("id", "photo"), ("p", "in/P.jpg")])


def as_url(folder, data):
    fsspec = pytest.importorskip("fsspec")
    url = f"memory://{uuid4().hex}"
    fsspec.filesystem("memory").pipe_file(f"{url}/P.jpg", data)
    return url


def of_folder(out):
    return (Path(out) / "P.jpg").read_bytes()


def of_zip(out):
    with zipfile.ZipFile(out) as archive:
        return archive.read("P.jpg")


def of_url(out):
    return pytest.importorskip("fsspec").filesystem("memory").cat_file(f"{out}/P.jpg")


@pytest.mark.parametrize(
    ("given", "taken"),
    [(kind, of_folder) for kind in (as_folder, as_pattern, as_zip, as_table, as_url)]
    + [(kind, into) for kind in (as_folder, as_url) for into in (of_zip, of_url)],
)
def test_the_card_is_that_of_convert(given, taken, run, tmp_path, portrait_bytes, expected):
    out = {of_folder: tmp_path / "out", of_zip: tmp_path / "out.zip", of_url: f"memory://{uuid4().hex}"}[taken]
    source = given(tmp_path, portrait_bytes)
    more = ["--ledger", tmp_path / "ledger"] if taken is of_url else []
    ended = run("batch", source, out, "--workers", 1, *more)
    assert ended.code == 0, ended.err
    assert taken(out) == expected
    again = run("batch", source, out, "--workers", 1, "--json", *more)
    assert (again.code, again.json["made"], again.json["unchanged"]) == (0, 0, 1)


def test_the_tables_encoding_and_sheet(run, tmp_path, portrait_bytes, expected):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    pytest.importorskip("python_calamine")
    as_folder(tmp_path, portrait_bytes)
    (tmp_path / "t.csv").write_bytes("id,photo,姓名\nP,in/P.jpg,陳大文\n".encode("big5"))
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        for name, id_ in (("old", "none"), ("new", "P")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["id", "photo"])
            sheet.write_row(1, 0, [id_, "in/P.jpg"])
    for table_, words in (("t.csv", ["--encoding", "big5", "--naming", "{姓名}.jpg"]), ("t.xlsx", ["--sheet", "new"])):
        out = tmp_path / table_.replace(".", "-")
        ended = run("batch", tmp_path / table_, out, "--workers", 1, *words)
        assert ended.code == 0, ended.err
        name = "陳大文.jpg" if table_ == "t.csv" else "P.jpg"
        assert (out / name).read_bytes() == expected


# ---- what is told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_summary(lang, run, photos, tmp_path):
    (photos / "notes.txt").write_bytes(b"")
    ended = silent(run("batch", photos, tmp_path / "out", "--workers", 1, "--on-fail", "quarantine", "--lang", lang))
    assert ended.code == 1
    lines = ended.text.splitlines()
    assert lines[0] == text("label", "batch_tally", "text", lang, {"done": 1, "count": 2})
    assert lines[2] == text("label", "batch_passed_over", "text", lang, {"count": 1})
    assert any(line.startswith("1  ") and line.endswith("[not_a_picture]") for line in lines)
    assert lines[-1] == text("label", "batch_quarantine", "text", lang, {"path": tmp_path / "out" / "quarantine"})


def test_json(run, photos, tmp_path):
    ended = silent(run("batch", photos, tmp_path / "out", "--workers", 1, "--json"))
    told = ended.json
    assert told["schema"] == "ephoto.batch.summary/1"
    assert (told["photos"], told["made"], told["failed"], told["left"]) == (2, 1, 1, 0)
    assert told["errors"] == {"not_a_picture": 1}
    assert (told["exit_code"], ended.code) == (1, 1)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_reasons_say_what_matters(lang, run, photos, tmp_path, portrait_bytes):
    """Unfit names and rows by their problem; no sentence has lost its subject."""
    rows = [("id", "photo"), ("", f"{MARK}.jpg"), ("1.1E+17", "a.jpg"), (f"{ID}/", "a.jpg"), ("NUL", "a.jpg")]
    rows += [(f"{ID}1", f"{MARK}.jpg"), (f"{ID}2", "photos.jpg")]
    (tmp_path / "photos.jpg").mkdir()
    ended = silent(run("batch", table(tmp_path, rows), tmp_path / "out", "--workers", 1, "--lang", lang))
    told = "\n".join(line for line in ended.text.splitlines() if line.endswith("]"))
    problems = ["it is empty", "it was stored as a number and has lost digits", "it would be in another folder",
                "not every system can have such a name"]  # fmt: skip
    for problem in problems:
        assert phrase(problem, lang) in told
    assert text("label", "reason_not_found", "text", lang) in told
    assert "…" not in told
    ended = run("batch", table(tmp_path, rows), tmp_path / "out", "--workers", 1, "--json")
    assert ended.json["problems"]["row_unfit"] == dict.fromkeys(problems[:2], 1)


# ---- reports


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_a_report(suffix, run, photos, tmp_path):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    if suffix == ".xlsx":
        pytest.importorskip("xlsxwriter")
        pytest.importorskip("python_calamine")
    path = tmp_path / f"report{suffix}"
    ended = silent(run("batch", photos, tmp_path / "out", "--workers", 1, "--report", path))
    assert ended.code == 1, ended.err
    if suffix == ".parquet":
        import pyarrow.parquet

        rows = pyarrow.parquet.read_table(path).to_pylist()
    else:
        from ephoto.tables import read

        rows = [row.cells for row in read(path)]
    assert [row["input"] for row in rows] == [f"{MARK}-bad.png", f"{MARK}-class/{MARK}-张三.jpg"]
    assert [row["state"] for row in rows] == ["failed", "done"]
    assert rows[0]["error"] == "not_a_picture"
    card = tmp_path / "out" / rows[1]["output"]
    assert int(rows[1]["bytes"]) == card.stat().st_size


def test_a_report_that_is_there_is_kept_unless_force_or_resume(run, photos, tmp_path):
    path = tmp_path / "report.csv"
    path.write_bytes(b"theirs")
    ended = run("batch", photos, tmp_path / "out", "--report", path)
    assert (ended.code, "output_exists" in ended.err) == (6, True)
    assert not (tmp_path / "out").exists()
    assert path.read_bytes() == b"theirs"
    for word in ("--force", "--resume"):
        assert run("batch", photos, tmp_path / "out", "--workers", 1, "--report", path, word).code == 1
        assert path.read_bytes() != b"theirs"


def test_a_report_takes_the_place_of_nothing_that_the_batch_keeps(run, photos, tmp_path):
    ledger = tmp_path / "ledger.csv"
    words = ["batch", photos, tmp_path / "out", "--workers", 1, "--no-checks"]
    assert run(*words, "--ledger", ledger).code == 1
    manifest = (tmp_path / "out" / "manifest.jsonl").read_bytes()
    for path in (tmp_path / "out" / "manifest.jsonl", tmp_path / "out" / "x" / ".." / "Manifest.jsonl", ledger):
        ended = run(*words, "--ledger", ledger, "--force", "--report", path)
        assert (ended.code, "[same_file]" in ended.err) == (2, True)
    assert run(*words[:2], tmp_path / "out.zip", "--report", tmp_path / "out.zip.ephoto" / "manifest.jsonl").code == 2
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == manifest
    assert ledger.read_bytes().startswith(b"SQLite")


# ---- photos that fail


def test_skip_quarantine_and_stop(run, photos, tmp_path, portrait_bytes):
    for n in range(8):
        (photos / f"z{n}.jpg").write_bytes(portrait_bytes)
    stopped = run("batch", photos, tmp_path / "stop", "--workers", 1, "--on-fail", "stop", "--json")
    assert (stopped.code, stopped.json["failed"]) == (1, 1)
    assert stopped.json["left"] > 4
    assert not (tmp_path / "stop" / "quarantine").exists()
    kept = run("batch", photos, tmp_path / "kept", "--workers", 1, "--on-fail", "quarantine", "--json")
    assert (kept.json["made"], kept.json["failed"]) == (9, 1)
    assert (tmp_path / "kept" / "quarantine" / f"{MARK}-bad.png").read_bytes() == b"no picture"


def test_strict_makes_no_card_that_fails(run, photos, tmp_path):
    words = ["--workers", 1, "--strict", "--limit", "head_yaw=0.0001", "--json"]
    ended = silent(run("batch", photos, tmp_path / "out", *words))
    assert (ended.code, ended.json["made"], ended.json["failed"]) == (1, 0, 2)
    assert ended.json["errors"] == {"not_a_picture": 1, "check_failed": 1}


# ---- words that make no sense, told before any work


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--workers", "0"], "bad_option"), (["--workers", "-1"], "bad_option"), (["--workers", "two"], "bad_option"),
        (["--workers", "²"], "bad_option"), (["--run-on", "spark"], "bad_option"),
        (["--on-fail", "ignore"], "bad_option"),
        (["--column", "id"], "bad_option"), (["--column", "name=x"], "bad_option"), (["--column", "id="], "bad_option"),
        (["--naming", "{id}.jpg"], "bad_option"), (["--naming", "{"], "bad_option"),
        (["--naming", "../{stem}.jpg"], "bad_option"),
        (["--naming", ""], "bad_option"), (["--naming", "{stem}.png"], "suffix_mismatch"),
        (["--report", "r.doc"], "table_format"), (["--column", "id=No."], "bad_option"),
        (["--encoding", "big5"], "bad_option"), (["--sheet", "x"], "bad_option"),
        (["--report", "none/r.csv"], "bad_option"), (["--spec", "cn-1inch,cn-2inch"], "bad_option"),
        (["--spec", "none"], "spec_unknown"),
        (["--matte", "best"], "bad_option"), (["--tone", "warm"], "bad_option"), (["--lang", "fr"], "bad_option"),
        (["--engine", "none"], "engine_unknown"), (["--limit", "x"], "bad_option"), (["--allow", "none"], "bad_option"),
        (["--dpi", "300"], "needs_size"), (["--none"], "option_unknown"), (["--ledger"], "usage"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bad_words(more, told, lang, run, photos, tmp_path):
    ended = silent(run("batch", photos, tmp_path / "out", *more, *(["--lang", lang] if "--lang" not in more else [])))
    assert (ended.code, ended.out) == (2, b"")
    assert f"[{told}]" in ended.err
    assert not list((tmp_path / "out").rglob("*.jpg"))


@pytest.mark.parametrize("words", [[], ["in"]])
def test_missing_words(words, run):
    ended = run("batch", *words)
    assert ended.code == 2
    assert f"{'OUT' if words else 'IN'} is missing" in ended.err


def test_a_ledger_must_be_named_for_a_store(run, photos):
    pytest.importorskip("fsspec")
    ended = run("batch", photos, "memory://x")
    assert (ended.code, "--ledger" in ended.err) == (2, True)


def test_a_file_that_is_no_ledger_is_kept(run, photos, tmp_path):
    path = tmp_path / "letter.txt"
    path.write_bytes(b"dear")
    assert run("batch", photos, tmp_path / "out", "--ledger", path).code == 6
    assert path.read_bytes() == b"dear"


def test_an_empty_folder_is_no_success(run, tmp_path):
    (tmp_path / "in").mkdir()
    ended = run("batch", tmp_path / "in", tmp_path / "out")
    assert ended.code == 2
    assert "[batch_empty]" in ended.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["batch", "watch"])
@pytest.mark.parametrize("place", ["IN", "OUT"])
def test_no_name_is_not_the_current_folder(command, place, run, photos, tmp_path):
    words = ["", tmp_path / "out"] if place == "IN" else [photos, ""]
    ended = run(command, *words)
    assert (ended.code, f'{place} cannot be ""' in ended.err) == (2, True)


def test_help_fits_and_names_every_option(run):
    ended = run("batch", "--help")
    assert ended.code == 0
    assert max(map(len, ended.text.splitlines())) <= 80
    assert "70 a bug" in " ".join(ended.text.split())
    assert ended.text.index("--resume ") < ended.text.index("--spec ")  # its own options, then those of the card
    for option in (
        "--naming",
        "--column",
        "--on-fail",
        "--report",
        "--ledger",
        "--resume",
        "--retry",
        "--verify",
        "--run-on",
    ):
        assert option in ended.text
