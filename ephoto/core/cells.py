"""Texts of cells that spreadsheets must not run as formulas, and the same texts back."""

from __future__ import annotations

import re

__all__ = ["defused", "restored"]

# What OWASP's page on CSV injection lists: the signs that start a formula, their full-width forms, and white space
# behind which some programs look for one. Apostrophes before it are counted, so that `restored` undoes `defused`.
_STARTS_A_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def defused(text: str) -> str:
    """A text that a spreadsheet would run as a formula, made a text by the apostrophe that spreadsheets know.

    >>> defused("=1+1"), defused("'=1+1"), defused("plain")
    ("'=1+1", "''=1+1", 'plain')
    """
    return f"'{text}" if _STARTS_A_FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text that `defused` was given: one apostrophe is taken away where a formula would follow.

    >>> restored("'=1+1"), restored("'twas")
    ('=1+1', "'twas")
    """
    return text[1:] if text.startswith("'") and _STARTS_A_FORMULA.match(text) else text
