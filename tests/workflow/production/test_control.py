"""Control files by template."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.errors import InputError
from ephoto.workflow.adapters.production.control import (
    Control,
    ControlRules,
    control_line,
    fits_line,
    read_control,
    tellable,
    verify_control,
)


def test_the_line_is_what_it_says(tmp_path):
    file = tmp_path / "A_bulk_1.zip"
    file.write_bytes(b"abc")
    line = control_line(file, 2, "1", ControlRules())
    assert line == f"A_bulk_1.zip|3|2|{hashlib.sha256(b'abc').hexdigest()}|1\n".encode()


def test_sm3_and_another_order(tmp_path):
    file = tmp_path / "a.zip"
    file.write_bytes(b"abc")
    rules = ControlRules("{batch_no};{digest};{name};{rows};{bytes}", ".chk", "sm3")
    line = control_line(file, 2, "7", rules)
    assert b"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" in line
    verify_control(read_control(line, rules), file, rules)


@given(
    size=st.integers(0, 10**9), rows=st.integers(0, 10**6), sep=st.sampled_from(["|", ",", ";", "\t", " ", "||", "#"])
)
def test_what_is_written_is_read(size, rows, sep):
    template = sep.join(["{name}", "{bytes}", "{rows}", "{digest}", "{batch_no}"])
    if not fits_line(template):
        assert sep == "\t"
        return
    told = Control("a-b_c.zip", size, rows, "0" * 64, "B-1")
    line = template.format(name=told.name, bytes=size, rows=rows, digest=told.digest, batch_no=told.batch_no)
    for end in ("", "\n", "\r\n"):
        assert read_control((line + end).encode(), ControlRules(template)) == told


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{name}",
        "{name}|{bytes}|{rows}|{digest}",
        "{name}{bytes}{rows}{digest}{batch_no}",
        "{name}|{bytes}|{rows}|{digest}|{batch_no}|{x}",
        "{name!r}|{bytes}|{rows}|{digest}|{batch_no}",
        "{name}-{bytes}|{rows}|{digest}|{batch_no}",
        "{name}|{name}|{bytes}|{rows}|{digest}|{batch_no}",
        "{name",
    ],
)
def test_templates_that_cannot_be_read_back_are_refused(template):
    assert not fits_line(template)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"a.zip|1|1|zz|b",
        b"../a.zip|1|1|" + b"0" * 64 + b"|b",
        b".a|1|1|" + b"0" * 64 + b"|b",
        b"\xff" * 100,
        b"a" * 5000,
        b"a.zip|-1|1|" + b"0" * 64 + b"|b",
    ],
)
def test_other_lines_are_refused(data):
    with pytest.raises(InputError) as caught:
        read_control(data, ControlRules())
    assert caught.value.code == "wf.package_broken"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_control_file_or_refused(data):
    try:
        read_control(data, ControlRules())
    except InputError as error:
        assert error.code == "wf.package_broken"  # noqa: PT017


@pytest.mark.parametrize("change", [b"abx", b"ab", b"abcd"])
def test_other_bytes_are_told(tmp_path, change):
    file = tmp_path / "a.zip"
    file.write_bytes(b"abc")
    control = read_control(control_line(file, 1, "1", ControlRules()), ControlRules())
    file.write_bytes(change)
    with pytest.raises(InputError) as caught:
        verify_control(control, file, ControlRules())
    assert caught.value.code == "wf.package_checksum"


def test_a_name_that_may_be_a_person_is_not_told():
    assert tellable("RCPT-20260120-01.json") == "RCPT-20260120-01.json"
    assert tellable("119900198802290011.json") == "..."
    assert tellable("13800138000.json") == "..."
    assert tellable("张三.json") == "..."
