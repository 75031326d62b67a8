"""Portraits that are perfect but for one thing: what the checks are calibrated on (even heads) and proven on (odd)."""

from __future__ import annotations

from dataclasses import replace

from samples.render import Portrait

__all__ = ["HEADS", "head", "with_defect"]

HEADS = 8
_SKIN = (68.0, 45.0, 30.0, 80.0, 58.0, 38.0, 74.0, 52.0)
_HAIR = ("short", "long", "none", "short", "short", "tall", "long", "short")


def head(k: int) -> Portrait:
    """Number `k` of the neutral set: frontal, even light, plain ground, eyes open and mouth closed."""
    return Portrait(
        size_wh=(480, 640),
        head=0.4,
        distance_mm=1200.0,
        skin_lightness=_SKIN[k],
        hair=_HAIR[k],
        light_strength=0.3,
        light_azimuth_deg=-10.0 if k % 2 else 8.0,
        seed=900 + k,
    )


def with_defect(k: int, **changed: object) -> Portrait:
    """The same head with some of the renderer's parameters changed."""
    return replace(head(k), **changed)
