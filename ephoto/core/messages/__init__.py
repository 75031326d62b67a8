"""Sentences by code, in English and Chinese: messages/en.toml and zh.toml are the only place that holds them."""

from __future__ import annotations

import re
import string
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Any, Literal

__all__ = ["LANGUAGES", "Language", "codes", "outline", "phrase", "placeholders", "text", "visible"]

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
_LAST_VALUE = re.compile(r"(?:\s?[(（]\{\w+\}[)）]|\s?[:：]\s?\{\w+\})([.。]|$)")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# Values of errors that are words: whoever raises says them in English, like the system does, or by a field's name.
_WORDED = frozenset({"allowed", "field", "kind", "missing", "problem", "reason", "route", "side", "sides"})


@cache
def _table(lang: Language) -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files(__package__).joinpath(f"{lang}.toml").read_text("utf-8"))


def codes(kind: str, lang: Language = "en") -> frozenset[str]:
    """Every code of one kind: "error", "finding", "label", "phrase"; of liveness "prompt", "guidance", "reason", "cue";
    of the card workflow "wf".
    """
    return frozenset(_table(lang).get(kind, {}))


def text(kind: str, code: str, part: str, lang: Language = "en", values: dict[str, Any] | None = None) -> str:
    """The sentence for a code, its placeholders filled in.

    Parameters
    ----------
    kind : as for `codes`
    part : "message" or "hint" for errors and the workflow; "title" or "hint" for findings; "title" or "text" for
        prompts and cues; "text" for all others
    values : what the placeholders `{name}` stand for; lists are joined by commas, known words are translated
    """
    template = _table(lang)[kind][code][part]
    shown = {k: _shown(k, v, lang) for k, v in (values or {}).items()}
    return template.format_map(shown)


def placeholders(kind: str, code: str) -> frozenset[str]:
    """The names of the values that the sentences for a code need.

    >>> sorted(placeholders("wf", "transition_refused"))
    ['allowed', 'event', 'state']
    """
    sentences = _table("en")[kind][code].values()
    return frozenset(name for one in sentences for _, name, _, _ in string.Formatter().parse(one) if name)


def outline(kind: str, code: str, part: str, lang: Language = "en") -> str:
    """The sentence for a code with a mark for every value: what many cases of it have in common.

    A value in brackets or after a colon at the end is left out.

    >>> outline("error", "no_face", "message"), outline("error", "empty", "message")
    ('No face was found.', 'The photo has no bytes.')
    """
    sentence = _LAST_VALUE.sub(r"\1", _table(lang)[kind][code][part])
    return re.sub(r"\{\w+\}", "…", sentence)


def phrase(words: str, lang: Language) -> str:
    """A piece of a sentence, said in English where it arose, in the language: whole, or as far as it is known.

    >>> phrase("top 3.2 mm", "zh")
    '上方 3.2 mm'
    """
    if lang == "en":
        return words
    known = {entry["text"]: code for code, entry in _table("en")["phrase"].items()}
    start = max((k for k in known if words == k or words.startswith(f"{k} ")), key=len, default=None)
    return words if start is None else text("phrase", known[start], "text", lang) + words[len(start) :]


def visible(words: str) -> str:
    r"""Words that may come from a file or its name, with control signs as escapes: no terminal obeys a photo.

    >>> print(visible("a" + chr(27) + "[2J"))
    a\x1b[2J
    """
    return _CONTROL.sub(lambda sign: sign[0].encode("unicode_escape").decode(), words)


def _shown(key: str, value: Any, lang: Language) -> Any:
    if key == "rule" and f"frame_{value}" in codes("finding"):
        return text("finding", f"frame_{value}", "title", lang)
    return _plain(value, lang if key in _WORDED else "en")


def _plain(value: Any, lang: Language) -> Any:
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(_plain(v, lang)) if isinstance(v, str) else str(v) for v in value)
    if isinstance(value, str):
        return visible(phrase(value, lang))
    if isinstance(value, PurePath):
        return visible(str(value))
    return f"{value:.4g}" if isinstance(value, float) else value
