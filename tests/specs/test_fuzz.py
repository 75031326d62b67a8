"""Whatever stands in a caller's file: a spec, or a SpecError that names file and key. Nothing else."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.errors import SpecError
from ephoto.core.messages import LANGUAGES
from ephoto.specs import load, schema
from ephoto.specs.files import inherit
from ephoto.specs.model import MEASURES
from ephoto.specs.resolve import resolve

SHOWN = [load.show(load.get(name)) for name in ("cn-passport", "us-passport", "australia", "cn-1inch", "icao-9303")]
LEAVES = st.one_of(
    st.booleans(), st.integers(-5, 2000), st.floats(), st.text(max_size=8), st.sampled_from(sorted(MEASURES))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def paths(table: dict[str, Any], prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key of a table of tables."""
    found = []
    for key, value in table.items():
        found.append((*prefix, key))
        if isinstance(value, dict):
            found += paths(value, (*prefix, key))
    return found


@given(st.data())
def test_a_spec_or_a_spec_error(data: st.DataObject) -> None:
    raw = copy.deepcopy(SHOWN[data.draw(st.integers(0, len(SHOWN) - 1), label="start")])
    for _ in range(data.draw(st.integers(1, 3), label="changes")):
        path = data.draw(st.sampled_from(paths(raw)), label="where")
        table = raw
        for key in path[:-1]:
            table = table[key]
        if data.draw(st.booleans(), label="remove"):
            del table[path[-1]]
        else:
            name = data.draw(st.just(path[-1]) | st.text(max_size=6), label="name")
            table[name] = data.draw(VALUES, label="value")
        if not raw:
            break
    error = None
    try:
        schema.check(raw, file="my.toml")
        spec = resolve(inherit(raw, file="my.toml"), spec_id="my", file="my.toml")
    except SpecError as caught:
        error = caught
    if error is None:
        assert all(48 <= side <= 12000 for side in spec.size_wh)
        return
    assert error.values["file"] == "my.toml"
    assert error.values["key"]
    assert error.values["allowed"]
    for lang in LANGUAGES:
        assert "my.toml" in error.message(lang)
