"""Who is let in, and what the sandbox signs; against ephoto's own signing and OpenSSL."""

from __future__ import annotations

import base64
import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.signing import HEADERS, Key, MemoryNonces, Signer, Verifier
from ephoto.sandbox import sm2
from ephoto.sandbox.refusals import Refused
from ephoto.sandbox.signatures import Gate, Keys, Message, signed_headers
from tests.sandbox.office import Office

SECRET = b"test-key-not-secret"
KEYS = Keys("hmac-sha256", "office-1", SECRET, "sandbox-1", SECRET)
VECTOR = b'{"application_id":"APP-TEST-0001","schema":"ephoto.submission/1"}'
NOW = 1767225600.0  # 2026-01-01T00:00:00Z


def headers(**changed):
    told = {
        "Ephoto-Key-Id": "office-1",
        "Ephoto-Timestamp": "2026-01-01T00:00:00Z",
        "Ephoto-Nonce": "9f1c2d3e4b5a69788796a5b4c3d2e1f0",
        "Idempotency-Key": "a1b2c3d4-0000-4000-8000-000000000001",
        "Ephoto-Signature": "bdecb97e84ecb6d552114a4f4ae411cc232f77057aac147f45d184f46c97ff69",
    }
    return told | changed


def test_the_published_vector_is_let_in_once():
    gate = Gate(KEYS, lambda: NOW)
    message = Message("POST", "/v1/applications", "", VECTOR)
    assert gate.admit(message, headers()) == "a1b2c3d4-0000-4000-8000-000000000001"
    with pytest.raises(Refused, match=r"wf\.replay"):
        gate.admit(message, headers())


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Ephoto-Signature": "0" * 64}, "wf.signature_invalid"),
        (
            {"Ephoto-Signature": "BDECB97E84ECB6D552114A4F4AE411CC232F77057AAC147F45D184F46C97FF69"},
            "wf.signature_invalid",
        ),
        ({"Ephoto-Signature": ""}, "wf.signature_invalid"),
        ({"Ephoto-Key-Id": "office-2"}, "wf.signature_invalid"),
        ({"Ephoto-Nonce": "short"}, "wf.signature_invalid"),
        ({"Ephoto-Timestamp": "2026-01-01T00:00:01Z"}, "wf.signature_invalid"),
        ({"Idempotency-Key": "other"}, "wf.signature_invalid"),
        ({"Idempotency-Key": "a\nb"}, "wf.signature_invalid"),
    ],
)
def test_another_part_is_another_signature(changed, code):
    with pytest.raises(Refused, match=code):
        Gate(KEYS, lambda: NOW).admit(Message("POST", "/v1/applications", "", VECTOR), headers(**changed))


@pytest.mark.parametrize(
    "message",
    [
        Message("PUT", "/v1/applications", "", VECTOR),
        Message("POST", "/v1/replacements", "", VECTOR),
        Message("POST", "/v1/applications", "a=1", VECTOR),
        Message("POST", "/v1/applications", "", VECTOR + b" "),
    ],
    ids=["method", "path", "query", "body"],
)
def test_another_request_is_another_signature(message):
    with pytest.raises(Refused, match=r"wf\.signature_invalid"):
        Gate(KEYS, lambda: NOW).admit(message, headers())


@pytest.mark.parametrize(("late_s", "fits"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_the_window(late_s, fits):
    gate = Gate(KEYS, lambda: NOW + late_s)
    message = Message("POST", "/v1/applications", "", VECTOR)
    if fits:
        gate.admit(message, headers())
    else:
        with pytest.raises(Refused, match=r"wf\.clock_skew"):
            gate.admit(message, headers())


def test_a_nonce_is_remembered_as_long_as_its_message_could_be_let_in():
    now = [NOW - 300]
    gate = Gate(KEYS, lambda: now[0])
    message = Message("POST", "/v1/applications", "", VECTOR)
    gate.admit(message, headers())
    now[0] = NOW + 300
    with pytest.raises(Refused, match=r"wf\.replay"):
        gate.admit(message, headers())


@settings(max_examples=50)
@given(body=st.binary(max_size=100), query=st.lists(st.sampled_from(["a=1", "b=2", "a=%20", "", "c"]), max_size=4))
def test_both_implementations_agree(body, query):
    text = "&".join(query)
    signer = Signer(Key("office-1", SECRET), lambda: NOW)
    signed = signer.headers("POST", "/a%20b", body, query=text, idempotency_key="k")
    assert Gate(KEYS, lambda: NOW).admit(Message("POST", "/a%20b", text, body), signed) == "k"
    back = signed_headers(KEYS, Message("POST", "/x", text, body), NOW)
    Verifier((Key("sandbox-1", SECRET),), lambda: NOW, MemoryNonces()).verify("POST", "/x", text, back, body)


def test_requests_over_the_wire(office):
    assert office.send("GET", "/v1/events", query="limit=5&cursor=").status_code == 200
    signed = office.signer.headers("GET", "/v1/events", b"")
    codes = [office.send("GET", "/v1/events", headers=signed).status_code for _ in range(2)]
    assert codes == [200, 401]
    for told, code in (({}, "wf.signature_invalid"), (signed, "wf.replay")):
        answer = office.send("GET", "/v1/events", headers=told)
        assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_clock_that_is_wrong(served):
    with Office(served.prepared, lambda: time.time() - 400).client as client:
        late = Office(served.prepared, lambda: time.time() - 400)
        late.client = client
        answer = late.send("GET", "/v1/events")
    assert (answer.status_code, answer.json()["code"]) == (401, "wf.clock_skew")


def test_two_headers_of_one_name_are_refused(office):
    signed = office.signer.headers("GET", "/v1/events", b"")
    twice = [*signed.items(), (HEADERS.nonce, "another-nonce-of-some-length")]
    answer = office.client.get(f"{office.url}/v1/events", headers=twice)
    assert answer.status_code == 401


def test_sm3_is_that_of_the_standard():
    assert sm2.sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_sm2_signs_and_verifies_all_three_encodings():
    private = sm2.new_key()
    public = sm2.public_pem(sm2.raw_public(private))
    der = base64.b64decode(sm2.sign(private, b"data"))
    raw = _raw(der)
    for signature in (base64.b64encode(der).decode(), base64.b64encode(raw).decode(), raw.hex(), raw.hex().upper()):
        assert sm2.verify(public, b"data", signature)
        assert not sm2.verify(public, b"Data", signature)
    assert not sm2.verify(public, b"data", "no base64!")
    assert not sm2.verify(public, b"data", "")
    assert not sm2.verify(sm2.public_pem(sm2.raw_public(sm2.new_key())), b"data", raw.hex())


def test_raw_keys_are_those_of_openssl(tmp_path):
    private = sm2.new_key()
    (tmp_path / "key").write_text(private)
    words = ["openssl", "pkey", "-in", str(tmp_path / "key"), "-outform", "DER"]
    der = subprocess.run(words, capture_output=True, check=True).stdout
    assert len(sm2.raw_private(private)) == 32
    assert sm2.raw_private(private) in der
    assert len(sm2.raw_public(private)) == 64
    assert sm2.raw_public(private) in der


@settings(max_examples=200)
@given(r=st.integers(1, 2**256 - 1), s=st.integers(1, 2**256 - 1))
def test_raw_signatures_as_der(r, s):
    """As `cryptography` writes it."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert sm2._der(raw.hex()) == encode_dss_signature(r, s)


def test_sm2_requests_are_let_in(tmp_path):
    office, own = sm2.new_key(), sm2.new_key()
    public = sm2.public_pem(sm2.raw_public(office)).encode()
    theirs = Keys("sm2-sm3", "x", b"", "office-1", office.encode())
    keys = Keys("sm2-sm3", "office-1", public, "sandbox-1", own.encode())
    message = Message("POST", "/v1/notices", "", b"{}")
    gate = Gate(keys, lambda: NOW)
    assert gate.admit(message, signed_headers(theirs, message, NOW, idempotency_key="k")) == "k"
    for changed in (signed_headers(theirs, message, NOW, wrongly=True), signed_headers(keys, message, NOW)):
        with pytest.raises(Refused, match=r"wf\.signature_invalid"):
            gate.admit(message, changed)


def _raw(der):
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
