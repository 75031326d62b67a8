"""What every command shares: help, version, words that cannot be parsed, bugs, interruptions, languages, streams."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ephoto import __version__
from ephoto.cli import app as cli
from ephoto.core.errors import EnvironmentFault

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    [],
    ["convert"],
    ["batch"],
    ["watch"],
    ["liveness"],
    ["specs"],
    ["specs", "list"],
    ["specs", "show"],
    ["models"],
    ["models", "list"],
    ["models", "fetch"],
    ["models", "verify"],
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help(words, run):
    ended = run(*words, "--help")
    assert ended.code == 0
    assert "Usage: ephoto" in ended.text
    assert ended.err == ""


def test_each_command_is_told_by_a_whole_sentence(run):
    told = run("--help").text
    assert "..." not in told.partition("Commands:")[2]


def test_version(run):
    assert run("--version").text == f"ephoto {__version__}\n"


@pytest.mark.parametrize("words", [[], ["specs"], ["models"]], ids=["ephoto", "specs", "models"])
def test_no_command_shows_the_help_and_is_a_usage_error(words, run):
    ended = run(*words)
    assert ended.code == 2
    assert ended.out == b""
    assert "Usage: ephoto" in ended.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["convert"], "argument_missing", id="no photo"),
        pytest.param(["specs", "show"], "argument_missing", id="no spec"),
        pytest.param(["convert", "a.jpg", "--nothing"], "option_unknown", id="option"),
        pytest.param(["serve", "a", "b"], "usage", id="command of a later version"),
        pytest.param(["convert", "a.jpg", "--lang", "fr"], "bad_option", id="language"),
        pytest.param(["convert", "a.jpg", "--dpi"], "usage", id="option without a value"),
    ],
)
def test_words_that_make_no_sense(words, code, run):
    ended = run(*words)
    assert ended.code == 2
    assert f"[{code}]" in ended.err
    assert "Traceback" not in ended.err
    told = run(*words, "--json")
    if "--dpi" not in words:  # there --json is taken for its value
        assert told.json["error"]["code"] == code
        assert told.json["exit_code"] == 2


def test_chinese_by_option_and_by_environment(run, monkeypatch):
    by_option = run("specs", "show", "nothing-like-it", "--lang", "zh")
    assert "没有名为 nothing-like-it 的规格" in by_option.err
    monkeypatch.setenv("EPHOTO_LANG", "zh_CN.UTF-8")
    assert run("specs", "show", "nothing-like-it").err == by_option.err
    assert "There is no spec" in run("specs", "show", "nothing-like-it", "--lang", "en").err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["nothing"], "命令有误：没有这个命令： 'nothing'", id="command"),
        pytest.param(["specs", "list", "x"], "命令有误：多余的参数： (x)", id="arguments"),
        pytest.param(["convert", "x.jpg", "-o", ""], '--output 不能是 ""', id="value"),
    ],
)
def test_what_the_parser_says_is_said_in_chinese(words, told, run, monkeypatch):
    monkeypatch.setenv("EPHOTO_LANG", "zh")
    assert told in run(*words).err


def test_an_environment_that_makes_no_sense_is_a_usage_error(run, monkeypatch):
    monkeypatch.setenv("EPHOTO_MAX_PIXELS", "many")
    ended = run("models", "list")
    assert ended.code == 2
    assert "EPHOTO_MAX_PIXELS" in ended.err


def test_a_bug_is_one_line_and_the_trace_is_saved(run, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("ephoto.specs.load.listing", lambda: 1 / 0)
    ended = run("specs", "list", "--json")
    assert ended.code == 70
    assert ended.json["error"]["code"] == "internal"
    assert "Traceback" not in ended.err
    (trace,) = tmp_path.glob("ephoto-*.txt")
    assert str(trace) in ended.err
    assert "ZeroDivisionError" in trace.read_text("utf-8")


def test_a_bug_without_a_place_for_the_trace_is_told_all_the_same(run, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ephoto.specs.load.listing", lambda: 1 / 0)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    ended = run("specs", "list")
    assert ended.code == 70
    assert "ZeroDivisionError" in ended.err


def test_interruption(run, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("ephoto.specs.load.listing", interrupted)
    ended = run("specs", "list")
    assert ended.code == 130
    assert "[interrupted]" in ended.err


def test_errors_keep_their_own_exit_code(run, monkeypatch):
    def broken():
        raise EnvironmentFault("model_fetch_failed", problem="no index")

    monkeypatch.setattr("ephoto.specs.load.listing", broken)
    assert run("specs", "list").code == 6


def test_main_takes_the_words_of_the_process(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ephoto", "--version"])
    assert cli.main() == 0
    assert __version__ in capsys.readouterr().out


def test_as_a_process_of_its_own(process):
    ended = process("specs", "list")
    assert ended.code == 0
    assert "cn-social-security-card" in ended.text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_is_not_utf8_gets_escapes(encoding, process):
    env = {"PYTHONIOENCODING": encoding, "EPHOTO_LANG": "zh", "PYTHONUTF8": "0"}
    assert process("specs", "list", env=env).code == 0
    assert process("specs", "show", "us-visa", "--json", env=env).json["id"] == "us-visa"
    missing = process("specs", "show", "缺", env=env)
    assert missing.code == 2
    assert "Traceback" not in missing.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_stdout_is_an_environment_error():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ephoto.cli.app", "specs", "list"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 6
    assert "[output_failed]" in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_reader_that_leaves_early_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-m", "ephoto.cli.app", "specs", "list"], cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == b""
        assert running.wait() == 0


def test_from_a_checkout():
    done = subprocess.run([sys.executable, ROOT / "cli.py", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ephoto {__version__}\n"
