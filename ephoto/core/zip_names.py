"""Names of a zip's members as whoever packed them meant them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import zipfile

__all__ = ["name_of"]

_UTF8_FLAG = 0x800  # general purpose bit 11, APPNOTE.TXT 4.4.4


def name_of(member: zipfile.ZipInfo) -> str:
    """A member's path; where the archive does not say that it is UTF-8, as Chinese Windows writes it."""
    name = _stored_name(member)
    if member.flag_bits & _UTF8_FLAG:
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name


def _stored_name(member: zipfile.ZipInfo) -> str:
    """The name before zipfile made this system's separators of it: on Windows that would break signs of GBK whose
    second byte is a backslash.
    """
    stored = member.orig_filename.partition("\0")[0]
    same = member.filename == (stored if os.sep == "/" else stored.replace(os.sep, "/"))
    return stored if same else member.filename  # else it comes from a field of its own
