"""Signed messages: the published vector, every part bound, and every refusal by its code."""

from __future__ import annotations

import hashlib
import hmac
import threading
from dataclasses import fields, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ephoto.core.errors import InputError, UsageError
from ephoto.core.messages import LANGUAGES
from ephoto.core.signing import (
    HEADERS,
    HmacSha256,
    Key,
    MemoryNonces,
    Request,
    Signer,
    Verifier,
    new_nonce,
    sorted_query,
    string_to_sign,
    timestamp,
)

KEY, OTHER = Key("k1", b"test-key-not-secret"), Key("k2", b"another-key-not-secret")
NOW = 1767225600.0  # 2026-01-01T00:00:00Z
BODY = b'{"application_id":"APP-TEST-0001","schema":"ephoto.submission/1"}'
VECTOR = Request(
    "POST",
    "/v1/applications",
    "",
    "2026-01-01T00:00:00Z",
    "9f1c2d3e4b5a69788796a5b4c3d2e1f0",
    "a1b2c3d4-0000-4000-8000-000000000001",
    BODY,
)
VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)


class Hand:
    """A clock that stands still until it is set."""

    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now


def verifier(*keys, clock=None, nonces=None, **more):
    return Verifier(keys or (KEY,), clock or Hand(), nonces or MemoryNonces(), **more)


def sent(message=VECTOR, key=KEY):
    """The headers of a message, signed."""
    return {
        HEADERS.key_id: key.id,
        HEADERS.timestamp: message.timestamp,
        HEADERS.nonce: message.nonce,
        HEADERS.idempotency_key: message.idempotency_key,
        HEADERS.signature: HmacSha256().sign(key, message),
    }


def verify(by, headers, message=VECTOR, **more):
    return by.verify(message.method, message.path, message.query, headers, message.body, **more)


def refusal(by, headers, message=VECTOR, **more):
    with pytest.raises(InputError) as caught:
        verify(by, headers, message, **more)
    for lang in LANGUAGES:
        assert caught.value.message(lang)
        assert caught.value.hint(lang)
    return caught.value.code


def test_the_vector():
    assert hashlib.sha256(BODY).hexdigest() == "23e8171e441d525fac412a30c67c7dc2bd3fa27477ab9d0b195918990581cb00"
    expected = "bdecb97e84ecb6d552114a4f4ae411cc232f77057aac147f45d184f46c97ff69"
    assert HmacSha256().sign(KEY, VECTOR) == expected
    assert HmacSha256().verify(KEY, VECTOR, expected)
    verify(verifier(), sent())


def test_the_string_to_sign_by_hand():
    message = replace(VECTOR, query="b=2&a=1", idempotency_key="")
    lines = string_to_sign(message, "EPHOTO-HMAC-SHA256").split(b"\n")
    assert len(lines) == 8
    assert lines[:4] == [b"EPHOTO-HMAC-SHA256", b"POST", b"/v1/applications", b"a=1&b=2"]
    assert lines[4:7] == [b"2026-01-01T00:00:00Z", VECTOR.nonce.encode(), b""]
    assert lines[7] == hashlib.sha256(BODY).hexdigest().encode()
    by_hand = hmac.new(KEY.secret, b"\n".join(lines), "sha256").hexdigest()
    assert HmacSha256().sign(KEY, message) == by_hand


MESSAGES = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.text(VISIBLE.filter(lambda c: c not in "?#"), max_size=30).map(lambda s: "/" + s),
    query=st.text(VISIBLE.filter(lambda c: c != "#"), max_size=30),
    timestamp=st.integers(-300, 300).map(lambda s: timestamp(NOW + s)),
    nonce=st.text(VISIBLE, min_size=16, max_size=40),
    idempotency_key=st.text(VISIBLE, max_size=40),
    body=st.binary(max_size=60),
)


@given(MESSAGES)
def test_what_is_signed_is_verified(message):
    assert verify(verifier(), sent(message), message) is False


@given(MESSAGES, MESSAGES, st.sampled_from([f.name for f in fields(Request)]))
def test_a_change_of_any_part_is_refused(message, other, part):
    changed = replace(message, **{part: getattr(other, part)})
    same = sorted_query(changed.query) == sorted_query(message.query) if part == "query" else changed == message
    assume(not same)
    headers = sent(message) | {
        HEADERS.timestamp: changed.timestamp,
        HEADERS.nonce: changed.nonce,
        HEADERS.idempotency_key: changed.idempotency_key,
    }
    assert refusal(verifier(), headers, changed) == "signature_invalid"


@given(MESSAGES, st.integers(0, 63), st.sampled_from("0123456789abcdefABCDEFxé "))
def test_a_change_of_any_digit_is_refused(message, place, digit):
    headers = sent(message)
    right = headers[HEADERS.signature]
    assume(right[place] != digit)
    headers[HEADERS.signature] = right[:place] + digit + right[place + 1 :]
    assert refusal(verifier(), headers, message) == "signature_invalid"


@given(st.binary(min_size=16, max_size=80), st.integers(0, 10_000))
def test_a_change_of_any_bit_of_the_body_is_refused(body, bit):
    message = replace(VECTOR, body=body)
    spoilt = bytearray(body)
    spoilt[bit // 8 % len(body)] ^= 1 << bit % 8
    assert refusal(verifier(), sent(message), replace(message, body=bytes(spoilt))) == "signature_invalid"


@given(st.text(max_size=80))
def test_no_other_signature_passes(signature):
    assume(signature.strip(" \t") != sent()[HEADERS.signature])
    assert refusal(verifier(), sent() | {HEADERS.signature: signature}) == "signature_invalid"


@given(st.permutations(["a=1", "b=2", "a-b=3", "c=%20"]))
def test_the_order_of_a_query_does_not_count(parts):
    assert sorted_query("&".join(parts)) == "a-b=3&a=1&b=2&c=%20"


@pytest.mark.parametrize("age", [-300, -299.5, 0, 300])
def test_within_the_window(age):
    verify(verifier(clock=Hand(NOW + age)), sent())


@pytest.mark.parametrize(
    ("age", "why"), [(300.5, "it is too old"), (86400, "it is too old"), (-300.5, "it is ahead of this clock")]
)
def test_outside_the_window(age, why):
    with pytest.raises(InputError) as caught:
        verify(verifier(clock=Hand(NOW + age)), sent())
    assert (caught.value.code, caught.value.values["problem"]) == ("clock_skew", why)
    assert caught.value.values["age_s"] == round(age)


def test_the_window_can_be_narrower():
    assert refusal(verifier(clock=Hand(NOW + 61), window_s=60), sent()) == "clock_skew"


@pytest.mark.parametrize(
    "text", ["2026-01-01T08:00:00+08:00", "2025-12-31T19:00:00.000-05:00", "2026-01-01T00:00:00.5Z"]
)
def test_other_zones_and_fractions(text):
    message = replace(VECTOR, timestamp=text)
    verify(verifier(window_s=1), sent(message), message)


@pytest.mark.parametrize(
    "text",
    ["", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "1767225600", "2026-02-30T00:00:00Z",
     "2026-01-01T00:00:00Z\n", "２０２６-01-01T00:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+25:00"],
)  # fmt: skip
def test_what_is_no_time(text):
    headers = sent() | {HEADERS.timestamp: text}
    assert refusal(verifier(), headers) == "signature_invalid"


@given(st.text(st.sampled_from("0123456789-:TZ+."), min_size=15, max_size=32))
def test_no_text_breaks_the_reading_of_times(text):
    with pytest.raises(InputError):
        verify(verifier(), sent() | {HEADERS.timestamp: text + "0"})


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_time_are_too_far(text):
    message = replace(VECTOR, timestamp=text)
    assert refusal(verifier(), sent(message), message) == "clock_skew"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("method", "post"),
        ("method", "POST\nGET"),
        ("method", ""),
        ("path", "v1"),
        ("path", "/a b"),
        ("path", "/a\n/b"),
        ("path", "/a?b=1"),
        ("path", "/证"),
        ("query", "a=1\nb=2"),
        ("query", "a=1#b"),
        ("nonce", "short"),
        ("nonce", "x" * 129),
        ("nonce", "0123456789abcdef\n"),
        ("idempotency_key", "a\nb"),
        ("idempotency_key", "x" * 256),
    ],
)
def test_a_part_that_could_be_read_two_ways_is_refused(part, value):
    with pytest.raises(InputError) as caught:
        replace(VECTOR, **{part: value})
    assert caught.value.code == "signature_invalid"


def test_replayed():
    by = verifier()
    verify(by, sent())
    assert refusal(by, sent()) == "replayed"
    assert refusal(by, sent()) == "replayed"


def test_the_same_message_again_where_the_receiver_allows_it():
    by = verifier()
    assert verify(by, sent(), resent="allow") is False
    assert verify(by, sent(), resent="allow") is True
    assert refusal(by, sent()) == "replayed"


def test_a_used_nonce_with_another_message_is_replayed_even_where_the_same_may_come_again():
    by = verifier()
    verify(by, sent())
    other = replace(VECTOR, body=b"{}")
    assert refusal(by, sent(other), other, resent="allow") == "replayed"


def test_a_wrong_signature_uses_no_nonce_up():
    by = verifier()
    assert refusal(by, sent() | {HEADERS.signature: "0" * 64}) == "signature_invalid"
    verify(by, sent())


def test_a_stale_message_uses_no_nonce_up_and_is_told_as_stale():
    clock = Hand(NOW - 400)
    by = verifier(clock=clock)
    assert refusal(by, sent()) == "clock_skew"
    clock.now = NOW
    verify(by, sent())


def test_a_wrong_signature_is_told_before_its_time():
    assert refusal(verifier(clock=Hand(NOW + 9999)), sent() | {HEADERS.signature: "0" * 64}) == "signature_invalid"


@given(st.floats(-300, 300), st.floats(0, 700))
def test_no_message_passes_twice_whenever_it_comes(first, later):
    """The nonce is remembered for as long as the message's time could be right."""
    clock = Hand(NOW + first)
    by = verifier(clock=clock)
    verify(by, sent())
    clock.now += later
    others = [replace(VECTOR, nonce=new_nonce(), timestamp=timestamp(clock.now)) for _ in range(2)]
    for one in others:  # what is old is forgotten when something new comes
        verify(by, sent(one), one)
    assert refusal(by, sent()) in ("replayed", "clock_skew")


def test_nonces_are_forgotten_in_time():
    clock, nonces = Hand(), MemoryNonces()
    by = verifier(clock=clock, nonces=nonces)
    for _ in range(50):
        message = replace(VECTOR, nonce=new_nonce(), timestamp=timestamp(clock.now))
        verify(by, sent(message), message)
        clock.now += 60
    assert len(nonces._used) <= 12


def test_of_threads_that_bring_one_message_at_once_one_is_first():
    by, gate, told = verifier(), threading.Barrier(8), []

    def bring():
        gate.wait()
        try:
            verify(by, sent())
            told.append("first")
        except InputError as error:
            told.append(error.code)

    threads = [threading.Thread(target=bring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["first"] + ["replayed"] * 7


def test_two_keys_while_one_takes_the_others_place():
    by = verifier(KEY, OTHER)
    verify(by, sent())
    message = replace(VECTOR, nonce=new_nonce())
    verify(by, sent(message, OTHER), message)
    assert refusal(verifier(OTHER), sent()) == "signature_invalid"  # the old one is gone


def test_a_nonce_is_of_its_key():
    by = verifier(KEY, OTHER)
    verify(by, sent())
    verify(by, sent(key=OTHER))


def test_another_keys_name_does_not_pass():
    assert refusal(verifier(KEY, OTHER), sent() | {HEADERS.key_id: "k2"}) == "signature_invalid"


@pytest.mark.parametrize("name", ["key_id", "timestamp", "nonce", "signature"])
def test_a_missing_header(name):
    headers = sent()
    del headers[getattr(HEADERS, name)]
    assert refusal(verifier(), headers) == "signature_invalid"


def test_headers_in_any_case_and_none_twice():
    headers = {name.upper(): f" {value}\t" for name, value in sent().items()}
    verify(verifier(), headers)
    twice = sent() | {HEADERS.nonce.lower(): VECTOR.nonce}
    assert refusal(verifier(), twice) == "signature_invalid"


def test_a_message_without_an_idempotency_key():
    message = replace(VECTOR, idempotency_key="")
    headers = sent(message)
    del headers[HEADERS.idempotency_key]
    verify(verifier(), headers, message)


@given(st.integers(0, 4_000_000_000), st.binary(max_size=40), st.sampled_from(["", "key-1"]))
def test_the_signers_headers_pass(now, body, key):
    headers = Signer(KEY, Hand(now + 0.75)).headers("POST", "/a/b", body, query="z=1&a=2", idempotency_key=key)
    assert (HEADERS.idempotency_key in headers) == bool(key)
    by = verifier(clock=Hand(now))
    assert by.verify("POST", "/a/b", "a=2&z=1", headers, body) is False


def test_the_signer_takes_a_fresh_nonce_each_time():
    signer = Signer(KEY, Hand())
    assert len({signer.headers("POST", "/", b"")[HEADERS.nonce] for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("name", "secret"),
    [("k", b"fifteen bytes!!"), ("", b"x" * 16), ("a b", b"x" * 16), ("k\n", b"x" * 16), ("k", bytes(32))],
)
def test_keys_that_cannot_be_used(name, secret):
    with pytest.raises(UsageError) as caught:
        Key(name, secret)
    assert caught.value.code == "key_unfit"


def test_two_keys_of_one_name():
    with pytest.raises(UsageError) as caught:
        verifier(KEY, Key("k1", b"another-key-not-secret"))
    assert caught.value.code == "key_unfit"


def test_one_secret_under_two_names_would_let_a_message_in_twice():
    with pytest.raises(UsageError) as caught:
        verifier(KEY, Key("k2", KEY.secret))
    assert caught.value.code == "key_unfit"
    assert caught.value.values["problem"] == "two keys have one secret"


def test_the_secret_and_the_body_are_in_no_text():
    by = verifier()
    told = [repr(KEY), repr(VECTOR), repr(Signer(KEY, Hand())), repr(by)]
    with pytest.raises(InputError) as caught:
        verify(by, sent() | {HEADERS.signature: "0" * 64})
    told += [str(caught.value), repr(caught.value.to_dict())]
    assert not any(secret in text for text in told for secret in ("not-secret", "APP-TEST-0001"))


class Backwards:
    """Another profile: SHA-256 over key and reversed text; the right one for nobody."""

    name = "backwards"

    def sign(self, key, request):
        return hashlib.sha256(key.secret + string_to_sign(request, self.name)[::-1]).hexdigest()

    def verify(self, key, request, signature):
        return self.sign(key, request) == signature


def test_another_profile_joins():
    signer = Signer(KEY, Hand(), profile=Backwards())
    headers = signer.headers("POST", "/", b"body")
    verifier(profile=Backwards()).verify("POST", "/", "", headers, b"body")
    with pytest.raises(InputError):
        verifier().verify("POST", "/", "", headers, b"body")
