"""The whole road by the commands of the handbook, as processes; and that nothing of it tells who it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from ephoto.core.settings import Settings
from ephoto.workflow.office.opening import open_office
from ephoto.workflow.store.tables import METADATA
from tests.workflow.end_to_end.roads import Clock, until
from tests.workflow.end_to_end.taps import Tap
from tests.workflow.people import application_table, photo_bytes

ROOT = Path(__file__).resolve().parents[3]
NUMBER, NAME, MOBILE, ADDRESS = "119902197511305242", "欧阳测试", "13912345678", "北京市西城区无人街7号"


class Shell:
    """Runs commands for one office, and keeps all that they say."""

    def __init__(self, folder):
        self.folder, self.said = folder, []
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("EPHOTO_")}
        self.env |= {"EPHOTO_OFFICE": str(folder / "play/office.toml"), "PYTHONIOENCODING": "utf-8"}
        self.words = [sys.executable, str(ROOT / "cli.py")]

    def run(self, *words, code=0, as_json=True):
        asked = [*self.words, *map(str, words), *(["--json"] if as_json else [])]
        ended = subprocess.run(asked, env=self.env, cwd=self.folder, capture_output=True, timeout=120, check=False)
        self.said += [ended.stdout, ended.stderr]
        assert ended.returncode == code, (words[:2], ended.returncode, ended.stderr.decode())
        return json.loads(ended.stdout) if as_json else ended.stdout.decode()

    @contextmanager
    def serving(self, *words):
        """A command that serves until it is ended; gives the first thing that it says."""
        asked = [*self.words, *map(str, words), "--json"]
        with (self.folder / f"{words[0]}.err").open("wb") as err:
            child = subprocess.Popen(asked, env=self.env, cwd=self.folder, stdout=subprocess.PIPE, stderr=err)
            try:
                first = b"".join(iter(child.stdout.readline, b"}\n")) + b"}"
                yield json.loads(first)
            finally:
                child.terminate()
                rest = child.communicate(timeout=30)[0]
        if words[0] != "sandbox":
            self.said += [first, rest, (self.folder / f"{words[0]}.err").read_bytes()]


def control(place, name, /, **said):
    answer = httpx.post(f"{place}/control/{name}", json=said, trust_env=False, timeout=30)
    assert answer.status_code == 200, answer.text


def state(url):
    return httpx.get(f"{url}/control/state", trust_env=False, timeout=30).json()


@pytest.fixture
def walked(tmp_path, database_url):
    """The road by commands, to its end; gives the shell, the application's id, what was asked by HTTP, the state."""
    shell = Shell(tmp_path)
    with ExitStack() as stack:
        told = stack.enter_context(shell.serving("sandbox", tmp_path / "play"))
        office = Path(told["office"])
        office.write_text(office.read_text("utf-8").replace("sqlite:///office.sqlite", database_url), "utf-8")
        proxy = stack.enter_context(Tap(int(told["url"].rpartition(":")[2])))
        for kind in ("submission", "activation", "notify"):
            file = office.with_name(f"{kind}.toml")
            file.write_text(file.read_text("utf-8").replace(told["url"], f"http://127.0.0.1:{proxy.port}"), "utf-8")
        name = applied(shell, tmp_path)
        made_and_enabled(shell, stack, told, name)
        yield shell, name, proxy.requests(), state(told["url"])


def applied(shell, folder):
    """From a portrait and a form to a submitted application."""
    (folder / "mine").mkdir()
    (folder / "drops").mkdir()
    person = {"name": NAME, "id_number": NUMBER, "mobile": MOBILE, "address": ADDRESS}
    pictures = dict.fromkeys(("application_id", "photo", "id_card_front", "id_card_back"))
    table = application_table(applicant=person, **pictures)
    (folder / "mine/person.json").write_text(json.dumps(table, ensure_ascii=False), "utf-8")
    (folder / "mine/front.jpg").write_bytes(photo_bytes())
    shell.run("convert", ROOT / "samples/portrait.jpg", "-o", "mine/card.jpg", "--spec", "cn-social-security-card")
    name = shell.run("apply", "new", "mine/person.json")["application_id"]
    shell.run("apply", "attach-photo", name, "mine/card.jpg", as_json=False)
    shell.run("apply", "attach-id-card", name, "--front", "mine/front.jpg", "--back", "mine/front.jpg")
    codes = [one["code"] for one in shell.run("apply", "validate", name)["findings"]]
    assert codes == ["wf.id_region_unknown"]  # it is nobody's
    (sent,) = shell.run("apply", "submit", name)["sent"]
    assert (sent["state"], sent["error"]) == ("accepted", None)
    shell.run("apply", "submit", name, as_json=False)  # once more does nothing
    return name


def made_and_enabled(shell, stack, told, name):
    (package,) = shell.run("package", "--accepted", "-o", "drops", "--send")["packages"]
    assert (package["count"], package["sent"]) == (1, True)
    assert shell.run("package", "--accepted", "-o", "drops", "--send")["packages"] == []
    out = Path(told["bureau"]) / "out"
    until(lambda: len(list(out.glob("*.ok"))) == 2)
    assert shell.run("cards", "receive")["errors"] == []
    listening = stack.enter_context(shell.serving("cards", "listen", "--port", "0"))["listening"]
    control(told["url"], "callback", url=f"{listening}/v1/events")
    said = {"type": "financial_activated", "application_id": name, "channel": "branch_terminal", "deliver": "both"}
    control(told["url"], "events", **said)
    until(lambda: [one["status"] for one in state(told["url"])["webhook"]["tried"]] == [200])
    assert shell.run("cards", "receive", "--lang", "zh", as_json=False)
    shell.run("cards", "notify")


def files_of(folder):
    """All files but those that shall hold it: the person's own, packages, and what others have of them."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if path.is_file() and inside[0] != "mine" and path.suffix != ".zip":
            yield path


def rows_of(here):
    with here.office.store.reading() as unit:
        for table in METADATA.tables:
            for row in unit.connection.execute(text(f"SELECT * FROM {table}")):
                yield from (value if isinstance(value, bytes) else str(value).encode() for value in row)


@pytest.mark.slow
def test_the_road_by_commands_leaves_no_trace_of_the_person(walked):
    shell, name, requests, state = walked
    case = shell.run("cards", "show", name)
    assert (case["state"], case["card"]["usable"], case["card"]["state"]) == ("received", True, "in_use")
    assert (state["applications"]["count"], state["cards"], state["notices"]) == (1, 1, 8)
    card_no = state["applications"]["list"][0]["card_no"]
    for words in (("cards", "list"), ("cards", "show", name), ("apply", "status", name)):
        for lang in ("en", "zh"):
            shell.run(*words, "--lang", lang, as_json=False)
    shell.run("apply", "new", "mine/person.json", as_json=False)  # a draft again, and then no second one
    refused = (("new", "mine/person.json"), ("submit", "nobody"), ("attach-photo", name, "mine/card.jpg"))
    for words in refused:
        for lang in ("en", "zh"):
            shell.run("apply", *words, "--lang", lang, as_json=False, code=3)
    picture = (shell.folder / "mine/card.jpg").read_bytes()
    secrets = [word.encode(kind) for word in (NUMBER, NAME, MOBILE, ADDRESS, card_no) for kind in ("utf-8", "gb18030")]
    secrets += [json.dumps(word)[1:-1].encode() for word in (NAME, ADDRESS)] + [picture[:40], picture[3000:3040]]
    traces(shell, secrets, requests)
    purged(shell, name, secrets)


def traces(shell, secrets, requests):
    """Where one of them is found, though it must not be."""
    said = b"\n".join(shell.said)
    assert b"1199" in said  # masked
    assert [secret for secret in secrets if secret in said] == []
    asked = "\n".join(target for _, target in requests).encode()
    assert b"/v1/applications" in asked
    assert [secret for secret in secrets if secret in asked] == []
    names = "\n".join(str(path.relative_to(shell.folder)) for path in shell.folder.rglob("*")).encode()
    assert [secret for secret in secrets if secret in names] == []
    own = [path for path in files_of(shell.folder) if "bureau" not in path.parts]
    assert len(own) > 15
    assert [path.name for path in own for secret in secrets if secret in path.read_bytes()] == []
    with open_office(shell.folder / "play/office.toml", Settings(), Clock()) as here:
        rows = b"\n".join(rows_of(here))
    assert len(rows) > 10_000
    assert [secret for secret in secrets if secret in rows] == []


def purged(shell, name, secrets):
    """The photos go; what has happened stays, and that they went."""
    before = shell.run("cards", "show", name)["history"]
    assert shell.run("purge", "--older-than", "0")["photos"] == 3
    assert shell.run("purge", "--older-than", "0")["photos"] == 0
    after = shell.run("cards", "show", name)
    assert (after["history"], after["state"], after["card"]["usable"]) == (before, "received", True)
    office = open_office(shell.folder / "play/office.toml", Settings(), Clock())
    with office as here, here.office.store.reading() as unit:
        actions = [line.action for line in unit.audits()]
        assert unit.count_photos() == 0
    assert {"submitted", "packaged", "photos_purged"} <= set(actions)
    assert [secret for secret in secrets if secret in b"\n".join(shell.said)] == []
