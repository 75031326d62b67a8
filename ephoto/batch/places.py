"""IN and OUT as people type them: which source and which sink a word means, and that one does not lie in the other."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.batch.archive import Archive, ArchiveReader
from ephoto.batch.folder import FileReader, Folder, Pattern
from ephoto.batch.listed import SUFFIXES, Listed
from ephoto.batch.products import MANIFEST
from ephoto.batch.remote import RemoteFolder, RemoteReader, RemoteSink, url_in
from ephoto.batch.sinks import FolderSink, ZipSink
from ephoto.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.batch.items import Source
    from ephoto.batch.sinks import Sink

__all__ = ["check_apart", "read_as", "sink_of", "source_of"]

_LOCAL = ("file", "local")  # kinds of URLs that name files of this machine


def source_of(word: str, max_bytes: int, columns: Mapping[str, str] | None = None) -> Source:
    """Where photos come from.

    Parameters
    ----------
    word : a folder, a zip file, a table (CSV, JSONL, XLSX), a pattern such as "in/*.jpg", or a URL
    max_bytes : of one photo
    columns : of a table, where their names do not tell: {"id": ..., "photo": ...}

    Raises
    ------
    InputError
        "not_found".
    UsageError
        "batch_input" for a file that is none of these.
    """
    if is_url(word):
        return RemoteFolder(word, RemoteReader(word, max_bytes))
    path = Path(_plain(word))
    files = FileReader(max_bytes)
    if path.is_dir():
        return Folder(path, files)
    if path.is_file():
        suffix = path.suffix.lower()
        if suffix == ".zip":
            return Archive(path, ArchiveReader(path, max_bytes))
        if suffix in SUFFIXES:
            return Listed(path, files, dict(columns or {}))
        raise UsageError("batch_input", path=word)
    if glob.has_magic(word):
        return Pattern(str(path), files)
    raise InputError("not_found", path=word)


def read_as(source: Source, *, encoding: str | None = None, sheet: str | None = None) -> None:
    """Say how the table of IN is to be read.

    Raises
    ------
    UsageError
        "bad_option" where IN is no table.
    """
    told = (("--encoding", encoding, "IN.csv, IN.tsv, IN.jsonl"), ("--sheet", sheet, "IN.xlsx"))
    for option, value, allowed in told:
        if value is not None and not isinstance(source, Listed):
            raise UsageError("bad_option", option=option, value=value, allowed=allowed)
    if isinstance(source, Listed):
        source.encoding, source.sheet = encoding, sheet


def sink_of(word: str) -> Sink:
    """Where cards go: a folder (made if it is not there), a name that ends in .zip, or a URL."""
    if is_url(word):
        return RemoteSink(word)
    path = Path(_plain(word))
    return ZipSink(path) if path.suffix.lower() == ".zip" and not path.is_dir() else FolderSink(path)


def check_apart(source: Source, sink: Sink, words: tuple[str, str]) -> None:
    """Refuse an OUT that is IN or lies in it: the next run would take cards for photos.

    Raises
    ------
    UsageError
        "out_in_in".
    """
    inside, outside = words
    if is_url(outside) or is_url(inside):
        together = is_url(outside) and is_url(inside) and url_in(outside, inside)
    else:
        out = Path(os.path.realpath(_plain(outside)))
        cards = Path(os.path.realpath(sink.spool)) if isinstance(sink, ZipSink) else out
        if isinstance(source, Listed):
            source.out = cards
        if isinstance(source, Pattern):
            together = source.finds_in(cards)
        else:
            base = None if source.base is None else Path(os.path.realpath(source.base))
            together = base is not None and (base in (out, out / MANIFEST) or (base.is_dir() and base in out.parents))
    if together:
        raise UsageError("out_in_in", path=outside, base=inside)


def is_url(word: str) -> bool:
    kind, mark, _ = word.partition("://")
    return bool(mark) and kind not in _LOCAL and kind.isascii() and kind.replace("+", "").replace("-", "").isalnum()


def _plain(word: str) -> str:
    """A path without file:// before it."""
    kind, mark, path = word.partition("://")
    return path if mark and kind in _LOCAL else word
