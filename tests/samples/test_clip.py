"""Clips: frames follow their curves and carry their truth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from samples.portrait.clip import value_at
from samples.render import Clip, Portrait, render, render_clip

FACE = Portrait(size_wh=(120, 96), head=0.6, hair="none", noise=0.0, background="office", seed=2)


def clip(**change: object) -> Clip:
    return Clip(dataclasses.replace(FACE), **{"seconds": 0.3, "fps": 10, "shake_deg": 0.0, **change})  # type: ignore[arg-type]


def test_keys_ease_between_and_hold_outside() -> None:
    keys = ((1.0, 0.0), (2.0, 10.0), (3.0, 4.0))
    assert [value_at(keys, t) for t in (0.0, 1.0, 1.5, 2.0, 9.0)] == [0.0, 0.0, 5.0, 10.0, 4.0]
    assert value_at(keys, 1.1) < 1.0


def test_unknown_curves_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="ears"):
        Clip(FACE, 1.0, curves={"ears": ((0.0, 1.0),)})


def test_frames_follow_their_curves() -> None:
    yaw = ((0.0, -20.0), (0.2, 20.0))
    blink = ((0.0, 0.0), (0.1, 1.0), (0.2, 0.0))
    frames = list(render_clip(clip(curves={"yaw_deg": yaw, "eye_left_closed": blink, "mouth_open": blink})))
    assert [f.seconds for f in frames] == [0.0, 0.1, 0.2]
    truths = [f.rendered.truth for f in frames]
    assert [t.yaw_deg for t in truths] == [-20.0, 0.0, 20.0]
    right, left = np.array([t.lid_gap_px for t in truths]).T
    assert left[1] < 0.2 < left[0]
    assert right.min() > 0.6 * right.max()
    assert truths[1].mouth_gap_px > truths[0].mouth_gap_px + 2


def test_a_clip_frame_looks_like_the_still() -> None:
    """Grid and quick tracing against the exact picture."""
    (frame, *_) = render_clip(clip(seconds=0.1))
    still = render(frame.rendered.portrait)
    assert np.abs(frame.rendered.alpha - still.alpha).mean() < 0.006
    person = still.alpha > 0.99
    assert np.abs(frame.rendered.foreground.astype(int) - still.foreground)[person].mean() < 4


def test_frames_are_composed_like_stills() -> None:
    for f in render_clip(clip(seconds=0.2, shake_px=3.0)):
        r = f.rendered
        a = r.alpha[..., None]
        assert np.abs(r.image - (a * r.foreground + (1 - a) * r.background)).max() <= 1.01


def test_shake_moves_person_and_background_together() -> None:
    still, shaken = (list(render_clip(clip(shake_px=s))) for s in (0.0, 4.0))
    assert np.ptp([f.rendered.truth.eye_mid for f in still], axis=0).max() < 0.01
    assert np.ptp([f.rendered.truth.eye_mid for f in shaken], axis=0).max() > 0.5
    assert not np.array_equal(shaken[0].rendered.background, shaken[2].rendered.background)


def test_drift_moves_the_background_alone() -> None:
    first, *_, last = render_clip(clip(drift_px_s=(20.0, 0.0)))
    assert np.array_equal(first.rendered.alpha, last.rendered.alpha)
    far = first.rendered.alpha == 0
    assert np.abs(first.rendered.background.astype(int) - last.rendered.background)[far].mean() > 0.5


def test_moving_closer_enlarges_the_face() -> None:
    near = dataclasses.replace(FACE, focal_35mm=30, distance_mm=700)
    frames = list(render_clip(Clip(near, 0.2, 10, curves={"distance_mm": ((0.0, 700.0), (0.1, 350.0))})))
    assert frames[1].rendered.truth.ied_px == pytest.approx(2 * frames[0].rendered.truth.ied_px, rel=0.02)


def test_wide_frames_are_traced_small_and_keep_their_truth() -> None:
    wide = dataclasses.replace(FACE, size_wh=(640, 480))
    (frame,) = render_clip(Clip(wide, 0.1, 10, shake_deg=0))
    r = frame.rendered
    assert r.image.shape == (480, 640, 3)
    row = int(r.truth.eye_mid[1])
    person = np.flatnonzero(r.alpha[row] > 0.5)
    right, left = r.truth.face_sides[:, 0]
    assert person.min() < right < person.min() + 30
    assert person.max() - 30 < left < person.max()


def test_same_clip_same_frames() -> None:
    first, second = (list(render_clip(clip(seconds=0.2, shake_px=2.0, shake_deg=0.5))) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a.rendered.image, b.rendered.image)
