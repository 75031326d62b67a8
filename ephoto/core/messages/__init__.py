"""Sentences by code, in English and Chinese: messages/en.toml and zh.toml are the only place that holds them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

__all__ = ["LANGUAGES", "Language", "codes", "text"]

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@cache
def _table(lang: Language) -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files(__package__).joinpath(f"{lang}.toml").read_text("utf-8"))


def codes(kind: str, lang: Language = "en") -> frozenset[str]:
    """Every code of one kind: "error", "finding" or "label"."""
    return frozenset(_table(lang).get(kind, {}))


def text(kind: str, code: str, part: str, lang: Language = "en", values: dict[str, Any] | None = None) -> str:
    """The sentence for a code, its placeholders filled in.

    Parameters
    ----------
    kind : "error", "finding" or "label"
    part : "message" or "hint" for errors; "title" or "hint" for findings; "text" for labels
    values : what the placeholders `{name}` stand for; lists are joined by commas
    """
    template = _table(lang)[kind][code][part]
    shown = {k: _plain(v) for k, v in (values or {}).items()}
    return template.format_map(shown)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(v) for v in value)
    return f"{value:.4g}" if isinstance(value, float) else value
