"""SM2 and SM3: both ways against the openssl program, which shares no code with gmssl; every form of a key."""

from __future__ import annotations

import base64
import os
import shutil
import stat
import subprocess
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from ephoto.core.signing import HEADERS, Key, MemoryNonces, Request, Signer, Verifier
from ephoto.workflow.wire import der, sm2
from ephoto.workflow.wire.sm2 import DEFAULT_USER, ORDER, Sm2Sm3, public_of
from ephoto.workflow.wire.sm2_keys import new_sm2_key, private_key, public_key
from ephoto.workflow.wire.sm3 import sm3, ways

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="needs the openssl program")
NOW = 1767225600.0
BODY = b'{"application_id":"APP-TEST-0001","schema":"ephoto.submission/1"}'
# The example of GM/T 0003.5-2012, annex A.2: private and public key, user id, message, and the digest e that is signed.
EXAMPLE_KEY = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
EXAMPLE_PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
EXAMPLE_DIGEST = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
EXAMPLE_R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
EXAMPLE_S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
EXAMPLE_DRAWN = "59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21"


def run(*words, fits=(0,)):
    done = subprocess.run([OPENSSL, *map(str, words)], capture_output=True, timeout=60, check=False)
    assert done.returncode in fits, done.stderr
    return done


def openssl_signs(folder, key, data, user=DEFAULT_USER):
    (folder / "said").write_bytes(data)
    run("pkeyutl", "-sign", "-inkey", key, "-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{user}",
        "-in", folder / "said", "-out", folder / "signature")  # fmt: skip
    return (folder / "signature").read_bytes()


def openssl_takes(folder, public, data, signature, user=DEFAULT_USER):
    (folder / "said").write_bytes(data)
    (folder / "signature").write_bytes(signature)
    option = ("-pkeyopt", f"distid:{user}") if user else ()
    done = run("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-digest", "sm3", *option,
               "-in", folder / "said", "-sigfile", folder / "signature", fits=(0, 1))  # fmt: skip
    return done.returncode == 0


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A pair of ours: both files, and both keys as bytes."""
    ours, theirs = new_sm2_key(tmp_path_factory.mktemp("keys"), "office")
    return ours, theirs, private_key(ours.read_bytes()), public_key(theirs.read_bytes())


def request(body=BODY):
    return Request(
        "POST", "/v1/applications", "", "2026-01-01T00:00:00Z", "9f1c2d3e4b5a69788796a5b4c3d2e1f0", "k", body
    )


def said(one):
    """The string that is signed, put together by the sentence of the documents and openssl's own SM3."""
    digest = subprocess.run([OPENSSL, "dgst", "-sm3"], input=one.body, capture_output=True, check=True).stdout
    lines = ("EPHOTO-SM2-SM3", one.method, one.path, one.query, one.timestamp, one.nonce, one.idempotency_key)
    return "\n".join((*lines, digest.decode().split()[-1])).encode()


def test_sm3_of_the_standard_by_every_library():
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abc").hex() == expected
    given = [digest for way in ways() if (digest := way(b"abc")) is not None]
    assert len(given) >= 2
    assert {digest.hex() for digest in given} == {expected}


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_the_libraries_agree_on_sm3(data):
    assert len({digest for way in ways() if (digest := way(data)) is not None}) == 1


def test_the_standards_own_example():
    """GM/T 0003.5-2012, A.2: with its random number, its signature."""
    user = DEFAULT_USER.encode()
    assert public_of(EXAMPLE_KEY) == EXAMPLE_PUBLIC
    assert sm3(sm2._of_the_signer(EXAMPLE_PUBLIC, user) + b"message digest") == EXAMPLE_DIGEST
    made = sm2._engine(EXAMPLE_KEY, EXAMPLE_PUBLIC).sign(EXAMPLE_DIGEST, EXAMPLE_DRAWN)
    assert made == f"{EXAMPLE_R:064x}{EXAMPLE_S:064x}"
    assert sm2.verify(EXAMPLE_PUBLIC, b"message digest", EXAMPLE_R, EXAMPLE_S, user)
    assert not sm2.verify(EXAMPLE_PUBLIC, b"message digesT", EXAMPLE_R, EXAMPLE_S, user)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_openssl_takes_what_we_sign_and_we_take_what_it_signs(body, pair, tmp_path):
    ours, theirs, private, public = pair
    one = request(body)
    sent = Sm2Sm3().sign(Key("k1", private), one)
    assert openssl_takes(tmp_path, theirs, said(one), base64.b64decode(sent, validate=True))
    signed = openssl_signs(tmp_path, ours, said(one))
    assert Sm2Sm3().verify(Key("k1", public), one, base64.b64encode(signed).decode())


def test_the_user_id_is_signed_too(pair, tmp_path):
    """Empty is not the usual one; and openssl without distid means the empty one."""
    ours, theirs, private, public = pair
    one, by_us, empty = request(), Sm2Sm3(), Sm2Sm3(user_id="")
    usual, without = by_us.sign(Key("k1", private), one), empty.sign(Key("k1", private), one)
    assert by_us.verify(Key("k1", public), one, usual)
    assert empty.verify(Key("k1", public), one, without)
    assert not by_us.verify(Key("k1", public), one, without)
    assert not empty.verify(Key("k1", public), one, usual)
    assert openssl_takes(tmp_path, theirs, said(one), base64.b64decode(without), user="")
    assert not openssl_takes(tmp_path, theirs, said(one), base64.b64decode(usual), user="")
    other = Sm2Sm3(user_id="office@example")
    sent = openssl_signs(tmp_path, ours, said(one), user="office@example")
    assert other.verify(Key("k1", public), one, base64.b64encode(sent).decode())


def test_each_encoding_is_sent_when_asked_for_and_all_are_taken(pair):
    _, _, private, public = pair
    sent = {
        way: Sm2Sm3(encoding=way).sign(Key("k1", private), request()) for way in ("base64-der", "base64-raw", "hex-raw")
    }
    assert len(base64.b64decode(sent["base64-raw"])) == 64
    assert len(sent["hex-raw"]) == 128
    assert base64.b64decode(sent["base64-der"])[0] == der.SEQUENCE
    for signature in (*sent.values(), sent["hex-raw"].upper()):
        assert Sm2Sm3(encoding="hex-raw").verify(Key("k1", public), request(), signature)


@given(st.integers(1, ORDER - 1), st.integers(1, ORDER - 1))
@settings(max_examples=200)
def test_numbers_of_any_size_survive_every_encoding(r, s):
    """Short ones are padded to 32 bytes; DER puts a zero in front of a first bit and none elsewhere."""
    raw = r.to_bytes(32) + s.to_bytes(32)
    packed = der.packed(der.SEQUENCE, der.packed_number(r) + der.packed_number(s))
    for text in (raw.hex(), base64.b64encode(raw).decode(), base64.b64encode(packed).decode()):
        assert (r, s) in sm2._read(text)


@pytest.mark.parametrize("short", [1, 2, 3, 31], ids=lambda n: f"{n} bytes short")
def test_a_short_r_is_padded(short):
    r, s = int.from_bytes(b"\x81" * (32 - short)), ORDER - 1
    assert sm2._read((r.to_bytes(32) + s.to_bytes(32)).hex()) == [(r, s)]
    packed = der.packed(der.SEQUENCE, der.packed_number(r) + der.packed_number(s))
    assert sm2._read(base64.b64encode(packed).decode()) == [(r, s)]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_changed_signature_is_refused(pair, data):
    _, _, private, public = pair
    signature = bytearray(bytes.fromhex(Sm2Sm3(encoding="hex-raw").sign(Key("k1", private), request())))
    at = data.draw(st.integers(0, 511))
    signature[at // 8] ^= 1 << at % 8
    assert not Sm2Sm3().verify(Key("k1", public), request(), signature.hex())


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param("", id="nothing"),
        pytest.param("0" * 128, id="zeros"),
        pytest.param(f"{ORDER:064x}{1:064x}", id="r is the order"),
        pytest.param(f"{1:064x}{0:064x}", id="s is zero"),
        pytest.param(f"{1:064x}{ORDER - 1:064x}", id="r and s come to the order"),
        pytest.param("not base64!", id="other signs"),
        pytest.param("姓名", id="no ascii"),
        pytest.param("A" * 100_000, id="very long"),
        pytest.param(base64.b64encode(b"\x30\x06\x02\x01\x81\x02\x01\x01").decode(), id="a negative number"),
        pytest.param(base64.b64encode(b"\x30\x84\xff\xff\xff\xff").decode(), id="a length of 4 GB"),
    ],
)
def test_nonsense_is_no_signature(signature, pair):
    assert not Sm2Sm3().verify(Key("k1", pair[3]), request(), signature)


@given(st.one_of(st.text(max_size=200), st.binary(max_size=100).map(lambda b: base64.b64encode(b).decode())))
@settings(max_examples=200, deadline=None)
def test_any_text_as_signature_gives_no_exception(text):
    assert not Sm2Sm3().verify(Key("k1", EXAMPLE_PUBLIC), request(), text)


def test_signatures_verify_through_the_headers(pair):
    """Signer and verifier of core, with every part bound and the replay refused."""
    _, _, private, public = pair
    signer = Signer(Key("k1", private), lambda: NOW, profile=Sm2Sm3())
    verifier = Verifier((Key("k1", public),), lambda: NOW, MemoryNonces(), profile=Sm2Sm3())
    headers = signer.headers("POST", "/v1/notices", BODY, query="b=2&a=1", idempotency_key="key-1")
    for method, path, query, body in (
        ("PUT", "/v1/notices", "b=2&a=1", BODY),
        ("POST", "/v1/notice", "b=2&a=1", BODY),
        ("POST", "/v1/notices", "b=2", BODY),
        ("POST", "/v1/notices", "b=2&a=1", BODY + b" "),
    ):
        with pytest.raises(InputError, match="signature_invalid"):
            verifier.verify(method, path, query, headers, body)
    with pytest.raises(InputError, match="signature_invalid"):
        verifier.verify("POST", "/v1/notices", "b=2&a=1", headers | {HEADERS.idempotency_key: "key-2"}, BODY)
    assert verifier.verify("POST", "/v1/notices", "a=1&b=2", headers, BODY) is False
    with pytest.raises(InputError, match="replayed"):
        verifier.verify("POST", "/v1/notices", "a=1&b=2", headers, BODY)


def test_two_signatures_of_one_message_differ(pair):
    made = {Sm2Sm3().sign(Key("k1", pair[2]), request()) for _ in range(3)}
    assert len(made) == 3


@pytest.mark.parametrize(("private", "start"), [(11, "04"), (65, "40"), (138, "44"), (327, "00")])
def test_public_keys_that_begin_with_zeros_and_fours_are_kept_whole(private, start):
    """gmssl's constructor takes such digits off the front: with one key of 64 or so everything would fail."""
    private = private.to_bytes(32)
    public = public_of(private)
    assert public.hex().startswith(start)
    assert Sm2Sm3().verify(Key("k1", public), request(), Sm2Sm3().sign(Key("k1", private), request()))


def test_keys_that_openssl_makes_are_read(tmp_path):
    """PKCS#8, with the curve's parameters in front and without, SEC 1 under both names, and the public key."""
    first, pkcs8, public = tmp_path / "first.pem", tmp_path / "pkcs8.pem", tmp_path / "public.pem"
    run("ecparam", "-genkey", "-name", "SM2", "-out", first)
    run("pkcs8", "-topk8", "-nocrypt", "-in", first, "-out", pkcs8)
    run("pkey", "-in", first, "-pubout", "-out", public)
    assert b"SM2 PARAMETERS" in first.read_bytes()
    private = private_key(pkcs8.read_bytes())
    assert private_key(first.read_bytes()) == private
    sec1 = run("ec", "-in", first).stdout
    assert b"BEGIN SM2 PRIVATE KEY" in sec1
    assert private_key(sec1) == private_key(sec1.replace(b"SM2 PRIVATE", b"EC PRIVATE")) == private
    assert private_key(b"  " + private.hex().encode() + b"\r\n") == private
    assert public_key(public.read_bytes()) == public_of(private)
    point = public_of(private).hex().encode()
    assert public_key(point) == public_key(b"04" + point) == public_of(private)


def test_openssl_reads_the_keys_that_we_make(pair):
    ours, theirs, private, public = pair
    told = run("pkey", "-in", ours, "-noout", "-text").stdout.decode()
    digits = "".join(told.split("priv:")[1].split("pub:")[0].split()).replace(":", "")
    assert bytes.fromhex(digits).rjust(32, b"\0")[-32:] == private
    assert "SM2" in told
    run("pkey", "-in", ours, "-noout", "-check")
    run("pkey", "-pubin", "-in", theirs, "-noout", "-text")
    assert run("pkey", "-in", ours, "-pubout").stdout == theirs.read_bytes()
    assert public == public_of(private)
    assert stat.S_IMODE(ours.stat().st_mode) == 0o600 or os.name == "nt"


def test_a_key_is_never_written_over(tmp_path):
    first, _ = new_sm2_key(tmp_path, "k")
    before = first.read_bytes()
    with pytest.raises(EnvironmentFault) as caught:
        new_sm2_key(tmp_path, "k")
    assert caught.value.code == "output_exists"
    assert first.read_bytes() == before


@pytest.mark.parametrize(
    "kind", ["prime256v1", "rsa", "encrypted", "public", "text", "zero", "order", "nothing", "cut"]
)
def test_what_is_no_private_key_of_sm2_is_refused_without_telling_it(kind, tmp_path, pair):
    if kind == "prime256v1":
        data = run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1").stdout
    elif kind == "rsa":
        data = run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024").stdout
    elif kind == "encrypted":
        data = run("pkcs8", "-topk8", "-in", pair[0], "-passout", "pass:secret").stdout
    else:
        data = {
            "public": pair[1].read_bytes(),
            "text": b"any text",
            "zero": b"00" * 32,
            "order": f"{ORDER:064x}".encode(),
            "nothing": b"",
            "cut": pair[0].read_bytes().replace(b"M", b"", 3),
        }[kind]
    with pytest.raises(UsageError) as caught:
        private_key(data)
    assert caught.value.code == "key_unfit"
    assert data.decode("latin-1")[:20] not in str(caught.value) or kind in ("nothing", "zero")


@pytest.mark.parametrize("data", [b"", b"04" * 64, b"00" * 64, EXAMPLE_PUBLIC.hex().encode()[:-2] + b"14", b"zz" * 64])
def test_what_is_no_point_of_the_curve_is_no_public_key(data):
    with pytest.raises(UsageError, match="key_unfit"):
        public_key(data)


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_as_a_key_end_in_an_error_of_ours(data):
    pem = b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(data) + b"\n-----END PRIVATE KEY-----\n"
    for read in (private_key, public_key):
        for given_ in (data, pem, pem.replace(b"PRIVATE", b"PUBLIC"), pem.replace(b"PRIVATE", b"EC PRIVATE")):
            with suppress(UsageError):
                read(given_)


@given(st.binary(max_size=80))
def test_der_reads_what_it_writes_and_nothing_else(data):
    packed = der.packed(der.OCTETS, data)
    assert der.only(packed, der.OCTETS) == data
    with pytest.raises(ValueError, match="cut short"):
        der.only(packed[:-1], der.OCTETS)
    with pytest.raises(ValueError, match=r"cut short|another element"):
        der.only(packed + b"\x00", der.OCTETS)
