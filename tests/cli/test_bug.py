"""Bugs that photos show: told by their kind, a trace for each place."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from ephoto.cli.bug import Bugs


def caught(call):
    with pytest.raises(Exception) as info:  # noqa: PT011  (whatever it is)
        call()
    return info.value


def here(name):
    raise KeyError(name)


def there(name):
    raise KeyError(name)


def test_a_bug_that_every_photo_shows_leaves_one_trace(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    bugs = Bugs()
    told = [bugs(caught(lambda name=name: here(name))) for name in ("张三.jpg", "李四.jpg", "王五.jpg")]
    assert {error.values["problem"] for error in told} == {"KeyError"}
    assert len(list(tmp_path.iterdir())) == 1
    assert Path(told[0].values["trace"]).read_text("utf-8").count("here") >= 1
    bugs(caught(lambda: there("张三.jpg")))
    assert len(list(tmp_path.iterdir())) == 2
