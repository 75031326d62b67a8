"""Tables in and out: CSV, JSONL and XLSX in; CSV, JSONL, Parquet and XLSX out; which column holds what."""

from ephoto.tables.columns import resolve
from ephoto.tables.reading import read
from ephoto.tables.table import Row, Table
from ephoto.tables.text import plain_id, unwrapped_id
from ephoto.tables.writing import write

__all__ = ["Row", "Table", "plain_id", "read", "resolve", "unwrapped_id", "write"]
