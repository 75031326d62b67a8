"""Engines by name."""

import pytest

from ephoto.core.errors import UsageError
from ephoto.core.registry import Registry
from ephoto.core.settings import Settings


def test_own_engines_come_by_name_and_are_told_first():
    registry = Registry(
        "test", "ephoto.no-such-group", {"b": lambda _: "built b", "a": lambda _: "built a"}, ("x:NAME",)
    )
    assert registry.build("a", Settings()) == "built a"
    assert registry.known() == ["b", "a", "x:NAME"]


def test_unknown_name_tells_the_known_ones():
    registry = Registry("test", "ephoto.no-such-group", {"a": lambda _: "built a"})
    with pytest.raises(UsageError) as caught:
        registry.build("c", Settings())
    assert caught.value.code == "engine_unknown"
    assert caught.value.values == {"kind": "test", "name": "c", "known": ["a"]}
