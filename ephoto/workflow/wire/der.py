"""As much of DER (X.690) as SM2 keys and signatures need, strictly: each value is read in one form only."""

from __future__ import annotations

__all__ = ["BITS", "INTEGER", "OCTETS", "OID", "SEQUENCE", "elements", "number", "only", "packed", "packed_number"]

INTEGER, BITS, OCTETS, OID, SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30
_LONG = 0x80  # from this length on, the length has a length


def packed(tag: int, content: bytes) -> bytes:
    """One element."""
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, _LONG | len(length))) + length + content


def packed_number(value: int) -> bytes:
    """An INTEGER that is not negative: a zero in front where the first bit would say that it were.

    >>> packed_number(128).hex(), packed_number(0).hex()
    ('02020080', '020100')
    """
    return packed(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def elements(data: bytes) -> list[tuple[int, bytes]]:
    """The elements that the bytes are made of: tags and contents.

    Raises
    ------
    ValueError
        They are not DER.
    """
    made = []
    while data:
        if len(data) < 2:
            raise ValueError("cut short")
        tag, size, start = data[0], data[1], 2
        if size >= _LONG:
            start += size - _LONG
            size = int.from_bytes(data[2:start])
            if not 1 <= start - 2 <= 4 or size < _LONG or size.to_bytes(start - 2)[0] == 0:
                raise ValueError("a length in another form")
        if len(data) < start + size:
            raise ValueError("cut short")
        made.append((tag, data[start : start + size]))
        data = data[start + size :]
    return made


def only(data: bytes, tag: int) -> bytes:
    """The content of the one element that the bytes are.

    Raises
    ------
    ValueError
        They are another one, or several.
    """
    found = elements(data)
    if len(found) != 1 or found[0][0] != tag:
        raise ValueError("another element")
    return found[0][1]


def number(content: bytes) -> int:
    """The value of an INTEGER's content.

    Raises
    ------
    ValueError
        It is negative, or has zeros in front that it does not need.
    """
    if not content or content[0] >= 0x80 or (len(content) > 1 and content[0] == 0 and content[1] < 0x80):
        raise ValueError("a number in another form")
    return int.from_bytes(content)
