"""`ephoto liveness`: words, prompts, verdicts and cards, on real clips and a real network camera."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from ephoto.core.messages import text
from ephoto.liveness.values import Cue, Evidence, Update, Verdict
from ephoto.liveness.video import frames
from tests.liveness.people import ASKED, someone
from tests.liveness.videos import camera_on_loopback, write

ROOT = Path(__file__).resolve().parents[2]
CHALLENGE = ("--challenge", ",".join(ASKED))
CARD = "cn-social-security-card"
needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and terminals")


@pytest.fixture
def empty_room(tmp_path):
    """Half a second in which nobody is seen."""
    return write(tmp_path / "room.avi", 8)


@pytest.fixture(scope="session")
def still(tmp_path_factory):
    """A photo held before the camera for six seconds: fresh noise, no movement."""
    path = tmp_path_factory.mktemp("still") / "still.avi"
    photo = cv2.resize(cv2.imread(str(ROOT / "samples" / "portrait.jpg")), (360, 480), interpolation=cv2.INTER_AREA)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15.0, (360, 480))
    rng = np.random.default_rng(4)
    for _ in range(90):
        writer.write(np.clip(photo + rng.normal(0, 2, photo.shape), 0, 255).astype(np.uint8))
    writer.release()
    return path


# ---- words


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param([], "argument_missing", id="nothing"),
        pytest.param(["-", *CHALLENGE], "bad_option", id="stdin"),
        pytest.param(["", *CHALLENGE], "bad_option", id="empty name"),
        pytest.param(["room.avi"], "challenge_needed", id="a recording without a challenge"),
        pytest.param(["room.avi", "--seed", "3"], "challenge_needed", id="nor by seed"),
        pytest.param(["room.avi", "--camera", "0", *CHALLENGE], "source_twice", id="two sources"),
        pytest.param(["--camera", "-1"], "bad_option", id="negative camera"),
        pytest.param(["--camera", "front"], "bad_option", id="no number"),
        pytest.param(["ftp://h/a.avi"], "bad_option", id="other URL"),
        pytest.param(["room.avi", "--challenge", "blink,wink"], "gesture_unknown", id="gesture"),
        pytest.param(["room.avi", "--challenge", "blink,nod"], "challenge_unfit", id="no turn"),
        pytest.param(["room.avi", "--challenge", "nod"], "challenge_unfit", id="one gesture"),
        pytest.param(["room.avi", "--challenge", ""], "gesture_unknown", id="empty challenge"),
        pytest.param(["room.avi", *CHALLENGE, "--count", "2"], "challenge_excludes", id="count"),
        pytest.param(["room.avi", *CHALLENGE, "--seed", "2"], "challenge_excludes", id="seed"),
        pytest.param(["--camera", "98", "--count", "5"], "challenge_unfit", id="too many"),
        pytest.param(["--camera", "98", "--count", "0"], "bad_option", id="none"),
        pytest.param(["--camera", "98", "--seed", "x"], "bad_option", id="seed of letters"),
        pytest.param(["room.avi", *CHALLENGE, "--seconds-each", "0"], "bad_option", id="no time"),
        pytest.param(["room.avi", *CHALLENGE, "--seconds-each", "nan"], "bad_option", id="time of letters"),
        pytest.param(["room.avi", *CHALLENGE, "--spec", "cn-1inch"], "needs_card", id="spec without card"),
        pytest.param(["room.avi", *CHALLENGE, "--background", "red"], "needs_card", id="colour without card"),
        pytest.param(["room.avi", *CHALLENGE, "--limit", "gaze=1"], "needs_card", id="limit without card"),
        pytest.param(["room.avi", *CHALLENGE, "--card", "-"], "bad_option", id="card to stdout"),
        pytest.param(["room.avi", *CHALLENGE, "--card", "a.png"], "suffix_mismatch", id="suffix"),
        pytest.param(["room.avi", *CHALLENGE, "--card", "room.avi"], "suffix_mismatch", id="card over video"),
        pytest.param(
            ["room.avi", *CHALLENGE, "--card", "a.jpg", "--spec", "cn-1inch,cn-2inch"], "bad_option", id="two specs"
        ),
        pytest.param(["room.avi", *CHALLENGE, "--card", "a.jpg", "--engine", "x"], "engine_unknown", id="engine"),
        pytest.param(["room.avi", *CHALLENGE, "--faces", "x"], "engine_unknown", id="faces"),
        pytest.param(["room.avi", *CHALLENGE, "--passive", "m.bin"], "bad_option", id="passive"),
        pytest.param(["room.avi", *CHALLENGE, "--lang", "fr"], "bad_option", id="language"),
    ],
)
@pytest.mark.usefixtures("empty_room")
def test_words_that_make_no_sense(words, code, run, tmp_path, monkeypatch):
    """Exit 2 before a picture is looked at, in one object with --json; nothing is written."""
    monkeypatch.chdir(tmp_path)
    ended = run("liveness", *words)
    assert (ended.code, ended.out) == (2, b"")
    assert f"[{code}]" in ended.err
    told = run("liveness", *words, "--json")
    assert told.json["error"]["code"] == code
    assert [path.name for path in tmp_path.iterdir()] == ["room.avi"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        pytest.param("gone.avi", None, "not_found", id="missing"),
        pytest.param("empty.mp4", b"", "not_a_video", id="empty"),
        pytest.param("noise.avi", b"noise" * 999, "not_a_video", id="noise"),
        pytest.param("folder", "folder", "not_readable", id="folder"),
    ],
)
def test_what_is_no_video_is_exit_3(name, data, code, run, tmp_path):
    path = tmp_path / name
    if data == "folder":
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    ended = run("liveness", path, *CHALLENGE, "--card", tmp_path / "card.jpg", "--json")
    assert (ended.code, ended.json["error"]["code"]) == (3, code)


def test_a_passive_model_that_is_not_there_is_exit_6(run, empty_room):
    ended = run("liveness", empty_room, *CHALLENGE, "--passive", empty_room.with_name("model.tflite"))
    assert (ended.code, ended.out) == (6, b"")
    assert "[weights_unfit]" in ended.err


def test_a_photo_is_sent_to_convert(run):
    ended = run("liveness", ROOT / "samples" / "portrait.jpg", *CHALLENGE)
    assert ended.code == 3
    assert "it is a photo" in ended.err
    assert "ephoto convert" in ended.err


@pytest.mark.skipif(Path("/dev/video98").exists(), reason="there is such a camera")
def test_a_camera_that_is_not_there_is_exit_6(run):
    ended = run("liveness", "--camera", "98", "--lang", "zh")
    assert ended.code == 6
    assert "没有这个编号 [" not in ended.err
    assert "没有这个编号" in ended.err


def test_help_names_every_exit_code(run):
    told = " ".join(run("liveness", "--help").text.split())
    for words in ("0 live", "1 not live", "2 usage", "3 unreadable", "4 no usable face", "5 ", "6 camera",
                  "7 inconclusive", "70 a bug", "130 interrupted"):  # fmt: skip
        assert words in told


# ---- verdicts


def test_an_empty_room_is_inconclusive(run, empty_room):
    """Exit 7; prompts, one line a change, on stderr; the verdict on stdout; no file is written."""
    ended = run("liveness", empty_room, *CHALLENGE)
    assert ended.code == 7
    assert ended.err == "0.0 s: Show your face.\n"
    assert text("reason", "stream_ended", "text") in ended.text
    assert "screening for presentation attacks; it guarantees nothing" in ended.text
    assert [path.name for path in empty_room.parent.iterdir()] == ["room.avi"]


def test_json_is_one_object_on_stdout(run, empty_room):
    told = run("liveness", empty_room, *CHALLENGE, "--json", "--seconds-each", "5").json
    assert (told["schema"], told["outcome"], told["exit_code"]) == ("ephoto.liveness/1", "inconclusive", 7)
    assert told["challenge"] == {"gestures": list(ASKED), "nonce": told["nonce"], "seconds_each": 5.0}
    assert (told["card"], told["error"], told["frames"]) == (None, None, 8)
    assert len(told["nonce"]) == 32
    again = run("liveness", empty_room, *CHALLENGE, "--json").json
    assert again["nonce"] != told["nonce"]


def test_every_key_stands_in_the_docs(run, empty_room):
    page = (ROOT / "docs" / "liveness.md").read_text("utf-8")
    told = run("liveness", empty_room, *CHALLENGE, "--json", "--card", empty_room.with_name("c.jpg")).json
    for table in (told, told["evidence"][0], told["cues"][0], told["card"], told["challenge"]):
        for key in table:
            assert f"`{key}`" in page, key


def test_chinese(run, empty_room):
    ended = run("liveness", empty_room, *CHALLENGE, "--lang", "zh")
    assert ended.err == "0.0 秒：请露出面部。\n"
    assert "无法判断：检测还没完成，画面就结束了。" in ended.text
    assert "眨眼" in ended.text
    assert not [word for word in ("inconclusive", "gesture", "Besides") if word in ended.text]


def test_a_still_photo_is_not_live(run, still, tmp_path):
    """Exit 1, no card, and the sign that decided."""
    out = tmp_path / "card.jpg"
    ended = run("liveness", still, *CHALLENGE, "--card", out, "--json", "--seconds-each", "3")
    assert (ended.code, ended.json["outcome"]) == (1, "not_live")
    assert ended.json["card"] == {"output": str(out), "written": False, "report": None, "error": None}
    assert not out.exists()
    plain = run("liveness", still, *CHALLENGE, "--card", out, "--seconds-each", "3")
    assert "Not live: " in plain.text
    assert "No card was made." in plain.text


def test_a_clip_that_is_cut_is_judged_by_what_is_there(run, empty_room):
    data = write(empty_room, 30).read_bytes()
    empty_room.write_bytes(data[: len(data) // 2])
    ended = run("liveness", empty_room, *CHALLENGE, "--json")
    assert (ended.code, ended.json["outcome"], ended.json["error"]["code"]) == (7, "inconclusive", "video_cut")
    assert "[video_cut]" in ended.err
    assert ended.json["error"]["values"]["frames"] == ended.json["frames"]


@pytest.mark.parametrize("how", ["there", "in a folder that is not there", "a folder"])
def test_a_card_that_cannot_be_written_is_told_before_the_camera_opens(how, run, tmp_path):
    out = tmp_path / "gone" / "card.jpg" if how.startswith("in") else tmp_path / "card.jpg"
    if how == "there":
        out.write_bytes(b"precious")
    elif how == "a folder":
        out.mkdir()
        out = out / f"camera.{CARD}.jpg"
        out.write_bytes(b"precious")
    with camera_on_loopback() as camera:
        ended = run("liveness", f"{camera.url}/ok", "--card", out.parent if how == "a folder" else out)
        assert camera.asked == 0
    assert ended.code == 6
    assert "[output_failed]" in ended.err or "[output_exists]" in ended.err
    assert not out.exists() or out.read_bytes() == b"precious"


# ---- a network camera


def test_a_camera_draws_a_challenge_and_one_that_goes_away_is_inconclusive(run):
    with camera_on_loopback() as camera:
        told = [run("liveness", f"{camera.url}/stop", "--seed", "5", "--count", "3", "--json") for _ in range(2)]
    for ended in told:
        assert (ended.code, ended.json["outcome"], ended.json["error"]["code"]) == (7, "inconclusive", "camera_lost")
    first, second = (ended.json["challenge"] for ended in told)
    assert len(first["gestures"]) == 3
    assert first["gestures"] == second["gestures"]
    assert first["nonce"] != second["nonce"]


def test_a_camera_that_sends_nothing_is_exit_6_without_its_password(run):
    with camera_on_loopback() as camera:
        url = camera.url.replace("http://", "http://me:secret@")
        ended = run("liveness", f"{url}/gone?token=hidden", "--json")
    assert (ended.code, ended.json["error"]["code"]) == (6, "camera_failed")
    assert not [word for word in ("secret", "hidden") if word in ended.err + ended.text]


@contextmanager
def started(*words, **given):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("EPHOTO_")} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "ephoto.cli.app", *(str(word) for word in words)]
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | given
    with subprocess.Popen(command, env=clean, **given) as running:
        try:
            yield running
        finally:
            running.kill()


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interruption_lets_go_of_the_camera(number):
    with camera_on_loopback() as camera, started("liveness", f"{camera.url}/ok", "--json") as running:
        assert b"Show your face." in running.stderr.readline()
        running.send_signal(number)
        out, err = running.communicate(timeout=20)
        assert camera.left.wait(5)
    assert running.returncode == 130
    assert json.loads(out)["error"]["code"] == "interrupted"
    assert b"[interrupted]" in err
    assert b"Traceback" not in err


@needs_posix
def test_on_a_terminal_one_line_changes():
    import pty

    ours, theirs = pty.openpty()
    with (
        camera_on_loopback() as camera,
        started("liveness", f"{camera.url}/ok", "--lang", "en", stderr=theirs) as running,
    ):
        os.close(theirs)
        seen = b""
        until = time.monotonic() + 20
        while b"left" not in seen and time.monotonic() < until:
            seen += os.read(ours, 4096)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)
    os.close(ours)
    assert b"Show your face." in seen
    assert b"12 s left" in seen
    assert b"0.0 s:" not in seen


# ---- somebody who does what is asked


@pytest.fixture(scope="session")
def person():
    return someone()


@pytest.mark.slow
def test_who_follows_the_prompts_is_live_and_gets_a_card(process, person, tmp_path):
    """The main job, as a process of its own: exit 0, prompts in their order, and a card of the size asked for."""
    ended = process("liveness", person, *CHALLENGE, "--card", "card.jpg", cwd=tmp_path)
    assert ended.code == 0, ended.err
    said = [
        text("prompt", code, "text") for code in ("look", *(g for gesture in ASKED for g in (gesture, "look")), "done")
    ]
    assert [line.partition(": ")[2] for line in ended.err.splitlines()] == said
    assert "Live: Every gesture was made" in ended.text
    assert "Written: card.jpg" in ended.text
    with Image.open(tmp_path / "card.jpg") as card:
        assert (card.format, card.size) == ("JPEG", (358, 441))
    assert [path.name for path in tmp_path.iterdir()] == ["card.jpg"]


@pytest.mark.slow
def test_the_card_is_not_mirrored(run, person, tmp_path):
    """The light comes from the image left in the clip, and so it does on the card."""
    out = tmp_path / "card.jpg"
    assert run("liveness", person, *CHALLENGE, "--card", out).code == 0
    pixels, _ = next(iter(frames(person)))
    with Image.open(out) as card:
        on_card = lit_from_the_left(np.asarray(card.convert("L"), float), eyes_at=0.47)
    in_clip = lit_from_the_left(pixels.mean(axis=2), eyes_at=0.43)
    assert min(on_card, in_clip) > 4


def lit_from_the_left(grey, eyes_at):
    """How much brighter the image left of a face is, in grey levels, about the cheeks."""
    h, w = grey.shape
    cheeks = grey[int(h * (eyes_at + 0.06)) : int(h * (eyes_at + 0.16)), int(w * 0.3) : int(w * 0.7)]
    half = cheeks.shape[1] // 2
    return cheeks[:, :half].mean() - cheeks[:, half:].mean()


@pytest.mark.slow
def test_the_other_order_is_not_live_and_gets_no_card(run, person, tmp_path):
    out = tmp_path / "card.jpg"
    ended = run("liveness", person, "--challenge", ",".join(ASKED[::-1]), "--card", out, "--json")
    assert (ended.code, ended.json["outcome"], ended.json["reasons"][0]) == (1, "not_live", "gesture_wrong")
    assert not out.exists()


@pytest.mark.slow
def test_who_is_live_without_a_fit_picture_is_told_why(run, person, tmp_path):
    out = tmp_path / "card.jpg"
    words = ("liveness", person, *CHALLENGE, "--card", out, "--limit", "inter_eye_distance=400")
    ended = run(*words, "--json")
    assert (ended.code, ended.json["outcome"], ended.json["exit_code"]) == (1, "live", 1)
    assert ended.json["card"]["error"]["code"] == "frames_unfit"
    assert "inter_eye_distance" in ended.json["card"]["error"]["values"]["codes"]
    assert not ended.json["card"]["report"]["passed"]
    assert not out.exists()
    plain = run(*words)
    assert plain.code == 1
    assert "Live: " in plain.text
    assert "[frames_unfit]" in plain.err


@pytest.mark.slow
def test_a_card_of_another_document(run, person, tmp_path):
    words = ("--spec", "cn-1inch", "--background", "blue", "--card", f"{tmp_path}/{{stem}}-{{spec}}.jpg")
    ended = run("liveness", person, *CHALLENGE, *words, "--json")
    assert ended.code == 0
    with Image.open(ended.json["card"]["output"]) as card:
        assert card.size == (295, 413)
        assert card.getpixel((3, 3))[2] > card.getpixel((3, 3))[0] + 60
    assert Path(ended.json["card"]["output"]).name == "clip-cn-1inch.jpg"
    assert run("liveness", person, *CHALLENGE, *words).code == 6
    assert run("liveness", person, *CHALLENGE, *words, "--force").code == 0


@pytest.mark.slow
def test_the_same_person_before_a_network_camera_is_live(run, person):
    """The clip in its own time through a socket: what decides is the clock here, not the times in a file."""
    clip = [
        (cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes(), seconds)
        for pixels, seconds in frames(person)
    ]

    class Camera(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=b")
            self.end_headers()
            began = time.monotonic()
            for jpeg, seconds in clip:
                time.sleep(max(began + seconds - time.monotonic(), 0))
                head = b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
                with suppress(OSError):  # the session is over before the clip is
                    self.wfile.write(head + jpeg + b"\r\n")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        ended = run("liveness", f"http://127.0.0.1:{server.server_address[1]}/", *CHALLENGE, "--json")
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
    assert ended.code == 0, ended.err
    assert ended.json["outcome"] == "live"


# ---- how it is told


def test_what_a_verdict_says_in_words(capsys):
    """Every state of gestures and signs: marks, units, limits, and why one could not be taken."""
    from ephoto.cli.liveness_voice import LivenessVoice
    from ephoto.cli.voice import Voice
    from ephoto.liveness.challenge import Challenge

    verdict = Verdict(
        "not_live",
        ("flat", "gesture_missing"),
        (
            Evidence("turn-left", "done", 1.0, 2.04, 24.13, "deg"),
            Evidence("blink", "missing", 3.0, None, 0.2, "open"),
            Evidence("nod", "wrong", 4.0, 5.0, 21.0, "deg", "turn-right"),
            Evidence("move-closer", "missing"),
        ),
        (
            Cue("planarity", "fail", 0.01234, 0.12),
            Cue("raster", "unknown", None, 2.2, reason="the face is too small"),
            Cue("loop", "pass", 30.0, 4.0),
        ),
        "0" * 32, 7.25, 109, 1,
    )  # fmt: skip
    asked = Challenge(("turn-left", "blink"), "0" * 32, 7.0)
    LivenessVoice(Voice("en"), terminal=False).ended(verdict, asked, None, None, 1)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for wanted in (
        "ok turn left done 24.1 deg 1.0 - 2.0 s",
        "x blink missing 0.2 open 3.0 - - s",
        "x nod wrong: turn right 21 deg 4.0 - 5.0 s",
        "x come closer missing - -",
        "x depth fail 0.0123 0.12",
        "? raster unknown - 2.2",
        f"{text('cue', 'raster', 'text')} (the face is too small)",
        "ok repetition pass 30 4",
        "Not live: The face moved as a flat or bent picture does, not as a head.",
        "Besides: A gesture that was asked for was not made.",
    ):
        assert wanted in lines, wanted
    assert text("cue", "loop", "text") not in lines


def test_lines_are_told_when_something_changes(capsys):
    from ephoto.cli.liveness_voice import LivenessVoice
    from ephoto.cli.voice import Voice

    voice = LivenessVoice(Voice("en"), terminal=False)
    voice.follow(Update(0.0, "look"))
    voice.follow(Update(0.1, "look", ("too_far", "hold_still")))
    voice.follow(Update(0.2, "look", ("too_far", "too_dark")))
    voice.follow(Update(0.3, "nod", ("too_dark",)))
    voice.follow(Update(0.4, "nod", restarted="second_face"))
    assert capsys.readouterr().err.splitlines() == [
        "0.0 s: Look straight into the camera, and hold still.",
        "0.1 s: Come closer.",
        "0.3 s: More light, please. Nod: bow your head, and raise it again.",
        "Begun anew: A second person was in view.",
        "0.4 s: Nod: bow your head, and raise it again.",
    ]
