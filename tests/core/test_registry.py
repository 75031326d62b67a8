"""Engines by name."""

from importlib.metadata import EntryPoint

import pytest

from ephoto.core import registry as registry_module
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.registry import Registry
from ephoto.core.settings import Settings


def test_own_engines_come_by_name_and_are_told_first():
    registry = Registry(
        "test",
        "ephoto.no-such-group",
        {"b": lambda _: "built b", "a": lambda _: "built a"},
        {"x:NAME": lambda rest, _: f"built x with {rest}"},
    )
    assert registry.build("a", Settings()) == "built a"
    assert registry.build("x:any:thing", Settings()) == "built x with any:thing"
    assert registry.known() == ["b", "a", "x:NAME"]


@pytest.mark.parametrize("name", ["x", "x:", "y:thing", ":thing", ""])
def test_a_family_needs_its_own_part(name):
    registry = Registry("test", "ephoto.no-such-group", {}, {"x:NAME": lambda rest, _: rest})
    with pytest.raises(UsageError):
        registry.build(name, Settings())


@pytest.mark.parametrize("value", ["no_such_module_anywhere:Engine", "json:no_such_name"])
def test_a_package_whose_engine_cannot_be_loaded_is_told(value, monkeypatch):
    point = EntryPoint("theirs", value, "ephoto.test")
    monkeypatch.setattr(registry_module, "entry_points", lambda group: [point])
    with pytest.raises(EnvironmentFault) as caught:
        Registry("test", "ephoto.test", {}).build("theirs", Settings())
    assert caught.value.code == "engine_broken"
    assert caught.value.values["place"] == value


def test_unknown_name_tells_the_known_ones():
    registry = Registry("test", "ephoto.no-such-group", {"a": lambda _: "built a"})
    with pytest.raises(UsageError) as caught:
        registry.build("c", Settings())
    assert caught.value.code == "engine_unknown"
    assert caught.value.values == {"kind": "test", "name": "c", "known": ["a"]}
