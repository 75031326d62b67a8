"""What the person should mend, most urgent first: always in the direction that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.liveness.rules import rules

if TYPE_CHECKING:
    from ephoto.liveness.gestures import Rest
    from ephoto.liveness.observe import FacePart, Look
    from ephoto.liveness.series import Series

__all__ = ["guide"]


def guide(look: Look, series: Series, *, still: bool, rest: Rest | None) -> tuple[str, ...]:
    """Codes of messages' `[guidance]` table for a frame.

    `still` is whether the person should be at rest now, and `rest` how that looks, once it is known.
    """
    if look.face is None:
        return ("no_face",)
    out = []
    if any(share >= rules().other_face for share in look.others):
        out.append("many_faces")
    out += [*_place(look, look.face), *_light(look.face)]
    if still:
        out += _pose(look.face) if rest is None else _away(look.face, rest)
        if not out and _moving(series):
            out.append("hold_still")
    return tuple(out)


def _place(look: Look, face: FacePart) -> list[str]:
    r = rules()
    w, h = look.size_wh
    x0, y0, x1, y1 = face.box
    share = max(face.width_px, y1 - y0) / min(w, h)
    if face.width_px / min(w, h) < r.far or face.width_px < r.far_px:
        return ["too_far"]
    cut = x0 < 0 or y0 < 0 or x1 > w or y1 > h
    if share > r.near * 1.25 or (cut and share > r.near):
        return ["too_close"]
    away = max(abs((x0 + x1) / 2 / w - 0.5), abs((y0 + y1) / 2 / h - 0.5))
    return ["off_centre"] if cut or away > r.off_centre else []


def _light(face: FacePart) -> list[str]:
    r = rules()
    if face.light > r.bright_light or face.burnt > r.burnt:
        return ["too_bright"]
    return ["too_dark"] if face.light < r.dark_light else []


def _pose(face: FacePart) -> list[str]:
    r = rules()
    beyond = (
        abs(face.pose.yaw_deg) > r.rest_yaw_deg
        or abs(face.pose.pitch_deg) > r.rest_pitch_deg
        or abs(face.pose.roll_deg) > r.rest_roll_deg
    )
    return ["look_ahead"] if beyond else []


def _away(face: FacePart, rest: Rest) -> list[str]:
    back = max(abs(face.pose.yaw_deg - rest.yaw), abs(face.pose.pitch_deg - rest.pitch)) <= rules().back_deg
    return [] if back else ["turn_back"]


def _moving(series: Series) -> bool:
    """Whether the face's middle has gone its way fast in the last frames."""
    if len(series) < 3:
        return False
    rows = series.last(3)
    seconds = float(rows["seconds"][-1] - rows["seconds"][0])
    way = float(np.hypot(rows["x"][-1] - rows["x"][0], rows["y"][-1] - rows["y"][0]))
    return way > rules().moving * float(rows["width"][-1]) * max(seconds, 1e-3)
