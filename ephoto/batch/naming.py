"""What a card is called: a template, and what no name may hold."""

from __future__ import annotations

import os
import re
import string
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ephoto.batch.rules import rules
from ephoto.codec.write import SUFFIXES, suffix_format
from ephoto.core.errors import InputError, UsageError
from ephoto.tables.columns import aliases, resolve, tellable

if TYPE_CHECKING:
    from ephoto.batch.items import Item

__all__ = ["Naming", "folded", "masked", "safe_path"]

OWN = ("id", "stem", "folder", "ext", "spec")  # any column of a manifest besides
_WORDS = "in braces: id, folder, stem, ext, spec, and columns of the table"
_WORDS_WITHOUT_TABLE = "in braces: folder, stem, ext, spec"
_DRIVE = re.compile(r"[A-Za-z]:")  # C:x.jpg lies outside of every folder on Windows
_ON_WINDOWS = os.name == "nt"


class Naming:
    """A template such as "{id}.jpg" or "{folder}/{stem}-{spec}.jpg".

    {id} is the manifest's, {stem}, {folder} and {ext} (without its dot) are the photo's, {spec} the document's id;
    other words are columns of the manifest, by their own names or as columns.toml calls them ({name} is 姓名, too).
    Without a template: the id where there is a manifest, the photo's own path and stem elsewhere.

    Raises
    ------
    UsageError
        "bad_option" where the template cannot be read or would leave OUT; "suffix_mismatch" where it names another
        format.
    """

    def __init__(self, template: str | None, *, spec_id: str, format: str, has_ids: bool) -> None:
        suffix = SUFFIXES[format][0]
        usual = ("{id}" if has_ids else "{folder}/{stem}") + suffix
        self.template = usual if template is None else template
        self._spec_id = spec_id
        self._parts = _parsed(self.template)
        self.words = {word for _, word in self._parts if word is not None}
        self._columns: dict[str, str] = {}  # of words that are usual names of a column
        outside = self.template.startswith("/") or self.template.endswith("/") or ".." in self.template.split("/")
        if not self._parts or outside or (not has_ids and not self.words <= set(OWN) - {"id"}):
            allowed = _WORDS if has_ids else _WORDS_WITHOUT_TABLE
            raise UsageError("bad_option", option="--naming", value=self.template, allowed=allowed)
        if suffix_format(self.template) != format:
            raise UsageError("suffix_mismatch", path=self.template, format=format, allowed=SUFFIXES[format])

    @property
    def of_the_photo(self) -> bool:
        """Whether a name depends on a photo's own path and id, and on no other column of a table."""
        return self.words <= set(OWN)

    def name(self, item: Item) -> str:
        """The card's path under OUT, with `/`.

        Raises
        ------
        InputError
            "name_unsafe": it would leave OUT, or cannot be a file's name everywhere.
        UsageError
            "bad_option" for a word that is no column; "column_ambiguous".
        """
        path = PurePosixPath((item.input or item.key).replace("\\", "/"))
        own = {
            "id": item.id,
            "stem": path.stem,
            "folder": path.parent.as_posix(),
            "ext": path.suffix[1:],
            "spec": self._spec_id,
        }
        values = {word: own[word] if word in own else item.fields[self._column(word, item)] for word in self.words}
        for word, value in values.items():
            if word != "folder":
                _check(value, whole=item.id == "")
        name = "".join(plain + ("" if word is None else values[word]) for plain, word in self._parts)
        parts = [part for part in name.split("/") if part != "."]
        if _DRIVE.match(parts[0]):
            raise InputError("name_unsafe", problem="it would be in another folder")
        for part in parts:
            _check_part(part)
        return "/".join(parts)

    def _column(self, word: str, item: Item) -> str:
        """The column that a word means."""
        column = self._columns.get(word, word)
        if column in item.fields:
            return column
        header = list(item.fields)
        usual = resolve(header, (), optional=(word,)) if word in aliases() else {}
        if word not in usual:
            told = tellable(header)
            columns = told if told == header else []  # a first row that looks like data is not repeated
            allowed = ", ".join(f"{{{known}}}" for known in (*OWN, *columns))
            raise UsageError("bad_option", option="--naming", value=f"{{{word}}}", allowed=allowed)
        self._columns[word] = usual[word]
        return usual[word]


def folded(name: str) -> str:
    """Names that some file system takes for one: equal without regard to case and to how accents are stored."""
    return unicodedata.normalize("NFC", name).casefold()


def masked(name: str) -> str:
    """A name for people who know it, not for others: the sign at either end of a long stem, and none of a short one.

    >>> masked("team/110101199003070038.jpg")
    '****/1*8.jpg'
    """
    path = PurePosixPath(name)
    return "****/" * (len(path.parts) > 1) + _hidden(path.stem) + path.suffix


def safe_path(key: str, n: int) -> str:
    """A photo's own path where it can be used under any folder, else its number."""
    try:
        if _DRIVE.match(key):
            raise InputError("name_unsafe", problem="it would be in another folder")
        for part in key.split("/"):
            _check_part(part)
    except InputError:
        return f"photo-{n}{PurePosixPath(key).suffix if key.isprintable() else ''}"
    return key


def _parsed(template: str) -> list[tuple[str, str | None]]:
    """Text and the word after it, part by part; none where it cannot be read."""
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        return []
    if any(word == "" or way or made for _, word, way, made in parts):
        return []
    return [(plain, word) for plain, word, _, _ in parts]


def _hidden(stem: str) -> str:
    return f"{stem[0]}*{stem[-1]}" if len(stem) > 5 else "*" * len(stem)


def _check(value: str, *, whole: bool) -> None:
    """A value that comes out of a table or is a name: it must not make folders or signs of its own."""
    if not value.strip():
        raise InputError("name_unsafe", problem="it is empty")
    if "/" in value:
        raise InputError("name_unsafe", problem="it would be in another folder")
    if not whole and rules().unsafe_signs & set(value):
        raise InputError("name_unsafe", problem="it has signs that no file name can have")


def _check_part(part: str) -> None:
    if part in ("", ".."):
        raise InputError("name_unsafe", problem="it would be in another folder")
    unsafe = rules().unsafe_signs if _ON_WINDOWS else {"\\"}  # there, x:y.jpg would be a stream of the file x
    if unsafe & set(part) or any(unicodedata.category(sign) in ("Cc", "Cs") for sign in part):
        raise InputError("name_unsafe", problem="it has signs that no file name can have")
    if part != part.strip() or part.endswith(".") or part.partition(".")[0].upper() in rules().reserved:
        raise InputError("name_unsafe", problem="not every system can have such a name")
    if part.startswith("."):
        raise InputError("name_unsafe", problem="it would be hidden")
    if len(part.encode()) > rules().longest_name_bytes:
        raise InputError("name_unsafe", problem="it is too long")
