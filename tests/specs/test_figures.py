"""Key figures typed in by hand from the reference, independently of the data files."""

from __future__ import annotations

import pytest

from ephoto.specs import load

SIZES = {
    "cn-social-security-card": (358, 441, 350),
    "cn-resident-id": (358, 441, 350),
    "cn-residence-permit": (358, 441, 350),
    "cn-passport": (354, 472, 300),
    "cn-passport-print": (390, 567, 300),
    "cn-driving-licence": (260, 378, 300),
    "cn-1inch": (295, 413, 300),
    "cn-small-1inch": (260, 378, 300),
    "cn-large-1inch": (390, 567, 300),
    "cn-2inch": (413, 579, 300),
    "cn-small-2inch": (413, 531, 300),
    "cn-large-2inch": (413, 626, 300),
    "cn-teacher": (150, 200, 300),
    "cn-student-record": (480, 640, 300),
    "us-passport": (600, 600, 300),
    "us-visa": (600, 600, 300),
    "schengen": (413, 531, 300),
    "de-passport": (622, 800, 451),
    "uk-passport": (600, 750, 300),
    "uk-passport-print": (413, 531, 300),
    "india-passport": (630, 810, 457),
    "japan-passport": (413, 531, 300),
    "japan-passport-upload": (600, 730, 300),
    "korea-passport": (413, 531, 300),
    "hk-passport": (1200, 1600, 600),
    "hk-passport-print": (472, 591, 300),
    "tw-passport": (413, 531, 300),
    "canada-passport": (591, 827, 300),
    "canada-passport-online": (1200, 1800, 600),
    "australia": (413, 531, 300),
    "icao-9303": (413, 531, 300),
}
BOUNDS = [  # as the authority states them, in its own unit
    ("cn-social-security-card", "face_width", "px", 179, 255),
    ("cn-social-security-card", "hair_top_gap", "px", 7, 21),
    ("cn-social-security-card", "eye_mid_x", "px", 162, 196),
    ("cn-social-security-card", "eye_line_from_bottom", "px", 207, None),
    ("cn-resident-id", "face_width", "px", 193, 221),
    ("cn-resident-id", "hair_top_gap", "px", 7, 21),
    ("cn-resident-id", "eye_line_from_bottom", "px", 207, None),
    ("cn-residence-permit", "face_width", "px", 193, 221),
    ("cn-passport", "face_width", "ratio", 0.53, 0.80),
    ("cn-passport", "ied", "ratio", 0.232, 0.333),
    ("cn-passport", "hair_chin", "ratio", 0.75, 0.826),
    ("cn-passport", "eye_from_top", "ratio", 0.373, 0.521),
    ("cn-passport", "hair_top_gap", "ratio", 0.053, 0.095),
    ("cn-passport-print", "head_width", "mm", 15, 22),
    ("cn-passport-print", "crown_chin", "mm", 28, 33),
    ("cn-passport-print", "hair_top_gap", "mm", 3, 5),
    ("cn-passport-print", "chin_gap", "mm", 7, None),
    ("cn-driving-licence", "head_width", "mm", 14, 16),
    ("cn-driving-licence", "hair_chin", "mm", 19, 22),
    ("cn-driving-licence", "hair_top_gap", "px", 10, 20),
    ("us-passport", "hair_chin", "inch", 1, 1.375),
    ("us-passport", "eye_line_from_bottom", "inch", 1.125, 1.375),
    ("us-visa", "hair_chin", "ratio", 0.50, 0.69),
    ("us-visa", "eye_line_from_bottom", "ratio", 0.56, 0.69),
    ("schengen", "crown_chin", "mm", 32, 36),
    ("schengen", "eye_line_from_bottom", "mm", 22, 32),
    ("de-passport", "crown_chin", "mm", 32, 36),
    ("de-passport", "eye_from_top", "ratio", 0.3, 0.5),
    ("de-passport", "ied", "px", 120, None),
    ("uk-passport", "crown_chin", "ratio", 0.64, 0.76),
    ("uk-passport-print", "crown_chin", "mm", 29, 34),
    ("india-passport", "crown_chin", "ratio", 0.80, 0.85),
    ("japan-passport", "crown_chin", "mm", 32, 36),
    ("japan-passport", "crown_gap", "mm", 2, 6),
    ("japan-passport", "chin_gap", "mm", 5, 9),
    ("japan-passport", "side_gap", "mm", 2, None),
    ("korea-passport", "crown_chin", "mm", 32, 36),
    ("hk-passport-print", "crown_chin", "mm", 32, 36),
    ("tw-passport", "crown_chin", "mm", 32, 36),
    ("canada-passport", "crown_chin", "mm", 31, 36),
    ("canada-passport-online", "crown_chin", "ratio", 0.45, 0.50),
    ("canada-visa", "crown_chin", "mm", 31, 36),
    ("australia", "crown_chin", "mm", 32, 36),
    ("icao-9303", "eye_mid_x", "ratio", 0.45, 0.55),
    ("icao-9303", "eye_from_top", "ratio", 0.30, 0.50),
    ("icao-9303", "head_width", "ratio", 0.50, 0.75),
    ("icao-9303", "crown_chin", "ratio", 0.60, 0.90),
    ("icao-9303", "ied", "px", 90, None),
]
PX = [  # the same for a few in card px, computed by hand
    ("cn-passport", "ied", 82, 118),
    ("cn-passport", "eye_from_top", 176, 246),
    ("cn-passport", "hair_top_gap", 25, 45),
    ("cn-passport", "head_width", 230, 260),
    ("cn-passport", "hair_chin", 354, 390),
    ("cn-passport-print", "head_width", 177, 260),
    ("cn-passport-print", "crown_chin", 331, 390),
    ("cn-passport-print", "hair_top_gap", 35, 59),
    ("cn-driving-licence", "head_width", 165, 189),
    ("cn-driving-licence", "hair_chin", 224, 260),
    ("cn-visa", "face_width", 191 * 420 / 354, 219 * 420 / 354),
    ("cn-visa", "hair_top_gap", 10 * 560 / 472, 70 * 560 / 472),
    ("us-passport", "hair_chin", 300, 412.5),
    ("schengen", "crown_chin", 378, 425),
    ("hk-passport", "crown_chin", 1024, 1080),
]
BYTES = [
    ("cn-social-security-card", "default", 14336, 40000, (16384, 20000)),
    ("cn-social-security-card", "strict-20k", 9216, 20000, None),
    ("cn-social-security-card", "20k-plus", 20480, 35000, None),
    ("cn-social-security-card", "hubei", 15360, 35000, None),
    ("cn-social-security-card", "jinan", 16384, 60000, None),
    ("cn-social-security-card", "shenzhen", 9216, 20000, None),
    ("cn-social-security-card", "yantai", None, 100000, None),
    ("cn-resident-id", "default", 14336, 20000, None),
    ("cn-residence-permit", "default", 14336, 30000, None),
    ("cn-passport", "default", 20480, 80000, (30720, 45000)),
    ("cn-passport", "strict-45k", 40960, 45000, None),
    ("cn-visa", "default", 40960, 120000, None),
    ("cn-driving-licence", "default", 14336, 30000, None),
    ("cn-1inch", "default", None, None, None),
    ("cn-student-record", "default", 51200, 100000, None),
    ("us-passport", "default", 55296, 10000000, None),
    ("us-visa", "default", None, 240000, None),
    ("uk-passport", "default", 51200, 10000000, None),
    ("japan-my-number", "default", 20480, 7000000, None),
    ("korea-passport", "default", None, 200000, None),
    ("hk-passport", "default", None, 600000, None),
    ("hk-passport-print", "default", None, None, None),
    ("canada-visa", "default", None, 240000, (61440, 240000)),
]
RANGES = [
    ("us-visa", (600, 600), (1200, 1200), (1, 1)),
    ("cn-passport", (354, 472), (480, 640), (3, 4)),
    ("uk-passport", (600, 750), None, None),
    ("hk-passport", (1200, 1600), None, (3, 4)),
    ("japan-my-number", (480, 480), (6000, 6000), None),
    ("canada-visa", (420, 540), None, None),
    ("australia", (413, 531), (472, 591), None),
]


@pytest.mark.parametrize(("name", "wanted"), SIZES.items(), ids=SIZES)
def test_size_and_dpi(name: str, wanted: tuple[int, int, int]) -> None:
    spec = load.get(name)
    assert (*spec.size_wh, spec.dpi) == wanted


@pytest.mark.parametrize(("name", "measure", "unit", "low", "high"), BOUNDS, ids=lambda v: str(v))
def test_bounds_in_the_authoritys_unit(name: str, measure: str, unit: str, low: float, high: float | None) -> None:
    rule = load.get(name).rule(measure)
    assert rule is not None
    assert (rule.unit, *rule.stated[:2]) == (unit, low, high)


@pytest.mark.parametrize(("name", "measure", "low", "high"), PX, ids=lambda v: str(v))
def test_bounds_in_card_px(name: str, measure: str, low: float, high: float) -> None:
    rule = load.get(name).rule(measure)
    assert rule is not None
    assert (rule.low, rule.high) == (pytest.approx(low, abs=0.5), pytest.approx(high, abs=0.5))


@pytest.mark.parametrize(("name", "profile", "low", "high", "prefer"), BYTES, ids=lambda v: str(v))
def test_bytes(name: str, profile: str, low: int | None, high: int | None, prefer: tuple[int, int] | None) -> None:
    window = load.get(name, profile=profile).window
    assert (window.low, window.high) == (low, high)
    assert (window.prefer_low, window.prefer_high) == (prefer or (None, None))


@pytest.mark.parametrize(("name", "low", "high", "aspect"), RANGES, ids=[r[0] for r in RANGES])
def test_range_of_sizes(name: str, low: object, high: object, aspect: object) -> None:
    stated = load.get(name).size_range
    assert stated is not None
    assert (stated.min_wh, stated.max_wh, stated.aspect) == (low, high, aspect)


def test_us_passport_stays_in_inches() -> None:
    """Two inches are not 51 mm: 600 px at 300 dpi, not 602."""
    spec = load.get("us-passport")
    assert spec.size_mm == (50.8, 50.8)
    assert {f.name: f.value for f in spec.figures}["size.inch"] == (2, 2)


def test_two_inches_and_large_two_inches_differ() -> None:
    assert load.get("cn-2inch").size_wh != load.get("cn-large-2inch").size_wh


def test_the_default_follows_its_standard_to_the_letter() -> None:
    spec = load.get(load.DEFAULT)
    assert (spec.quality, spec.format, spec.hair_may_be_cut) == (70, "JPEG", True)
    assert spec.priority == ("eye_line_from_bottom", "face_width", "eye_mid_x", "hair_top_gap")
    assert spec.background.rgb == (255, 255, 255)
    assert spec.names == ("{id}.jpg", "{id}{name}.jpg")
    assert {r.measure: r.aim for r in spec.rules} == {
        "face_width": 207, "hair_top_gap": 14, "eye_mid_x": 179, "eye_line_from_bottom": 225,
    }  # fmt: skip


def test_the_driving_licences_head_length_is_the_soft_one() -> None:
    assert [r.measure for r in load.get("cn-driving-licence").rules if r.soft] == ["hair_chin"]


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("us-visa", "file.max_compression_ratio", 20),
        ("cn-passport", "file.quality", 85),
        ("cn-resident-id", "file.quality", 70),
        ("cn-driving-licence", "file.quality", 70),
    ],
)
def test_file_rules(name: str, key: str, value: float) -> None:
    assert {f.name: f.value for f in load.get(name).figures}[key] == (value,)
