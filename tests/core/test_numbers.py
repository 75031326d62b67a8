"""Numbers from a TOML file beside their module."""

from dataclasses import dataclass

import pytest

from ephoto.core.numbers import numbers
from ephoto.matting.tuning import Tuning


@dataclass(frozen=True)
class TooFew:
    level_face_px: float


def test_values_arrive_with_lists_as_tuples_and_are_read_once():
    got = numbers(Tuning, "ephoto.matting", "tuning.toml")
    assert isinstance(got.high_steps, tuple)
    assert numbers(Tuning, "ephoto.matting", "tuning.toml") is got


def test_a_key_that_the_module_does_not_know_is_an_error():
    with pytest.raises(TypeError):
        numbers(TooFew, "ephoto.matting", "tuning.toml")
