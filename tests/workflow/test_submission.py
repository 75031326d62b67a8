"""Applications and replacements handed over to a real server that verifies, parses and answers by other means."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import json
import shutil
import subprocess
import threading
from datetime import UTC, datetime

import pytest

from ephoto.contracts.schemas import faults
from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from ephoto.core.registry import Registry
from ephoto.core.settings import Settings
from ephoto.core.signing import Key, MemoryNonces, Verifier
from ephoto.workflow.adapters.registry import REPLACEMENT, SUBMISSION, Around
from ephoto.workflow.wire.mapping import bundled, load_mapping
from ephoto.workflow.wire.sample import samples
from ephoto.workflow.wire.signing import signer, verifier
from ephoto.workflow.wire.sm2_keys import new_sm2_key
from tests.workflow.servers import answer, counterpart, problem

NOW = 1767225600.0
SECRET = b"a-key-that-is-not-secret"
KEY = "key-0001"


def taken(document, **more):
    told = {
        "schema": document["schema"].replace("/1", "-answer/1"),
        "application_id": document["application_id"],
        "external_no": "P-2026-0001",
        "state": "submitted",
        "received_at": "2026-01-15T10:00:00+08:00",
    } | more
    return answer(202, json.dumps(told).encode())


def parts_of(seen):
    head = b"Content-Type: " + seen.headers["content-type"].encode() + b"\r\n\r\n"
    message = email.message_from_bytes(head + seen.body, policy=email.policy.HTTP)
    return {one.get_param("name", header="content-disposition"): one for one in message.iter_parts()}


def document_of(seen, part="application"):
    return json.loads(parts_of(seen)[part].get_payload(decode=True))


class Platform:
    """A platform that keeps what it took by idempotency key, as the interface has it, and answers by hand."""

    def __init__(self):
        self.kept = {}
        self.lock = threading.Lock()
        self.doubled = 0
        self.verifier = Verifier((Key("office-1", SECRET),), lambda: NOW, MemoryNonces())

    def __call__(self, seen):
        try:
            self.verifier.verify(seen.method, seen.path, seen.query, seen.headers, seen.body)
        except InputError as error:
            return problem(401, f"wf.{error.code}")
        parts = {name: part.get_payload(decode=True) for name, part in parts_of(seen).items()}
        document = json.loads(parts["application"])
        found = faults(document, "ephoto.submission/1")
        if found:
            return problem(400, "wf.body_invalid", errors=[{"pointer": found[0].pointer, "code": "wf.field_unfit"}])
        told = {"photo": document["photo"], **{f"id_card_{s}": document["id_card"][s] for s in ("front", "back")}}
        for name, one in told.items():
            if "file" in one and hashlib.sha256(parts.get(name, b"")).hexdigest() != one["sha256"]:
                return problem(400, "wf.photo_rejected")
        mark = hashlib.sha256(b"".join(parts[name] for name in sorted(parts))).hexdigest()
        with self.lock:
            key = seen.headers["idempotency-key"]
            if key in self.kept:
                self.doubled += 1
                return taken(document) if self.kept[key] == mark else problem(422, "wf.idempotency_conflict")
            self.kept[key] = mark
        return taken(document)


@pytest.fixture
def office(tmp_path):
    """Gives an adapter for a server's address, from a mapping file with a key beside it."""
    (tmp_path / "office.key").write_bytes(SECRET + b"\n")
    arounds = []

    def make(url, kind=SUBMISSION, text="", sign=True, waits=None, retries=3):
        by = '[sign]\nkey_id = "office-1"\nkey_file = "office.key"\n' if sign else ""
        place = f'type = "http", url = "{url}", timeout_s = 5, retries = {retries}'
        file = tmp_path / "mapping.toml"
        file.write_text(f'adapter = {{ kind = "{kind.name}" }}\ntransport = {{ {place} }}\n{by}{text}', "utf-8")
        around = Around(Settings(), lambda: NOW, ([] if waits is None else waits).append, lambda: 0.5)
        arounds.append(around)
        return kind.build(load_mapping(file, Settings()), around)

    yield make
    for around in arounds:
        around.close()


@pytest.mark.parametrize("number", range(3), ids=["in service", "on file", "guardian"])
def test_an_application_is_taken(number, office):
    document, pictures = samples("submission")[number]
    platform = Platform()
    with counterpart(platform) as server:
        got = office(server.url).submit(document, pictures, idempotency_key=KEY)
    assert (got.external_no, got.state, got.application_id) == ("P-2026-0001", "submitted", document["application_id"])
    seen = server.seen[0]
    assert (seen.method, seen.target) == ("POST", "/v1/applications")
    assert document_of(seen) == document
    assert ("photo" in parts_of(seen)) == ("file" in document["photo"])
    assert document["applicant"]["id_number"] not in seen.target + json.dumps(seen.headers)


@pytest.mark.parametrize(
    "failure", ["cut first", "cut", "reset", "half", answer(503, b""), problem(409, "wf.in_progress")]
)
def test_a_connection_that_is_cut_at_any_place_doubles_nothing(failure, office):
    """Also where the platform has taken it, and only its answer is lost."""
    document, pictures = samples("submission")[0]
    platform = Platform()

    def takes_and_is_cut(seen):
        platform(seen)
        return b""

    with counterpart(failure, takes_and_is_cut, platform) as server:
        got = office(server.url).submit(document, pictures, idempotency_key=KEY)
    assert got.external_no == "P-2026-0001"
    assert len(platform.kept) == 1
    assert platform.doubled == 1  # the same key came twice and was known


def test_the_same_key_with_other_content_is_refused_by_its_code(office):
    (one, pictures), platform = samples("submission")[0], Platform()
    other = one | {"bank": {"code": "BANK-2"}}
    with counterpart(platform) as server:
        adapter = office(server.url)
        adapter.submit(one, pictures, idempotency_key=KEY)
        with pytest.raises(InputError) as caught:
            adapter.submit(other, pictures, idempotency_key=KEY)
        adapter.submit(other, pictures, idempotency_key="key-0002")
    assert caught.value.code == "wf.idempotency_conflict"


def test_a_wrong_key_is_told(office, tmp_path):
    document, pictures = samples("submission")[0]
    with counterpart(Platform()) as server:
        adapter = office(server.url)
        (tmp_path / "office.key").write_bytes(b"another-key-of-another-office")
        with pytest.raises(InputError) as caught:
            office(server.url).submit(document, pictures, idempotency_key=KEY)
        assert adapter.submit(document, pictures, idempotency_key=KEY)
    assert caught.value.code == "wf.signature_invalid"


def test_a_document_that_meets_no_schema_never_leaves(office):
    document, pictures = samples("submission")[0]
    with counterpart(Platform()) as server:
        for odd in (document | {"kind": "other"}, document | {"surprise": 1}, {"schema": "ephoto.submission/1"}):
            with pytest.raises(InputError) as caught:
                office(server.url).submit(odd, pictures, idempotency_key=KEY)
            assert caught.value.code == "document_unfit"
            assert document["applicant"]["id_number"] not in str(caught.value)
    assert server.seen == []


def test_pictures_that_are_not_the_documents_never_leave(office):
    document, pictures = samples("submission")[0]
    with counterpart(Platform()) as server:
        adapter = office(server.url)
        for odd, code in (
            ({**pictures, "photo": b"another"}, "wf.photo_rejected"),
            ({**pictures, "photo": pictures["photo"][:-1] + b"x"}, "wf.photo_rejected"),
            ({name: data for name, data in pictures.items() if name != "photo"}, "wf.photo_missing"),
            ({"photo": pictures["photo"]}, "wf.id_card_picture_missing"),
        ):
            with pytest.raises(InputError) as caught:
                adapter.submit(document, odd, idempotency_key=KEY)
            assert caught.value.code == code
        on_file, its_pictures = samples("submission")[1]
        adapter.submit(on_file, its_pictures | {"photo": b"not told of", "other": b"x"}, idempotency_key="key-0003")
    assert [list(parts_of(seen)) for seen in server.seen] == [["application", "id_card_front", "id_card_back"]]


def test_what_else_the_platform_says_is_kept_and_shown_nowhere(office):
    document, pictures = samples("submission")[0]
    told = taken(document, neu="测试甲 119900198802290011", state="accepted", queue={"place": 7})
    with counterpart(told) as server:
        got = office(server.url).submit(document, pictures, idempotency_key=KEY)
    assert got.state == "accepted"
    assert got.extra == {"neu": "测试甲 119900198802290011", "queue": {"place": 7}}
    assert "119900198802290011" not in repr(got)


def test_a_rejection_is_an_answer_with_its_reason_masked(office):
    document, pictures = samples("submission")[0]
    told = taken(document, state="rejected", code="wf.name_mismatch", reason="测试甲 119900198802290011 不符")
    with counterpart(told) as server:
        got = office(server.url).submit(document, pictures, idempotency_key=KEY)
    assert (got.state, got.code, got.reason) == ("rejected", "wf.name_mismatch", "*** *** 不符")


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(lambda d: answer(202, b"<html>ok</html>"), id="html"),
        pytest.param(lambda d: answer(202, b"{}"), id="empty"),
        pytest.param(lambda d: answer(202, b""), id="nothing"),
        pytest.param(lambda d: taken(d, application_id="APP-OTHER-0001"), id="another application"),
        pytest.param(lambda d: taken(d, state="perhaps"), id="unknown state"),
        pytest.param(lambda d: taken(d, received_at="yesterday"), id="no time"),
        pytest.param(lambda d: taken(d, external_no=""), id="no number"),
        pytest.param(lambda d: taken(d, schema="ephoto.submission-answer/2"), id="another schema"),
        pytest.param(lambda d: taken(d, external_no="N\0"), id="zero byte"),
        pytest.param(lambda d: taken(d, external_no="N\ud800"), id="half a character"),
        pytest.param(lambda d: taken(d, neu={"a": ["\ud800"]}), id="half a character beside it"),
    ],
)
def test_an_answer_that_is_none_is_no_success(told, office):
    document, pictures = samples("submission")[0]
    with counterpart(told(document)) as server, pytest.raises(EnvironmentFault) as caught:
        office(server.url).submit(document, pictures, idempotency_key=KEY)
    assert caught.value.code == "target_nonsense"


def test_half_a_character_in_a_reason_stops_no_printout(office):
    document, pictures = samples("submission")[0]
    told = taken(document, state="rejected", code="wf.name_mismatch", reason="a\ud800b")
    with counterpart(told) as server, pytest.raises(EnvironmentFault):
        office(server.url).submit(document, pictures, idempotency_key=KEY)
    body = json.dumps({"code": "wf.name_mismatch", "detail": "a\ud800b"}).encode()
    refused = answer(422, body, content_type="application/problem+json")
    with counterpart(refused) as server, pytest.raises(InputError) as caught:
        office(server.url).submit(document, pictures, idempotency_key=KEY)
    assert caught.value.values["detail"] == "a b"


def test_a_refusal_does_not_tell_on_the_applicant(office):
    """Though the platform repeats everything."""
    document, pictures = samples("submission")[2]
    person, guardian = document["applicant"], document["guardian"]
    detail = f"{person['name']} {person['id_number']} {guardian['name']} {person['address']} {guardian['mobile']}"
    with counterpart(problem(422, "wf.person_not_found", detail)) as server, pytest.raises(InputError) as caught:
        office(server.url).submit(document, pictures, idempotency_key=KEY)
    told = str(caught.value) + repr(caught.value.values) + caught.value.message("zh")
    for secret in (*person.values(), *guardian.values()):
        assert secret not in told or len(secret) < 2 or secret in ("resident_id", "student")
    assert caught.value.code == "wf.person_not_found"


def test_what_became_of_an_application_is_asked_by_the_platforms_number(office):
    number = "P/2026 0001"
    document, _ = samples("submission")[0]
    with counterpart(taken(document, external_no=number, state="accepted")) as server:
        got = office(server.url).status(number)
    assert (got.state, got.external_no) == ("accepted", number)
    assert (server.seen[0].method, server.seen[0].target) == ("GET", "/v1/applications/P%2F2026%200001")


def test_another_applications_status_is_no_answer(office):
    document, _ = samples("submission")[0]
    with counterpart(taken(document)) as server, pytest.raises(EnvironmentFault):
        office(server.url).status("P-2026-0002")


@pytest.mark.parametrize("number", range(2), ids=["branch", "online"])
def test_a_replacement_is_taken(number, office):
    document, pictures = samples("replacement")[number]
    with counterpart(taken(document, instant=number == 0)) as server:
        got = office(server.url, REPLACEMENT).request(document, pictures, idempotency_key=KEY)
    assert got.instant is (number == 0)
    assert server.seen[0].target == "/v1/replacements"
    assert document_of(server.seen[0], "request") == document
    assert "T00000001" not in server.seen[0].body.decode("latin-1")


def test_the_models_own_documents_go_through(office):
    """From an application of the model to the platform and back."""
    from ephoto.workflow.documents import submission_document
    from ephoto.workflow.model import load_application

    _, pictures = samples("submission")[0]
    facts = {name: {"photo_id": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
             for name, data in pictures.items()}  # fmt: skip
    at = datetime(2026, 1, 15, 10, tzinfo=UTC)
    application = load_application(
        {
            "application_id": "APP-TEST-0001",
            "kind": "first_issue",
            "route": "individual",
            "applicant": {"name": "测试甲", "id_number": "119900198802290011", "mobile": "13800138000"},
            "bank": {"code": "BANK-1", "branch_code": "B0001"},
            "delivery": {"method": "pickup_branch"},
            "photo": facts["photo"] | {"source": "captured", "width": 358, "height": 441, "dpi": 350,
                                       "spec": "cn-social-security-card@1", "report_status": "pass"},
            "id_card_front": facts["id_card_front"],
            "id_card_back": facts["id_card_back"],
            "verification": {"real_name_at": at, "face_at": at, "provider": "platform"},
            "pledge_accepted_at": at,
            "consent": {"version": "1", "at": at, "scope": ["platform"]},
        }
    )  # fmt: skip
    document = submission_document(application, pictures)
    with counterpart(Platform()) as server:
        assert office(server.url).submit(document, pictures, idempotency_key=KEY).external_no


def test_the_example_in_xml_goes_through_signed_by_sm2(tmp_path, monkeypatch):
    """GBK, attributes, pictures in base64, the signature verified by openssl over what came over the wire."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program")
    private, public = new_sm2_key(tmp_path, "office")
    monkeypatch.setenv("EPHOTO_SM2_KEY", private.read_text())
    told = '<?xml version="1.0" encoding="GBK"?><r flag="0" lsh="N-1" zt="1" text="受理𠮷"/>'.encode("gb18030")
    document, pictures = samples("submission")[1]
    with counterpart(answer(200, told, content_type="text/xml")) as server:
        monkeypatch.setenv("EPHOTO_SUBMIT_URL", server.url)
        mapping = load_mapping(bundled("submission-xml"), Settings())
        with Around(Settings(), lambda: NOW, lambda _: None, lambda: 0.5) as around:
            got = SUBMISSION.build(mapping, around).submit(document, pictures, idempotency_key=KEY)
    assert (got.external_no, got.state, got.received_at) == ("N-1", "accepted", "2026-01-01T00:00:00Z")
    assert [finding.code for finding in got.findings] == ["wf.name_not_in_gbk"] * 2
    assert got.extra == {}
    seen = server.seen[0]
    assert seen.headers["content-type"] == "application/xml; charset=GBK"
    assert 'XM="测试𠮷"' in seen.body.decode("gb18030")
    digest = subprocess.run([openssl, "dgst", "-sm3"], input=seen.body, capture_output=True, check=True).stdout.split()[
        -1
    ]
    lines = ["EPHOTO-SM2-SM3", "POST", seen.path, "", *(seen.headers[f"ephoto-{n}"] for n in ("timestamp", "nonce"))]
    (tmp_path / "said").write_bytes("\n".join([*lines, KEY, digest.decode()]).encode())
    (tmp_path / "signature").write_bytes(base64.b64decode(seen.headers["ephoto-signature"]))
    subprocess.run(
        [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-digest", "sm3", "-pkeyopt",
         "distid:1234567812345678", "-in", tmp_path / "said", "-sigfile", tmp_path / "signature"],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.mark.parametrize("profile", ["hmac-sha256", "sm2-sm3"])
def test_keys_of_a_mapping_sign_and_verify(profile, tmp_path, monkeypatch):
    """From files and from the environment, two keys at once while one takes the other's place."""
    if profile == "sm2-sm3":
        private, public = (one.read_text() for one in new_sm2_key(tmp_path, "k"))
        _, other = (one.read_text() for one in new_sm2_key(tmp_path, "o"))
    else:
        private = public = "base64:" + base64.b64encode(SECRET).decode()
        other = "another-key-not-secret"
    (tmp_path / "new.key").write_text(public)
    (tmp_path / "old.key").write_text(other)
    monkeypatch.setenv("EPHOTO_OFFICE_KEY", private)
    keys = {
        "sender": 'key_id = "new"\nkey_env = "EPHOTO_OFFICE_KEY"',
        "receiver": 'verify = [{ key_id = "old", key_file = "old.key" }, { key_id = "new", key_file = "new.key" }]',
    }
    sides = {}
    for side, lines in keys.items():
        file = tmp_path / f"{side}.toml"
        file.write_text(f'adapter = {{ kind = "activation" }}\n[sign]\nprofile = "{profile}"\n{lines}\n')
        sides[side] = load_mapping(file, Settings()).sign
    by = sides["receiver"]
    headers = signer(sides["sender"], Settings(), lambda: NOW).headers("POST", "/v1/events", b"{}")
    one = verifier(by, Settings(), lambda: NOW + 299, MemoryNonces())
    assert one.verify("POST", "/v1/events", "", headers, b"{}") is False
    with pytest.raises(InputError, match="replayed"):
        one.verify("POST", "/v1/events", "", headers, b"{}")
    late = verifier(by, Settings(), lambda: NOW + 301, MemoryNonces())
    with pytest.raises(InputError, match="clock_skew"):
        late.verify("POST", "/v1/events", "", headers, b"{}")
    with pytest.raises(InputError, match="signature_invalid"):
        one.verify("POST", "/v1/events", "", headers | {"Ephoto-Key-Id": "old"}, b"{}")
    assert SECRET.decode() not in repr(sides)


def test_a_key_that_is_not_there_is_told_by_its_place(tmp_path):
    file = tmp_path / "m.toml"
    for place, named in (("key_file = 'gone.key'", "gone.key"), ("key_env = 'EPHOTO_GONE'", "EPHOTO_GONE")):
        file.write_text(f"adapter = {{ kind = 'activation' }}\n[sign]\nkey_id = 'k'\n{place}\n")
        by = load_mapping(file, Settings()).sign
        with pytest.raises(InputError) as caught:
            signer(by, Settings(), lambda: NOW)
        assert caught.value.code == "not_readable"
        assert named in caught.value.values["path"]
        with pytest.raises(UsageError, match="key_unfit"):
            verifier(by, Settings(), lambda: NOW, MemoryNonces())


def test_each_kind_has_an_adapter_of_our_own(tmp_path):
    """From its bundled mapping, with a folder for the bureau."""
    from ephoto.workflow.adapters import registry

    around = Around(Settings(), lambda: NOW, lambda _: None, lambda: 0.5)
    with around:
        for kind in (SUBMISSION, REPLACEMENT, registry.EMPLOYER, registry.ACTIVATION, registry.NOTIFY):
            assert kind.build(load_mapping(bundled(kind.name), Settings()), around)
            assert kind.known() == ["ephoto"]
    (tmp_path / "bureau").mkdir()
    for name in ("in", "out", "archive", "error"):
        (tmp_path / "bureau" / name).mkdir()
    file = tmp_path / "production.toml"
    file.write_text('adapter = { kind = "production" }\ntransport = { type = "folder", path = "bureau" }\n')
    assert list(registry.PRODUCTION.build(load_mapping(file, Settings()), around).receipts()) == []


THEIRS = """
class Theirs:
    def __init__(self, mapping, around):
        self.name = mapping.table("theirs").take("name", "", "a name")
    def submit(self, document, files, *, idempotency_key):
        return (self.name, idempotency_key)
"""


def test_another_packages_adapter_is_found_by_its_entry_point(tmp_path, monkeypatch, office):
    """A package as it would be installed: its module and its metadata on the path."""
    (tmp_path / "their_submission.py").write_text(THEIRS)
    info = tmp_path / "their_submission-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-submission\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ephoto.submission]\ntheirs = their_submission:Theirs\nbad = gone:x\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / "theirs.toml"
    around = Around(Settings(), lambda: NOW, lambda _: None, lambda: 0.5)

    def build(engine):
        file.write_text(f"adapter = {{ kind = 'submission', engine = '{engine}' }}\n[theirs]\nname = 'x'\n")
        return SUBMISSION.build(load_mapping(file, Settings()), around)

    assert build("theirs").submit({}, {}, idempotency_key=KEY) == ("x", KEY)
    assert SUBMISSION.known() == ["ephoto", "bad", "theirs"]
    with pytest.raises(EnvironmentFault, match="engine_broken"):
        build("bad")
    with pytest.raises(UsageError) as caught:
        build("nobody")
    assert caught.value.values["known"] == ["ephoto", "bad", "theirs"]
    with pytest.raises(UsageError, match="settings_invalid"):
        REPLACEMENT.build(load_mapping(file, Settings()), around)
    assert {"bad", "theirs"} <= set(Registry("test", "ephoto.submission", {}).known())
