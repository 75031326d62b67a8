"""What may be shown of personal data: the few signs by which a person knows their own.

JR/T 0171-2020 asks for masked display of ID and mobile. A text that is not what a mask is for is hidden altogether.
With `strict`, less is shown.
"""

from __future__ import annotations

import re
from functools import cache

from ephoto.tables import plain_id
from ephoto.tables.text import clean
from ephoto.workflow.mobile import plain_mobile
from ephoto.workflow.regions import county_names, province_names

__all__ = ["HIDDEN", "mask_account", "mask_address", "mask_card", "mask_id", "mask_mobile", "mask_name"]

HIDDEN = "****"
_ID = re.compile(r"[0-9]{17}[0-9X]")
_OTHER_ID = re.compile(r"[0-9A-Z]{5,17}")
_CARD = re.compile(r"[0-9A-Z]{9}")
_ACCOUNT = re.compile(r"[0-9]{12,19}")
# Signs of a road, a village, a house, an estate or a shop: names of cities and districts that have one are hidden.
_NAME = r"[^\W\d_街路道镇乡村号楼院里弄巷小社园区县旗超夜]"
_CITY = re.compile(rf"{_NAME}{{1,10}}?(?:市|自治州|地区|盟)")
_DISTRICT = re.compile(rf"{_NAME}{{1,10}}?(?:区|县|旗)")


def mask_id(text: str, *, strict: bool = False) -> str:
    """An ID's number: the first six signs and the last four of 18, strictly one and one; of other numbers one and one.

    >>> mask_id("110101199003071234"), mask_id("110101199003071234", strict=True), mask_id("E12345678")
    ('110101********1234', '1****************4', 'E*******8')
    """
    number = plain_id(text)
    if _ID.fullmatch(number):
        return _kept(number, 1, 1) if strict else _kept(number, 6, 4)
    return _kept(number, 1, 1) if _OTHER_ID.fullmatch(number) else HIDDEN


def mask_mobile(text: str, *, strict: bool = False) -> str:
    """A mobile number: the first three digits and the last four, strictly the last two.

    >>> mask_mobile("+86 13800138000"), mask_mobile("13800138000", strict=True), mask_mobile("12")
    ('138****8000', '*********00', '****')
    """
    number = plain_mobile(text)
    if not number:
        return HIDDEN
    return _kept(number, 0, 2) if strict else _kept(number, 3, 4)


def mask_name(text: str, *, strict: bool = False) -> str:
    """A name: its first character, strictly none. The stars do not tell how long it is.

    >>> mask_name("张三"), mask_name("张"), mask_name("张三", strict=True)
    ('张**', '**', '**')
    """
    name = clean(text)
    return "**" if strict or len(name) < 2 else f"{name[0]}**"


def mask_account(text: str) -> str:
    """An account's number: the last four digits of 12 to 19.

    >>> mask_account("6200009999000000012"), mask_account("1234")
    ('***************0012', '****')
    """
    number = plain_id(text)
    return _kept(number, 0, 4) if _ACCOUNT.fullmatch(number) else HIDDEN


def mask_card(text: str, *, strict: bool = False) -> str:
    """A card's number, nine signs: the first and the last four, strictly the last two.

    >>> mask_card("T00000001"), mask_card("T00000001", strict=True)
    ('T****0001', '*******01')
    """
    number = plain_id(text)
    if not _CARD.fullmatch(number):
        return HIDDEN
    return _kept(number, 0, 2) if strict else _kept(number, 1, 4)


def mask_address(text: str, *, strict: bool = False) -> str:
    """An address: to its district, strictly to its province; what is not known to be one of these is hidden.

    >>> mask_address("北京市东城区某街1号"), mask_address("某街1号"), mask_address("北京市东城区某街1号", strict=True)
    ('北京市东城区****', '****', '北京市****')
    """
    rest = "".join(text.split())
    province = next((name for name in _provinces() if rest.startswith(name)), "")
    if not province or strict:
        return province + HIDDEN
    rest = rest.removeprefix(province)
    listed = county_names(province)
    if listed:
        return province + next((name for name in listed if rest.startswith(name)), "") + HIDDEN
    city = _CITY.match(rest)
    kept = city[0] if city else ""
    district = _DISTRICT.match(rest.removeprefix(kept))
    return province + kept + (district[0] if district else "") + HIDDEN


def _kept(text: str, first: int, last: int) -> str:
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last :]


@cache
def _provinces() -> tuple[str, ...]:
    return tuple(sorted(province_names(), key=len, reverse=True))
