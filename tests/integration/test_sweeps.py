"""Each measure follows the parameter that it measures, on a fair and on a dark head."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ephoto.pipeline.converter import Converter
from samples.defects import PROOF, neutral
from samples.render import cached

pytestmark = pytest.mark.slow

HEADS = {"dark skin": 9, "fair skin": 11}
SIDE_LIGHT = {"light_azimuth_deg": 70.0}
# Component, the renderer's parameter, its values in turn, what else is set, and whether the measure falls.
SWEEPS = [
    ("IrisContrast", "eyes_closed", (0.0, 0.5, 1.0), {}, False),
    ("GazeAside", "gaze_deg", ((-20.0, 0.0), (-8.0, 0.0), (8.0, 0.0), (20.0, 0.0)), {}, False),
    ("RedEye", "red_eyes", (0.0, 1.0), {}, False),
    ("MouthClosed", "mouth_open", (0.0, 0.3, 0.6, 1.0), {}, False),
    ("Smile", "smile", (0.0, 0.5, 1.0), {}, False),
    ("RaisedBrows", "brows_raised", (0.0, 1.0), {}, False),
    ("Sharpness", "blur_px", (0.45, 1.5, 2.5, 4.0), {}, True),
    ("InterEyeDistance", "head", (0.2, 0.3, 0.5), {}, False),
    ("HeadSize", "head", (0.2, 0.3, 0.5), {}, False),
    ("HeadMargin", "head", (0.3, 0.5, 0.8), {}, True),
    ("MarginAboveOfTheFaceImage", "head", (0.2, 0.3, 0.5), {}, True),
    ("MarginBelowOfTheFaceImage", "head", (0.2, 0.3, 0.5), {}, True),
    ("LeftwardCropOfTheFaceImage", "position", ((0.4, 0.46), (0.5, 0.46), (0.6, 0.46)), {}, False),
    ("RightwardCropOfTheFaceImage", "position", ((0.4, 0.46), (0.5, 0.46), (0.6, 0.46)), {}, True),
    ("HeadPoseYaw", "yaw_deg", (-20.0, -8.0, 8.0, 20.0), {}, False),
    ("HeadPosePitch", "pitch_deg", (-20.0, -8.0, 8.0, 20.0), {}, False),
    ("HeadPoseRoll", "roll_deg", (-20.0, -8.0, 8.0, 20.0), {}, False),
    ("HairOverFace", "fringe_mm", (10.0, 46.0), {"hair": "short", "glasses": "none"}, False),
    ("HairOverEyes", "fringe_mm", (10.0, 46.0, 62.0), {"hair": "short", "glasses": "none"}, False),
    ("LensTint", "glasses", ("clear", "dark"), {}, False),
    ("FrameOverEye", "glasses_drop_mm", (0.0, 11.0), {"glasses": "clear"}, False),
    ("HeadCovering", "covering_colour", ((90, 60, 60), (120, 40, 50), (170, 20, 40)), {"hair": "covering"}, False),
    ("EarsVisible", "hair", ("long", "none"), {}, False),
    ("ClothesContrast", "clothes_colour", ((245, 245, 245), (170, 170, 170), (60, 60, 60)), {"hair": "none"}, False),
    ("CheekRatio", "light_strength", (0.2, 0.6, 1.0), SIDE_LIGHT, False),
    ("IlluminationUniformity", "light_strength", (0.2, 0.6, 1.0), SIDE_LIGHT, True),
    ("OverExposurePrevention", "exposure_ev", (0.0, 2.0, 3.0), {"skin_lightness": 60.0}, False),
    ("UnderExposurePrevention", "exposure_ev", (-2.0, 0.0, 1.5), {}, True),
    ("LuminanceMean", "exposure_ev", (-2.0, -1.0, 0.0, 1.0), {}, False),
    ("LuminanceVariance", "exposure_ev", (-2.0, -1.0, 0.0), {}, False),
    ("DynamicRange", "exposure_ev", (-2.0, -1.0, 0.0), {}, False),
    ("ReferenceWhite", "exposure_ev", (-3.0, -1.5, 0.0), {}, False),
    ("BackgroundColour", "background_colour", ((250, 250, 250), (190, 200, 210), (67, 142, 219)), {}, False),
    ("BackgroundShade", "background", ("plain", "office"), {}, False),
    ("BackgroundUniformity", "background", ("plain", "office"), {}, False),
]


@pytest.fixture(scope="module")
def converter():
    return Converter()


@pytest.mark.parametrize("k", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize(("component", "parameter", "values", "besides", "falls"), SWEEPS, ids=[s[0] for s in SWEEPS])
def test_a_measure_follows_its_parameter(component, parameter, values, besides, falls, k, converter):
    natives = []
    for value in values:
        drawn = cached(replace(neutral(k, PROOF), **besides, **{parameter: value}))
        natives.append(converter.check(drawn.image).facts["quality"][component]["native"])
    assert None not in natives
    assert natives == sorted(natives, reverse=falls)
    assert len(set(natives)) == len(natives)
