"""`ephoto apply`, `cards`, `package`, `purge` and `adapters`, over a real database; no counterpart answers here."""

from __future__ import annotations

import json
import zipfile
from importlib.metadata import entry_points

import pytest
import xlsxwriter

import ephoto
from ephoto.core.signing import timestamp
from ephoto.workflow.adapters import registry
from ephoto.workflow.vault import new_key_file
from ephoto.workflow.wire.mapping import bundled
from tests.workflow.people import ADULTS, applicant, application_table

OFFICE = """\
database = "sqlite:///office.sqlite"
sender = "EMP-0001"
receiver = "BUREAU-TEST"
[vault]
key_file = "vault.key"
[adapters]
submission = "submission.toml"
production = "production.toml"
"""
SECRETS = (ADULTS[0], ADULTS[1], "测试甲", "13800138000")
PICTURES = ("photo", "id_card_front", "id_card_back", "application_id")


@pytest.fixture(scope="session")
def card_bytes(portrait_bytes):
    return ephoto.convert(portrait_bytes, spec="cn-social-security-card").data


@pytest.fixture
def office(tmp_path, monkeypatch):
    """A folder with an office whose platform does not answer."""
    (tmp_path / "office.toml").write_text(OFFICE, "utf-8")
    new_key_file(tmp_path / "vault.key")
    submission = bundled("submission").read_text("utf-8")
    submission = submission.replace("http://127.0.0.1:8731", "http://127.0.0.1:9").replace("retries = 5", "retries = 0")
    (tmp_path / "submission.toml").write_text(submission, "utf-8")
    (tmp_path / "production.toml").write_text(bundled("production").read_text("utf-8"), "utf-8")
    for name in ("in", "out", "archive", "error"):
        (tmp_path / "bureau" / name).mkdir(parents=True)
    monkeypatch.setenv("EPHOTO_OFFICE", str(tmp_path / "office.toml"))
    return tmp_path


def person(office, name="person.json", **changes):
    """A file with an application's data; its verification and consent are of today, as `now` is."""
    table = application_table(**(dict.fromkeys(PICTURES) | changes))
    path = office / name
    path.write_text(json.dumps(table, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture
def opened(run, office):
    """The id of a fresh draft."""
    told = run("apply", "new", person(office), "--json")
    assert told.code == 0
    return told.json["application_id"]


def secretless(*told):
    for ended in told:
        for secret in SECRETS:
            assert secret not in ended.text + ended.err
    return told


def with_pictures(run, office, name, card_bytes):
    (office / "card.jpg").write_bytes(card_bytes)
    attached = run("apply", "attach-photo", name, office / "card.jpg", "--json")
    sides = run("apply", "attach-id-card", name, "--front", office / "card.jpg", "--back", office / "card.jpg")
    return secretless(attached, sides)


def accepted(run, office, name, card_bytes):
    """An application that the platform has taken, told by hand since no platform is here."""
    with_pictures(run, office, name, card_bytes)
    assert run("apply", "submit", name).code == 6
    words = ("cards", "event", name, "accepted", "--data", "-", "--json")
    return run(*words, stdin=b'{"external_no": "LSH-1"}')


def test_a_draft_says_what_it_lacks(run, office):
    told = run("apply", "new", person(office))
    assert told.code == 0
    assert "wf.photo_missing" in told.text
    assert "wf.id_card_picture_missing" in told.text
    assert "119900********0011" in told.text
    secretless(told)


def test_data_come_from_stdin_and_in_chinese(run, office):
    table = application_table(**dict.fromkeys(PICTURES))
    told = run("apply", "new", "-", "--lang", "zh", stdin=json.dumps(table).encode())
    assert told.code == 0
    assert "请上传照片" in told.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "data_unreadable"),
        ("[]", "data_unreadable"),
        ('{"kind": "first_issue"}', "wf.field_required"),
        ('{"kind": "x", "route": "in_service", "applicant": {"name": "测试甲", "id_number": "1"}}', "wf.field_unfit"),
    ],
)
def test_data_that_cannot_be_read_are_told_without_repeating_them(run, office, text, code):
    (office / "bad.json").write_text(text, "utf-8")
    told = run("apply", "new", office / "bad.json", "--json")
    assert (told.code, told.json["error"]["code"]) == (3, code)
    secretless(told)


def test_one_key_is_one_application(run, office):
    names = {run("apply", "new", person(office), "--key", "k-1", "--json").json["application_id"] for _ in range(2)}
    assert len(names) == 1
    assert run("apply", "new", person(office), "--json").json["error"]["code"] == "wf.duplicate_application"


def test_what_blocks_is_exit_1(run, office, opened, card_bytes):
    told = run("apply", "validate", opened, "--json")
    assert told.code == 1
    assert {"wf.photo_missing"} <= {finding["code"] for finding in told.json["findings"]}
    refused = run("apply", "submit", opened, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "application_unfit")
    with_pictures(run, office, opened, card_bytes)
    assert run("apply", "validate", opened).code == 0


def test_a_photo_that_is_no_card_is_refused(run, office, opened, photo):
    told = run("apply", "attach-photo", opened, photo, "--json")
    assert told.code == 3
    assert told.json["error"]["code"] == "wf.photo_rejected"
    assert "size" in told.json["error"]["message"]
    assert run("apply", "status", opened, "--json").json["photo"] is False


def test_a_platform_that_is_not_there_leaves_the_application_waiting(run, office, opened, card_bytes):
    with_pictures(run, office, opened, card_bytes)
    for _ in range(2):
        told = run("apply", "submit", opened, "--json")
        assert told.code == 6
        assert told.json["sent"][0]["error"]["code"] == "target_unreachable"
        assert run("apply", "status", opened, "--json").json["state"] == "submitted"
    assert run("apply", "submit", "--waiting", "--json").json["sent"][0]["application_id"] == opened
    secretless(told)


def test_a_draft_is_edited_and_cancelled(run, office, opened):
    other = person(office, applicant={"mobile": "13900139000"})
    assert run("apply", "edit", opened, other).code == 0
    somebody = person(office, applicant={"id_number": ADULTS[1]})
    assert run("apply", "edit", opened, somebody, "--json").json["error"]["code"] == "wf.field_locked"
    assert run("apply", "cancel", opened, "--json").json["state"] == "cancelled"
    late = run("apply", "cancel", opened, "--json")
    assert (late.code, late.json["error"]["code"]) == (3, "wf.transition_refused")


def test_a_rejected_application_is_taken_up_again(run, office, opened, card_bytes):
    accepted(run, office, opened, card_bytes)
    assert run("cards", "event", opened, "rejected", "--source", "platform", "--reason", "x", "--json").json[
        "state"] == "rejected"  # fmt: skip
    refused = run("apply", "submit", opened, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (3, "wf.transition_refused")
    assert run("apply", "reopen", opened, "--json").json["state"] == "photo_accepted"


def test_an_office_that_is_not_there_is_told(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run("cards", "list", "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "office_missing")
    assert "sandbox" in told.json["error"]["hint"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("database =", "databse ="), "settings_invalid"),
        (('"sqlite:///office.sqlite"', '"mysql://x"'), "settings_invalid"),
        (('key_file = "vault.key"', ""), "settings_invalid"),
        (('key_file = "vault.key"', 'key_env = "EPHOTO_VAULT_KEY"'), "vault_key_missing"),
        (("vault.key", "other.key"), "vault_key_missing"),
        (('receiver = "BUREAU-TEST"', 'receiver = "a b"'), "settings_invalid"),
    ],
)
def test_an_offices_file_is_checked_key_by_key(run, office, change, code):
    path = office / "office.toml"
    path.write_text(path.read_text("utf-8").replace(*change), "utf-8")
    told = run("cards", "list", "--json")
    assert told.json["error"]["code"] == code
    assert told.json["error"]["hint"]


def test_the_key_may_come_from_the_environment(run, office, opened, monkeypatch):
    path = office / "office.toml"
    path.write_text(path.read_text("utf-8").replace('key_file = "vault.key"', 'key_env = "EPHOTO_VAULT_KEY"'), "utf-8")
    monkeypatch.setenv("EPHOTO_VAULT_KEY", (office / "vault.key").read_text("utf-8"))
    assert run("cards", "show", opened).code == 0


def test_events_by_hand_bring_a_card_to_use_and_purge_deletes_its_photos(run, office, opened, card_bytes):
    assert accepted(run, office, opened, card_bytes).json["status"] == "applied"
    listed = run("cards", "list", "--state", "accepted", "--json").json["cases"]
    assert [case["application_id"] for case in listed] == [opened]
    assert run("cards", "list", "--state", "received", "--json").json["cases"] == []
    assert run("cards", "list", "--state", "nowhere").code == 2
    early = run("cards", "event", opened, "received", "--json")
    assert (early.code, early.json["status"]) == (0, "parked")
    assert run("apply", "cancel", opened).code == 0
    told = run("purge", "--older-than", "0", "--json")
    assert (told.json["photos"], told.json["kept"]) == (0, 0)  # a cancelled one leaves none
    shown = run("cards", "show", opened, "--json").json
    assert [one["type"] for one in shown["history"]][-1] == "application_cancelled"
    assert shown["photo"] is False
    secretless(run("cards", "show", opened), run("cards", "list"))


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("confirmed",), "bad_option", 2),
        (("photo_attached", "--source", "ephoto"), "bad_option", 2),
        (("accepted",), "wf.field_required", 3),
        (("accepted", "--source", "bureau"), "wf.source_not_allowed", 3),
        (("received", "--at", "yesterday"), "wf.field_unfit", 3),
        (("received", "--data", "nothing.json"), "not_readable", 3),
    ],
)
def test_an_event_by_hand_that_cannot_be_is_refused(run, office, opened, words, code, exit_code):
    told = run("cards", "event", opened, *words, "--json")
    assert (told.code, told.json["error"]["code"]) == (exit_code, code)
    assert run("apply", "status", opened, "--json").json["state"] == "draft"


def batch_of(office, card_bytes):
    """What `ephoto batch` leaves of a table of two people."""
    photos = office / "photos"
    photos.mkdir()
    for number in ADULTS[:2]:
        (photos / f"{number}.jpg").write_bytes(card_bytes)
    return photos


def test_a_batch_is_packed_with_its_roster(run, office, portrait_bytes):
    photos = batch_of(office, portrait_bytes)
    assert run("batch", photos, office / "cards").code == 0
    roster = office / "roster.csv"
    roster.write_bytes(f"姓名,证件号码\n测试甲,{ADULTS[0]}\n测试乙,{ADULTS[1]}\n测试丙,{ADULTS[2]}\n".encode("gb18030"))
    words = ("--batch-no", "B-1", "--sender", "EMP-0001", "--receiver", "BUREAU-1", "--json")
    told = run("package", office / "cards", "--roster", roster, "-o", office / "drop.zip", *words)
    assert told.code == 1
    assert [(f["code"], f["pointer"]) for f in told.json["findings"] if f["level"] == "block"] == [
        ("wf.photo_missing", "/roster/4")
    ]
    with zipfile.ZipFile(office / "drop.zip") as made:
        assert set(made.namelist()) == {
            "manifest.json", "roster.csv", "SHA256SUMS", *(f"photos/{number}.jpg" for number in ADULTS[:2]),
        }  # fmt: skip
    again = run("package", office / "cards", "--roster", roster, "-o", office / "drop.zip", *words)
    assert (again.code, again.json["error"]["code"]) == (6, "output_exists")
    secretless(told, again)


def test_a_roster_becomes_drafts_with_the_batchs_photos(run, office, portrait_bytes):
    photos = batch_of(office, portrait_bytes)
    assert run("batch", photos, office / "cards").code == 0
    book = xlsxwriter.Workbook(str(office / "roster.xlsx"))
    sheet = book.add_worksheet()
    head = ("姓名", "证件号码", "手机", "职业", "证件有效期止")
    rows = [("测试甲", ADULTS[0]), ("测试乙", ADULTS[1]), ("测试丙", 119901200101011135)]
    for column, text in enumerate(head):
        sheet.write(0, column, text)
    for number, (name, id_number) in enumerate(rows, 1):
        for column, text in enumerate((name, id_number, "13800138000", "企业职工", "20360101")):
            (sheet.write_number if isinstance(text, int) else sheet.write_string)(number, column, text)
    book.close()
    words = ["--employer", "EMP-0001", "--batch-no", "C-1", "--bank", "BANK-1", "--photos", office / "cards"]
    assert run("apply", "roster", office / "roster.xlsx", *words).code == 2  # nobody has agreed to it
    words += ["--consent", "2026-01@2026-03-01T09:00:00+08:00"]
    told = run("apply", "roster", office / "roster.xlsx", *words, "--findings", office / "findings.csv", "--json")
    assert told.code == 1
    assert told.json["refused"] == 1
    assert [draft["error"] for draft in told.json["drafts"]] == [None, None]
    assert {f["code"] for row in told.json["findings"] if row["row"] == 4 for f in row["findings"]} == {
        "wf.roster_id_numeric"
    }
    assert "wf.roster_id_numeric" in (office / "findings.csv").read_text("utf-8-sig")
    cases = run("cards", "list", "--json").json["cases"]
    assert [case["state"] for case in cases] == ["photo_accepted", "photo_accepted"]
    again = run("apply", "roster", office / "roster.xlsx", *words, "--json")
    assert [draft["known"] for draft in again.json["drafts"]] == [True, True]
    assert len(run("cards", "list", "--json").json["cases"]) == 2
    secretless(told, again)


def test_accepted_applications_are_packed_once_and_written_again(run, office, opened, card_bytes):
    with_pictures(run, office, opened, card_bytes)
    run("apply", "submit", opened)
    event = office / "event.json"
    event.write_text("{}", "utf-8")
    with_office = _record(office, opened, "accepted", external_no="LSH-1")
    assert with_office.status == "applied"
    (office / "drops").mkdir()
    told = run("package", "--accepted", "-o", office / "drops", "--send", "--json")
    assert told.code == 0
    (package,) = told.json["packages"]
    assert package["count"] == 1
    assert run("cards", "show", opened, "--json").json["state"] == "producing"
    assert run("package", "--accepted", "-o", office / "drops", "--json").json["packages"] == []
    first = (office / "drops" / package["path"].rpartition("/")[2]).read_bytes()
    again = run("package", "--accepted", "--batch-no", package["batch_no"], "-o", office / "again.zip", "--json")
    assert again.code == 0
    assert (office / "again.zip").read_bytes() == first
    assert len(list((office / "bureau" / "in").iterdir())) == 2
    secretless(told, again)


def test_the_accepted_people_of_a_batch_are_packed_with_the_offices_data(run, office, opened, portrait_bytes):
    photos = batch_of(office, portrait_bytes)
    assert run("batch", photos, office / "cards").code == 0
    with_pictures(run, office, opened, (office / "cards" / f"{ADULTS[0]}.jpg").read_bytes())
    run("apply", "submit", opened)
    _record(office, opened, "accepted", external_no="LSH-1")
    told = run("package", office / "cards", "-o", office / "drop.zip", "--json")
    assert told.code == 1
    assert ("wf.card_without_row", "/manifest/2") in [(f["code"], f["pointer"]) for f in told.json["findings"]]
    assert told.json["packages"][0]["count"] == 1
    assert run("cards", "show", opened, "--json").json["state"] == "producing"
    secretless(told)


def _record(office, name, type, **payload):
    import time
    from datetime import datetime
    from pathlib import Path

    from ephoto.core.settings import Settings
    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.office.opening import open_office

    with open_office(Path(office / "office.toml"), Settings(), time.time) as here:
        at = datetime.fromisoformat(timestamp(time.time()).replace("Z", "+00:00"))
        return here.office.record(Event(f"hand-{type}", type, at, name, source="platform", payload=payload))


@pytest.mark.parametrize(
    "words",
    [
        ("package",),
        ("package", "cards", "--accepted", "-o", "x.zip"),
        ("package", "cards", "--roster", "r.csv", "-o", "x.zip"),
        ("apply", "submit"),
        ("apply", "submit", "ID", "--waiting"),
        ("apply", "attach-id-card", "ID"),
        ("cards", "event", "ID", "nothing"),
        ("cards", "event", "ID", "received", "--source", "me"),
        ("cards", "event", "ID", "received", "--channel", "pigeon"),
        ("purge", "--older-than", "soon"),
    ],
)
def test_words_that_make_no_sense_are_exit_2(run, office, words):
    told = run(*words, "--json")
    assert told.code == 2
    assert told.json["error"]["hint"]


def test_an_unknown_application_is_told(run, office):
    for words in (("apply", "status"), ("cards", "show"), ("apply", "submit"), ("apply", "validate")):
        told = run(*words, "APP-UNKNOWN-1", "--json")
        assert (told.code, told.json["error"]["code"]) == (3, "wf.application_unknown")


@pytest.mark.parametrize("kind", ["submission", "submission-xml", "replacement", "employer", "notify", "activation"])
def test_a_bundled_mapping_is_right_and_shows_its_bytes(run, monkeypatch, kind):
    monkeypatch.setenv("EPHOTO_SUBMIT_URL", "https://platform.example")
    told = run("adapters", "check", bundled(kind))
    assert told.code == 0, told.err
    assert "right" in told.text


def test_a_mapping_with_an_unknown_key_is_refused(run, tmp_path):
    path = tmp_path / "submission.toml"
    path.write_text(bundled("submission").read_text("utf-8").replace("[transport]", "[transprt]"), "utf-8")
    told = run("adapters", "check", path, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "settings_invalid")
    assert "transprt" in told.json["error"]["message"]


@pytest.mark.parametrize("kind", ["submission", "replacement", "employer", "production", "activation", "notify"])
def test_our_own_adapters_are_registered_by_entry_point(kind):
    (point,) = [point for point in entry_points(group=f"ephoto.{kind}") if point.name == "ephoto"]
    assert point.load() is getattr(registry, kind)
    assert registry.OWN in getattr(registry, kind.upper()).known()


@pytest.mark.slow
def test_the_tour_goes_the_whole_road(process, tmp_path, photo):
    """One command, from selfie to enabled card: sandbox and receiver are programs of their own."""
    told = process("sandbox", tmp_path / "play", "--try", photo)
    assert told.code == 0, told.err
    assert "in_use; on: financial, social_security, transport" in told.text
    assert "notices sent, 0 waiting" in told.text
    secretless(told)


def test_applicants_are_the_fictional_ones():
    assert applicant()["id_number"] in SECRETS
