"""TOML files that a user edits: each key is known, each value of its kind, and whatever is left out has its default."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ephoto.core.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Edited", "read_edited", "text_of"]

Value = TypeVar("Value", str, bool, int, float)


def text_of(path: Path) -> str:
    """The file's text.

    Raises
    ------
    InputError
        "not_readable".
    """
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError("not_readable", path=str(path), problem=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise InputError("not_readable", path=str(path), problem="the text is not UTF-8") from error


def read_edited(path: Path, text: str | None = None) -> Edited:
    """The file's table; of `text` where that is given, the file's name standing beside it in errors.

    Raises
    ------
    InputError
        "not_readable".
    UsageError
        "settings_invalid": it is no TOML.
    """
    try:
        raw = tomllib.loads(text_of(path) if text is None else text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError("settings_invalid", file=str(path), key="-", problem=str(error), allowed="TOML") from error
    return Edited(path, raw, "")


class Edited:
    """One table of such a file. What is never taken is unknown: `done` says so.

    Raises
    ------
    UsageError
        "settings_invalid", from every method, with the key and what is allowed there.
    """

    def __init__(self, file: Path, raw: dict[str, Any], at: str) -> None:
        self.file = file
        self._raw, self._at = raw, at
        self._taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def take(self, key: str, default: Value, allowed: str, fits: Callable[[Value], bool] = lambda _: True) -> Value:
        """The value of a key, of the default's kind; a whole number serves as a float."""
        self._taken.add(key)
        value = self._raw.get(key, default)
        if isinstance(default, float) and type(value) is int:
            value = float(value)
        if type(value) is not type(default) or not fits(value):
            self.refuse(key, f"it cannot be {value!r}", allowed)
        return value

    def table(self, key: str) -> Edited:
        """An inner table; an empty one if there is none."""
        self._taken.add(key)
        value = self._raw.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, "it is no table", f"[{self._at}{key}]")
        return Edited(self.file, value, f"{self._at}{key}.")

    def tables(self, key: str) -> list[Edited]:
        """Inner tables, [[key]] each."""
        self._taken.add(key)
        value = self._raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.refuse(key, "it is no list of tables", f"[[{self._at}{key}]]")
        return [Edited(self.file, one, f"{self._at}{key}.") for one in value]

    def numbers(self, key: str, default: tuple[float, ...], fits: Callable[[float], bool], allowed: str) -> Any:
        """As many numbers as the default has; one number stands for all of them."""
        self._taken.add(key)
        value = self._raw.get(key, list(default))
        given = value if isinstance(value, list) else [value] * len(default)
        right = len(given) == len(default) and all(type(n) in (int, float) and fits(float(n)) for n in given)
        if not right:
            self.refuse(key, f"it cannot be {value!r}", allowed)
        return tuple(float(n) for n in given)

    def listed(self, key: str, fits: Callable[[str], bool], allowed: str) -> tuple[str, ...]:
        """A list of words, none twice; an empty one if there is none."""
        self._taken.add(key)
        value = self._raw.get(key, [])
        right = isinstance(value, list) and all(isinstance(one, str) and fits(one) for one in value)
        if not right or len(set(value)) != len(value):
            self.refuse(key, f"it cannot be {value!r}", allowed)
        return tuple(value)

    def day(self, key: str) -> date:
        """A date, which must be there."""
        self._taken.add(key)
        value = self._raw.get(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(key, "it is missing" if value is None else f"it cannot be {value!r}", "2026-01-31")
        return value

    def named(self, key: str) -> dict[str, Edited]:
        """The tables inside a table, by names that the user chooses."""
        inner = self.table(key)
        return {name: inner.table(name) for name in inner}

    def rest(self, *besides: str) -> dict[str, Any]:
        """All but some of the keys, as they are: whoever takes them sees to it that each is known."""
        self._taken |= set(self._raw) - set(besides)
        return {key: value for key, value in self._raw.items() if key not in besides}

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def words(self, fits: Callable[[str], bool], allowed: str) -> dict[str, str]:
        """The whole table as words by keys that the user chooses."""
        for key, value in self._raw.items():
            if not isinstance(value, str) or not fits(value):
                self.refuse(key, f"it cannot be {value!r}", allowed)
        self._taken |= set(self._raw)
        return dict(self._raw)

    def names(self) -> list[str]:
        """The keys in the file's order, for tables whose keys the user chooses; asking takes none of them."""
        return list(self._raw)

    def texts(self, key: str, default: tuple[str, ...], fits: Callable[[str], bool], allowed: str) -> tuple[str, ...]:
        """A list of words."""
        self._taken.add(key)
        value = self._raw.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(one, str) and fits(one) for one in value):
            self.refuse(key, f"it cannot be {value!r}", allowed)
        return tuple(value)

    def is_word(self, key: str) -> bool:
        """Whether a word stands there, where a table might; asking does not take it."""
        return isinstance(self._raw.get(key), str)

    def scalar(self, key: str) -> str | bool | int | float | None:
        """A word, a number, or true or false, whichever the user chose; None if there is none."""
        self._taken.add(key)
        value = self._raw.get(key)
        if value is not None and type(value) not in (str, bool, int, float):
            self.refuse(key, f"it cannot be {value!r}", "a word, a number, true, false")
        return value

    def done(self) -> None:
        """Refuse keys that nobody took."""
        unknown = sorted(set(self._raw) - self._taken)
        if unknown:
            self.refuse(unknown[0], "unknown key", ", ".join(sorted(self._taken)))

    def refuse(self, key: str, problem: str, allowed: str) -> NoReturn:
        raise UsageError(
            "settings_invalid", file=str(self.file), key=f"{self._at}{key}", problem=problem, allowed=allowed
        )
