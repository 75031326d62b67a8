"""A package from elsewhere: whatever is wrong with it is told, and nothing costs more than it may."""

from __future__ import annotations

import json
import stat
import struct
import tracemalloc
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.errors import InputError
from ephoto.workflow.adapters.production.package import write_package
from ephoto.workflow.adapters.production.reading import verify_package
from ephoto.workflow.adapters.production.zip_guard import ZipLimits, guarded
from tests.workflow.production.people import COLUMNS, HEAD, RULES, id_number, rows
from tests.workflow.production.zips import members, rebuilt, resealed, with_manifest

PHOTO = f"photos/{id_number(0)}.jpg"


@pytest.fixture
def package(tmp_path):
    return write_package(tmp_path / "good.zip", HEAD, rows(3), RULES, COLUMNS).path


def refusal(path, rules=RULES):
    with pytest.raises(InputError) as caught:
        verify_package(path, rules)
    assert "119900" not in str(caught.value) + repr(caught.value.values)
    assert "测试" not in str(caught.value)
    return caught.value


def test_a_good_package_is_read(package):
    assert verify_package(package, RULES)["batch_no"] == HEAD.batch_no


def test_a_package_that_windows_packed_anew_is_read(package, tmp_path):
    """Deflated, with folders as members."""
    folder = zipfile.ZipInfo("photos/")
    again = rebuilt(tmp_path / "again.zip", members(package), zipfile.ZIP_DEFLATED, infos=[(folder, b"")])
    assert verify_package(again, RULES)["count"] == 3


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS", "roster.csv", PHOTO])
def test_a_missing_file_is_told(package, tmp_path, name):
    parts = members(package)
    del parts[name]
    assert refusal(rebuilt(tmp_path / "x.zip", parts)).code == "wf.package_missing_file"


@pytest.mark.parametrize("name", ["readme.txt", "photos/Thumbs.db", "photos/another.jpg"])
def test_an_unknown_file_is_told_by_number_only(package, tmp_path, name):
    found = refusal(rebuilt(tmp_path / "x.zip", members(package) | {name: b"x"}))
    assert (found.code, found.values) == ("wf.package_unknown_file", {"count": 1})


@pytest.mark.parametrize("name", ["manifest.json", "roster.csv", PHOTO])
def test_a_file_that_changed_is_told(package, tmp_path, name):
    parts = members(package)
    parts[name] = parts[name].replace(b"\n", b" \n", 1) if name != PHOTO else parts[name][:-1] + b"!"
    found = refusal(rebuilt(tmp_path / "x.zip", parts))
    assert found.code == "wf.package_checksum"
    assert found.values["file"] in ("manifest.json", "roster.csv", "SHA256SUMS 2", "SHA256SUMS 3", "SHA256SUMS 4")


def test_sums_and_manifest_must_agree(package, tmp_path):
    """A photo that was exchanged with its sum, but not in the manifest."""
    parts = members(package)
    parts[PHOTO] = b"another"
    changed = resealed(parts)
    changed["manifest.json"] = parts["manifest.json"]
    manifest = json.loads(parts["manifest.json"])
    assert refusal(rebuilt(tmp_path / "x.zip", with_manifest(changed, manifest))).code == "wf.package_checksum"


def manifest_of(parts):
    return json.loads(parts["manifest.json"])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda m: m | {"count": 2}, id="count"),
        pytest.param(lambda m: m | {"rows": [*m["rows"][:2], m["rows"][0]]}, id="a person twice"),
        pytest.param(lambda m: m | {"rows": [m["rows"][0] | {"row_no": 2}, *m["rows"][1:]]}, id="a number twice"),
        pytest.param(lambda m: m | {"files": [*m["files"], m["files"][0]]}, id="a file twice"),
        pytest.param(lambda m: m | {"extra": 1}, id="an unknown key"),
        pytest.param(lambda m: m | {"created_at": "yesterday"}, id="no time"),
        pytest.param(lambda m: m | {"rows": m["rows"][:2], "count": 2}, id="a photo of nobody"),
        pytest.param(lambda m: [], id="no object"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(package, tmp_path, change):
    parts = members(package)
    assert (
        refusal(rebuilt(tmp_path / "x.zip", with_manifest(parts, change(manifest_of(parts))))).code
        == "wf.package_broken"
    )


def test_a_roster_with_other_people_is_refused(package, tmp_path):
    parts = members(package)
    parts["roster.csv"] = parts["roster.csv"].replace("测试1".encode(), "别人1".encode())
    found = refusal(rebuilt(tmp_path / "x.zip", resealed(parts)))
    assert found.values["problem"] == "its roster has other people than its manifest"


@pytest.mark.parametrize(
    "name", ["../x.jpg", "/etc/x.jpg", "photos/../../x", "C:/x", "photos\\x.jpg", "a//b", "a/./b", "x.zip"]
)
def test_names_that_lead_out_and_archives_inside_are_refused(package, tmp_path, name):
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    assert refusal(rebuilt(tmp_path / "x.zip", members(package), infos=[(info, b"x")])).code == "wf.package_broken"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(package, tmp_path, kind):
    info = zipfile.ZipInfo("photos/link.jpg")
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    found = refusal(rebuilt(tmp_path / "x.zip", members(package), infos=[(info, b"/etc/passwd")]))
    assert found.values["problem"] == "a member is a link, or no ordinary file"


def test_names_that_differ_by_case_alone_are_refused(package, tmp_path):
    parts = members(package) | {"ROSTER.csv": b"x"}
    assert refusal(rebuilt(tmp_path / "x.zip", parts)).values["problem"] == "two of its members have one name"


def test_an_encrypted_member_is_refused(package, tmp_path):
    data = bytearray(package.read_bytes())
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        where = data.find(mark)
        data[where + at] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    assert refusal(tmp_path / "x.zip").values["problem"] == "it is encrypted"


def test_a_member_that_unpacks_to_many_times_its_bytes_is_refused_before_it_is_unpacked(package, tmp_path):
    parts = members(package)
    parts["roster.csv"] = bytes(30_000_000)
    bomb = rebuilt(tmp_path / "x.zip", parts, zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 100_000
    tracemalloc.start()
    found = refusal(bomb)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert (found.code, found.values["problem"]) == ("wf.package_too_large", "a member unpacks to many times its bytes")


def test_a_directory_that_lies_about_sizes_is_found_out(package, tmp_path):
    """The directory says 100 bytes; the member has more."""
    parts = members(package)
    path = rebuilt(tmp_path / "x.zip", parts, zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    size = struct.unpack_from("<L", data, at + 24)[0]
    struct.pack_into("<L", data, at + 24, size - 1)
    path.write_bytes(data)
    assert refusal(path).code == "wf.package_broken"


def test_too_many_members_are_refused_before_their_directory_is_read(package):
    with pytest.raises(InputError) as caught, guarded(package, ZipLimits(2, 10**6, 10**6)):
        pass
    assert caught.value.values["problem"] == "its members are more than 2"
    assert refusal(package, replace(RULES, max_entries=1)).code == "wf.package_too_large"


def test_a_directory_of_a_million_members_costs_no_memory(tmp_path):
    """Its end says one member; zipfile would read them all."""
    entry = (
        struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 0x21, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    )
    data = entry * 200_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(data), 0, 0)
    (tmp_path / "x.zip").write_bytes(data + end)
    tracemalloc.start()
    assert refusal(tmp_path / "x.zip").code == "wf.package_broken"
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_members_that_share_bytes_are_refused(package, tmp_path):
    """As in zip bombs that need no nesting: two entries of the directory lead to one member."""
    data = bytearray(package.read_bytes())
    first = data.find(b"PK\x01\x02")
    second = data.find(b"PK\x01\x02", first + 4)
    struct.pack_into("<L", data, second + 42, struct.unpack_from("<L", data, first + 42)[0])
    (tmp_path / "x.zip").write_bytes(data)
    assert refusal(tmp_path / "x.zip").values["problem"] in (
        "its members lie over each other",
        "it is no zip file, or damaged",
    )


def test_names_of_windows_in_gbk_are_read(tmp_path):
    info = zipfile.ZipInfo("测试.json")
    path = rebuilt(tmp_path / "x.zip", {}, infos=[(info, b"{}")])
    utf8, gbk = "测试.json".encode(), "测试.json".encode("gbk")
    data = path.read_bytes()
    short = data.replace(utf8, gbk + b"\0" * (len(utf8) - len(gbk)))
    assert len(short) == len(data)
    flags = bytearray(short)
    for mark, at in ((b"PK\x01\x02", 9), (b"PK\x03\x04", 7)):
        flags[flags.find(mark) + at] &= ~0x08
    path.write_bytes(flags)
    with guarded(path, ZipLimits(9, 99, 99)) as archive:
        assert archive.names() == ["测试.json"]


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_is_told(tmp_path, data):
    (tmp_path / "x.zip").write_bytes(data)
    assert refusal(tmp_path / "x.zip").code in ("wf.package_broken", "wf.package_missing_file")


def test_what_is_not_there_is_told(tmp_path):
    assert refusal(tmp_path / "x.zip").code == "not_readable"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    path = write_package(folder / "a.zip", HEAD, rows(2), RULES, COLUMNS).path
    deflated = rebuilt(folder / "b.zip", members(path), zipfile.ZIP_DEFLATED)
    return [path.read_bytes(), deflated.read_bytes()]


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_package_with_changed_bytes_is_refused_in_words_or_is_as_good(small, tmp_path_factory, data):
    """Never another exception, and never other content than what the digests say."""
    whole = bytearray(data.draw(st.sampled_from(small)))
    directory = whole.find(b"PK\x01\x02")
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.sampled_from([0, directory]))
        at = data.draw(st.integers(start, len(whole) - 1))
        match data.draw(st.integers(0, 3)):
            case 0:
                whole[at] = data.draw(st.integers(0, 255))
            case 1:
                del whole[at : at + data.draw(st.integers(1, 64))]
            case 2:
                whole[at:at] = data.draw(st.binary(min_size=1, max_size=64))
            case 3:
                struct.pack_into(
                    "<H", whole, min(at, len(whole) - 2), data.draw(st.sampled_from([0, 1, 0x7FFF, 0xFFFF]))
                )
    path = tmp_path_factory.getbasetemp() / "fuzzed.zip"
    path.write_bytes(whole)
    try:
        manifest = verify_package(path, RULES)
    except InputError as error:
        assert error.code.startswith("wf.package_")  # noqa: PT017
    else:
        assert [one["id_number"] for one in manifest["rows"]] == [id_number(0), id_number(1)]
