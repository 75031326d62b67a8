"""Files written in pieces: whole or not at all. tests/codec/test_write.py has the rest, through `write`."""

from __future__ import annotations

import pytest

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.core.files import whole_file


def test_pieces_appear_at_the_end(tmp_path):
    path = tmp_path / "a.csv"
    with whole_file(path) as file:
        file.write(b"one ")
        assert not path.exists()
        file.write(b"two")
    assert path.read_bytes() == b"one two"
    assert list(tmp_path.iterdir()) == [path]


def attempt(path, act):
    """What the block does, as a single call."""
    with whole_file(path) as file:
        file.write(b"half")
        act()


@pytest.mark.parametrize("error", [RuntimeError("x"), ValueError("x"), KeyboardInterrupt(), InputError("empty")])
def test_what_ends_the_block_passes_and_leaves_nothing(tmp_path, error):
    def fail():
        raise error

    with pytest.raises(type(error)) as caught:
        attempt(tmp_path / "a.csv", fail)
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def test_the_systems_word_is_told(tmp_path):
    with pytest.raises(EnvironmentFault) as caught, whole_file(tmp_path / "a.csv"):
        raise OSError(28, "No space left on device")
    assert caught.value.code == "output_failed"
    assert list(tmp_path.iterdir()) == []


def test_what_appeared_meanwhile_wins(tmp_path):
    path = tmp_path / "a.csv"
    with pytest.raises(EnvironmentFault) as caught:
        attempt(path, lambda: path.write_bytes(b"other"))
    assert caught.value.code == "output_exists"
    assert path.read_bytes() == b"other"
