"""Rows as Parquet, through pyarrow (extra `parquet`)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from ephoto.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ephoto.tables.writing import Cell

__all__ = ["ROWS_A_GROUP", "pyarrow", "write_parquet"]

ROWS_A_GROUP = 16384  # held in memory at a time; groups below some thousand rows cost readers time


def pyarrow() -> Any:
    """The package, with its Parquet part: EnvironmentFault("extra_missing") without it."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name=".parquet", package="pyarrow", extra="parquet") from error
    return pyarrow


def write_parquet(file: BinaryIO, columns: Sequence[tuple[str, type | None]], rows: Iterable[Sequence[Cell]]) -> None:
    """Columns of their kinds, texts where none is given; a group of rows at a time."""
    arrow = pyarrow()
    types = {str: arrow.string(), int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_()}
    schema = arrow.schema([(name, types[kind or str]) for name, kind in columns])
    left = iter(rows)
    done = 0
    with arrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := list(islice(left, ROWS_A_GROUP)):
            values = [
                [v if kind or v is None or isinstance(v, str) else str(v) for v in column]
                for column, (_, kind) in zip(zip(*group, strict=True), columns, strict=True)
            ]
            try:
                arrays = [arrow.array(v, type=t) for v, t in zip(values, schema.types, strict=True)]
            except (OverflowError, arrow.ArrowInvalid):
                raise UsageError("bad_row", row=done + 1, problem="a whole number is beyond 64 bits") from None
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            done += len(group)
