"""The bell of a watch and the system's notices that ring it."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from ephoto.batch.notices import Bell, Notices
from ephoto.core.errors import EnvironmentFault


def test_a_bell_that_nobody_rings_waits_its_time():
    bell = Bell()
    start = time.perf_counter()
    assert bell.wait(0.05) == set()
    assert time.perf_counter() - start >= 0.04
    assert not bell.ended


def test_what_was_rung_for_meanwhile_is_told_together():
    bell = Bell()
    bell.ring(frozenset({"a"}))
    bell.ring(frozenset({"b"}))
    assert bell.wait(5) == {"a", "b"}
    bell.ring(frozenset({"a"}))
    bell.ring()
    bell.ring(frozenset({"b"}))
    assert bell.wait(5) is None


def test_the_end_wakes_who_waits():
    bell = Bell()
    threading.Timer(0.05, bell.end).start()
    start = time.perf_counter()
    bell.wait(30)
    assert bell.ended
    assert time.perf_counter() - start < 10


def heard(bell, name):
    """Wait until a path of that name is told, or all may have changed."""
    end = time.perf_counter() + 10
    while time.perf_counter() < end:
        paths = bell.wait(1)
        if paths and any(path.endswith(name) for path in paths):
            return True
    return False


def test_the_system_tells_of_files_deep_down(tmp_path):
    pytest.importorskip("watchfiles")
    bell = Bell()
    notices = Notices(tmp_path, bell)
    try:
        assert bell.wait(10) is None  # it listens: look at all that came before
        (tmp_path / "deep").mkdir()
        assert heard(bell, "deep")
        (tmp_path / "deep" / "a.jpg").write_bytes(b"x")
        assert heard(bell, "a.jpg")
        notices.check()
    finally:
        notices.close()


def test_a_folder_that_cannot_be_watched_is_told(tmp_path):
    pytest.importorskip("watchfiles")
    bell = Bell()
    notices = Notices(tmp_path / "nothing", bell)
    try:
        bell.wait(10)
        with pytest.raises(EnvironmentFault) as caught:
            notices.check()
        assert caught.value.code == "watch_failed"
    finally:
        notices.close()


def test_without_watchfiles_the_way_to_install_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(EnvironmentFault) as caught:
        Notices(tmp_path, Bell())
    assert caught.value.code == "extra_missing"
    assert "pip install 'ephoto[batch]'" in caught.value.hint()
