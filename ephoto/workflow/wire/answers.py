"""How a target's answer is read: which of its fields is which of ours, when it is good, and what its codes mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.wire import transforms
from ephoto.workflow.wire.places import Place, at, put
from ephoto.workflow.wire.refusals import OTHER, is_code, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ephoto.core.edited import Edited
    from ephoto.workflow.wire.transforms import Scalar

__all__ = ["AnswerField", "Response", "response"]

_ANY = "*"
_WHOLE = re.compile("-?[0-9]{1,15}")
_CODE, _TEXT = "code", "text"  # of what is refused


@dataclass(frozen=True, slots=True)
class AnswerField:
    """One field of ours; `source` () means that `const` is all of it. `each` are the fields of every row of a list.

    Formats that know texts only need `true`, the words that mean true where all others mean false, and `whole` for
    whole numbers.
    """

    target: Place
    source: Place = ()
    const: Scalar | None = None
    default: Scalar | None = None
    enum: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    zone: str = "+08:00"
    true: tuple[str, ...] = ()
    whole: bool = False
    each: tuple[AnswerField, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """The table `response` of a mapping file.

    Attributes
    ----------
    ok : a field and the words that it has in a good answer; () if the HTTP status alone tells
    fields : ours, in the file's order; () takes the answer as it is
    errors : the target's codes and ours; "*" stands for all others
    """

    ok: Place = ()
    ok_values: tuple[str, ...] = ()
    fields: tuple[AnswerField, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    def read(self, answer: Mapping[str, Any], *, good: bool = True, private: Iterable[str] = ()) -> dict[str, Any]:
        """Our document; the answer's fields that nobody asked for are under "extra".

        Parameters
        ----------
        good : whether the HTTP status was one of success
        private : words that must not be told on, such as the applicant's name

        Raises
        ------
        InputError
            The code of [response.errors]: the answer is not good.
        EnvironmentFault
            "target_nonsense": a field is not what the mapping says; none is repeated.
        """
        if self.ok:
            said = at(answer, self.ok)
            good = good and _worded(said) in self.ok_values
        if not good:
            raise self._refusal(answer, private)
        made: dict[str, Any] = {}
        for one in self.fields:
            if one.target not in ((_CODE,), (_TEXT,)):
                value = _value(one, answer)
                if value is not None:
                    put(made, one.target, value)
        taken = {one.source[0] for one in self.fields if one.source} | set(self.ok[:1])
        extra = {key: value for key, value in answer.items() if key not in taken}
        return made | ({"extra": extra} if extra else {})

    def _refusal(self, answer: Mapping[str, Any], private: Iterable[str]) -> Exception:
        given = {one.target: at(answer, one.source) for one in self.fields if one.target in ((_CODE,), (_TEXT,))}
        said, text = given.get((_CODE,)), given.get((_TEXT,))
        own = _worded(said)
        code = self.errors.get(own, self.errors.get(_ANY, OTHER))
        return refusal(code, text if isinstance(text, str) else "", private, target_code=own)


def response(edited: Edited) -> Response:
    """Read the table.

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    ok = edited.table("ok")
    place: Place = ()
    values: tuple[str, ...] = ()
    if "ok" in edited:
        place = tuple(ok.take("field", "", "a place in the answer", bool).split("."))
        values = ok.texts("values", (), bool, "words")
        if not values:
            ok.refuse("values", "it is missing", "words")
        ok.done()
    fields = _fields(edited.table("fields"))
    errors = edited.table("errors").words(is_code, "a code such as wf.name_mismatch")
    edited.done()
    return Response(place, values, fields, errors)


def _fields(edited: Edited) -> tuple[AnswerField, ...]:
    return tuple(_field(edited, key) for key in edited.names())


def _field(edited: Edited, key: str) -> AnswerField:
    target = tuple(key.split("."))
    if edited.is_word(key):
        return AnswerField(target, tuple(edited.take(key, "", "a place in the answer", bool).split(".")))
    table = edited.table(key)
    if "each" in table:
        source = tuple(table.take("each", "", "a list in the answer", bool).split("."))
        made = AnswerField(target, source, each=_fields(table.table("fields")))
    else:
        const = table.scalar("const")
        if (const is None) == ("from" not in table):
            table.refuse("from", "either from or const is needed", "from, const")
        made = AnswerField(
            target,
            () if const is not None else tuple(table.take("from", "", "a place in the answer", bool).split(".")),
            const,
            table.scalar("default"),
            table.table("enum").words(lambda _: True, "words"),
            table.take("date", "", "%Y %m %d %H %M %S", lambda p: not p or transforms.fits_date(p)),
            table.take("zone", "+08:00", "Z, +08:00", transforms.fits_zone),
            table.texts("true", (), bool, "words"),
            table.take("whole", False, "true, false"),
        )
    table.done()
    return made


def _value(one: AnswerField, answer: Mapping[str, Any]) -> Any:
    if one.const is not None:
        return one.const
    value = at(answer, one.source)
    if value is None or value == "":
        return one.default
    if one.each:
        rows = value if isinstance(value, list) else [value]  # XML does not tell a list of one
        return [_row(one, row) for row in rows]
    text = _worded(value)
    if one.true:
        return text in one.true
    if one.whole:
        if not _WHOLE.fullmatch(text):
            raise _nonsense(one, "it is no whole number")
        return int(text)
    if not (one.enum or one.date):
        return value
    told = one.enum.get(text)
    if told is None and one.enum and not one.date:
        told = one.enum.get(_ANY)
        if told is None:
            raise _nonsense(one, "the mapping has no word for it")
    if told is not None:
        return told
    try:
        return transforms.read_date(text, one.date, one.zone)
    except ValueError:
        raise _nonsense(one, "it is no date as the mapping asks") from None


def _row(one: AnswerField, row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise _nonsense(one, "it is not an object")
    made: dict[str, Any] = {}
    for inner in one.each:
        value = _value(inner, row)
        if value is not None:
            put(made, inner.target, value)
    return made


def _nonsense(one: AnswerField, problem: str) -> EnvironmentFault:
    return EnvironmentFault("target_nonsense", problem=problem, field=".".join(one.target))


def _worded(value: object) -> str:
    return transforms.word(value) if isinstance(value, (str, bool, int, float)) else ""
