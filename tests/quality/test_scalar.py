"""The mappings against the table that OFIQ publishes, and what must hold of them everywhere."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.quality.scalar import components, scalar

FOLDER = os.environ.get("EPHOTO_TEST_PHOTOS")
TABLE = Path(FOLDER or ".").parent / "ofiq_expected.csv"
FALLING = {
    "HeadPoseYaw",
    "HeadPosePitch",
    "HeadPoseRoll",
    "MouthClosed",
    "UnderExposurePrevention",
    "OverExposurePrevention",
    "NaturalColour",
    "BackgroundUniformity",
    "SingleFacePresent",
}
PEAKED = {"HeadSize", "LuminanceMean", "LuminanceVariance"}


@pytest.mark.photos
@pytest.mark.skipif(not FOLDER, reason="EPHOTO_TEST_PHOTOS names no folder")
@pytest.mark.parametrize("component", sorted(components()))
def test_every_scalar_of_the_published_table_comes_out_exactly(component):
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 28
    for row in rows:
        native, expected = float(row[f"{component}.native"]), int(row[f"{component}.scalar"])
        assert scalar(component, native) == expected, row["image"]


@given(st.sampled_from(sorted(components())), st.floats(-1e6, 1e6))
def test_a_scalar_is_a_whole_number_of_0_to_100(component, native):
    found = scalar(component, native)
    assert isinstance(found, int)
    assert 0 <= found <= 100


@given(st.sampled_from(sorted(components() - PEAKED)), st.floats(0, 300), st.floats(0, 300))
def test_scalars_rise_or_fall_with_the_native_value(component, one, other):
    low, high = sorted((one, other))
    if component.startswith("HeadPose"):
        low, high = low % 90, high % 90
        low, high = sorted((low, high))
    first, second = scalar(component, low), scalar(component, high)
    assert first >= second if component in FALLING else first <= second


@pytest.mark.parametrize(
    ("component", "native", "expected"),
    [
        ("InterEyeDistance", 90.0, 73),
        ("InterEyeDistance", 120.0, 92),
        ("HeadSize", 0.45, 100),
        ("HeadSize", 0.35, 24),
        ("LuminanceMean", 0.2, 50),
        ("LuminanceVariance", 1 / 60, 100),
        ("OverExposurePrevention", 0.01, 50),
        ("OverExposurePrevention", 0.0, 100),
        ("EyesOpen", 0.02, 50),
        ("MouthClosed", 0.2, 50),
        ("HeadPoseYaw", -10.0, 97),
        ("HeadPoseYaw", 90.0, 0),
        ("BackgroundUniformity", 200.0, 25),
        ("DynamicRange", 7.56, 95),  # 94.5 is rounded away from zero
    ],
)
def test_known_points(component, native, expected):
    assert scalar(component, native) == expected


def test_what_the_standard_has_no_scalar_for():
    assert scalar("Sharpness of ours", 3.0) is None


@pytest.mark.parametrize("native", [float("nan"), float("inf")])
def test_what_is_no_number_has_no_scalar(native):
    with pytest.raises(ValueError, match="finite"):
        scalar("EyesOpen", native)
