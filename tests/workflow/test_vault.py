"""The vault: what it seals opens again, with the right key, in its own place, unchanged, and not otherwise."""

from __future__ import annotations

import base64
import os
import re
import stat

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.vault import Vault, VaultKey, new_key_file

OLD, NEW = VaultKey("2025", b"o" * 32), VaultKey("2026", b"n" * 32)
TEXT = base64.b64encode(b"k" * 32).decode()


def refused(code):
    return pytest.raises(EnvironmentFault, check=lambda error: error.code == code)


@given(st.binary(max_size=2000), st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_what_was_sealed_opens(data, about):
    vault = Vault((OLD,))
    assert vault.open(vault.seal(data, about), about) == data


@given(st.binary(max_size=200), st.data())
def test_no_byte_can_be_changed(data, draw):
    vault = Vault((OLD,))
    sealed = bytearray(vault.seal(data, "photo:1"))
    at = draw.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= draw.draw(st.integers(1, 255))
    with refused("vault_sealed"):
        vault.open(bytes(sealed), "photo:1")


@given(st.integers(0, 60))
def test_nothing_that_was_cut_short_opens(length):
    vault = Vault((OLD,))
    sealed = vault.seal(b"twenty bytes of photo", "photo:1")
    with refused("vault_sealed"):
        vault.open(sealed[: min(length, len(sealed) - 1)], "photo:1")


def test_a_blob_in_another_ones_place_does_not_open():
    vault = Vault((OLD,))
    with refused("vault_sealed"):
        vault.open(vault.seal(b"hers", "photo:1"), "photo:2")


def test_another_key_of_the_same_name_does_not_open():
    with refused("vault_sealed"):
        Vault((VaultKey("2025", b"x" * 32),)).open(Vault((OLD,)).seal(b"", "a"), "a")


def test_a_key_that_is_not_given_is_told():
    with pytest.raises(EnvironmentFault, match="its key is not given"):
        Vault((NEW,)).open(Vault((OLD,)).seal(b"", "a"), "a")


def test_after_a_rotation_old_blobs_open_and_new_ones_have_the_new_key():
    before, after = Vault((OLD,)), Vault((NEW, OLD))
    assert after.open(before.seal(b"x", "a"), "a") == b"x"
    assert Vault((NEW,)).open(after.seal(b"x", "a"), "a") == b"x"


def test_a_rotation_leaves_marks_as_they_are():
    assert Vault((NEW, OLD)).mark("person", "1") == Vault((OLD,)).mark("person", "1")


def test_the_same_thing_sealed_twice_differs():
    vault = Vault((OLD,))
    assert len({vault.seal(b"x", "a") for _ in range(100)}) == 100


def test_the_blob_is_what_its_description_says():
    """Opened by hand, as the module's head describes it."""
    sealed = Vault((OLD,)).seal(b"picture", "photo:1")
    key = HKDF(SHA256(), 32, None, b"ephoto vault 1: seal").derive(OLD.secret)
    assert sealed[:8] == b"EV1\x042025"
    assert AESGCM(key).decrypt(sealed[8:20], sealed[20:], sealed[:8] + b"photo:1") == b"picture"


@given(st.text(max_size=30), st.text(max_size=30))
def test_marks_tell_values_apart_and_nothing_else(one, other):
    vault = Vault((OLD,))
    assert re.fullmatch("[0-9a-f]{32}", vault.mark("person", one))
    assert (vault.mark("person", one) == vault.mark("person", other)) == (one == other)
    assert vault.mark("person", one) != vault.mark("card", one)
    assert vault.mark("person", one) != Vault((NEW,)).mark("person", one)


def test_keys_of_a_text():
    lines = f"# vault\n\n  b2:{base64.b64encode(NEW.secret).decode()}\n{TEXT}\n"
    vault = Vault.from_text(lines)
    assert vault.open(Vault.from_text(TEXT).seal(b"x", "a"), "a") == b"x"
    assert b"b2" in vault.seal(b"x", "a")


@pytest.mark.parametrize("text", ["", "\n# none\n"])
def test_no_key_is_told(text):
    with refused("vault_key_missing"):
        Vault.from_text(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("c2hvcnQ=", id="short"),
        pytest.param(base64.b64encode(b"k" * 33).decode(), id="long"),
        pytest.param("neither a key nor secret!", id="no base64"),
        pytest.param("ключ", id="other letters"),
        pytest.param(f"a b:{TEXT}", id="name"),
        pytest.param(f"a:{TEXT}\na:{base64.b64encode(b'l' * 32).decode()}", id="two of one name"),
        pytest.param(f"{TEXT}\n{TEXT}", id="one twice"),
    ],
)
def test_unfit_keys_are_told_without_their_signs(text):
    with refused("vault_key_unfit") as caught:
        Vault.from_text(text)
    for lang in ("en", "zh"):
        assert not {word for word in re.split(r"[\s:]", text) if len(word) > 5 and word in caught.value.message(lang)}


def test_a_key_file_that_is_not_there_or_no_text(tmp_path):
    with refused("vault_key_missing"):
        Vault.from_file(tmp_path / "vault.key")
    (tmp_path / "vault.key").write_bytes(bytes(range(128, 160)))
    with refused("vault_key_unfit"):
        Vault.from_file(tmp_path / "vault.key")


def test_a_new_key_file_is_its_owners_and_never_replaced(tmp_path):
    path = tmp_path / "vault.key"
    before = os.umask(0)
    try:
        new_key_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    vault = Vault.from_file(path)
    assert vault.open(vault.seal(b"x", "a"), "a") == b"x"
    with refused("output_exists"):
        new_key_file(path)


def test_no_repr_shows_a_key():
    assert "oooo" not in repr(OLD)
    assert "oooo" not in repr(Vault((OLD,)).__dict__)
