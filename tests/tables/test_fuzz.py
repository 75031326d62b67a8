"""Whatever the bytes, reading ends in rows or in an error of ephoto's own."""

from __future__ import annotations

import datetime
import io
import random
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ephoto.core.errors import EphotoError
from ephoto.tables import read
from ephoto.tables.reading import SUFFIXES

SEEDS = {
    ".csv": 'id,"照片"\r\n110101199003070018,"a\n.jpg"\r\n\'=1,b\r\n'.encode(),
    ".tsv": "id\t照片\n1\ta.jpg\n".encode("gb18030"),
    ".jsonl": '{"id": 1.5e3, "照片": "a\\u0041"}\n{"id": null, "x": true}\n'.encode(),
    ".ndjson": b"\xff\xfe" + '{"id": 12}\n'.encode("utf-16-le"),
}


def goes_well_or_is_told(data, name):
    try:
        for row in read(data, name=name):
            assert row.cells
    except EphotoError as error:
        str(error), error.message("zh")  # each sentence has its values


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=80).map(lambda t: t.encode("utf-8", "replace")))
@example(data=b"\xff\xfe\0\0")
@example(data=b'"')
@example(data=b"PK\x03\x04")
def test_any_bytes(suffix, data):
    goes_well_or_is_told(data, f"a{suffix}")


def damaged(data, seed):
    """Bytes changed, cut out or doubled here and there."""
    chance = random.Random(seed)
    broken = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(broken))
        match chance.randrange(3):
            case 0:
                broken[at] = chance.randrange(256)
            case 1:
                del broken[at : at + chance.randint(1, 8)]
            case _:
                broken[at:at] = broken[at : at + chance.randint(1, 40)]
    return bytes(broken)


@pytest.mark.parametrize("suffix", SEEDS)
def test_damaged_texts(suffix):
    for seed in range(400):
        goes_well_or_is_told(damaged(SEEDS[suffix], seed), f"a{suffix}")


def workbook():
    xlsxwriter = pytest.importorskip("xlsxwriter", reason="the extra `tables` is not installed")
    pytest.importorskip("python_calamine", reason="the extra `tables` is not installed")
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "day", "x"])
        sheet.write_row(1, 0, [110101199003070018, "text", 3.5])
        sheet.write_datetime(1, 1, datetime.datetime(2020, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.merge_range(3, 0, 4, 1, "merged")
    return out.getvalue()


def test_damaged_workbooks():
    """The packed file, and its parts packed again as if nothing had happened."""
    data = workbook()
    for seed in range(150):
        goes_well_or_is_told(damaged(data, seed), "a.xlsx")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for seed in range(400):
        chosen = random.Random(seed).choice([n for n in parts if n.startswith("xl/") or "Types" in n])
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, damaged(part, seed) if name == chosen else part)
        goes_well_or_is_told(out.getvalue(), "a.xlsx")
