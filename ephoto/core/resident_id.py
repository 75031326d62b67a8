"""The check digit of China's 18-digit ID numbers."""

from __future__ import annotations

__all__ = ["check_digit", "has_true_check_digit"]

LENGTH = 18
_DIGITS = "10X98765432"  # by the weighted sum modulo 11


def check_digit(first_17: str) -> str:
    """The eighteenth sign for seventeen digits: ISO 7064 MOD 11-2, as GB 11643-1999 has it.

    >>> check_digit("11010519491231002")
    'X'
    """
    total = sum(int(digit) * (2 ** (LENGTH - 1 - place) % 11) for place, digit in enumerate(first_17))
    return _DIGITS[total % 11]


def has_true_check_digit(number: str) -> bool:
    """Whether a text is seventeen digits and the sign that belongs to them."""
    first = number[:-1]
    plain = len(number) == LENGTH and first.isascii() and first.isdecimal()
    return plain and check_digit(first) == number[-1]
