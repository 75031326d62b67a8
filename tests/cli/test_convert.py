"""`ephoto convert`: photos in, cards out, and what becomes of everything that is not a photo."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from ephoto.core.messages import codes
from ephoto.report.rows import FOR_MACHINES, MEASURES

CARD = "cn-social-security-card"
ROOT = Path(__file__).resolve().parents[2]
needs_shell = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")


def opened(data):
    return Image.open(io.BytesIO(data))


def test_a_photo_becomes_a_card(process, photo):
    """The main job, as a process of its own: file, size, dpi, report, nothing on stderr."""
    ended = process("convert", photo, "-o", "card.jpg", cwd=photo.parent)
    assert (ended.code, ended.err) == (0, "")
    card = opened((photo.parent / "card.jpg").read_bytes())
    assert (card.format, card.size) == ("JPEG", (358, 441))
    assert "Everything that cn-social-security-card requires holds." in ended.text
    assert "Written: card.jpg" in ended.text
    assert sorted(p.name for p in photo.parent.iterdir()) == ["card.jpg", "me.jpg"]


def test_the_default_name_stands_beside_the_photo(run, photo):
    assert run("convert", photo).code == 0
    assert photo.with_name(f"me.{CARD}.jpg").is_file()


def test_json_is_one_object(run, photo):
    told = run("convert", photo, "--json").json
    (entry,) = told["cards"]
    assert (told["schema"], told["exit_code"]) == ("ephoto.convert/1", 0)
    assert entry["written"]
    assert entry["error"] is None
    assert entry["report"]["passed"]
    assert Path(entry["output"]).stat().st_size == entry["report"]["facts"]["encode"]["bytes"]


def test_every_fact_has_a_label_and_stands_in_the_docs(run, photo):
    page = (ROOT / "docs" / "report.md").read_text("utf-8")
    facts = run("convert", photo, "--tone", "auto", "--json").json["cards"][0]["report"]["facts"]
    assert {f"step_{step}" for step in facts} <= codes("label")
    assert list(facts) == ["photo", "face", "quality", "frame", "matte", "tone", "compose", "encode", "card"]
    for step, told in facts.items():
        (line,) = re.findall(rf"^- `{step}`: (.*?)(?=^- |\Z)", page, re.MULTILINE | re.DOTALL)
        if step == MEASURES:  # a table of its own: by component, which docs/checks.md lists
            assert all(set(one) == {*re.findall(r"`(\w+)`", line)} for one in told.values())
            continue
        assert set(told) == {*re.findall(r"`(\w+)`", line)}, step
        assert {f"fact_{key}" for key in told if key not in FOR_MACHINES} <= codes("label"), step


def test_chinese_report(run, photo):
    text = run("convert", photo, "--lang", "zh").text
    assert "脸部宽度" in text
    assert f"符合 {CARD} 的全部必需要求" in text
    assert "已写入" in text


def test_from_stdin_to_stdout(process, photo, portrait_bytes):
    """Card bytes on stdout and nothing else; the report on stderr; the same card as by name."""
    ended = process("convert", "-", stdin=portrait_bytes)
    assert ended.code == 0
    assert opened(ended.out).size == (358, 441)
    assert "Everything that" in ended.err
    process("convert", photo, "-o", "card.jpg", cwd=photo.parent)
    assert (photo.parent / "card.jpg").read_bytes() == ended.out


def redirected(photo, redirection, *words):
    """A process whose streams a shell has redirected."""
    command = [sys.executable, "-m", "ephoto.cli.app", "convert", *words]
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", *command], cwd=photo.parent, capture_output=True,
        text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@needs_shell
@pytest.mark.parametrize(
    ("redirection", "words", "code", "told"),
    [
        pytest.param("<&-", ["-", "-o", "card.jpg"], 3, "[not_readable]", id="stdin"),
        pytest.param(">&-", ["me.jpg", "-o", "-"], 6, "[output_failed]", id="stdout for the card"),
        pytest.param(">&-", ["me.jpg", "-o", "card.jpg"], 0, "", id="stdout for the report"),
    ],
)
def test_a_closed_stream_is_no_bug(redirection, words, code, told, photo):
    ended = redirected(photo, redirection, *words)
    assert ended.returncode == code
    assert told in ended.stderr
    assert (photo.parent / "card.jpg").exists() == (code == 0)


@needs_shell
def test_ctrl_c_ends_with_130_and_leaves_nothing(photo):
    """A real signal while the photo is read from stdin."""
    with subprocess.Popen(
        [sys.executable, "-m", "ephoto.cli.app", "convert", "-", "-o", photo.parent / "card.jpg"], cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    ) as running:  # fmt: skip
        assert running.stdin is not None
        # More than a pipe holds: when this has been written, the process is reading.
        running.stdin.buffer.write(bytes(1 << 20))
        running.send_signal(signal.SIGINT)
        _, told = running.communicate()
    assert running.returncode == 130
    assert "[interrupted]" in told
    assert "Traceback" not in told
    assert [p.name for p in photo.parent.iterdir()] == ["me.jpg"]


def test_json_stands_aside_where_the_card_is_on_stdout(run, photo):
    ended = run("convert", photo, "-o", "-", "--json")
    assert opened(ended.out).format == "JPEG"
    assert '"schema": "ephoto.convert/1"' in ended.err
    failed = run("convert", "gone.jpg", "-o", "-", "--json")
    assert failed.out == b""
    assert '"code": "not_found"' in failed.err


def test_dry_run_writes_nothing(run, photo):
    ended = run("convert", photo, "--dry-run")
    assert ended.code == 0
    assert "Would be written:" in ended.text
    assert "By what can be foreseen, everything" in ended.text
    assert [p.name for p in photo.parent.iterdir()] == ["me.jpg"]
    assert not run("convert", photo, "--dry-run", "--json").json["cards"][0]["written"]


def test_several_specs_at_once(run, photo):
    ended = run("convert", photo, "--spec", f"{CARD},cn-1inch", "-o", f"{photo.parent}/cards/")
    assert ended.code == 0
    assert opened((photo.parent / "cards" / f"me.{CARD}.jpg").read_bytes()).size == (358, 441)
    assert opened((photo.parent / "cards" / "me.cn-1inch.jpg").read_bytes()).size == (295, 413)
    assert "2 of 2 cards made." in ended.text


def test_a_size_of_ones_own(run, photo):
    out = photo.parent / "card.jpg"
    assert run("convert", photo, "--size", "25x35mm", "--dpi", "300", "--kb", "5-60", "-o", out).code == 0
    card = opened(out.read_bytes())
    assert card.size == (295, 413)
    assert 5 * 1024 <= out.stat().st_size <= 60_000


def test_one_bad_photo_does_not_stop_the_others(run, photo):
    bad = photo.with_name("bad.jpg")
    bad.write_bytes(b"text")
    ended = run("convert", bad, photo, photo.with_name("gone.jpg"), "--json")
    assert ended.code == ended.json["exit_code"] == 3
    assert [c["error"] and c["error"]["code"] for c in ended.json["cards"]] == ["not_a_picture", None, "not_found"]
    assert photo.with_name(f"me.{CARD}.jpg").is_file()


def test_a_bug_that_one_photo_shows_does_not_lose_the_others(run, photo, monkeypatch, tmp_path):
    """Exit 70 and the trace in a file, but the card of the good photo is there and is told."""
    from ephoto.pipeline.converter import Converter

    bad = photo.with_name("bad.jpg")
    bad.write_bytes(photo.read_bytes())
    sound = Converter.convert
    monkeypatch.setattr(Converter, "convert", lambda self, p: 1 / 0 if p == str(bad) else sound(self, p))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = run("convert", bad, photo, "--json")
    assert ended.code == ended.json["exit_code"] == 70
    assert [c["error"] and c["error"]["code"] for c in ended.json["cards"]] == ["internal", None]
    assert "Traceback" not in ended.err
    assert photo.with_name(f"me.{CARD}.jpg").is_file()
    (trace,) = tmp_path.glob("ephoto-*.txt")
    assert "ZeroDivisionError" in trace.read_text("utf-8")


def test_a_photo_in_a_folder_that_is_not_there_is_a_photo_that_is_not_there(run):
    ended = run("convert", "nowhere/me.jpg")
    assert ended.code == 3
    assert "[not_found]" in ended.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["--background", "pink"], "bad_option", id="colour"),
        pytest.param(["--background", "transparent"], "alpha_needs_png", id="transparent jpeg"),
        pytest.param(["--background", "blue", "--spec", "us-visa"], "background_forbidden", id="edit forbidden"),
        pytest.param(["--matte", "slow"], "bad_option", id="matte"),
        pytest.param(["--tone", "warm"], "bad_option", id="tone"),
        pytest.param(["--tone", "auto", "--spec", "us-visa"], "tone_forbidden", id="tone where edits are forbidden"),
        pytest.param(["--tone", "auto", "--spec", f"{CARD},schengen"], "tone_forbidden", id="tone for one of several"),
        pytest.param(["--engine", "magic"], "engine_unknown", id="engine"),
        pytest.param(["--faces", "magic"], "engine_unknown", id="faces"),
        pytest.param(["--nudge", "a"], "bad_option", id="nudge"),
        pytest.param(["--spec", "nothing"], "spec_unknown", id="spec"),
        pytest.param(["--spec", ","], "bad_option", id="no spec"),
        pytest.param(["--profile", "nothing"], "profile_unknown", id="profile"),
        pytest.param(["--dpi", "300"], "needs_size", id="dpi alone"),
        pytest.param(["--size", "25x35mm", "--spec", CARD], "size_excludes", id="size and spec"),
        pytest.param(["--size", "25x35"], "bad_option", id="size without unit"),
        pytest.param(["-o", "card.png"], "suffix_mismatch", id="suffix"),
    ],
)
def test_options_are_checked_before_any_work(words, code, run, photo):
    """Usage errors, and the photo is not even looked at: it need not exist."""
    for name in (photo, photo.with_name("gone.jpg")):
        ended = run("convert", name, *words)
        assert ended.code == 2
        assert f"[{code}]" in ended.err
    assert [p.name for p in photo.parent.iterdir()] == ["me.jpg"]


def test_an_existing_file_is_kept_unless_forced(run, photo):
    out = photo.with_name("card.jpg")
    out.write_bytes(b"precious")
    ended = run("convert", photo, "-o", out)
    assert ended.code == 6
    assert "[output_exists]" in ended.err
    assert out.read_bytes() == b"precious"
    assert run("convert", photo, "-o", out, "--force").code == 0
    assert opened(out.read_bytes()).size == (358, 441)


def test_a_folder_names_batch(run, photo):
    ended = run("convert", photo.parent)
    assert ended.code == 2
    assert "ephoto batch" in ended.err


def test_strict_writes_no_card_that_fails(run, photo, monkeypatch):
    """Exit 1 with the report; the same photo without --strict gives its card and a report that fails."""
    monkeypatch.setattr("ephoto.core.findings.Report.passed", property(lambda _: False))
    out = photo.with_name("card.jpg")
    ended = run("convert", photo, "-o", out, "--strict", "--json")
    assert ended.code == 1
    assert ended.json["cards"][0]["error"]["code"] == "check_failed"
    assert ended.json["cards"][0]["report"]["findings"]
    assert not out.exists()
    assert run("convert", photo, "-o", out).code == 0
    assert out.exists()


def bad_files(data):
    yield "empty", b"", "empty"
    yield "text", b"this is not a photo, it is a letter", "not_a_picture"
    for tenth in range(1, 10):
        yield f"truncated {tenth}0 %", data[: len(data) * tenth // 10], None
    yield "bomb", bomb(), "too_many_pixels"
    yield "one pixel", picture("PNG", (1, 1)), "too_small"
    yield "animated", animation(), None
    yield "no face", picture("JPEG", (400, 500)), "no_face"


def picture(kind, size):
    out = io.BytesIO()
    Image.new("RGB", size, (120, 130, 140)).save(out, kind)
    return out.getvalue()


def bomb():
    """A PNG whose header declares 50,000 x 50,000 px."""
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def animation():
    out = io.BytesIO()
    frames = [Image.new("P", (300, 400), k) for k in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def test_bad_input_is_a_typed_error_and_nothing_is_written(run, photo, portrait_bytes):
    """Empty, text, cut off at every tenth, a bomb, one pixel, animated, no face: by name and from stdin."""
    for name, data, code in bad_files(portrait_bytes):
        photo.write_bytes(data)
        for ended in (run("convert", photo), run("convert", "-", "-o", photo.parent, stdin=data)):
            assert ended.code in (3, 4), name
            assert "Traceback" not in ended.err, name
            assert code is None or f"[{code}]" in ended.err, (name, ended.err)
        assert [p.name for p in photo.parent.iterdir()] == ["me.jpg"], name


def test_a_symlink_loop(run, photo):
    loop = photo.with_name("loop.jpg")
    loop.symlink_to(loop)
    ended = run("convert", loop)
    assert ended.code == 3
    assert "[not_readable]" in ended.err


def test_a_photo_without_permission(run, photo):
    """Where this user may read everything, what the kernel itself forbids to read."""
    forbidden = photo.with_name("forbidden.jpg")
    forbidden.write_bytes(b"photo")
    forbidden.chmod(0)
    if os.access(forbidden, os.R_OK):
        forbidden = next((p for p in Path("/sys/bus").glob("*/uevent") if p.is_file()), None)
    if forbidden is None:
        pytest.skip("this user may read everything")
    ended = run("convert", forbidden, "-o", photo.with_name("card.jpg"))
    assert ended.code == 3
    assert "[not_readable]" in ended.err
    assert "Permission denied" in ended.err
    assert not photo.with_name("card.jpg").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_device_is_not_a_photo(run):
    ended = run("convert", "/dev/null", "-o", "-")
    assert ended.code in (2, 3)
    assert "Traceback" not in ended.err


def test_a_folder_that_cannot_be_written_to(run, photo):
    """The folder's permissions, or for one who may write everywhere a folder of the kernel: exit 6, nothing left."""
    folder = photo.parent / "closed"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        folder = Path("/sys")
    if not folder.is_dir():
        pytest.skip("this user may write everywhere")
    before = sorted(folder.iterdir())
    ended = run("convert", photo, "-o", folder)
    assert ended.code == 6
    assert "[output_failed]" in ended.err
    assert sorted(folder.iterdir()) == before


def test_a_folder_that_cannot_be_made(run, photo, monkeypatch):
    """It was free when the run began: exit 6, nothing left, no trace."""
    plain = photo.with_name("late")
    monkeypatch.setattr("ephoto.cli.targets._check_folder", lambda *_, **__: plain.write_bytes(b""))
    ended = run("convert", photo, "-o", f"{plain}/")
    assert ended.code == 6
    assert "[output_failed]" in ended.err


def test_missing_models_are_told_before_the_photo_is_read(run, photo, monkeypatch, tmp_path):
    monkeypatch.setenv("EPHOTO_MODELS", str(tmp_path / "none"))
    ended = run("convert", photo.with_name("gone.jpg"))
    assert ended.code == 6
    assert "[model_missing]" in ended.err
    assert "ephoto models fetch" in ended.err


def test_a_card_is_not_thrown_at_a_terminal(run, photo, monkeypatch):
    monkeypatch.setattr("ephoto.cli.voice._is_terminal", lambda _: True)
    ended = run("convert", photo, "-o", "-")
    assert ended.code == 2
    assert "[card_on_terminal]" in ended.err


@needs_shell
def test_no_terminal_obeys_a_file_name(run, photo):
    name = photo.with_name("a\x1b[31mb.jpg")
    for ended in (run("convert", name), run("convert", name, photo, "-o", f"{photo.parent}/")):
        assert "\x1b" not in ended.err + ended.text
        assert "a\\x1b[31mb.jpg" in ended.err


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text are a matter of this system")
def test_a_name_that_is_no_text_does_not_crash(process, photo):
    name = os.fsdecode(b"na\xffme.jpg")
    photo.rename(photo.with_name(name))
    ended = process("convert", name, cwd=photo.parent)
    assert ended.code == 0
    assert (photo.parent / os.fsdecode(b"na\xff" + f"me.{CARD}.jpg".encode())).is_file()
