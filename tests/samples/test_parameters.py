"""What a portrait may ask for, and its name in caches."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from samples.portrait.parameters import digest
from samples.render import Portrait, Proportions, cached, render

TINY = Portrait(size_wh=(60, 80), hair="none", noise=1.0)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"yaw_deg": 120.0}, "yaw_deg"),
        ({"eyes_closed": (0.0, 1.5)}, "eyes_closed"),
        ({"skin_lightness": float("nan")}, "skin_lightness"),
        ({"size_wh": (0, 80)}, "size_wh"),
        ({"hair": "mohawk"}, "hair"),
        ({"background": "beach"}, "background"),
        ({"glasses": "pink"}, "glasses"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Portrait(**change)  # type: ignore[arg-type]


def test_one_number_closes_both_eyes() -> None:
    assert Portrait(eyes_closed=0.4).closed == (0.4, 0.4)
    assert Portrait(eyes_closed=(0.1, 0.9)).closed == (0.1, 0.9)


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Portrait)])
def test_every_parameter_is_part_of_the_digest(name: str) -> None:
    other: dict[str, object] = {
        "size_wh": (601, 800),
        "position": (0.5, 0.44),
        "gaze_deg": (1.0, 0.0),
        "proportions": Proportions(nose_width=1.1),
        "hair": "tall",
        "covering": "hat",
        "glasses": "dark",
        "background": "office",
        "focal_35mm": 51.0,
        "distance_mm": 801.0,
        "light_azimuth_deg": 1.0,
    }
    value = getattr(Portrait(), name)
    if name in other:
        value = other[name]
    elif isinstance(value, tuple):
        value = (1, 2, 3)
    else:
        value = value * 1.01 + 0.01 if isinstance(value, float) else value + 1
    assert digest(dataclasses.replace(Portrait(), **{name: value})) != digest(Portrait())


def test_digest_does_not_tell_whole_numbers_from_floats() -> None:
    assert digest(Portrait(yaw_deg=10)) == digest(Portrait(yaw_deg=10.0))


def test_cache_gives_back_what_was_rendered(tmp_path: Path) -> None:
    fresh, kept = cached(TINY, tmp_path), cached(TINY, tmp_path)
    direct = render(TINY)
    for one in (fresh, kept):
        for name in ("image", "alpha", "foreground", "background"):
            assert np.array_equal(getattr(one, name), getattr(direct, name)), name
            assert getattr(one, name).dtype == getattr(direct, name).dtype
        for f in dataclasses.fields(direct.truth):
            assert np.array_equal(getattr(one.truth, f.name), getattr(direct.truth, f.name)), f.name
    assert len(list(tmp_path.iterdir())) == 1


def test_a_broken_cache_file_is_rendered_again(tmp_path: Path) -> None:
    cached(TINY, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:200])
    again = cached(TINY, tmp_path)
    assert np.array_equal(again.image, render(TINY).image)
    assert path.stat().st_size > 200
