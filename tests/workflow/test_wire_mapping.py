"""Mapping files: every key known, every field applied as the file says, every format read back as it was written."""

from __future__ import annotations

import base64
import email
import email.policy
import io
import json
import string
import tomllib
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ephoto.contracts.schemas import check
from ephoto.core.edited import Edited
from ephoto.core.errors import EnvironmentFault, EphotoError, InputError, UsageError
from ephoto.core.messages import phrase
from ephoto.core.settings import Settings, secret
from ephoto.core.signing import MemoryNonces
from ephoto.tables import read as read_table
from ephoto.workflow.adapters.checking import check_mapping
from ephoto.workflow.wire import as_csv, as_form, as_json, as_xml, transforms
from ephoto.workflow.wire.fields import Fields
from ephoto.workflow.wire.formats import Format, outside_gbk, read, write
from ephoto.workflow.wire.limits import limits
from ephoto.workflow.wire.mapping import bundled, bundled_names, kinds, load_mapping
from ephoto.workflow.wire.multipart import Part, join
from ephoto.workflow.wire.places import at, places
from ephoto.workflow.wire.sample import samples
from ephoto.workflow.wire.signing import verifier
from ephoto.workflow.wire.sm2 import public_of

HEAD = """
adapter = { kind = "submission" }
transport = { type = "http", url = "http://127.0.0.1:1" }
"""
PICTURES = {"photo": b"\xff\xd8photo", "id_card_front": b"\xff\xd8front", "id_card_back": b"\xff\xd8back"}
INLINE = """
[request]
ZP = { from = "photo.bytes", encode = "base64" }
ZM = { from = "id_card.front.bytes", encode = "hex" }
FM = { from = "id_card.back.bytes", encode = "base64" }
"""


@pytest.fixture(autouse=True)
def address(monkeypatch):
    monkeypatch.setenv("EPHOTO_SUBMIT_URL", "https://gateway.example/x")


def loaded(folder, text, head=HEAD):
    file = folder / "mapping.toml"
    file.write_text(head + text, "utf-8")
    return load_mapping(file, Settings())


def fields(text, known=None):
    return Fields.from_edited(Edited("mapping.toml", tomllib.loads(text), ""), known)


def code_of(call, *given_, **more):
    """The code of the error that a call ends in; "" if it ends well. Its sentences can be said in both languages."""
    try:
        call(*given_, **more)
    except EphotoError as error:
        return error.code if error.message() and error.message("zh") else "no sentence"
    return ""


def sample(number=0):
    return samples("submission")[number]


# ---- files


@pytest.mark.parametrize("name", bundled_names())
def test_each_bundled_mapping_loads_and_makes_something_of_each_sample(name):
    mapping = load_mapping(bundled(name), Settings())
    shown = check_mapping(bundled(name), Settings())
    assert len(shown) == len(samples(mapping.adapter.kind))
    assert all(one.body and one.url.startswith("http") for one in shown)
    assert all("\ufffd" not in one.text for one in shown)


@pytest.mark.parametrize(
    ("kind", "table"),
    [("activation", "feed"), ("activation", "webhook"), ("notify", "outbox"), ("production", "package"),
     ("production", "control"), ("production", "drop"), ("production", "hot_folder")],
)  # fmt: skip
def test_a_check_reads_the_tables_that_only_the_adapter_reads(kind, table, tmp_path):
    file = tmp_path / "m.toml"
    place = 'type = "folder", path = "x"' if kind == "production" else 'type = "http", url = "http://127.0.0.1:1"'
    file.write_text(f"adapter = {{ kind = '{kind}' }}\ntransport = {{ {place} }}\n[{table}]\nsurprise = 1\n")
    with pytest.raises(UsageError) as caught:
        check_mapping(file, Settings())
    assert caught.value.values["key"].startswith(f"{table}.")


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_each_kind_has_a_bundled_mapping_and_its_schemas(kind):
    for name in filter(None, (kinds()[kind]["schema"], kinds()[kind]["answer"])):
        assert places(name)
    for document, _ in samples(kind):
        check(document, kinds()[kind]["schema"])


def test_sample_pictures_are_pictures_and_each_is_another():
    from PIL import Image

    _, pictures = sample()
    for data in pictures.values():
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.format == "JPEG"
    assert len(set(pictures.values())) == 3
    text = check_mapping(bundled("submission"), Settings())[0].text
    assert all(f"({name}: {len(data)} bytes)" in text for name, data in pictures.items())


def test_without_request_the_document_goes_as_it_is():
    mapping = load_mapping(bundled("notify"), Settings())
    document, _ = samples("notify")[0]
    body = mapping.wire(document)
    assert body.content_type == "application/json"
    assert json.loads(body.data) == document
    assert "测试" not in repr(body)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("[request]\nXM = 'applicant.nam'", "request.XM", id="no such place"),
        pytest.param("[request]\nXM = { from = 'applicant.nam' }", "request.XM.from", id="no such place in a table"),
        pytest.param("[request]\nXM = { form = 'applicant.name' }", "request.XM.from", id="no from"),
        pytest.param("[request]\nXM = { from = 'applicant.name', evil = 'x' }", "request.XM.evil", id="unknown step"),
        pytest.param("[request]\nXM = { from = 'applicant.name', const = 'x' }", "request.XM.from", id="both"),
        pytest.param("[request]\nXM = { from = 'applicant.name', date = '%s' }", "request.XM.date", id="other date"),
        pytest.param("[request]\nXM = { from = 'applicant.name', date = '%Y%m' }", "request.XM.date", id="no day"),
        pytest.param("[request]\nXM = { from = 'applicant.name', mask = 'all' }", "request.XM.mask", id="no mask"),
        pytest.param("[request]\nXM = { from = 'photo.bytes', encode = 'rot13' }", "request.XM.encode", id="encoding"),
        pytest.param("[request]\nXM = { from = 'applicant.name', max_bytes = 0 }", "request.XM.max_bytes", id="none"),
        pytest.param("[request]\nXM = { from = 'applicant.name', enum = { a = 1 } }", "request.XM.enum.a", id="enum"),
        pytest.param("[request]\nXM = 7", "request.XM", id="a number"),
        pytest.param("[request]\n'a b' = 'applicant.name'", "request.a b", id="no name"),
        pytest.param("[request]\na = 'applicant.name'\n'a.b' = 'applicant.sex'", "request.a.b", id="inside another"),
        pytest.param("[format]\ntype = 'yaml'", "format.type", id="format"),
        pytest.param("[format]\nencoding = 'latin-1'", "format.encoding", id="encoding of the target"),
        pytest.param("[format]\nroot = 'x'", "format.root", id="root of json"),
        pytest.param("[format]\ntype = 'xml'\nroot = '1x'", "format.root", id="root"),
        pytest.param("[format]\nparts = ''", "format", id="pictures without a place"),
        pytest.param("[format]\ntype = 'xml'", "response", id="xml without response"),
        pytest.param("[response]\nok = { field = 'flag' }", "response.ok.values", id="ok without values"),
        pytest.param("[response.errors]\n'1' = 'wf.no_such_code'", "response.errors.1", id="unknown code"),
        pytest.param("[response.fields]\nx = { from = 'a', date = 'x' }", "response.fields.x.date", id="answer"),
        pytest.param("[paths]\nsubmit = 'v1'", "paths.submit", id="relative path"),
        pytest.param("[paths]\nsubmit = '/v1?id=1'", "paths.submit", id="query in a path"),
        pytest.param("[paths]\nstatus = '/v1/status'", "paths.status", id="path without its number"),
        pytest.param("[paths]\nsubmit = '/v1/{id_number}'", "paths.submit", id="a person in a path"),
        pytest.param("[paths]\nother = '/v1'", "paths.other", id="unknown path"),
        pytest.param("[outbox]\nx = 1", "outbox", id="another kind's table"),
        pytest.param("surprise = 1", "surprise", id="unknown key"),
        pytest.param("[surprise]", "surprise", id="unknown table"),
        pytest.param("[sign]\nprofile = 'md5'", "sign.profile", id="profile"),
        pytest.param("[sign]\nkey_id = 'k'", "sign.key_file", id="no key"),
        pytest.param("[sign]\nkey_id = 'k'\nkey_file = 'a'\nkey_env = 'EPHOTO_A'", "sign.key_file", id="two keys"),
        pytest.param("[sign]\nkey_id = 'k'\nkey_env = 'PATH'", "sign.key_env", id="another's variable"),
        pytest.param("[sign]\nkey_id = 'k'\nkey_file = 'a'\nuser_id = 'x'", "sign.user_id", id="user of hmac"),
        pytest.param("[sign]\nkey_id = 'k'\nkey_file = 'a'\nwindow_s = 86400", "sign.window_s", id="long window"),
        pytest.param("[sign]\nprofile = 'hmac-sha256'", "sign.key_id", id="nobody signs"),
        pytest.param(
            "[sign]\nkey_id = 'k'\nkey_file = 'a'\nverify = [{ key_id = 'k', key_file = 'b' }]",
            "sign.verify",
            id="both ways",
        ),
    ],
)  # fmt: skip
def test_a_wrong_key_is_told_by_its_place(text, key, tmp_path):
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, text + "\n", HEAD)
    assert caught.value.code == "settings_invalid"
    assert caught.value.values["key"] == key


@pytest.mark.parametrize(
    "place",
    [
        "type = 'ftp'",
        "type = 'folder', path = 'x'",
        "type = 'http'",
        "type = 'http', url = 'http://gateway.example/'",
        "type = 'http', url = 'https://user:secret-word@gateway.example/'",
        "type = 'http', url = 'https://gateway.example/?token=secret-word'",
        "type = 'http', url = 'https://gateway.example/#secret-word'",
        "type = 'http', url = 'gateway.example'",
        "type = 'http', url = 'file:///etc/passwd'",
        "type = 'http', url = 'https://a b/'",
        "type = 'http', url = 'https://['",
        "type = 'http', url = 'https://x:99999/'",
        "type = 'http', url = 'https://x/', url_env = 'EPHOTO_X'",
        "type = 'http', url_env = 'EPHOTO_NOT_SET_ANYWHERE'",
        "type = 'http', url_env = 'HOME'",
        "type = 'http', url = 'https://x/', timeout_s = 0",
        "type = 'http', url = 'https://x/', retries = -1",
        "type = 'http', url = 'https://x/', retries = true",
    ],
)
def test_a_wrong_transport_is_refused_and_its_secrets_are_not_repeated(place, tmp_path):
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, "", f"adapter = {{ kind = 'submission' }}\ntransport = {{ {place} }}\n")
    assert "secret-word" not in str(caught.value) + caught.value.message("zh")
    assert caught.value.values["key"].startswith("transport")


@pytest.mark.parametrize(
    "url", ["https://gateway.example/", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9"]
)
def test_plain_http_is_for_this_machine(url, tmp_path):
    head = f"adapter = {{ kind = 'submission' }}\ntransport = {{ type = 'http', url = '{url}' }}\n"
    assert loaded(tmp_path, "", head).http.url == url.rstrip("/")


def test_a_network_that_is_protected_otherwise_says_so(tmp_path):
    place = "type = 'http', url = 'http://gateway:8080', plain_http = true"
    assert loaded(tmp_path, "", f"adapter = {{ kind = 'submission' }}\ntransport = {{ {place} }}\n").http


def test_files_that_a_mapping_names_lie_beside_it(tmp_path):
    text = "[sign]\nkey_id = 'k'\nkey_file = 'keys/a'\nverify = [{ key_id = 'b', key_file = 'keys/b' }]\n"
    sign = loaded(tmp_path, text).sign
    assert sign.own.file == tmp_path / "keys" / "a"
    assert [place.file for place in sign.others] == [tmp_path / "keys" / "b"]


def test_a_folder_and_an_sftp_server_are_read_for_production(tmp_path):
    head = "adapter = { kind = 'production' }\n"
    folder = loaded(tmp_path, "", head + "transport = { type = 'folder', path = 'bureau' }\n").transport
    assert folder.path == tmp_path / "bureau"
    sftp = "type = 'sftp', host = 'h', user = 'u', key_file = 'k', known_hosts = 'kh', port = 2222"
    assert loaded(tmp_path, "", head + f"transport = {{ {sftp} }}\n").transport.port == 2222
    for odd in ("-oProxyCommand=x", "h\nput", "h;x", ""):
        with pytest.raises(UsageError):
            loaded(tmp_path, "", head + f"transport = {{ {sftp.replace(repr('h'), json.dumps(odd))} }}\n")


def test_an_adapter_of_another_package_has_tables_of_its_own(tmp_path):
    head = HEAD.replace('"submission"', '"submission", engine = "theirs"')
    mapping = loaded(tmp_path, "[theirs]\na = 1\n[request]\nx = 'any.place'\n", head)
    assert mapping.table("theirs").take("a", 0, "") == 1
    mapping.table("theirs").done()


@pytest.mark.parametrize("profile", ["hmac-sha256", "sm2-sm3"])
def test_what_we_sign_cannot_be_sent_back_to_us(profile, tmp_path):
    (tmp_path / "own").write_text("1" * 64)
    shared = "1" * 64 if profile == "hmac-sha256" else public_of(bytes.fromhex("1" * 64)).hex()
    (tmp_path / "theirs").write_text(shared + "\n")
    keys = "key_id = 'us'\nkey_file = '{}'\nverify = [{{ key_id = 'them', key_file = 'theirs' }}]\n"
    table = f"[sign]\nprofile = '{profile}'\n{keys}"
    by = loaded(tmp_path, table.format("own"), HEAD).sign
    with pytest.raises(UsageError) as caught:
        verifier(by, Settings(), lambda: 0.0, MemoryNonces())
    assert (caught.value.code, caught.value.values["problem"]) == ("key_unfit", "one key signs and verifies")
    by = loaded(tmp_path, table.format("not-here"), HEAD).sign  # who only receives
    assert verifier(by, Settings(), lambda: 0.0, MemoryNonces())


def test_only_variables_of_ephoto_are_looked_up():
    assert secret("EPHOTO_A", {"EPHOTO_A": "x"}) == "x"
    assert secret("EPHOTO_A", {}) is None
    for name in ("PATH", "EPHOTO_", "ephoto_a", "EPHOTO_A\n", "AWS_SECRET_ACCESS_KEY"):
        with pytest.raises(UsageError):
            secret(name, {name: "x"})


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_as_a_file_loads_or_is_refused_as_settings(text, tmp_path):
    for head in ("", HEAD):
        assert code_of(loaded, tmp_path, text, head) in ("", "settings_invalid")


def test_what_a_loader_says_is_said_in_chinese_too(tmp_path):
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, "[request]\nXM = 'applicant.nam'\n")
    assert "applicant.name" in caught.value.message("en") + caught.value.hint("en")
    assert phrase(caught.value.values["problem"], "zh") != caught.value.values["problem"]


# ---- fields


def test_each_step_does_what_it_says():
    document, pictures = sample()
    made = fields(
        """
        number = "applicant.id_number"
        born = { from = "applicant.birth_date", date = "%d.%m.%Y" }
        when = { from = "pledge_accepted_at", date = "%Y%m%d%H%M%S" }
        sex = { from = "applicant.sex", enum = { M = "1", F = "2" } }
        kind = { from = "kind", enum = { "*" = "other" } }
        ours = { const = "ephoto" }
        yes = { const = true }
        nothing = "guardian.name"
        filled = { from = "guardian.name", default = "-" }
        shown = { from = "applicant.id_number", mask = "id" }
        call = { from = "applicant.mobile", mask = "mobile" }
        scope = { from = "consent.scope", join = "|" }
        list = "consent.scope"
        opened = "employer.collective_opened"
        bytes = "photo.bytes"
        photo = { from = "photo.bytes", encode = "base64" }
        hex = { from = "applicant.mobile", encode = "hex" }
        upper = { from = "bank.code", upper = true }
        "inner.code" = "bank.code"
        "inner.branch" = "bank.branch_code"
        """,
        places("ephoto.submission/1"),
    ).values(document, pictures)
    assert made == {
        "number": "119900198802290011",
        "born": "29.02.1988",
        "when": "20260115095300",
        "sex": "1",
        "kind": "other",
        "ours": "ephoto",
        "yes": True,
        "filled": "-",
        "shown": "119900********0011",
        "call": "138****8000",
        "scope": "platform|bureau|bank",
        "list": ["platform", "bureau", "bank"],
        "opened": True,
        "bytes": len(pictures["photo"]),
        "photo": base64.b64encode(pictures["photo"]).decode(),
        "hex": b"13800138000".hex(),
        "upper": "BANK-1",
        "inner": {"code": "BANK-1", "branch": "B0001"},
    }
    assert list(made)[:3] == ["number", "born", "when"]


def test_long_term_is_a_word_beside_dates():
    by = fields('d = { from = "applicant.id_valid_to", enum = { long_term = "99991231" }, date = "%Y%m%d" }')
    assert by.values(sample(0)[0]) == {"d": "20360101"}
    assert by.values(sample(1)[0]) == {"d": "99991231"}


def test_rows_of_a_list_have_fields_of_their_own():
    document, _ = samples("employer")[0]
    text = 'list = { each = "rows", fields = { no = "row_no", id = { from = "id_number", mask = "id" } } }'
    made = fields(text, places("ephoto.employer-check/1")).values(document)
    assert made == {"list": [{"no": 2, "id": "119900********0011"}, {"no": 3, "id": "119902********5242"}]}
    with pytest.raises(UsageError):
        fields('list = { each = "rows", fields = { no = "row_number" } }', places("ephoto.employer-check/1"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('x = { from = "applicant.name", max_bytes = 5 }', "wf.value_too_long"),
        ('x = { from = "photo.bytes", encode = "base64", max_bytes = 5 }', "wf.value_too_long"),
        ('x = { from = "applicant.sex", enum = { F = "2" } }', "wf.field_unfit"),
        ('x = { from = "applicant.name", date = "%Y%m%d" }', "wf.field_unfit"),
        ('x = { from = "applicant.birth_date", date = "%Y%m%d%H" }', "wf.field_unfit"),
        ('x = { from = "applicant" }', "wf.field_unfit"),
    ],
)
def test_what_a_field_cannot_hold_is_told_without_the_value(text, code):
    document, pictures = sample()
    with pytest.raises(InputError) as caught:
        fields(text).values(document, pictures)
    assert caught.value.code == code
    assert caught.value.values["field"] == "x"
    assert "测试甲" not in str(caught.value) + repr(caught.value.values)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.integers(1, 120))
def test_length_is_counted_in_the_targets_encoding_and_never_cut(name, most):
    by = fields(f'x = {{ from = "name", max_bytes = {most} }}')
    for codec in ("utf-8", "gb18030"):
        try:
            assert by.values({"name": name}, encoding=codec) == {"x": name}
            assert len(name.encode(codec)) <= most
        except InputError:
            assert len(name.encode(codec)) > most


@given(st.dates(), st.sampled_from(["%Y%m%d", "%d/%m/%Y", "%m-%d %Y"]))
def test_a_date_comes_back(day, pattern):
    written = transforms.dated(day.isoformat(), pattern)
    assert transforms.read_date(written, pattern, "Z") == day.isoformat()


@given(st.datetimes(min_value=datetime(1000, 1, 1)), st.sampled_from(["Z", "+08:00", "-03:30"]))
def test_a_time_comes_back(moment, zone):
    moment = moment.replace(microsecond=0)
    pattern = "%Y%m%d%H%M%S"
    told = transforms.read_date(moment.strftime("%Y%m%d%H%M%S").rjust(14, "0"), pattern, zone)
    assert datetime.fromisoformat(told).replace(tzinfo=None) == moment
    assert transforms.dated(told, pattern) == moment.strftime("%Y%m%d%H%M%S").rjust(14, "0")


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_a_value_error(text):
    for pattern in ("%Y%m%d", "%Y-%m-%d %H:%M:%S"):
        try:
            told = transforms.read_date(text, pattern, "+08:00")
        except ValueError:
            continue
        assert date.fromisoformat(told[:10])


# ---- formats

NAMES = st.text(string.ascii_letters + "姓名证件", min_size=1, max_size=8).filter(as_xml.is_name)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
FLAT = st.dictionaries(NAMES, TEXTS, min_size=1, max_size=6)
CODECS = st.sampled_from(["utf-8", "gb18030", "gbk", "gb2312"])


SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(-(10**12), 10**12))


def inside(inner):
    return st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3))


@given(st.dictionaries(NAMES, st.recursive(SCALARS, inside, max_leaves=12), max_size=3), CODECS)
def test_json_comes_back(values, encoding):
    form = Format("json", encoding)
    assert read(write(values, form), form) == values


@given(FLAT, CODECS)
def test_a_form_comes_back(values, encoding):
    form = Format("form", encoding)
    assert read(write(values, form), form) == values


def spaces_apart(value):
    """XML keeps white space of attributes, and of texts what is inside; what other systems put about texts goes."""
    return {key: text.strip() for key, text in value.items()}


@given(FLAT, CODECS, st.sampled_from(["attributes", "elements"]))
def test_xml_comes_back(values, encoding, style):
    form = Format("xml", encoding, style=style)
    body = write(values, form)
    assert body.startswith(f'<?xml version="1.0" encoding="{encoding.upper()}"?>'.encode())
    back = read(body, form)
    assert back == (values if style == "attributes" else spaces_apart(values))


@given(FLAT, FLAT, st.lists(FLAT, min_size=2, max_size=4))
def test_xml_with_inner_objects_and_lists_comes_back(outer, inner, rows):
    form = Format("xml", style="attributes", item="row")
    keys = {f"a{key}": value for key, value in outer.items()}
    assert read(write({**keys, "inner": inner, "rows": rows}, form), form) == {
        **keys, "inner": inner, "rows": {"row": rows}}  # fmt: skip


CELLS = st.text(string.ascii_letters + string.digits + "姓名，,\"'=+-@;", max_size=12)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4), st.sampled_from(["utf-8", "gb18030"]), st.booleans())
def test_csv_comes_back_by_the_room_of_tables(rows, encoding, bom):
    """With what spreadsheets would run made harmless on the way."""
    values = {"batch": "B-1", "rows": [{"name": name, "note": note} for name, note in rows]}
    body = as_csv.write(values, encoding, bom=bom)
    assert body.count(b"\r\n") == len(rows) + 1
    assert not any(line[:1] in b"=+-@" for line in body.split(b"\r\n") if line)
    table = read_table(body, name="x.csv", encoding=encoding)
    assert [dict(row.cells) for row in table] == [{"batch": "B-1", **row} for row in values["rows"]]


@pytest.mark.parametrize(
    ("module", "values"),
    [
        (as_form, {"a": ["x"]}),
        (as_xml, {"a": "\x00"}),
        (as_xml, {"a": "\ufffe"}),
        (as_xml, {"a": "\ud800"}),
        (as_form, {"a": "\ud800"}),
        (as_json, {"a": "\ud800"}),
        (as_json, {"a": float("nan")}),
        (as_csv, {"a": ["x"], "b": ["y"]}),
        (as_csv, {"a": {"b": "c"}}),
    ],
)
def test_what_a_format_cannot_hold_is_refused(module, values):
    more = {as_xml: ("UTF-8", "p", "item"), as_csv: ()}.get(module, ())
    options = {as_xml: {"attributes": True}, as_csv: {"bom": False}}.get(module, {})
    with pytest.raises(InputError) as caught:
        module.write(values, "utf-8", *more, **options)
    assert caught.value.code == "wf.field_unfit"


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>'
)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BOMB, id="entities"),
        pytest.param(b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', id="dtd"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>', id="a file"),
        pytest.param(b"<!DOCTYPE a><a/>", id="doctype"),
        pytest.param(b"<a>" * 200 + b"</a>" * 200, id="deep"),
        pytest.param(b"<a>" + b"<b/>" * 200_000 + b"</a>", id="many"),
        pytest.param(b'<?xml version="1.0" encoding="utf-7"?><a/>', id="utf-7"),
        pytest.param(b'<?xml version="1.0" encoding="idna"?><a/>', id="no encoding"),
        pytest.param(b"<a", id="cut"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xff\xff", id="bytes"),
        pytest.param(b'<a b="1"><b>2</b></a>', id="twice"),
        pytest.param(b'<a b="1" b="2"/>', id="attribute twice"),
    ],
)
def test_xml_that_is_dangerous_or_none_is_refused(body):
    with pytest.raises(EnvironmentFault) as caught:
        read(body, Format("xml"))
    assert caught.value.code == "target_nonsense"


@pytest.mark.parametrize("declared", ["GBK", "gb2312", "GB18030", "x-gbk"])
def test_xml_that_calls_itself_gbk_is_read_as_gb18030(declared):
    body = f'<?xml version="1.0" encoding="{declared}"?><a><name>𠮷</name></a>'.encode("gb18030")
    assert read(body, Format("xml")) == {"name": "𠮷"}


def test_two_attributes_of_one_name_are_refused_though_their_namespaces_differ():
    body = b'<r xmlns:a="urn:a" xmlns:b="urn:b" a:flag="0" b:flag="1"/>'
    assert code_of(read, body, Format("xml")) == "target_nonsense"


def test_namespaces_are_passed_over():
    body = b'<s:Envelope xmlns:s="urn:x"><s:Body><r xmlns="urn:y" flag="0"/></s:Body></s:Envelope>'
    assert at(read(body, Format("xml")), ("Body", "r", "flag")) == "0"


@given(st.binary(max_size=200), st.sampled_from(["json", "form", "xml", "csv"]), CODECS)
@settings(max_examples=300)
def test_any_bytes_are_an_answer_or_nonsense(body, kind, encoding):
    assert code_of(read, body, Format(kind, encoding)) in ("", "target_nonsense")


@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":2}', b"[1]", b'{"a":NaN}', b"[" * 10_000, b'{"a":' * 30 + b"1" + b"}" * 30, b'{"a":"\xff"}']
)
def test_json_that_two_readers_read_otherwise_is_refused(body):
    with pytest.raises(EnvironmentFault):
        read(body, Format())


def test_too_many_values_are_refused():
    body = b'{"a":[' + b"0," * limits().max_nodes + b"0]}"
    with pytest.raises(EnvironmentFault):
        read(body, Format())


def test_signs_that_gbk_lacks_are_told_by_their_field():
    values = {"XM": "测试𠮷", "in": {"list": ["好", "䶮"]}, "n": 1}
    assert list(outside_gbk(values)) == ["/XM", "/in/list/1"]


# ---- whole bodies

PART_NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=8)
PARTS = st.lists(
    st.tuples(PART_NAMES, st.binary(max_size=300), st.booleans()),
    min_size=1,
    max_size=4,
    unique_by=lambda part: part[0],
)


@given(PARTS)
def test_parts_are_read_by_other_peoples_parsers(given_parts):
    """email of the standard library, and python-multipart."""
    from python_multipart import FormParser

    parts = [Part(name, data, "image/jpeg", f"{name}.jpg" if file else "") for name, data, file in given_parts]
    body, kind = join(parts)
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    got = [
        (p.get_param("name", header="content-disposition"), p.get_payload(decode=True)) for p in message.iter_parts()
    ]
    assert [name for name, _ in got] == [part.name for part in parts]
    held = {}

    def on_field(one):
        held[one.field_name.decode()] = one.value or b""

    def on_file(one):
        one.file_object.seek(0)
        held[one.field_name.decode()] = one.file_object.read()
        assert one.file_name.decode() == one.field_name.decode() + ".jpg"

    parser = FormParser("multipart/form-data", on_field, on_file, boundary=kind.partition("boundary=")[2].encode())
    parser.write(body)
    parser.finalize()
    parser.close()
    assert held == {name: data for name, data, _ in given_parts}


@pytest.mark.parametrize("name", ["测试甲", 'a"b', "a\r\nb", "", "x" * 65])
def test_no_person_and_no_sign_of_the_protocol_is_in_a_parts_name(name):
    with pytest.raises(ValueError, match="name"):
        Part(name, b"", "image/jpeg")


def test_pictures_go_in_parts_beside_the_document(tmp_path):
    mapping = load_mapping(bundled("submission"), Settings())
    document, pictures = sample()
    body = mapping.wire(document, pictures)
    message = email.message_from_bytes(b"Content-Type: " + body.content_type.encode() + b"\r\n\r\n" + body.data,
                                       policy=email.policy.HTTP)  # fmt: skip
    parts = {p.get_param("name", header="content-disposition"): p for p in message.iter_parts()}
    assert list(parts) == ["application", "photo", "id_card_front", "id_card_back"]
    assert json.loads(parts["application"].get_payload(decode=True)) == document
    assert parts["photo"].get_filename() == document["photo"]["file"]
    assert parts["photo"].get_content_type() == "image/jpeg"
    assert parts["photo"].get_payload(decode=True) == pictures["photo"]


def test_pictures_go_in_fields_where_the_mapping_says_so(tmp_path):
    mapping = loaded(tmp_path, "[format]\nparts = ''\n" + INLINE)
    document, _ = sample()
    made = json.loads(mapping.wire(document, PICTURES).data)
    assert base64.b64decode(made["ZP"]) == PICTURES["photo"]
    assert bytes.fromhex(made["ZM"]) == PICTURES["id_card_front"]
    no_photo = {name: data for name, data in PICTURES.items() if name != "photo"}
    assert "ZP" not in json.loads(mapping.wire(sample(1)[0], no_photo).data)


def test_the_example_in_xml_says_what_its_file_says():
    shown = check_mapping(bundled("submission-xml"), Settings())
    text = shown[0].body.decode("gb18030")
    assert text.startswith('<?xml version="1.0" encoding="GBK"?>\n<p SQBH="APP-TEST-0001" YWLX="1" XM="测试甲"')
    assert 'CSRQ="19880229"' in text
    assert 'LKFS="0"' in text
    assert 'ZJYXQ="99991231"' in shown[1].body.decode("gb18030")
    assert [(one.code, one.pointer) for one in shown[1].findings] == [
        ("wf.name_not_in_gbk", "/XM"), ("wf.name_not_in_gbk", "/SJR")]  # fmt: skip
    assert "applicant.nation" in shown[0].left_out
    assert "applicant.name" not in shown[0].left_out


# ---- answers

XML_GOOD = '<r flag="0" lsh="N-1" zt="1" sj="20260115100000" neu="x"/>'
XML_BAD = '<r flag="1" code="2" text="姓名 测试甲 与 119900198802290011 不符"/>'


def test_an_answer_is_read_as_the_mapping_says():
    mapping = load_mapping(bundled("submission-xml"), Settings())
    told = mapping.read(XML_GOOD.encode("gb18030"), "text/xml")
    assert told == {"external_no": "N-1", "state": "accepted", "received_at": "2026-01-15T10:00:00+08:00",
                    "extra": {"neu": "x"}}  # fmt: skip


@pytest.mark.parametrize(("code", "expected"), [("2", "wf.name_mismatch"), ("77", "wf.rejected_by_target")])
def test_a_refusal_has_the_code_that_the_mapping_gives(code, expected):
    mapping = load_mapping(bundled("submission-xml"), Settings())
    body = XML_BAD.replace('code="2"', f'code="{code}"').encode("gb18030")
    with pytest.raises(InputError) as caught:
        mapping.read(body, "text/xml", private=["测试甲"])
    assert caught.value.code == expected
    assert caught.value.values["target_code"] == code
    assert caught.value.values["detail"] == "姓名 *** 与 *** 不符"


@pytest.mark.parametrize(
    "body", [XML_GOOD.replace('zt="1"', 'zt="9"'), XML_GOOD.replace("20260115", "2026-1-"), "<", ""]
)
def test_an_answer_that_is_not_as_the_mapping_says_is_nonsense(body):
    mapping = load_mapping(bundled("submission-xml"), Settings())
    with pytest.raises(EnvironmentFault) as caught:
        mapping.read(body.encode(), "text/xml")
    assert caught.value.code == "target_nonsense"


def test_a_status_of_failure_is_a_refusal_even_if_the_body_says_ok():
    mapping = load_mapping(bundled("submission-xml"), Settings())
    with pytest.raises(InputError) as caught:
        mapping.read(XML_GOOD.encode(), "text/xml", status=400)
    assert caught.value.code == "wf.rejected_by_target"


def test_texts_become_numbers_truths_and_rows(tmp_path):
    head = "adapter = { kind = 'employer' }\ntransport = { type = 'http', url = 'http://127.0.0.1:1' }\n"
    mapping = loaded(
        tmp_path,
        """
        [format]
        type = "xml"
        [request]
        ids = { each = "rows", fields = { no = "row_no", id = "id_number" } }
        [response.fields]
        schema = { const = "ephoto.employer-check-answer/1" }
        collective_opened = { from = "kt", true = ["1", "Y"] }
        [response.fields.rows]
        each = "list.row"
        [response.fields.rows.fields]
        row_no = { from = "no", whole = true }
        code = { from = "c", enum = { "2" = "wf.name_mismatch" } }
        """,
        head,
    )
    told = mapping.read(b'<r kt="1"><list><row no="2"/><row no="3" c="2"/></list></r>')
    assert told["rows"] == [{"row_no": 2}, {"row_no": 3, "code": "wf.name_mismatch"}]
    assert told["collective_opened"] is True
    assert mapping.read(b'<r kt="0"><list><row no="2"/></list></r>')["rows"] == [{"row_no": 2}]
    assert mapping.read(b'<r kt="0"/>')["collective_opened"] is False
    with pytest.raises(EnvironmentFault):
        mapping.read(b'<r kt="0"><list><row no="x"/></list></r>')


def test_without_response_unknown_fields_are_kept_apart():
    mapping = load_mapping(bundled("submission"), Settings())
    body = json.dumps({"schema": "ephoto.submission-answer/1", "external_no": "N-1", "neu": {"a": 1}}).encode()
    assert mapping.read(body, "application/json") == {
        "schema": "ephoto.submission-answer/1", "external_no": "N-1", "extra": {"neu": {"a": 1}}}  # fmt: skip


@given(
    st.binary(max_size=300),
    st.sampled_from([200, 202, 400, 422, 500]),
    st.sampled_from(["submission", "submission-xml"]),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answer_is_read_or_ends_in_an_error_of_ours(body, status, name):
    mapping = load_mapping(bundled(name), Settings())
    for kind in ("application/json", "application/problem+json", "text/xml", ""):
        code = code_of(mapping.read, body, kind, status=status)
        assert code == "target_nonsense" or code.startswith("wf.") or not code
