"""The folder, the file of behaviour, and the sandbox as a program."""

from __future__ import annotations

import base64
import json
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from ephoto.contracts.schemas import names
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.messages import codes
from ephoto.core.resident_id import has_true_check_digit
from ephoto.sandbox.prepare import prepare
from ephoto.sandbox.serve import running
from ephoto.sandbox.world import default_text, load_world
from tests.sandbox.office import Office, Receiver, until

ROOT = Path(__file__).resolve().parents[2]


def test_the_folder_has_what_a_newcomer_needs(tmp_path):
    prepared = prepare(tmp_path / "sandbox")
    office = tomllib.loads(prepared.office.read_text("utf-8"))
    assert office["vault"]["key_file"] == "vault.key"
    for kind, name in office["adapters"].items():
        mapping = tomllib.loads((prepared.folder / name).read_text("utf-8"))
        assert mapping["adapter"]["kind"] == kind
        assert mapping["adapter"]["schema"] in names()
        if mapping["transport"]["type"] == "http":
            assert mapping["transport"]["url"] == prepared.url
            assert (prepared.folder / mapping["sign"]["key_file"]).is_file()
        else:
            assert mapping["transport"]["port"] == prepared.sftp_port
    assert len(base64.b64decode((prepared.folder / "vault.key").read_text())) == 32
    for folder in ("bureau/in", "bureau/out", "bureau/archive", "bureau/error", "printer/done", "printer/error"):
        assert (prepared.folder / folder).is_dir()


def test_secrets_are_their_owners_alone(tmp_path):
    folder = prepare(tmp_path / "sandbox").folder
    for name in ("vault.key", "keys/office.key", "keys/sandbox.key", "keys/sftp", "sandbox/sign", "sandbox/host_key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name


def test_no_two_folders_share_a_key(tmp_path):
    first, second = (prepare(tmp_path / name).folder for name in ("a", "b"))
    for name in ("vault.key", "keys/office.key", "keys/sandbox.key", "keys/sftp.pub", "sandbox/user_key.pub"):
        assert (first / name).read_bytes() != (second / name).read_bytes()


def test_a_folder_is_taken_up_again_as_it_is(tmp_path):
    first = prepare(tmp_path / "sandbox")
    first.office.write_text("# mine\n")
    assert prepare(tmp_path / "sandbox") == first
    assert prepare(tmp_path / "sandbox", http_port=first.http_port) == first
    assert first.office.read_text() == "# mine\n"


def test_a_folder_of_sm2_stays_one(tmp_path):
    first = prepare(tmp_path / "sandbox", profile="sm2-sm3")
    assert prepare(tmp_path / "sandbox") == first


def test_folders_that_are_refused(tmp_path):
    prepare(tmp_path / "sandbox")
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    for folder, words in (
        ("full", {}),
        ("file", {}),
        ("sandbox", {"profile": "sm2-sm3"}),
        ("sandbox", {"http_port": 1}),
    ):
        with pytest.raises(UsageError, match="sandbox_folder"):
            prepare(tmp_path / folder, **words)


def test_a_port_that_is_taken(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for words in ({"http_port": port}, {"sftp_port": port}):
            prepared = prepare(tmp_path / f"{next(iter(words))}", **words)
            with pytest.raises(EnvironmentFault, match="port_taken"), running(prepared, time.time):
                pass


def test_sm2_serves_too(tmp_path):
    """Requests are signed by OpenSSL here, with the office's key as its file has it."""
    from ephoto.sandbox import sm2
    from ephoto.sandbox.signatures import Keys, Message, signed_headers

    prepared = prepare(tmp_path / "sandbox", profile="sm2-sm3")
    raw = bytes.fromhex((prepared.folder / "keys" / "office.key").read_text())
    public = sm2.raw_public_of(prepared.keys.verifies.decode())
    keys = Keys("sm2-sm3", "x", b"", "office-1", sm2.private_pem(raw, public).encode())
    with running(prepared, time.time), httpx.Client(trust_env=False) as client:
        headers = signed_headers(keys, Message("GET", "/v1/events", "", b""), time.time())
        assert client.get(f"{prepared.url}/v1/events", headers=headers).status_code == 200
        assert client.get(f"{prepared.url}/v1/events", headers=headers).status_code == 401


def test_the_bundled_behaviour_is_of_nobody():
    world = load_world()
    for number, person in world.people.items():
        assert number.startswith("1199")
        assert has_true_check_digit(number)
        assert not person.outcome or person.outcome.removeprefix("wf.") in codes("wf")
    assert world.employer("EMP-0002").opened is False
    assert world.employer("EMP-9999").opened


def test_a_file_says_what_it_changes(tmp_path):
    file = tmp_path / "sandbox.toml"
    file.write_text('[bureau]\nproduce = "on_request"\n')
    world = load_world(file)
    assert (world.bureau.produce, world.bureau.card_years) == ("on_request", load_world().bureau.card_years)
    assert world.people == {}


@pytest.mark.parametrize(
    "text",
    [
        "unknown = 1", "[bureau]\nproduce = 'soon'", "[bureau]\npoll_s = -1", "window_s = 0",
        "[[person]]\nid_number = ''", "[[person]]\nid_number = '119900198802290011'\noutcome = 'wf.nonsense'",
        "[[employer]]\ncode = 'a b'", "[webhook]\ntries = 'many'", "[banks]\nothers = 'x'", "nonsense",
    ],
)  # fmt: skip
def test_behaviour_that_is_none(tmp_path, text):
    file = tmp_path / "sandbox.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match="settings_invalid"):
        load_world(file)


def test_the_bundled_file_may_be_edited(tmp_path):
    file = tmp_path / "sandbox.toml"
    file.write_text(default_text())
    assert load_world(file) == load_world()


def test_the_sandbox_knows_nothing_of_the_workflow():
    """Whatever of it is imported."""
    modules = sorted(path.stem for path in (ROOT / "ephoto" / "sandbox").glob("*.py") if path.stem != "__init__")
    code = f"""
import importlib, sys
for name in {modules!r}:
    importlib.import_module(f"ephoto.sandbox.{{name}}")
foreign = ("ephoto.workflow", "ephoto.core.signing", "ephoto.batch", "ephoto.pipeline", "ephoto.tables", "gmssl")
assert not [name for name in sys.modules if name.startswith(foreign)], sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


@pytest.fixture
def started():
    """Start the program; whatever a test leaves running is ended."""
    with ExitStack() as stack:

        def start(*words):
            command = [sys.executable, "-m", "ephoto.cli.app", "sandbox", *map(str, words)]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, **pipes))
            stack.callback(process.kill)
            return process

        yield start


def ended(process, how):
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_program_serves_and_ends_politely(started, tmp_path, how):
    process = started(tmp_path / "sandbox", "--json")
    lines = [process.stdout.readline()]
    while not lines[-1].startswith("}"):
        lines.append(process.stdout.readline())
    told = json.loads("".join(lines))
    with Receiver(prepare(tmp_path / "sandbox")) as receiver:
        office = Office(prepare(tmp_path / "sandbox"))
        with office.client:
            assert told["url"] == office.url
            assert httpx.get(f"{told['control']}ready", trust_env=False).json() == {"ready": True}
            office.control("callback", url=receiver.url)
            office.control("events", type="received", application_id="APP-TEST-0001")
            until(lambda: receiver.got)
            assert office.apply().status_code == 202
            assert office.sftp("ls")[0] == 0
    code, _, err = ended(process, how)
    assert (code, err) == (0, "")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_program_says_where_everything_is(started, tmp_path, lang):
    process = started(
        tmp_path / "sandbox", "--lang", lang, "--callback", "http://127.0.0.1:9/v1/events", "--folder-drop"
    )
    lines = [process.stdout.readline() for _ in range(9)]
    said = "".join(lines)
    prepared = prepare(tmp_path / "sandbox")
    for place in (prepared.office, prepared.url, prepared.bureau, prepared.printer, "http://127.0.0.1:9/v1/events"):
        assert str(place) in said
    assert ("沙箱已就绪" in said) == (lang == "zh")
    assert tomllib.loads((prepared.folder / "production.toml").read_text())["transport"]["type"] == "folder"
    assert ended(process, signal.SIGTERM)[0] == 0


def test_a_request_that_is_slow_does_not_keep_the_program(started, tmp_path):
    process = started(tmp_path / "sandbox")
    for _ in range(9):
        process.stdout.readline()
    office = Office(prepare(tmp_path / "sandbox"))
    with office.client:
        office.control("slow", seconds=100, when="before")
        with pytest.raises(httpx.ReadTimeout):
            office.client.get(f"{office.url}/v1/events", timeout=0.5)
    start = time.monotonic()
    assert ended(process, signal.SIGTERM)[0] == 0
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("words", [("--port", "70000"), ("--port", "x"), ("--callback", "nonsense")])
def test_words_that_are_none(started, tmp_path, words):
    process = started(tmp_path / "sandbox", *words)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "[bad_option]" in err
