"""Which field of the target holds what: a table of an integrator's file, read strictly, and applied to a document."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import InputError
from ephoto.workflow.wire import transforms
from ephoto.workflow.wire.places import Place, at, put

if TYPE_CHECKING:
    from ephoto.core.edited import Edited
    from ephoto.workflow.wire.transforms import Mask, PicturesAs, Scalar

__all__ = ["Field", "Fields"]

_PLACE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_TARGET = re.compile(r"[^\W\d][\w-]*(\.[^\W\d][\w-]*)*")  # Chinese names too; what XML takes for a name
_PICTURE = ".bytes"
_ANY = "*"

Known = Mapping[Place, frozenset[Place]]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the target; see the comments of the bundled mappings.

    `source` () means that `const` is all of it. `each` are the fields of every row of a list.
    """

    target: Place
    source: Place = ()
    const: Scalar | None = None
    default: Scalar | None = None
    enum: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    upper: bool = False
    mask: Mask | None = None
    encode: PicturesAs | None = None
    max_bytes: int = 0
    join: str = ""
    each: Fields | None = None

    @property
    def name(self) -> str:
        return ".".join(self.target)

    @property
    def picture(self) -> str:
        """The name of the file that this field holds, if it is one: photo.bytes is photo, id_card.front.bytes is
        id_card_front.
        """
        holds = self.encode is not None and self.source[-1:] == ("bytes",)
        return "_".join(self.source[:-1]) if holds else ""


@dataclass(frozen=True, slots=True)
class Fields:
    """The target's fields in the file's order."""

    fields: tuple[Field, ...] = ()

    @classmethod
    def from_edited(cls, edited: Edited, known: Known | None = None) -> Fields:
        """The fields of a table; an empty one gives none.

        Parameters
        ----------
        edited : target = { from = "...", ... }, or target = "place" for short
        known : the places that `from` may name (places.places); without them any

        Raises
        ------
        UsageError
            "settings_invalid".
        """
        made = tuple(_field(edited, key, known) for key in edited.names())
        targets = {one.target: one for one in made}
        for one in made:
            if any(one.target[:k] in targets for k in range(1, len(one.target))):
                edited.refuse(one.name, "it lies inside another field", "a name of its own")
        edited.done()
        return cls(made)

    def __bool__(self) -> bool:
        return bool(self.fields)

    @property
    def pictures(self) -> frozenset[str]:
        """The files that the fields hold."""
        return frozenset(one.picture for one in self.fields if one.picture)

    def values(
        self, document: Mapping[str, Any], files: Mapping[str, bytes] | None = None, *, encoding: str = "utf-8"
    ) -> dict[str, Any]:
        """The target's document: what is not there and has no default is left out.

        Parameters
        ----------
        document : as its schema has it
        files : pictures by name, for fields that hold them
        encoding : the target's, in which `max_bytes` counts

        Raises
        ------
        InputError
            "wf.value_too_long"; "wf.field_unfit" for a word that the mapping does not have, no date, or signs that
            the encoding lacks. None repeats a value.
        """
        made: dict[str, Any] = {}
        for one in self.fields:
            value = _value(one, document, files or {}, encoding)
            if value is not None:
                put(made, one.target, value)
        return made


def _field(edited: Edited, key: str, known: Known | None) -> Field:
    if not _TARGET.fullmatch(key):
        edited.refuse(key, "it is no name of a field", "letters, digits, _ and -; a dot leads into an inner object")
    target = tuple(key.split("."))
    if edited.is_word(key):
        source = _place(edited, key, edited.take(key, "", "a place in the document", bool), known)
        return Field(target, source)
    table = edited.table(key)
    const = table.scalar("const")
    if "each" in table:
        return _rows(table, target, known)
    if (const is None) == ("from" not in table):
        table.refuse("from", "either from or const is needed", "from, const")
    source = (
        ()
        if const is not None
        else _place(table, "from", table.take("from", "", "a place in the document", bool), known)
    )
    made = Field(
        target,
        source,
        const,
        table.scalar("default"),
        table.table("enum").words(lambda _: True, "words"),
        table.take("date", "", "%Y %m %d %H %M %S", lambda p: not p or transforms.fits_date(p)),
        table.take("upper", False, "true, false"),
        _choice(table, "mask", transforms.MASKS),
        _choice(table, "encode", transforms.ENCODINGS),
        table.take("max_bytes", 0, "a whole number above 0", lambda n: n > 0) if "max_bytes" in table else 0,
        table.take("join", "", "a sign between the words of a list"),
    )
    table.done()
    return made


def _rows(table: Edited, target: Place, known: Known | None) -> Field:
    source = _place(table, "each", table.take("each", "", "a list", bool), known)
    inner = None if known is None else dict.fromkeys(known[source], frozenset[Place]())
    each = Fields.from_edited(table.table("fields"), inner)
    table.done()
    if not each:
        table.refuse("fields", "it is missing", "the fields of each row")
    return Field(target, source, each=each)


def _place(table: Edited, key: str, text: str, known: Known | None) -> Place:
    place = tuple(text.split("."))
    if not _PLACE.fullmatch(text) or (known is not None and place not in known):
        names = sorted(".".join(one) for one in known or ())
        near = difflib.get_close_matches(text, names, 3) or names[:20]
        table.refuse(key, "the document has no such place", ", ".join(near) or "a place in the document")
    return place


def _choice(table: Edited, key: str, allowed: tuple[Any, ...]) -> Any:
    return table.take(key, "", ", ".join(allowed), allowed.__contains__) if key in table else None


def _value(one: Field, document: Mapping[str, Any], files: Mapping[str, bytes], encoding: str) -> Any:
    if one.const is not None:
        return one.const
    if one.picture:
        return _picture(one, files)
    value = at(document, one.source)
    if value is None:
        return _within(one, one.default, encoding)
    if one.each is not None:
        return [one.each.values(row, files, encoding=encoding) for row in value]
    if isinstance(value, (list, tuple)):
        words = [_scalar(one, part, encoding) for part in value]
        return _within(one, one.join.join(map(transforms.word, words)), encoding) if one.join else words
    return _within(one, _scalar(one, value, encoding), encoding)


def _picture(one: Field, files: Mapping[str, bytes]) -> Scalar | None:
    data = files.get(one.picture)
    if data is None or one.encode is None:
        return one.default
    if one.max_bytes and len(data) > one.max_bytes:
        raise InputError("wf.value_too_long", field=one.name, limit=one.max_bytes)
    return transforms.encoded(data, one.encode)


def _scalar(one: Field, value: Any, encoding: str) -> Scalar:
    """A value through the steps, in their order: enum, date, upper, mask, encode."""
    if not isinstance(value, (str, bool, int, float)):
        raise InputError("wf.field_unfit", field=one.name, problem="it is no word and no number")
    text = transforms.word(value)
    told = one.enum.get(text)
    if told is not None:
        return told
    if one.enum and not one.date:
        if _ANY not in one.enum:
            raise InputError("wf.field_unfit", field=one.name, problem="the mapping has no word for it")
        return one.enum[_ANY]
    if not (one.date or one.upper or one.mask or one.encode):
        return value
    if one.date:
        try:
            text = transforms.dated(text, one.date)
        except ValueError:
            raise InputError("wf.field_unfit", field=one.name, problem="it is no date as the mapping asks") from None
    text = text.upper() if one.upper else text
    text = transforms.masked(text, one.mask) if one.mask else text
    return transforms.encoded(_bytes(one, text, encoding), one.encode) if one.encode else text


def _within(one: Field, value: Scalar | None, encoding: str) -> Scalar | None:
    """The value, if it has room; it is never cut."""
    if isinstance(value, str):
        size = len(_bytes(one, value, encoding))
        if one.max_bytes and size > one.max_bytes:
            raise InputError("wf.value_too_long", field=one.name, limit=one.max_bytes)
    return value


def _bytes(one: Field, text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        raise InputError("wf.field_unfit", field=one.name, problem="its encoding lacks a sign") from None
