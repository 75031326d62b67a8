"""Tables out: what is written is read back as the same text, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ephoto.core.errors import EphotoError
from ephoto.tables import read, write
from ephoto.tables.text import clean

SUFFIXES = (".csv", ".jsonl", ".parquet", ".xlsx")
PACKAGE = {".parquet": "pyarrow", ".xlsx": "xlsxwriter"}
REASON = "the extras `tables` and `parquet` are not installed"


def need(suffix):
    if suffix in PACKAGE:
        pytest.importorskip(PACKAGE[suffix], reason=REASON)
    if suffix == ".xlsx":
        pytest.importorskip("python_calamine", reason=REASON)


def back(path, columns=()):
    """The rows of a file as texts by column."""
    if path.suffix != ".parquet":
        return [dict(row.cells) for row in read(path, columns=columns)]
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    return [{k: "" if v is None else str(v) for k, v in row.items()} for row in table.to_pylist()]


# XML has no word for most control characters; carriage returns are what CSV and XML may change.
signs = st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\n") | st.sampled_from(
    "'=+-@,;\"0123456789E_x０＝\ufeff"
)
texts = st.text(signs, min_size=0, max_size=12).map(clean)
names = st.lists(texts.filter(bool), min_size=1, max_size=4, unique=True)


@st.composite
def tables(draw):
    """A header of at least two columns, and rows with texts."""
    header = ["column a", *(n for n in draw(names) if n != "column a")]
    rows = draw(st.lists(st.lists(texts, min_size=len(header), max_size=len(header)).filter(any), max_size=5))
    return header, [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
@example(table=(["column a", "0", "00"], [{"column a": "", "0": "", "00": "NOTE"}]))
def test_what_is_written_is_read_back(tmp_path, suffix, table):
    """With the columns named, since a row of usual names below unusual ones is a header to whoever does not know."""
    need(suffix)
    header, rows = table
    path = write(tmp_path / f"a{suffix}", header, rows, overwrite=True)
    if rows or suffix in (".csv", ".xlsx"):
        assert back(path, header) == rows
        assert suffix == ".parquet" or list(read(path, columns=header).header) == header


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ids_stay_as_they_are(tmp_path, suffix):
    need(suffix)
    ids = ["110101199003070018", "11010119900307002X", "0012", "1E5", "1-2", "=1+1", "'=1", "'twas", "1.10101E+17"]
    path = write(tmp_path / f"a{suffix}", ["id", "n"], [{"id": i, "n": "x"} for i in ids])
    assert [row["id"] for row in back(path)] == ids


def test_csv_is_safe_for_spreadsheets(tmp_path):
    path = write(tmp_path / "a.csv", ["id", "name", "n"], [{"id": "110101199003070018", "name": "=cmd()", "n": -1.5}])
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))) == [
        ["id", "name", "n"],
        ["\t110101199003070018", "'=cmd()", "-1.5"],
    ]


def test_a_sheet_holds_ids_as_text_and_no_formulas(tmp_path):
    need(".xlsx")
    import python_calamine

    path = write(tmp_path / "a.xlsx", ["id", "n", "big"], [{"id": "110101199003070018", "n": 3, "big": 10**17 + 1}])
    write(tmp_path / "b.xlsx", ["id"], [{"id": "=1+1"}])
    rows = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()
    assert rows[1] == ["110101199003070018", 3.0, "100000000000000001"]
    assert python_calamine.load_workbook(tmp_path / "b.xlsx").get_sheet_by_index(0).to_python()[1] == ["=1+1"]
    assert (
        path.read_bytes()
        == write(
            tmp_path / "c.xlsx", ["id", "n", "big"], [{"id": "110101199003070018", "n": 3, "big": 10**17 + 1}]
        ).read_bytes()
    )


def test_json_keeps_kinds(tmp_path):
    row = {"a": 1, "b": 0.5, "c": True, "d": None, "e": "文", "f": float("nan")}
    path = write(tmp_path / "a.jsonl", list(row), [row, {}])
    first, second = map(json.loads, path.read_text("utf-8").splitlines())
    assert first == {**row, "f": None}
    assert second == dict.fromkeys(row)


def test_parquet_keeps_kinds_and_groups(tmp_path, monkeypatch):
    need(".parquet")
    import pyarrow.parquet

    from ephoto.tables import parquet

    monkeypatch.setattr(parquet, "ROWS_A_GROUP", 10)
    kinds = {"a": int, "b": float, "c": bool, "d": str}
    rows = [{"a": n, "b": n, "c": n % 2 == 0, "d": f"{n}"} for n in range(25)]
    path = write(tmp_path / "a.parquet", kinds, rows)
    file = pyarrow.parquet.ParquetFile(path)
    assert file.num_row_groups == 3
    assert [str(t) for t in file.schema_arrow.types] == ["int64", "double", "bool", "string"]
    assert file.read().to_pylist() == rows
    assert write(tmp_path / "b.parquet", kinds, []).stat().st_size > 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_half_characters_are_written_as_escapes(tmp_path, suffix):
    need(suffix)
    path = write(tmp_path / f"a{suffix}", ["path", "x"], [{"path": "a\udce9.jpg", "x": "1"}])
    assert back(path)[0]["path"] == "a\\udce9.jpg"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([{"a": 1}, {"b": 1}], id="unknown column"),
        pytest.param([{"a": b"x"}], id="bytes"),
        pytest.param([{"a": ["x"]}], id="list"),
    ],
)
def test_rows_that_do_not_fit_leave_no_file(tmp_path, suffix, rows):
    need(suffix)
    with pytest.raises(EphotoError) as caught:
        write(tmp_path / f"a{suffix}", ["a"], rows)
    assert caught.value.code == "bad_row"
    assert caught.value.values["row"] == len(rows)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_source_of_rows_that_fails_leaves_what_was_there(tmp_path, suffix):
    need(suffix)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")

    def rows():
        yield {"a": "x"}
        raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="own"):
        write(path, ["a"], rows(), overwrite=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_more_than_a_sheet_or_64_bits_hold(tmp_path):
    need(".xlsx")
    need(".parquet")
    for suffix, header, value in (
        (".xlsx", ["a"], "x" * 32768),
        (".xlsx", ["a"], "😀" * 16384),
        (".parquet", {"a": int}, 2**63),
    ):
        with pytest.raises(EphotoError) as caught:
            write(tmp_path / f"a{suffix}", header, [{"a": value}])
        assert caught.value.code == "bad_row"
    write(tmp_path / "fits.xlsx", ["a"], [{"a": "😀" * 16383}])


def test_names_and_files_that_are_there(tmp_path):
    for path, code in (("a.xls", "table_format"), ("a", "table_format"), ("no/a.csv", "output_failed")):
        with pytest.raises(EphotoError) as caught:
            write(tmp_path / path, ["a"], [])
        assert caught.value.code == code
    path = write(tmp_path / "a.csv", ["a"], [])
    for options, code in (({}, "output_exists"), ({"overwrite": True, "inputs": [path]}, "same_file")):
        with pytest.raises(EphotoError) as caught:
            write(path, ["a"], [], **options)
        assert caught.value.code == code


@pytest.mark.parametrize(("suffix", "extra"), [(".parquet", "parquet"), (".xlsx", "tables")])
def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch, suffix, extra):
    monkeypatch.setitem(sys.modules, PACKAGE[suffix], None)
    with pytest.raises(EphotoError) as caught:
        write(tmp_path / f"a{suffix}", ["a"], [])
    assert f"pip install 'ephoto[{extra}]'" in caught.value.hint()
    assert list(tmp_path.iterdir()) == []
