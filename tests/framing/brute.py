"""A frame by trying them all: the judge of the solver's refusals, written without the solver's mathematics."""

from __future__ import annotations

import numpy as np

__all__ = ["a_frame_exists"]


def a_frame_exists(spec, build, head, photo_wh, *, sides, not_below=None, but=(), steps=(90, 41, 121)):
    """Whether some scale and position meet every hard rule with the photo covering the card at `sides`.

    `build` has the head's lengths in photo px (framing.measures.Build), `head` its axes. `not_below` is a row of
    the head's own axis (photo px below the eye line) that the card's lower edge may not pass; `but` names rules
    that are exempt.
    """
    w, h = spec.size_wh
    lengths = {
        "face_width": build.face_width_px,
        "head_width": build.head_width_px,
        "ied": build.ied_px,
        "crown_chin": build.crown_px + build.chin_px,
        "hair_chin": build.hair_px + build.chin_px,
    }
    hard = [r for r in spec.rules if not r.soft and r.measure not in but]
    scales = np.geomspace(0.05, 20.0, 4000) * w / build.face_width_px
    for rule in hard:
        if rule.measure in lengths:
            value = scales * lengths[rule.measure]
            scales = scales[(value >= (rule.low or 0.0)) & (value <= (rule.high or np.inf))]
    if not len(scales):
        return False
    s = np.linspace(scales[0], scales[-1], steps[0])[:, None, None]
    a = np.linspace(0, w, steps[1])[None, :, None]
    b = np.linspace(0, h, steps[2])[None, None, :]
    where = {
        "eye_mid_x": a,
        "eye_from_top": b,
        "eye_line_from_bottom": h - b,
        "hair_top_gap": b - s * build.hair_px,
        "crown_gap": b - s * build.crown_px,
        "chin_gap": h - b - s * build.chin_px,
        "side_gap": np.minimum(a - s * build.head_left_px, w - a - s * build.head_right_px),
    }
    good = np.ones(np.broadcast_shapes(s.shape, a.shape, b.shape), bool)
    for rule in hard:
        if rule.measure in where:
            value = where[rule.measure]
            good &= (value >= (-np.inf if rule.low is None else rule.low)) & (
                value <= (np.inf if rule.high is None else rule.high)
            )
    for corner_x, corner_y in ((0, 0), (w, 0), (0, h), (w, h)):
        x = head.eye_mid[0] + ((corner_x - a) * head.across[0] + (corner_y - b) * head.down[0]) / s
        y = head.eye_mid[1] + ((corner_x - a) * head.across[1] + (corner_y - b) * head.down[1]) / s
        limits = {"image_left": x >= 0, "image_right": x <= photo_wh[0], "top": y >= 0, "bottom": y <= photo_wh[1]}
        for side in sides:
            good &= limits[side]
    if not_below is not None:
        good &= (h - b) / s <= not_below
    return bool(good.any())
