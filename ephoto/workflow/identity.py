"""ID numbers of 18 signs: whose birth date, sex and region they tell, and what is wrong with one.

GB 11643-1999: six digits of the region, eight of the birth date, three in sequence (the last one odd for men), a check
digit (core.resident_id). Residence permits of people from Hong Kong, Macao and Taiwan are made alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from ephoto.core.errors import InputError
from ephoto.core.resident_id import has_true_check_digit
from ephoto.tables import plain_id
from ephoto.workflow.regions import is_province, is_residence_permit, known_county

if TYPE_CHECKING:
    from ephoto.workflow.values import Sex

__all__ = ["IdNumber", "age_on", "fits_other_id", "read_id"]

_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_OLD_SHAPE = re.compile(r"[0-9]{15}")  # out of use since 2013
_OTHER_SHAPE = re.compile(r"[0-9A-Z]{5,18}")  # as contracts/common.1.json has it


@dataclass(frozen=True, slots=True)
class IdNumber:
    """What a number says.

    Attributes
    ----------
    number : 18 signs, plain digits, X in capitals
    region : the first six digits
    region_known : false where the province's counties are listed and this is none of them; that is no error
    residence_permit : it is one of Hong Kong, Macao or Taiwan
    """

    number: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: Sex = field(repr=False)
    region: str
    region_known: bool
    residence_permit: bool


def read_id(text: str, *, today: date | None = None) -> IdNumber:
    """The number in a text, which may have full-width signs, spaces and a small x.

    Parameters
    ----------
    today : where it is given, nobody is born after it

    Raises
    ------
    InputError
        "wf.id_invalid": it is not 18 signs as these numbers have them (one of 15 digits is never made into one of 18),
        or there is no such province; "wf.id_check_digit"; "wf.id_birth_date": that day does not exist or is to come.
        None of them holds the number.
    """
    number = plain_id(text)
    if _OLD_SHAPE.fullmatch(number):
        raise InputError("wf.id_invalid", problem="it has 15 digits, which are out of use")
    if not _SHAPE.fullmatch(number):
        raise InputError("wf.id_invalid", problem="it is not 17 digits and a digit or X")
    if not has_true_check_digit(number):
        raise InputError("wf.id_check_digit")
    permit = is_residence_permit(number[:2])
    if not permit and not is_province(number[:2]):
        raise InputError("wf.id_invalid", problem="there is no such province")
    born = _day(number[6:14])
    if born is None or (today is not None and born > today):
        raise InputError("wf.id_birth_date")
    sex: Sex = "M" if int(number[16]) % 2 else "F"
    return IdNumber(number, born, sex, number[:6], known_county(number[:6]), permit)


def fits_other_id(text: str) -> bool:
    """Whether a text may be the number of another document: 5 to 18 capital letters and digits."""
    return _OTHER_SHAPE.fullmatch(text) is not None


def age_on(born: date, day: date) -> int:
    """Full years on a day. Who was born on 29 February is a year older on 1 March of a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
