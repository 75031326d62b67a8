"""What the shared options' words mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.cli.options import parse_dpi, parse_nudge
from ephoto.core.errors import UsageError


@pytest.mark.parametrize(
    ("words", "nudge"),
    [
        pytest.param(None, (0.0, 0.0, 1.0), id="left out"),
        pytest.param("1,-2", (1.0, -2.0, 1.0), id="no scale"),
        pytest.param("0.5,0,1.02", (0.5, 0.0, 1.02), id="all"),
    ],
)
def test_nudge(words, nudge):
    assert parse_nudge(words) == nudge


@pytest.mark.parametrize("words", ["", "1", "1,2,3,4", "a,b", "1,2,0", "1,2,-1", "nan,0", "inf,0,1", "1,2,nan"])
def test_nudge_that_makes_no_sense(words):
    with pytest.raises(UsageError) as caught:
        parse_nudge(words)
    assert caught.value.values["option"] == "--nudge"


@given(st.text())
def test_nudge_gives_three_numbers_or_a_typed_error(words):
    try:
        nudge = parse_nudge(words)
    except UsageError:
        return
    assert len(nudge) == 3


@pytest.mark.parametrize(("words", "dpi"), [(None, None), ("300", 300)])
def test_dpi(words, dpi):
    assert parse_dpi(words) == dpi


@pytest.mark.parametrize("words", ["", "0", "-300", "300.5", "many", "²"])
def test_dpi_that_makes_no_sense(words):
    with pytest.raises(UsageError):
        parse_dpi(words)
