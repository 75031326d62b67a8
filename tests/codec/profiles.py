"""Colour profiles written by hand (ICC.1), since no profile of others is kept here."""

from __future__ import annotations

import struct

import numpy as np

__all__ = ["ADOBE_RGB", "DISPLAY_P3", "GREY_22", "SRGB_PARAMETRIC", "SRGB_TABLE", "cmyk_profile", "matrix_profile"]

_D50 = (0.9642, 1.0, 0.8249)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
# Colourants adapted to D50, columns X, Y, Z of red, green, blue.
_SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
_ADOBE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


def _fixed(values) -> bytes:
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def _xyz(values) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _desc(name: str) -> bytes:
    text = name.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78


def parametric(*values) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", 0 if len(values) == 1 else 3, 0) + _fixed(values)


def table(levels) -> bytes:
    levels = np.asarray(levels)
    return b"curv\0\0\0\0" + struct.pack(">I", len(levels)) + np.rint(levels * 65535).astype(">u2").tobytes()


def _profile(space: bytes, pcs: bytes, kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"wtpt": _xyz(_D50), b"cprt": b"text\0\0\0\0none\0", **tags}
    start = 132 + 12 * len(tags)
    index, body = struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        index += struct.pack(">4sII", name, start + len(body), len(data))
        body += data
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"test", 0x04200000 if b"para" in body else 0x02400000, kind, space, pcs)
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + _fixed(_D50)
    return header.ljust(128, b"\0") + index + body


def matrix_profile(name: str, colourants, curve: bytes) -> bytes:
    tags = {b"desc": _desc(name)}
    for letter, colourant in zip("rgb", colourants, strict=True):
        tags[f"{letter}XYZ".encode()] = _xyz(colourant)
        tags[f"{letter}TRC".encode()] = curve
    return _profile(b"RGB ", b"XYZ ", b"mntr", tags)


def cmyk_profile() -> bytes:
    """Four inks on a grid of two points each, to Lab: paper white, pure inks, and what they multiply to."""
    ink = {"c": (0.15, 0.55, 0.85), "m": (0.85, 0.15, 0.5), "y": (0.95, 0.88, 0.15), "k": (0.03, 0.03, 0.03)}
    grid = []
    for i in range(16):  # the last ink varies fastest
        light = np.ones(3)
        for bit, name in zip((8, 4, 2, 1), "cmyk", strict=True):
            if i & bit:
                light = light * np.array(ink[name])
        grid.append(_lab8(light))
    ramp = bytes(range(256))
    identity = _fixed((1, 0, 0, 0, 1, 0, 0, 0, 1))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + b"".join(grid) + ramp * 3
    return _profile(b"CMYK", b"Lab ", b"prtr", {b"desc": _desc("Test inks"), b"A2B0": lut})


def _lab8(light) -> bytes:
    """Lab, 8 bits a channel, of linear sRGB light."""
    xyz = np.array(_SRGB).T @ light / np.array(_D50)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab = (116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2]))
    return bytes(int(np.clip(round(v), 0, 255)) for v in (lab[0] * 2.55, lab[1] + 128, lab[2] + 128))


def _srgb_light(n: int):
    v = np.linspace(0, 1, n)
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


SRGB_PARAMETRIC = matrix_profile("Some other name", _SRGB, parametric(*_SRGB_CURVE))
SRGB_TABLE = matrix_profile("sRGB as a table", _SRGB, table(_srgb_light(1024)))
DISPLAY_P3 = matrix_profile("Display P3", _P3, parametric(*_SRGB_CURVE))
ADOBE_RGB = matrix_profile("Adobe RGB (1998)", _ADOBE, parametric(2.19921875))
CALLED_SRGB = matrix_profile("sRGB", _ADOBE, parametric(1.8))  # a name that lies
GREY_22 = _profile(
    b"GRAY", b"XYZ ", b"mntr", {b"desc": _desc("Grey 1.4"), b"kTRC": table(np.linspace(0, 1, 256) ** 1.4)}
)
