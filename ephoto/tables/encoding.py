"""The encoding of a text file, found strictly: a file that is read wrong is worse than one that is refused."""

from __future__ import annotations

import codecs
import io
import re
from typing import TYPE_CHECKING

from ephoto.core.errors import InputError, UsageError
from ephoto.tables.limits import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.tables.source import Source

__all__ = ["encoding_of", "lines_of"]

_BLOCK = 1 << 20  # bytes
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_END = "\x1a"  # Ctrl-Z, with which programs of DOS descent end a text
_CJK = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


def encoding_of(source: Source, given: str | None) -> str:
    """The encoding that the whole file can be read in: that of its mark, else the given one, else UTF-8 or GB18030.

    A file without a mark that is not UTF-8 is GB18030, unless it held Chinese in UTF-8 before the bytes that are
    wrong: then it is a damaged UTF-8 file.

    Raises
    ------
    UsageError
        "bad_option" for an encoding that Python does not know.
    InputError
        "table_encoding" with the line that cannot be read.
    """
    with source.open() as file:
        start = file.read(3)
    marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
    if given is not None:
        _check_known(given)
    wanted = marked or given or "utf-8"
    fault = _first_fault(source, wanted)
    if fault is None:
        return wanted
    line, was_chinese = fault
    if marked is None and given is None and not was_chinese:
        second = _first_fault(source, "gb18030")
        if second is None:
            return "gb18030"
        raise InputError("table_encoding", line=second[0], encoding="UTF-8, GB18030")
    raise InputError("table_encoding", line=line, encoding=wanted)


def lines_of(source: Source, encoding: str) -> Iterator[str]:
    """Lines with their ends as they stand (LF, CRLF or CR), without the byte order mark and a Ctrl-Z at the very end.

    Raises
    ------
    InputError
        "table_row": a line is longer than `row_chars` of limits.toml, or holds a zero byte.
    """
    longest = limits()["row_chars"]
    with source.open() as file, io.TextIOWrapper(file, encoding, newline="") as text:
        number = 0
        while line := text.readline(longest + 1):
            number += 1
            if len(line) > longest:
                raise InputError("table_row", row=number, problem=f"it has more characters than {longest}")
            if "\0" in line:
                raise InputError("table_row", row=number, problem="it holds a zero byte")
            if number == 1:
                line = line.removeprefix("\ufeff")
            if line.endswith(_END):  # no line end behind it: the last line
                line = line.rstrip(_END)
            if line:
                yield line


def _check_known(name: str) -> None:
    try:
        "".encode(name)
        b"".decode(name)
    except (LookupError, UnicodeError, ValueError, TypeError):
        raise UsageError(
            "bad_option", option="--encoding", value=name, allowed=["utf-8", "gb18030", "big5", "utf-16"]
        ) from None


def _first_fault(source: Source, encoding: str) -> tuple[int, bool] | None:
    """The first line (from 1) that is not in the encoding, and whether Chinese came before it; None if all is."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("strict"), translate=True)
    line, chinese, ended = 1, False, False
    with source.open() as file:
        while not ended:
            block = file.read(_BLOCK)
            ended = not block
            try:
                text = decoder.decode(block, final=ended)
            except UnicodeError as error:
                good = _before(error, encoding)
                return line + good.count("\n"), chinese or _CJK.search(good) is not None
            line += text.count("\n")
            chinese = chinese or _CJK.search(text) is not None
    return None


def _before(error: UnicodeError, encoding: str) -> str:
    """What of the block could be read, line ends made LF."""
    if not isinstance(error, UnicodeDecodeError):
        return ""
    text = error.object[: error.start].decode(encoding, "ignore")
    return text.replace("\r\n", "\n").replace("\r", "\n")
