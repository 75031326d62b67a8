"""Heads and specs made to measure for the frame solver's tests."""

from __future__ import annotations

import numpy as np

from ephoto.core.face import Head
from ephoto.specs.model import Background, ByteWindow, Rule, Spec


def make_rule(measure, low=None, high=None, aim=None, *, soft=False):
    return Rule(measure, low, high, aim, soft, "px", (low, high, aim), "test", "D")


CARD_RULES = (
    make_rule("face_width", 179, 255, 207),
    make_rule("hair_top_gap", 7, 21, 14),
    make_rule("eye_mid_x", 162, 196, 179),
    make_rule("eye_line_from_bottom", 207, None, 223),
)


def make_spec(rules=CARD_RULES, *, size_wh=(358, 441), hair_may_be_cut=True, enlarge="warn", priority=None):
    """A spec like the social security card's, unless told otherwise."""
    order = ("eye_line_from_bottom", "face_width", "eye_mid_x", "hair_top_gap")
    return Spec(
        id="test",
        title_en="test",
        title_zh="测试",
        aliases=(),
        size_wh=size_wh,
        size_mm=(26.0, 32.0),
        dpi=350,
        background=Background((255, 255, 255), None, None, "silent", "replace", "test", "D"),
        rules=tuple(rules),
        priority=order if priority is None else priority,
        hair_may_be_cut=hair_may_be_cut,
        format="JPEG",
        quality=70,
        max_compression_ratio=None,
        profiles=(ByteWindow("default", None, None, None, None, "test", "D"),),
        profile="default",
        enlarge=enlarge,
        names=(),
        notes=(),
        checked="",
    )


def make_head(x=450.0, y=450.0, face_width=300.0, *, roll_deg=0.0, chin=0.78, crown=0.78, lean=0.0):
    """A head at (x, y) photo px; lengths but face_width are shares of it; `lean` shifts the ears to one side."""
    turn = np.radians(roll_deg)
    across = np.array([np.cos(turn), -np.sin(turn)])
    return Head(
        eye_mid=np.array([x, y], float),
        across=across,
        down=np.array([-across[1], across[0]]),
        roll_deg=roll_deg,
        ied_px=0.46 * face_width,
        left_px=(0.5 - lean) * face_width,
        right_px=(0.5 + lean) * face_width,
        chin_px=chin * face_width,
        crown_px=crown * face_width,
    )
