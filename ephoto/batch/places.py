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
from ephoto.batch.remote import RemoteFolder, RemoteReader, url_in
from ephoto.batch.remote_sink import RemoteSink
from ephoto.batch.sinks import OURS, FolderSink
from ephoto.batch.zip_sink import ZipSink
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
        "batch_input" for a file that is none of these; "bad_option" for no name at all, and for columns of what is no
        table.
    """
    _check_named("IN", word)
    path = Path(_plain(word))
    if columns and (is_url(word) or not path.is_file() or path.suffix.lower() not in SUFFIXES):
        named = ", ".join(f"{what}={name}" for what, name in columns.items())
        raise UsageError("bad_option", option="--column", value=named, allowed="it with a table as IN")
    if is_url(word):
        return RemoteFolder(word, RemoteReader(word, max_bytes))
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
    """Where cards go: a folder (made if it is not there), a name that ends in .zip, or a URL.

    Raises
    ------
    UsageError
        "bad_option" for no name at all.
    """
    _check_named("OUT", word)
    if is_url(word):
        return RemoteSink(word)
    path = Path(_plain(word))
    return ZipSink(path) if path.suffix.lower() == ".zip" and not path.is_dir() else FolderSink(path)


def check_apart(source: Source, sink: Sink, words: tuple[str, str]) -> None:
    """Refuse an OUT that is IN or lies in it: the next run would take cards for photos.

    Also an IN that lies where the batch keeps what is its own: it takes photos away from there.

    An IN that lies in OUT is fine as long as no card's name falls on a photo: `planning` sees to that.

    Raises
    ------
    UsageError
        "out_in_in", "in_kept".
    """
    inside, outside = words
    if is_url(inside) and is_url(outside):
        if url_in(outside, inside):
            raise UsageError("out_in_in", path=outside, base=inside)
        if url_in(inside, sink.quarantine):
            raise UsageError("in_kept", path=inside)
    elif not is_url(inside) and not is_url(outside):
        _check_files_apart(source, sink, words)


def _check_files_apart(source: Source, sink: Sink, words: tuple[str, str]) -> None:
    inside, outside = words
    zipped = isinstance(sink, ZipSink)
    out = Path(os.path.realpath(_plain(outside)))
    cards = _real(sink.folder) if zipped and sink.folder is not None else out
    base = None if source.base is None else _real(source.base)
    if isinstance(source, (Folder, Pattern, Listed)):
        source.bounds.out = cards
        source.bounds.own = base if isinstance(source, Folder) else None
    if isinstance(source, Pattern):
        together = source.finds_in(cards)
    else:
        is_folder = base is not None and base.is_dir()
        together = base in (out, out / MANIFEST) or (is_folder and (base in out.parents or base in cards.parents))
    if together:
        raise UsageError("out_in_in", path=outside, base=inside)
    kept = (cards,) if zipped else (_real(sink.quarantine), cards / OURS)
    if base is not None and base.is_dir() and any(own == base or own in base.parents for own in kept):
        raise UsageError("in_kept", path=inside)


def is_url(word: str) -> bool:
    kind, mark, _ = word.partition("://")
    return bool(mark) and kind not in _LOCAL and kind.isascii() and kind.replace("+", "").replace("-", "").isalnum()


def _check_named(place: str, word: str) -> None:
    if not _plain(word):  # to the system an empty name is the current folder
        raise UsageError("bad_option", option=place, value='""', allowed=". for the folder that you are in")


def _real(path: str | Path) -> Path:
    return Path(os.path.realpath(path))


def _plain(word: str) -> str:
    """A path without file:// before it."""
    kind, mark, path = word.partition("://")
    return path if mark and kind in _LOCAL else word
