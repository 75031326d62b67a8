"""JSON is read strictly, and names of zips as they were meant."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.strict_json import parsed
from ephoto.core.zip_names import name_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_json_is_read_as_it_is(value):
    assert parsed(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": 1, "a": 2}', '[{"a": 1, "a": 1}]', "NaN", "[Infinity]", "[-Infinity]", "[" * 100_000]
)
def test_what_is_none_is_refused_without_a_word_of_it(text):
    with pytest.raises(ValueError, match=r"^$") as caught:
        parsed(text)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_without_a_mark_are_utf8_or_gb18030(encoding):
    member = zipfile.ZipInfo("x")
    member.orig_filename = member.filename = "照片.jpg".encode(encoding).decode("cp437")
    assert name_of(member) == "照片.jpg"


def test_names_with_the_mark_are_as_they_stand():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        made.writestr("照片.jpg", b"x")
    with zipfile.ZipFile(data) as read:
        assert [name_of(member) for member in read.infolist()] == ["照片.jpg"]
