"""Tables in: what people's programs save, and what must be refused with the row's number."""

from __future__ import annotations

import io
import json
import os
import time

import pytest

from ephoto.core.errors import EphotoError, InputError, UsageError
from ephoto.tables import read

ROSTER = "证件号码,姓名,照片\r\n11010119900307002X,张三,张三.jpg\r\n110101199003070018,李四,李四.jpg\r\n"
EXPECTED = [("11010119900307002X", "张三", "张三.jpg"), ("110101199003070018", "李四", "李四.jpg")]


def rows_of(data, name="a.csv", **options):
    if isinstance(data, str):
        data = data.encode()
    return [tuple(row.cells.values()) for row in read(data, name=name, **options)]


def refused(data, name="a.csv", **options):
    """The error of reading it, which never repeats what stands in the table."""
    with pytest.raises(EphotoError) as caught:
        rows_of(data, name, **options)
    assert "secret" not in str(caught.value) + caught.value.message("zh") + repr(caught.value.values)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_encodings_are_found(encoding):
    assert rows_of(ROSTER.encode(encoding)) == EXPECTED


@pytest.mark.parametrize("mark", ["\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_told_by_its_mark(mark, encoding):
    assert rows_of((mark + ROSTER).encode(encoding)) == EXPECTED


def test_an_encoding_may_be_given():
    assert rows_of("姓名\n陳大文\n".encode("big5"), encoding="big5") == [("陳大文",)]
    assert refused(b"a\nb\n", encoding="klingon").code == "bad_option"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param("姓名\n张三\n".encode() + b"\xff\xfe\n", 3, id="damaged UTF-8 is not taken for GB18030"),
        pytest.param("姓名\r\n张三\r\n".encode("gbk") + b"x\xff\r\n", 3, id="neither"),
        pytest.param(b"\xef\xbb\xbfa\r\rb\xd5\n", 3, id="a mark binds"),
    ],
)
def test_what_cannot_be_decoded_is_told_by_its_line(data, line):
    error = refused(data)
    assert (error.code, error.values["line"]) == ("table_encoding", line)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_are_found_in_the_header(separator):
    assert rows_of(f'"a,;b"{separator}c\n1{separator}"2,,;;"\n') == [("1", "2,,;;")]


def test_the_separator_may_be_said():
    assert rows_of("sep=;\na;b\n1;2,3\n") == [("1", "2,3")]
    assert rows_of("a,b\t c\n1\t2\n", "a.tsv") == [("1", "2")]


def test_quotes_new_lines_and_empty_lines():
    table = read(b'id,note\n\n1,"two\nlines"\n,\n\r\n2,"say ""hi"""\r3,x', name="A.CSV")
    assert table.header == ("id", "note")
    assert [(row.number, row.cells["note"]) for row in table] == [(3, "two\nlines"), (7, 'say "hi"'), (8, "x")]
    assert [row.cells["id"] for row in table] == ["1", "2", "3"]


def test_a_title_above_the_header_is_passed_over():
    table = read("社保卡制卡名单,,\n单位：某单位,,\n证件号码,姓名,照片\n1,a,b\n".encode(), name="a.csv")
    assert table.header == ("证件号码", "姓名", "照片")
    assert [row.number for row in table] == [4]


def test_a_table_of_one_column_has_no_title():
    assert rows_of("id\n1\n2\n3\n4\n5\n") == [("1",), ("2",), ("3",), ("4",), ("5",)]


def test_columns_without_a_name_are_left_out():
    assert rows_of("id,,x,,\n1,what,2,,\n3,,4,,,,\n") == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize(
    ("data", "row", "words"),
    [
        pytest.param("a,b\n1,secret,3\n", 2, "differ", id="too many"),
        pytest.param('a,b\n1,2\n"secret,4\n', 3, "quotes", id="open quote"),
        pytest.param('a,b\n1,2\n"secret"x,4\n', 3, "quotes", id="after quote"),
        pytest.param("a,b\nsecret\0,2\n", 2, "zero byte", id="zero byte"),
        pytest.param("a,b\n1," + "secret" * 30_000 + "\n", 2, "too long", id="long cell"),
        pytest.param("a,b\n1," + "x" * 5_000_000, 2, "characters", id="long line"),
        pytest.param("a,b\n" + ('"' + "x" * 99_999 + '\n",') * 60, 2, "characters", id="endless row"),
    ],
)
def test_a_row_that_is_wrong_is_told_by_its_number(data, row, words):
    error = refused(data)
    assert (error.code, error.values["row"]) == ("table_row", row)
    assert words in error.values["problem"]


def every_row(data, **options):
    """Those with a problem too."""
    return [
        (row.number, row.problem, *row.cells.values()) for row in read(data.encode(), name="a.csv", **options).rows()
    ]


def test_a_short_row_is_filled_up():
    assert rows_of("id,photo,note\n1,a.jpg\n2\n") == [("1", "a.jpg", ""), ("2", "", "")]


DIFFER, QUOTES = "its cells and the columns differ in number: 4, 3", "its quotes do not match"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param('1,a.jpg,"小"张', QUOTES, id="quotes in a name"),
        pytest.param('1,a.jpg,"小张', QUOTES, id="a quote never closed"),
        pytest.param('1,a.jpg,"小""', QUOTES, id="closed by no quote"),
        pytest.param("1,a.jpg,x,y", DIFFER, id="too many"),
        pytest.param("1,a.jpg," + "x" * 200_000, "a cell is too long", id="long cell"),
    ],
)
def test_the_rows_after_a_row_with_a_problem_are_read(line, problem):
    """A quote that is not closed takes none of them along, wherever the next one stands."""
    rows = every_row(f'id,photo,name\n0,z.jpg,"a\nb"\n{line}\n2,b.jpg,b\n\n3,"c.jpg","c\nc"\n4,d.jpg,"d"\n')
    assert [row[:2] for row in rows] == [(2, ""), (4, problem), (5, ""), (7, ""), (9, "")]
    assert [row[2:] for row in rows if not row[1]] == [
        ("0", "z.jpg", "a\nb"), ("2", "b.jpg", "b"), ("3", "c.jpg", "c\nc"), ("4", "d.jpg", "d"),
    ]  # fmt: skip


def test_quotes_that_run_on_do_not_cost_time():
    """Each line opens a quote, and keeps that of the one before open: to the end from each would take minutes."""
    begun = time.perf_counter()
    rows = every_row("id,name\n" + '1x","y\n' * 20_000)
    assert len(rows) == 20_000
    assert {row[1] for row in rows} == {QUOTES}
    assert time.perf_counter() - begun < 20


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
@pytest.mark.parametrize("line_end", ["", "\r\n"])
def test_a_ctrl_z_at_the_end_is_no_row(name, line_end):
    text = ROSTER.strip() if name == "a.csv" else '{"id": "1"}'
    assert rows_of(text + line_end + "\x1a", name) == (EXPECTED if name == "a.csv" else [("1",)])


def test_a_ctrl_z_inside_stays():
    assert rows_of("id,note\n1,a\x1ab\n2,c\x1a\n") == [("1", "a\x1ab"), ("2", "c\x1a")]


@pytest.mark.parametrize(
    "titles",
    [
        pytest.param("社保卡制卡名单\n", id="one without separators"),
        pytest.param("社保卡制卡名单\n\n2026年\n某单位\n", id="three"),
        pytest.param("单位：某单位,日期：2026,,\n", id="several cells"),
        pytest.param("单位,某单位\n", id="a cell that is the name of another column"),
        pytest.param('某"名单\n', id="a quote"),
        pytest.param('"某"名单\n', id="a broken quote"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_is_where_the_usual_names_are(titles, separator):
    table = read((titles + ROSTER.replace(",", separator)).encode(), name="a.csv")
    assert table.header == ("证件号码", "姓名", "照片")
    assert [tuple(row.cells.values()) for row in table] == EXPECTED


def test_the_header_is_where_a_given_name_is():
    data = "地址,单位,电话\n编,什么\n1,a.jpg\n".encode()
    assert read(data, name="a.csv", columns=["什么"]).header == ("编", "什么")
    assert read(data, name="a.csv").header == ("地址", "单位", "电话")


def test_a_row_of_data_that_names_a_kind_of_document_is_no_header():
    assert read("证,图\n身份证,a.JPG\n".encode(), name="a.csv").header == ("证", "图")


def test_a_header_of_other_names_is_the_first_row():
    assert rows_of("a,b\n1,2\n3,4\n") == [("1", "2"), ("3", "4")]
    assert rows_of("id\n1;2\n3,\n") == [("1;2",), ("3",)]


@pytest.mark.parametrize("header", ["secret, secret\n", "\ufeffa,b,a\n"])
def test_columns_of_one_name_are_refused(header):
    assert refused(header + "1,2\n").code == "table_header"


@pytest.mark.parametrize("data", ["", "\n\r\n", "\ufeff", ",,\n , \n", "\t\t\n"])
def test_a_table_without_text_is_refused(data):
    assert refused(data).code == "table_empty"
    assert refused(data.replace(",", "\t"), "a.tsv").code == "table_empty"


def test_digits_that_a_spreadsheet_took_are_told_by_column():
    rows = list(
        read(b"id,score,photo\n1.10101E+17,1E5,a\n110101199003070000,2,b\n110101199003070018,3,c\n", name="a.csv")
    )
    assert [row.hurt for row in rows] == [{"id": "scientific"}, {"id": "zeros"}, {}]


def test_json_lines():
    lines = [
        {"id": 110101199003070018, "姓名": " 张三\u200b", "ok": True},
        {"photo": "a.jpg", "id": None, "score": 12.0},
        {"id": 1.1e17, "score": 0.5},
    ]
    data = "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    table = read(data.encode(), name="a.jsonl")
    assert table.header == ("id", "姓名", "ok", "photo", "score")
    rows = list(table)
    assert [row.number for row in rows] == [1, 3, 5]
    assert tuple(rows[0].cells.values()) == ("110101199003070018", "张三", "true", "", "")
    assert tuple(rows[1].cells.values()) == ("", "", "", "a.jpg", "12")
    assert rows[2].cells["id"] == "110000000000000000"
    assert [row.hurt for row in rows] == [{}, {}, {"id": "rounded"}]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"id": ["secret"]}', "inside"),
        ('{"id": {"secret": 1}}', "inside"),
        ('{"secret": 1, " secret": 2}', "twice"),
        ('{"": "secret"}', "without a name"),
        ('["secret"]', "not an object"),
        ('{"id": NaN}', "finite"),
        ('{"id": "secret', "not JSON"),
        ('{"id": 1} secret', "not JSON"),
        ('{"id": "\\ud800secret"}', "half"),
        ("[" * 200_000, "not JSON"),
    ],
)
def test_lines_that_are_no_rows(line, words):
    error = refused('{"id": 1}\n' + line + "\n", "a.ndjson")
    assert (error.code, error.values["row"]) == ("table_row", 2)
    assert words in error.values["problem"]


def test_many_digits_of_json_are_kept():
    assert rows_of(b'{"n": ' + b"9" * 6000 + b"}", "a.jsonl") == [("9" * 6000,)]


def test_sources(tmp_path):
    path = tmp_path / "名单.csv"
    path.write_bytes(ROSTER.encode())
    for source in (path, str(path)):
        assert rows_again(read(source)) == EXPECTED
    file = io.BytesIO(b"skipped" + ROSTER.encode())
    file.seek(7)
    for source in (ROSTER.encode(), bytearray(ROSTER.encode()), memoryview(ROSTER.encode()), file):
        assert rows_again(read(source, name="x.csv")) == EXPECTED


def rows_again(table):
    """A table may be gone through twice, even in turns."""
    pairs = list(zip(table, table, strict=True))
    assert all(a == b for a, b in pairs)
    return [tuple(a.cells.values()) for a, _ in pairs]


def test_sources_that_are_none(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name, code in (
        ("none", "not_found"),
        ("folder", "not_readable"),
        ("pipe", "not_readable"),
        ("a\0b", "not_readable"),
    ):
        with pytest.raises(InputError) as caught:
            read(tmp_path / f"{name}.csv")
        assert caught.value.code == code
    for source in (None, 3, io.StringIO("a")):
        with pytest.raises(UsageError) as caught:
            read(source, name="a.csv")
        assert caught.value.code == "table_source"
    with pytest.raises(UsageError):
        read(b"a\n1\n")
    assert refused(b"a", "a.xls").code == refused(b"a", "csv").code == "table_format"
    assert refused(b"a", "a.csv", sheet="x").code == "sheet_unknown"


def test_bytes_have_a_limit(monkeypatch):
    from ephoto.tables import source

    monkeypatch.setattr(source, "limits", lambda: {"stream_bytes": 10})
    assert refused(b"id\n1234567\n2\n").code == "table_too_large"
    assert refused(io.BytesIO(b"id\n1234567\n2\n")).code == "table_too_large"
