"""What liveness.toml says."""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.core.numbers import numbers

__all__ = ["Rules", "rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """See liveness.toml."""

    gestures: tuple[int, int]
    seconds_each: float
    look_s: float
    reaction_s: float
    search_every_s: float
    lost_search_s: float
    lost_s: float
    longest_gap_s: float
    most_restarts: int
    most_seconds: float
    same_face_overlap: float
    other_face: float
    steady_s: float
    steady_frames: int
    steady_most_s: float
    steady_deg: float
    steady_shift: float
    rest_yaw_deg: float
    rest_pitch_deg: float
    rest_roll_deg: float
    rest_mouth: float
    rest_open: float
    back_deg: float
    back_s: float
    last_back_s: float
    far: float
    far_px: float
    near: float
    off_centre: float
    dark_light: float
    bright_light: float
    burnt: float
    moving: float


def rules() -> Rules:
    return numbers(Rules, __package__, "liveness.toml")
