"""The bureau's SFTP server, against OpenSSH's own client."""

from __future__ import annotations

import shutil

import pytest

from ephoto.sandbox.jail import Jail
from ephoto.sandbox.keys import ssh_key
from tests.sandbox.office import control_line, package, zipped

pytestmark = pytest.mark.skipif(shutil.which("sftp") is None, reason="OpenSSH's client is not installed")
NAME = "EMP-0001_bulk_20260115_000001.zip"


@pytest.fixture
def local(tmp_path):
    made = tmp_path / "local"
    made.mkdir()
    (made / NAME).write_bytes(zipped(package()))
    (made / f"{NAME}.ok").write_text(control_line(NAME, (made / NAME).read_bytes(), 1, "20260115-000001"))
    return made


def test_a_package_goes_in_and_its_receipts_come_out(office, local):
    code, said = office.sftp(
        f"put {local / NAME} in/{NAME}.part",
        f"rename in/{NAME}.part in/{NAME}",
        f"put {local / NAME}.ok in/{NAME}.ok.part",
        f"rename in/{NAME}.ok.part in/{NAME}.ok",
    )
    assert code == 0, said
    _, rows = office.receipts(2)
    name = f"{rows['receipt_no']}.json"
    code, said = office.sftp(
        f"get out/{name} {local / name}",
        f"rename out/{name} archive/{name}",
        f"rename out/{name}.ok archive/{name}.ok",
        "ls -1 out",
    )
    assert code == 0, said
    assert name not in said.splitlines()[-2:]
    assert (local / name).read_bytes() == (office.prepared.bureau / "archive" / name).read_bytes()


def test_a_large_file_arrives_as_it_was(office, local):
    data = bytes(range(256)) * 20_000
    (local / "large").write_bytes(data)
    code, said = office.sftp(f"put {local / 'large'} in/large.part", f"get in/large.part {local / 'back'}")
    assert code == 0, said
    assert (local / "back").read_bytes() == data


def test_an_upload_goes_on_where_it_broke_off(office, local):
    data = bytes(range(256)) * 1000
    (local / "large").write_bytes(data)
    (office.prepared.bureau / "in" / "large.part").write_bytes(data[:1000])
    code, said = office.sftp(f"reput {local / 'large'} in/large.part")
    assert code == 0, said
    assert (office.prepared.bureau / "in" / "large.part").read_bytes() == data


def test_a_connection_is_cut_in_the_middle_when_asked(office, local):
    data = bytes(range(256)) * 4000
    (local / "large").write_bytes(data)
    office.control("cut-sftp", bytes=500_000)
    code, _ = office.sftp(f"put {local / 'large'} in/large.part")
    assert code != 0
    part = office.prepared.bureau / "in" / "large.part"
    assert 0 < part.stat().st_size < len(data)
    code, said = office.sftp(f"reput {local / 'large'} in/large.part")
    assert code == 0, said
    assert part.read_bytes() == data


def refused(office, *commands):
    """Each command by itself, so that each is seen to fail."""
    for command in commands:
        code, said = office.sftp(command)
        assert code == 1, (command, said)


def test_nothing_is_written_over(office, local):
    inbox = office.prepared.bureau / "in"
    (inbox / "old.zip").write_bytes(b"old")
    (inbox / "new.part").write_bytes(b"new")
    refused(
        office, "rename in/new.part in/old.zip", f"put {local / NAME} in/old.zip", f"reput {local / NAME} in/old.zip"
    )
    assert (inbox / "old.zip").read_bytes() == b"old"
    assert (inbox / "new.part").read_bytes() == b"new"


def test_what_a_client_may_not(office, local):
    bureau = office.prepared.bureau
    for folder in ("in", "out", "archive"):
        (bureau / folder / "file.zip").write_bytes(b"x")
    refused(
        office,
        "rm in/file.zip", "rm archive/file.zip", "mkdir in/folder", "rmdir in", "ln -s /etc in/etc",
        "ln in/file.zip in/other.zip", "rename in/file.zip archive/other.zip", "rename archive/file.zip out/other",
        "rename in inn", "rename out/file.zip file.zip", f"put {local / NAME} out/a.part", f"put {local / NAME} a.part",
        f"put {local / NAME} archive/a.part",
    )  # fmt: skip
    assert sorted(str(path.relative_to(bureau)) for path in bureau.rglob("*")) == sorted(
        ["archive", "archive/file.zip", "error", "in", "in/file.zip", "out", "out/file.zip"]
    )
    (bureau / "in" / "left.part").write_bytes(b"x")
    code, said = office.sftp("rm in/left.part")
    assert code == 0, said


def test_nobody_gets_above_the_folder(office, local):
    folder = office.prepared.folder
    refused(
        office,
        f"get ../vault.key {local / 'key'}", f"get /../../vault.key {local / 'key'}",
        f"get in/../../vault.key {local / 'key'}",
        f"get {folder / 'vault.key'} {local / 'key'}", "ls ../keys",
    )  # fmt: skip
    code, said = office.sftp("cd ../../..", "pwd", "ls -1")
    assert code == 0
    assert "/archive" in said or "archive" in said.splitlines()
    assert "Remote working directory: /\n" in said
    assert not (local / "key").exists()


def test_links_lead_nowhere(office, local):
    inbox, secret = office.prepared.bureau / "in", office.prepared.folder / "vault.key"
    (inbox / "file.part").symlink_to(secret)
    (inbox / "folder").symlink_to(office.prepared.folder / "keys")
    (inbox / "inside").symlink_to(office.prepared.bureau / "out")
    before = secret.read_bytes()
    refused(
        office,
        f"get in/file.part {local / 'key'}", f"put {local / NAME} in/file.part", "ls in/folder",
        f"get in/folder/office.key {local / 'key'}", f"put {local / NAME} in/folder/x.part", "ls in/inside",
        "rename in/file.part in/key.zip",
    )  # fmt: skip
    assert secret.read_bytes() == before
    assert not (local / "key").exists()


def test_posix_rename_is_not_offered(office):
    """OpenSSH's client takes it where it is; -v says what the server has."""
    code, said = office.sftp("version", "df in")
    assert code == 1
    assert "statvfs" in said


def test_who_may_not_log_in(office, tmp_path):
    stranger, _ = ssh_key()
    path = tmp_path / "stranger"
    path.touch(0o600)
    path.write_text(stranger)
    assert office.sftp("ls", key=path)[0] == 255
    assert office.sftp("ls", user="root")[0] == 255
    assert office.sftp("ls")[0] == 0


def test_no_shell_and_no_program(office):
    import subprocess

    keys = office.prepared.folder / "keys"
    words = ["ssh", "-F", "none", "-p", str(office.prepared.sftp_port), "-i", str(keys / "sftp"), "-o", "BatchMode=yes"]
    words += ["-o", f"UserKnownHostsFile={keys / 'known_hosts'}", "-o", "IdentitiesOnly=yes", "office@127.0.0.1"]
    for command in ([], ["id"]):
        ended = subprocess.run([*words, *command], input="", capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 255 or "uid=" not in ended.stdout
        assert ended.returncode != 0


def test_another_host_key_is_seen(office, tmp_path):
    keys = office.prepared.folder / "keys" / "known_hosts"
    _, other = ssh_key()
    keys.write_text(f"[127.0.0.1]:{office.prepared.sftp_port} {other}\n")
    code, said = office.sftp("ls")
    assert code == 255
    assert "archive" not in said


@pytest.mark.parametrize(
    ("path", "shown"),
    [("..", "/"), ("/../..", "/"), ("in/../../x", "/x"), (".", "/"), ("in//./a", "/in/a"), ("in/..", "/"), ("", "/")],
)
def test_paths_as_the_client_sees_them(tmp_path, path, shown):
    assert Jail(tmp_path).shown(path) == shown


def test_two_renames_to_one_name_leave_one(tmp_path):
    """Whichever comes first; the other file stays where it was."""
    from concurrent.futures import ThreadPoolExecutor

    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    jail = Jail(tmp_path)
    for k in range(8):
        (tmp_path / "in" / f"{k}.part").write_text(str(k))

    def rename(k):
        try:
            jail.renamed(f"in/{k}.part", "in/one.zip")
        except FileExistsError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(rename, range(8))) == 1
    assert len(list((tmp_path / "in").iterdir())) == 8
