"""Pictures in time: of real files that OpenCV wrote, broken in many ways, and of a real network camera on loopback."""

from __future__ import annotations

import dataclasses
import math
import os
import subprocess
import sys
import threading
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from ephoto.liveness import video
from ephoto.liveness.video import check, frames, is_live, next_time, shown
from tests.liveness.videos import SIZE_WH, camera_on_loopback, number_of, part, turn, write

ROOT = Path(__file__).resolve().parents[2]
KINDS = [
    ("a.avi", "MJPG"),
    ("a.mp4", "mp4v"),
    ("a.mov", "mp4v"),
    ("a.mkv", "MJPG"),
    ("a.avi", "XVID"),
    ("a.ts", "MPG2"),
]
LONG_NAME = "x" * 300 + ".avi"


@pytest.fixture
def impatient(monkeypatch):
    """A camera that is silent for a second is gone."""
    short = dataclasses.replace(video.limits(), open_seconds=1.5, silent_seconds=1.0)
    monkeypatch.setattr(video, "limits", lambda: short)


def read(source, **given):
    """All pictures, and the error that came after them."""
    taken = []
    try:
        for one in frames(source, **given):
            taken.append(one)  # noqa: PERF402  (what was read before the error counts)
    except (InputError, EnvironmentFault, UsageError) as error:
        return taken, error
    return taken, None


def is_closed():
    return not [thread for thread in threading.enumerate() if thread.name == "ephoto-newest"]


# ---- files


@pytest.mark.parametrize(("name", "fourcc"), KINDS, ids=[f"{f} in {n[2:]}" for n, f in KINDS])
def test_a_file_gives_all_its_pictures_in_rgb_with_their_times(name, fourcc, tmp_path):
    taken, error = read(write(tmp_path / name, 30, 15.0, fourcc))
    assert error is None
    assert [number_of(pixels) for pixels, _ in taken] == list(range(30))
    assert [seconds - taken[0][1] for _, seconds in taken] == pytest.approx([k / 15 for k in range(30)], abs=0.002)
    pixels = taken[7][0]
    assert (pixels.shape, pixels.dtype, pixels.flags.c_contiguous) == ((SIZE_WH[1], SIZE_WH[0], 3), np.uint8, True)
    red, green, blue = pixels[10, 10]
    assert red > 200
    assert max(green, blue) < 60


def test_a_clip_that_was_filmed_upright_stands_upright(tmp_path):
    """A phone stores its pictures lying and says how to turn them."""
    path = write(tmp_path / "a.mp4", fourcc="mp4v")
    turn(path)
    taken, error = read(path)
    assert error is None
    pixels = taken[0][0]
    assert pixels.shape == (SIZE_WH[0], SIZE_WH[1], 3)
    assert pixels[10, -10, 0] > 200  # the red corner went from the upper left to the upper right
    assert pixels[10, 10, 0] < 60


@pytest.mark.parametrize("kind", [str, Path], ids=["str", "Path"])
def test_a_file_is_named_as_files_are(kind, tmp_path, monkeypatch):
    write(tmp_path / "部分 %03d.avi", 3)
    monkeypatch.chdir(tmp_path)
    assert len(read(kind("部分 %03d.avi"))[0]) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text are a matter of this system")
def test_a_name_that_is_no_text_is_read(tmp_path):
    path = tmp_path / os.fsdecode(b"na\xffme.avi")
    write(tmp_path / "a.avi", 3).rename(path)
    assert len(read(path)[0]) == 3


@pytest.mark.parametrize("name", ["a.avi", "a.mp4"])
def test_a_file_that_is_cut_in_the_middle_gives_what_is_there_and_then_an_error(name, tmp_path):
    """Of an MP4 the index must be there: it is put in front of the pictures, as recorders for the web do."""
    path = write(tmp_path / name, fourcc="MJPG" if name == "a.avi" else "mp4v")
    data = path.read_bytes() if name == "a.avi" else index_first(path.read_bytes())
    path.write_bytes(data[: len(data) * 2 // 3])
    taken, error = read(path)
    assert 5 < len(taken) < 25
    numbers = [number_of(pixels) for pixels, _ in taken[:-1]]  # the last one may be a half
    assert numbers == list(range(len(numbers)))
    assert (error.code, error.values) == ("video_cut", {"frames": len(taken), "stated": 30})


def index_first(data):
    """An MP4 whose box "moov" stands before "mdat", with its offsets moved (ISO/IEC 14496-12)."""
    boxes, at = {}, 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        boxes[data[at + 4 : at + 8]] = data[at : at + size]
        at += size
    moov = bytearray(boxes[b"moov"])
    table = moov.index(b"stco") + 8
    for k in range(int.from_bytes(moov[table : table + 4], "big")):
        place = table + 4 + 4 * k
        moov[place : place + 4] = (int.from_bytes(moov[place : place + 4], "big") + len(moov)).to_bytes(4, "big")
    return boxes[b"ftyp"] + bytes(moov) + boxes[b"free"] + boxes[b"mdat"]


def test_noise_in_the_middle_costs_pictures_and_is_told(tmp_path):
    path = write(tmp_path / "a.mp4", fourcc="mp4v")
    data = bytearray(path.read_bytes())
    data[len(data) // 6 : len(data) // 2] = np.random.default_rng(3).bytes(len(data) // 2 - len(data) // 6)
    path.write_bytes(data)
    taken, error = read(path)
    assert 0 < len(taken) < 28
    assert error.code == "video_cut"


def test_a_whole_file_is_never_taken_for_one_that_is_cut(tmp_path):
    for count in (1, 2, 3, 12):
        for name, fourcc in KINDS[:-1]:  # of MPEG-2 there must be more than one to be decoded
            assert read(write(tmp_path / name, count, 30.0, fourcc))[1] is None


def broken(folder):
    """A name, its file, and the code and problem that it must come to."""
    unknown, cut = "it is none of the kinds known here", "it was cut short, or its codec is not known here"
    whole = write(folder / "whole.mp4", fourcc="mp4v").read_bytes()
    avi = write(folder / "whole.avi").read_bytes()
    yield "empty.mp4", b"", "not_a_video", "it is empty"
    yield "noise.avi", np.random.default_rng(1).bytes(50_000), "not_a_video", unknown
    yield "letter.txt", b"The free text of a letter. " * 100, "not_a_video", unknown
    yield "list.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", "not_a_video", unknown
    yield "list.avi", b"ffconcat version 1.0\nfile whole.avi\n", "not_a_video", unknown
    yield "no-index.mp4", whole[: len(whole) // 2], "video_broken", cut
    yield "no-pictures.avi", avi[: avi.index(b"movi") + 4], "video_broken", "none of its pictures can be decoded"
    yield "noise-within.mp4", whole[:32] + np.random.default_rng(2).bytes(50_000), "video_broken", cut
    for kind, name in (("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp"), ("GIF", "a.gif"), ("TIFF", "a.tif")):
        Image.new("RGB", (320, 240), (90, 120, 80)).save(folder / name, kind)
        yield name, (folder / name).read_bytes(), "not_a_video", "it is a photo"
    Image.new("RGB", (320, 240)).save(folder / "a.avif", "AVIF")
    yield "a.avif", (folder / "a.avif").read_bytes(), "not_a_video", "it is a photo"
    yield "photo.avi", (folder / "a.jpg").read_bytes(), "not_a_video", "it is a photo"


def test_what_is_no_video_is_told_by_its_bytes_whatever_its_name(tmp_path):
    for name, data, code, problem in broken(tmp_path):
        path = tmp_path / name
        path.write_bytes(data)
        taken, error = read(path)
        assert (taken, error.code, error.values["problem"]) == ([], code, problem), name


def test_what_can_be_told_without_a_decoder_is_told_at_once(tmp_path):
    (tmp_path / "noise.avi").write_bytes(b"noise" * 100)
    for source, code in (
        (tmp_path / "gone.avi", "not_found"),
        (tmp_path, "not_readable"),
        (tmp_path / "noise.avi", "not_a_video"),
        (tmp_path / LONG_NAME, "not_readable"),
        (tmp_path / "zero\0byte.avi", "not_readable"),
    ):
        with pytest.raises(InputError) as caught:
            check(source)
        assert caught.value.code == code
    check(write(tmp_path / "a.avi", 1))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.avi")
    assert read(tmp_path / "pipe.avi")[1].code == "not_readable"


def test_huge_frames_are_refused_before_one_is_decoded(tmp_path):
    path = write(tmp_path / "huge.avi", 1, size_wh=(4096, 2400))
    taken, error = read(path)
    assert (taken, error.code) == ([], "frame_too_large")
    assert (error.values["width"], error.values["height"]) == (4096, 2400)
    assert read(write(tmp_path / "uhd.avi", 1, size_wh=(3840, 2160)))[1] is None


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs the list of open files")
def test_a_file_is_closed_however_its_reading_ends(tmp_path):
    path = write(tmp_path / "a.avi")

    def held():
        names = [entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
        return path in names

    with closing(frames(path)) as taken:
        next(taken)
        assert held()
    assert not held()
    with pytest.raises(ZeroDivisionError), closing(frames(path)) as taken:
        1 / (number_of(next(taken)[0]))
    assert not held()
    read(path)
    assert not held()


def test_nothing_but_us_speaks_on_stderr(tmp_path):
    """FFmpeg and OpenCV print warnings of their own: in a process of its own, as they are set up once in each."""
    for name, data, _, _ in broken(tmp_path):
        (tmp_path / name).write_bytes(data)
    program = f"""
import sys
from pathlib import Path
from ephoto.core.errors import EphotoError
from ephoto.liveness.video import frames
for source in (*sorted(Path({str(tmp_path)!r}).iterdir()), 98, "http://127.0.0.1:9/"):
    try:
        for _ in frames(source): pass
    except EphotoError: pass
import cv2, os
print(cv2.utils.logging.getLogLevel() != cv2.utils.logging.LOG_LEVEL_SILENT, "OPENCV_FFMPEG_LOGLEVEL" in os.environ)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout == "True False\n"  # what belongs to the whole process is put back


# ---- times


@given(st.lists(st.floats(width=64), max_size=20), st.floats(0.5, 240))
def test_times_grow_whatever_a_container_states(stated, fps):
    before = None
    for one in stated:
        if before is not None and before + 1 / fps == before:  # beyond what numbers can tell apart
            return
        now = next_time(one, before, fps)
        assert math.isfinite(now)
        assert before is None or now > before
        before = now


@pytest.mark.parametrize("fps", [0.0, -1.0, math.nan, math.inf, 1e6])
def test_without_times_and_rate_nothing_is_guessed(fps):
    with pytest.raises(InputError) as caught:
        next_time(0.0, 0.0, fps)
    assert caught.value.code == "video_broken"
    assert next_time(0.5, 0.25, fps) == 0.5


# ---- cameras


def test_what_is_a_camera(tmp_path, monkeypatch):
    assert [is_live(one) for one in (0, 3, "rtsp://h/1", "http://h", "HTTPS://h")] == [True] * 5
    assert [is_live(one) for one in ("a.avi", Path("a"), "C:/a.avi", "c://a.avi", "0")] == [False] * 5


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param("rtsp://me:secret@10.0.0.7:554/main?token=1", "rtsp://10.0.0.7:554", id="user"),
        pytest.param("HTTP://h?a=b", "http://h", id="query"),
        pytest.param("http://me:p/w@h/x", "http://me:p", id="a password that is cut is no password"),
        pytest.param("http://[::1]:80/x", "http://[::1]:80", id="IPv6"),
        pytest.param(0, "0", id="number"),
        pytest.param("a.avi", "a.avi", id="file"),
    ],
)
def test_what_messages_say_of_a_source(source, told):
    assert shown(source) == told


@pytest.mark.parametrize("source", [-1, "ftp://h/a.avi", "file:///etc/passwd", "concat://a|b", "rtmp://me:pw@h/a"])
def test_other_words_are_usage_errors(source):
    with pytest.raises(UsageError) as caught:
        check(source)
    assert caught.value.code == "bad_option"
    assert "pw" not in caught.value.message()


@pytest.mark.skipif(Path("/dev/video98").exists(), reason="there is such a camera")
def test_a_camera_that_is_not_there():
    taken, error = read(98)
    assert (taken, error.code, error.exit_code) == ([], "camera_failed", 6)
    assert is_closed()


def test_a_network_camera_gives_pictures_with_the_times_of_the_clock():
    with camera_on_loopback() as camera:
        with closing(frames(f"{camera.url}/ok?user=me")) as taken:
            began = time.monotonic()
            pictures = [next(taken) for _ in range(20)]
            lasted = time.monotonic() - began
        assert camera.left.wait(5)  # it was hung up on
    seconds = [at for _, at in pictures]
    assert seconds[0] == 0.0
    assert all(a < b for a, b in pairwise(seconds))
    assert 0.3 < seconds[-1] <= lasted + 0.1
    numbers = [number_of(pixels) for pixels, _ in pictures]
    assert numbers[:5] == sorted(numbers[:5])
    assert pictures[0][0].shape == (SIZE_WH[1], SIZE_WH[0], 3)
    assert is_closed()


def test_who_is_slow_sees_the_newest_picture():
    """At 50 pictures a second and 0.2 s of work for each, the next one is some ten further, not one."""
    with camera_on_loopback(fps=50) as camera, closing(frames(f"{camera.url}/ok")) as taken:
        numbers, seconds = [], []
        for _ in range(8):
            pixels, at = next(taken)
            numbers.append(number_of(pixels))
            seconds.append(at)
            time.sleep(0.2)
    steps = [(b - a) % 30 for a, b in pairwise(numbers[2:])]
    assert min(steps) >= 5
    assert np.diff(seconds[2:]).mean() == pytest.approx(0.2, abs=0.08)


@pytest.mark.parametrize("what", ["stop", "half"])
def test_a_camera_that_stops_is_told_after_its_pictures(what):
    with camera_on_loopback() as camera:
        taken, error = read(f"{camera.url}/{what}")
    assert 8 <= len(taken) <= 10
    assert (error.code, error.values["problem"]) == ("camera_lost", "it ended")
    assert is_closed()


@pytest.mark.usefixtures("impatient")
def test_a_camera_that_falls_silent_is_told_after_its_pictures():
    with camera_on_loopback() as camera:
        taken, error = read(f"{camera.url}/hang")
    assert 8 <= len(taken) <= 10
    assert (error.code, error.values["problem"]) == ("camera_lost", "no picture came for 1 s")
    assert "1 s" in error.message("zh")
    assert is_closed()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("what", ["mute", "gone", "page"])
def test_a_camera_that_sends_no_picture(what):
    """It does not answer, answers that there is nothing, or sends a page of text."""
    with camera_on_loopback() as camera:
        began = time.monotonic()
        taken, error = read(f"{camera.url.replace('http', 'HTTP')}/{what}")
    assert (taken, error.code) == ([], "camera_failed")
    assert time.monotonic() - began < 5
    assert is_closed()


def test_a_port_where_nobody_listens():
    with camera_on_loopback() as camera:
        url = camera.url
    taken, error = read(f"{url}/ok")
    assert (taken, error.code) == ([], "camera_failed")


def test_a_clock_that_stands_still_between_pictures_leaves_them_out():
    with camera_on_loopback(fps=60) as camera:
        source = frames(f"{camera.url}/ok", clock=lambda: math.floor(time.monotonic() * 10) / 10)
        with closing(source) as taken:
            seconds = [next(taken)[1] for _ in range(5)]
    assert seconds == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_a_frame_that_grows_on_the_way_is_measured_again(monkeypatch):
    small = dataclasses.replace(video.limits(), most_pixels=SIZE_WH[0] * SIZE_WH[1] - 1)
    with camera_on_loopback() as camera:
        monkeypatch.setattr(video, "limits", lambda: small)
        taken, error = read(f"{camera.url}/ok")
    assert (taken, error.code) == ([], "frame_too_large")
    assert is_closed()


def test_parts_of_the_stream_are_pictures():
    """The camera of these tests is a camera: what it sends decodes to the number that it stands for."""
    head, _, jpeg = part(12).partition(b"\r\n\r\n")
    assert b"image/jpeg" in head
    assert number_of(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)) == 12
