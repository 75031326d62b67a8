"""The person's own face at rest: when it is, and what it measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.liveness.eyes import learnt, openness
from ephoto.liveness.gestures import Rest
from ephoto.liveness.rules import rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ephoto.liveness.eyes import EyePattern
    from ephoto.liveness.series import Series

__all__ = ["learn", "near", "settled"]


def learn(
    columns: Mapping[str, NDArray[np.float64]], pictures: Sequence[NDArray[np.float32]]
) -> tuple[Rest, EyePattern | None] | None:
    """The face at rest from a stretch of a series and its eyes' pictures; None while it is not steady for long enough.

    The pattern of the eyes is None where they cannot be seen well enough to tell lids by.
    """
    r = rules()
    t = columns["seconds"]
    if len(t) < r.steady_frames or t[-1] - t[0] < r.steady_s or t[-1] - t[-r.steady_frames] > r.steady_most_s:
        return None
    recent = t >= min(t[-1] - r.steady_s, t[-r.steady_frames])
    now = {name: values[recent] for name, values in columns.items()}
    width = float(np.median(now["width"]))
    steady = (
        max(np.ptp(now["yaw"]), np.ptp(now["pitch"])) <= r.steady_deg
        and max(np.ptp(now["x"]), np.ptp(now["y"])) <= r.steady_shift * width
        and float(now["mouth"].max()) <= r.rest_mouth
    )
    if not steady:
        return None
    middle = {name: float(np.median(values)) for name, values in now.items()}
    rest = Rest(
        yaw=middle["yaw"],
        pitch=middle["pitch"],
        width=width,
        length=middle["length"],
        lid=(middle["lid_right"] + middle["lid_left"]) / 2,
        mouth=middle["mouth"],
    )
    recent_pictures = list(pictures)[-int(recent.sum()) :]
    pattern = learnt(recent_pictures)
    if pattern is not None:
        seen = [openness(picture, pattern) for picture in recent_pictures]
        if min(min(o.right, o.left) for o in seen) < r.rest_open:
            return None
    return rest, pattern


def near(series: Series, rest: Rest) -> bool:
    """Whether the last frame shows the face about as it was at rest, eyes open and mouth shut."""
    r, last = rules(), series.last(1)
    if not len(last["seconds"]):
        return False
    shut = np.nan_to_num(np.minimum(last["open_right"], last["open_left"])[0], nan=1.0) < r.rest_open
    return not shut and bool(_back(last, rest)[0])


def settled(series: Series, rest: Rest, since_s: float | None, back_s: float) -> bool:
    """Whether it has been at rest for `back_s` since `since_s`."""
    last = series.last(2)["seconds"]
    if not len(last):
        return False
    start = max(min(float(last[-1]) - back_s, float(last[0])), since_s if since_s is not None else -np.inf)
    columns = series.since(start - 1e-6)
    long = float(columns["seconds"][-1] - columns["seconds"][0]) >= back_s * 0.66
    return long and bool(_back(columns, rest).all())


def _back(columns: Mapping[str, NDArray[np.float64]], rest: Rest) -> NDArray[np.bool_]:
    r = rules()
    return (
        (np.abs(columns["yaw"] - rest.yaw) <= r.back_deg)
        & (np.abs(columns["pitch"] - rest.pitch) <= r.back_deg)
        & (columns["mouth"] <= rest.mouth + r.rest_mouth / 2)
    )
