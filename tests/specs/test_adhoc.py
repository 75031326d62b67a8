"""Specs made up for one size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.errors import UsageError
from ephoto.core.messages import LANGUAGES
from ephoto.core.units import px_from_mm
from ephoto.specs import load


@pytest.mark.parametrize(
    ("size", "dpi", "wh", "mm", "name"),
    [
        ("25x35mm", 300, (295, 413), (25, 35), "25x35mm"),
        ("25 X 35 MM", 300, (295, 413), (25, 35), "25x35mm"),
        ("25×35mm", 254, (250, 350), (25, 35), "25x35mm-254dpi"),
        ("26*32mm", 350, (358, 441), (26, 32), "26x32mm-350dpi"),
        ("33.5x48mm", 300, (396, 567), (33.5, 48), "33.5x48mm"),
        ("295x413px", 300, (295, 413), None, "295x413px"),
        ("295x413px", 600, (295, 413), None, "295x413px-600dpi"),
        ("2x2in", 300, (600, 600), (50.8, 50.8), "2x2in"),
        ("2x2inch", 300, (600, 600), (50.8, 50.8), "2x2in"),
    ],
)
def test_forms_of_a_size(size: str, dpi: int, wh: tuple[int, int], mm: object, name: str) -> None:
    spec = load.adhoc(size, dpi)
    assert (spec.size_wh, spec.dpi, spec.id) == (wh, dpi, name)
    assert spec.size_mm == (None if mm is None else pytest.approx(mm))


@pytest.mark.parametrize(
    ("kb", "low", "high"),
    [
        (None, None, None),
        ("14-30", 14336, 30000),
        (" 14 - 30 ", 14336, 30000),
        ("-30", None, 30000),
        ("0-30", None, 30000),
        ("14-", 14336, None),
        ("9.5-20", 9728, 20000),
    ],
)
def test_forms_of_a_byte_window(kb: str | None, low: int | None, high: int | None) -> None:
    window = load.adhoc("25x35mm", kb=kb).window
    assert (window.name, window.low, window.high) == ("default", low, high)


@pytest.mark.parametrize(
    ("given_format", "format_", "suffix"), [("JPEG", "JPEG", ".jpg"), ("jpg", "JPEG", ".jpg"), ("png", "PNG", ".png")]
)
def test_format_and_file_names_agree(given_format: str, format_: str, suffix: str) -> None:
    spec = load.adhoc("25x35mm", format=given_format)
    assert spec.format == format_
    assert all(name.endswith(suffix) for name in spec.names)


def test_the_face_stands_by_the_iso_defaults_and_the_ground_may_be_any() -> None:
    spec = load.adhoc("25x35mm")
    assert spec.rules == load.get("cn-1inch").rules
    assert (spec.background.edit, spec.background.default) == ("ok", "replace")
    assert spec.notes[0].startswith("Made up")


BAD = [
    ({"size": "25x35"}, "--size", "25x35mm"),
    ({"size": "25mm"}, "--size", "25x35mm"),
    ({"size": "25x35cm"}, "--size", "mm, px or in"),
    ({"size": "25x35.5px"}, "--size", "mm, px or in"),
    ({"size": "-25x35mm"}, "--size", "25x35mm"),
    ({"size": "0x35mm"}, "--size", "48"),
    ({"size": "2x2px"}, "--size", "48"),
    ({"size": "9999x9999mm"}, "--size", "12000"),
    ({"size": ""}, "--size", "25x35mm"),
    ({"size": "25x35mm", "dpi": 10}, "--dpi", "30 to 2400"),
    ({"size": "25x35mm", "dpi": 9999}, "--dpi", "30 to 2400"),
    ({"size": "25x35mm", "kb": "30"}, "--kb", "14-30"),
    ({"size": "25x35mm", "kb": "30-14"}, "--kb", "14-30"),
    ({"size": "25x35mm", "kb": "20-20"}, "--kb", "1024"),
    ({"size": "25x35mm", "kb": "-"}, "--kb", "14-30"),
    ({"size": "25x35mm", "kb": "-0"}, "--kb", "14-30"),
    ({"size": "25x35mm", "kb": "a-b"}, "--kb", "14-30"),
    ({"size": "25x35mm", "format": "gif"}, "format", "JPEG, PNG"),
]


@pytest.mark.parametrize(("options", "option", "allowed"), BAD, ids=[" ".join(map(str, b[0].values())) for b in BAD])
def test_a_wrong_form_names_the_option_and_the_forms(options: dict[str, object], option: str, allowed: str) -> None:
    with pytest.raises(UsageError) as caught:
        load.adhoc(**options)  # type: ignore[arg-type]
    assert caught.value.code == "bad_option"
    assert caught.value.values["option"] == option
    for lang in LANGUAGES:
        assert allowed in caught.value.hint(lang)


@given(st.integers(10, 100), st.integers(10, 100), st.integers(150, 1200))
def test_px_follow_from_mm_and_dpi(width: int, height: int, dpi: int) -> None:
    assert load.adhoc(f"{width}x{height}mm", dpi).size_wh == (px_from_mm(width, dpi), px_from_mm(height, dpi))
