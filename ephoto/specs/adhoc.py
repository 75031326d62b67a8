"""A spec made up for one size: what `--size`, `--dpi` and `--kb` mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ephoto.core.errors import UsageError
from ephoto.core.units import px_from_mm, round_half_up
from ephoto.specs.files import inherit
from ephoto.specs.resolve import MAX_SIDE_PX, MIN_SIDE_PX, resolve

if TYPE_CHECKING:
    from ephoto.specs.files import Table
    from ephoto.specs.model import Spec

__all__ = ["adhoc"]

MIN_DPI, MAX_DPI = 30, 2400
KIB, KB = 1024, 1000  # "K" is never defined: a minimum counts 1024, a maximum 1000, which is inside both readings

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*[x×*]\s*([0-9]+(?:\.[0-9]+)?)\s*(mm|px|in|inch)", re.IGNORECASE)
_KB = re.compile(r"([0-9]+(?:\.[0-9]+)?)?\s*-\s*([0-9]+(?:\.[0-9]+)?)?")


def adhoc(size: str, dpi: int = 300, kb: str | None = None, format: str = "JPEG") -> Spec:
    """A spec of this size, with the ISO defaults for the face, on white.

    Parameters
    ----------
    size : str
        Width and height with their unit: "25x35mm", "295x413px", "2x2in".
    dpi : int
        Pixels of a size in mm or inches, and what the file's header says.
    kb : str, optional
        Bounds on the file: "14-30", "14-" or "-30", in K.
    format : str
        "JPEG" or "PNG".

    Raises
    ------
    UsageError
        "bad_option" that names the option and the forms it takes.
    """
    width, height, unit = _size(size)
    if not MIN_DPI <= dpi <= MAX_DPI:
        raise UsageError("bad_option", option="--dpi", value=dpi, allowed=f"{MIN_DPI} to {MAX_DPI}")
    px = [_px(side, unit, dpi) for side in (width, height)]
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in px):
        allowed = f"{MIN_SIDE_PX} to {MAX_SIDE_PX} px a side"
        raise UsageError("bad_option", option="--size", value=f"{size} ({px[0]} x {px[1]} px)", allowed=allowed)
    kind = {"JPEG": "JPEG", "JPG": "JPEG", "PNG": "PNG"}.get(format.upper())
    if kind is None:
        raise UsageError("bad_option", option="format", value=format, allowed="JPEG, PNG")
    asked = {"source": "asked for", "grade": "D"}
    key = "inch" if unit == "in" else unit
    sides = [int(width), int(height)] if unit == "px" else [width, height]
    raw: Table = {
        "size": {key: {"value": sides, **asked}, "dpi": {"value": dpi, **asked}},
        "file": {"format": kind},
        "notes": ["Made up for one size: the face stands by ISO/IEC 19794-5, no authority has checked it."],
    }
    if kb is not None:
        raw["bytes"] = {"default": _window(kb) | asked}
    text = f"{width:g}x{height:g}{unit}" + ("" if dpi == 300 else f"-{dpi}dpi")
    raw["title"] = {
        "en": f"{width:g} x {height:g} {unit} at {dpi} dpi",
        "zh": f"{width:g} x {height:g} {unit}，{dpi} dpi",
    }
    return resolve(inherit(raw, file=text), spec_id=text, file=text)


def _size(text: str) -> tuple[float, float, str]:
    match = _SIZE.fullmatch(text.strip())
    if match is None or (match[3].lower() == "px" and ("." in match[1] or "." in match[2])):
        allowed = "WIDTHxHEIGHT with mm, px or in, such as 25x35mm, 295x413px or 2x2in"
        raise UsageError("bad_option", option="--size", value=text, allowed=allowed)
    unit = match[3].lower()
    return float(match[1]), float(match[2]), "in" if unit == "inch" else unit


def _px(side: float, unit: str, dpi: int) -> int:
    if unit == "mm":
        return px_from_mm(side, dpi)
    return round_half_up(side * dpi) if unit == "in" else round(side)


def _window(text: str) -> dict[str, int]:
    """ "14-30" as bytes, inside both meanings of K."""
    match = _KB.fullmatch(text.strip())
    window: dict[str, int] = {}
    if match is not None:
        if match[1] and float(match[1]) > 0:
            window["min"] = round(float(match[1]) * KIB)
        if match[2]:
            window["max"] = round(float(match[2]) * KB)
    if not window or window.get("max") == 0 or window.get("min", 0) > window.get("max", window.get("min", 0)):
        allowed = "MIN-MAX in K, such as 14-30, or 14- or -30 (a minimum counts 1024 bytes, a maximum 1000)"
        raise UsageError("bad_option", option="--kb", value=text, allowed=allowed)
    return window
