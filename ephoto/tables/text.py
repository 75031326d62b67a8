"""Texts of cells: their ends cleaned, the ID in them, and whether a number has lost digits on its way."""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from typing import Literal

__all__ = ["EXACT_DIGITS", "Hurt", "clean", "hurt_text", "number_text", "plain_id", "unwrapped_id"]

Hurt = Literal["rounded", "scientific", "zeros"]

EXACT_DIGITS = 15  # that Excel keeps of a number; support.microsoft.com, "Excel specifications and limits"
_SPACE = "".join(chr(n) for n in range(sys.maxunicode + 1) if chr(n).isspace())
# Marks that print nothing and come along when text is copied: soft hyphen, Arabic letter mark, Mongolian vowel
# separator, zero-width and joining marks, directions and isolates, word joiner, byte order mark.
_INVISIBLE = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_EDGE = _SPACE + _INVISIBLE
_NOT_IN_IDS = str.maketrans("", "", _EDGE)
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?[Ee]\+\d{2,3}")  # 1.10101E+17, as Excel, WPS and LibreOffice write it
_TEXT_FORMULA = re.compile(r'="([^"]*)"')
_ZEROS = re.compile(rf"[1-9]\d{{{EXACT_DIGITS - 1}}}0+")


def clean(text: str) -> str:
    """The text without white space and invisible marks at its ends; what is inside stays as it is."""
    return text.strip(_EDGE)


def plain_id(text: str) -> str:
    """An ID as it is compared: full-width signs made plain (NFKC), no space or invisible mark, capital letters.

    Cells are never changed in this way of themselves; who reads an ID asks for it.

    >>> plain_id("１１０１０１ 19900307 002x")
    '11010119900307002X'
    """
    return unicodedata.normalize("NFKC", text).translate(_NOT_IN_IDS).upper()


def unwrapped_id(text: str) -> str:
    """An ID without what exports put about it, so that spreadsheets leave its digits alone: '1101 or ="1101".

    >>> unwrapped_id("'0012"), unwrapped_id('="0012"'), unwrapped_id("0012")
    ('0012', '0012', '0012')
    """
    formula = _TEXT_FORMULA.fullmatch(clean(text))
    return clean(formula[1] if formula else clean(text).removeprefix("'"))


def hurt_text(text: str) -> Hurt | None:
    """Whether a text is what spreadsheets make of a long number.

    "scientific": digits are gone for certain ("1.10101E+17"). "zeros": more than 15 digits, of which all after the
    fifteenth are 0: what Excel writes of a number of 18 digits that it has rounded. That is a suspicion: about one
    ID number in a thousand ends so of itself (two zeros, and 0 as its check digit); the check digit can tell.

    >>> hurt_text("1.10101E+17"), hurt_text("110101199003070000"), hurt_text("110101199003070018")
    ('scientific', 'zeros', None)
    """
    if len(text) < 5 or not (text[0].isdigit() or text[0] in "+-"):
        return None
    if _SCIENTIFIC.fullmatch(text):
        return "scientific"
    return "zeros" if _ZEROS.fullmatch(text) else None


def number_text(value: float) -> tuple[str, Hurt | None]:
    """A number of a spreadsheet as text, whole ones without ".0", and "rounded" if it needed more than 15 digits.

    >>> number_text(12.0), number_text(0.1 + 0.2), number_text(110101199003070018.0)
    (('12', None), ('0.3', None), ('110101199003070016', 'rounded'))
    """
    if not math.isfinite(value):
        return str(value), "rounded"
    if abs(value) >= 10**EXACT_DIGITS:
        return str(int(value)), "rounded"
    if value == int(value):
        return str(int(value)), None
    return f"{value:.{EXACT_DIGITS}g}", None
