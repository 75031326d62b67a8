"""100,000 rows through each format, in memory that does not grow with them; times are printed (pytest -s)."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from ephoto.tables import read, write

ROWS = 100_000
MOST_BYTES = 12_000_000  # a tenth of what the rows take when they are all held
PACKAGE = {".parquet": ("pyarrow",), ".xlsx": ("xlsxwriter", "python_calamine")}


def rows():
    return (
        {"证件号码": f"{110101190000000001 + 10 * n}", "照片": f"photos/{n % 100:02}/{n:06}.jpg"} for n in range(ROWS)
    )


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".xlsx", ".parquet"])
def test_many_rows(tmp_path, suffix):
    """Peaks are of Python's own memory; a sheet is held by its reader outside of it."""
    for package in PACKAGE.get(suffix, ()):
        pytest.importorskip(package, reason="the extras `tables` and `parquet` are not installed")
    start = time.perf_counter()
    path = write(tmp_path / f"large{suffix}", ["证件号码", "照片"], rows())
    written = time.perf_counter()
    if suffix != ".parquet":
        assert (
            sum(row.cells["照片"].endswith(f"{i:06}.jpg") and not row.hurt for i, row in enumerate(read(path))) == ROWS
        )
    ended = time.perf_counter()
    size_mb = path.stat().st_size / 1e6
    print(f"\n{suffix}: written in {written - start:.2f} s, read in {ended - written:.2f} s, {size_mb:.1f} MB")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".xlsx", ".parquet"])
def test_memory_does_not_grow_with_the_rows(tmp_path, suffix):
    for package in PACKAGE.get(suffix, ()):
        pytest.importorskip(package, reason="the extras `tables` and `parquet` are not installed")
    tracemalloc.start()
    try:
        path = write(tmp_path / f"large{suffix}", ["证件号码", "照片"], rows())
        peak_out = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        if suffix != ".parquet":
            assert sum(1 for _ in read(path)) == ROWS
        peak_in = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    print(f"\n{suffix}: {peak_out / 1e6:.1f} MB out, {peak_in / 1e6:.1f} MB in")
    assert peak_out < MOST_BYTES
    assert peak_in < (60_000_000 if suffix == ".xlsx" else MOST_BYTES)  # a workbook's parts lie unpacked for a moment
