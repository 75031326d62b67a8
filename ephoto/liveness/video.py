"""Pictures of a person in time: of a video file, a camera, or a network camera. The only place that opens these."""

from __future__ import annotations

import math
import os
import re
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ephoto.codec.formats import READABLE, sniff
from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from ephoto.core.numbers import numbers
from ephoto.core.settings import quiet_ffmpeg
from ephoto.inference.quiet import quiet_opencv
from ephoto.liveness.newest import Newest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from contextlib import AbstractContextManager

__all__ = ["SCHEMES", "Limits", "Pixels", "Source", "check", "frames", "is_live", "limits", "next_time", "shown"]

Pixels: TypeAlias = NDArray[np.uint8]
Source: TypeAlias = str | os.PathLike[str] | int
SCHEMES = ("rtsp", "rtsps", "http", "https")

# First bytes of containers, from their specifications. FFmpeg itself would play texts and photos as well.
_SIGNATURES = (
    (8, b"AVI "),
    (4, b"mdat"),  # QuickTime before there was "ftyp"
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska, WebM
    (0, b"FLV\x01"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),  # ASF: WMV
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream
    (0, b"OggS"),
)
_SMALL_BOXES = (b"moov", b"wide", b"free", b"skip")  # of QuickTime; a first byte that is not 0 would be a text's
_TS_SYNC, _TS_PLACES = b"\x47", ((0, 188), (4, 196))  # MPEG transport stream, without and with time codes
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # two letters at least: one is a disk


@dataclass(frozen=True, slots=True)
class Limits:
    """See video.toml."""

    most_pixels: int
    longest_head_bytes: int
    open_seconds: float
    silent_seconds: float
    camera_wanted_px: tuple[int, int]
    camera_wanted_fps: float
    fastest_fps: float
    missing_share: float


def limits() -> Limits:
    return numbers(Limits, __package__, "video.toml")


def frames(source: Source, clock: Callable[[], float] = time.monotonic) -> Generator[tuple[Pixels, float], None, None]:
    """Upright RGB pictures with their times in seconds, strictly increasing. Close it where it is not read to the end.

    Of a camera the newest picture is given: those that came while the caller worked are left out.

    Parameters
    ----------
    source : a video file's path, a camera's number, or a network camera's URL (see SCHEMES)
    clock : seconds; when a camera's pictures came is read off it, as seconds since the first. A file has its own times.

    Yields
    ------
    (H, W, 3) uint8 RGB; seconds

    Raises
    ------
    InputError
        "not_found", "not_readable", "not_a_video", "video_broken", "frame_too_large"; "video_cut" after the last
        picture of a file that holds less than it states.
    EnvironmentFault
        "camera_failed" before the first picture, "camera_lost" after the last.
    UsageError
        "bad_option" for a URL of another kind.
    """
    check(source)
    with quiet_opencv():
        yield from _of_camera(source, clock) if is_live(source) else _of_file(Path(source))  # type: ignore[arg-type]


def check(source: Source) -> None:
    """Refuse what can be refused without opening it: words that make no sense, files that are no videos.

    Raises
    ------
    InputError, UsageError
        As `frames` does.
    """
    if isinstance(source, int) or is_live(source):
        _check_camera(source)
    else:
        _check_file(Path(source))


def is_live(source: Source) -> bool:
    """Whether it is a camera, which goes on while one looks, rather than a recording."""
    return isinstance(source, int) or (isinstance(source, str) and _URL.match(source) is not None)


def shown(source: Source) -> str:
    """A source in messages: of a URL without the user, the path and what follows, which may hold secrets.

    >>> shown("rtsp://me:secret@10.0.0.7:554/main?token=1")
    'rtsp://10.0.0.7:554'
    """
    if isinstance(source, int) or not is_live(source):
        return str(source)
    scheme, _, rest = str(source).partition("://")
    return f"{scheme.lower()}://{re.split('[/?#]', rest)[0].rpartition('@')[2]}"


def next_time(stated: float, before: float | None, fps: float) -> float:
    """When a file's picture was taken, s: as its container states, or where that does not go on, by the frame rate.

    Raises
    ------
    InputError
        "video_broken" where neither tells.

    >>> next_time(0.2, 0.1, 15.0), next_time(0.1, 0.1, 10.0)
    (0.2, 0.2)
    """
    if before is None:
        return stated if math.isfinite(stated) else 0.0
    if math.isfinite(stated) and stated > before:
        return stated
    if not 0.0 < fps <= limits().fastest_fps or before + 1.0 / fps <= before:
        raise InputError("video_broken", problem="it does not say how fast it plays")
    return before + 1.0 / fps


def _of_file(path: Path) -> Iterator[tuple[Pixels, float]]:
    # As bytes: OpenCV crashes on a name that is no text.
    with _opened(os.fsencode(path.absolute()), _stream_backend()) as capture:
        if not capture.isOpened():
            raise InputError("video_broken", problem="it was cut short, or its codec is not known here")
        _check_size(int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        stated, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
        count, seconds = 0, None
        while (bgr := _read(capture)) is not None:
            count, seconds = count + 1, next_time(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0, seconds, fps)
            yield _rgb(bgr), seconds
    if seconds is None:
        raise InputError("video_broken", problem="none of its pictures can be decoded")
    kept = 1.0 - limits().missing_share
    if count < stated * kept and seconds * fps < stated * kept:
        raise InputError("video_cut", frames=count, stated=int(stated))


def _of_camera(source: Source, clock: Callable[[], float]) -> Iterator[tuple[Pixels, float]]:
    most, newest = limits(), Newest(partial(_camera, source, clock))
    began = last = 0.0
    seconds: float | None = None
    try:
        while True:
            try:
                # Where the driver keeps a limit of its own, that is reached first.
                taken = newest.take(most.silent_seconds + (most.open_seconds if seconds is None else 1.0))
            except TimeoutError:
                last, taken = -math.inf, None
            if taken is None:
                break
            pixels, last = taken
            began = last if seconds is None else began
            if seconds is None or last - began > seconds:  # a coarse clock may stand still between two pictures
                seconds = last - began
                yield pixels, seconds
    finally:
        newest.close(most.open_seconds + most.silent_seconds)
    if seconds is None:
        raise EnvironmentFault("camera_failed", camera=shown(source), problem="it sends no picture")
    if clock() - last < most.silent_seconds:
        raise EnvironmentFault("camera_lost", camera=shown(source), problem="it ended")
    raise EnvironmentFault(
        "camera_lost", camera=shown(source), problem=f"no picture came for {most.silent_seconds:g} s"
    )


def _camera(source: Source, clock: Callable[[], float]) -> Generator[tuple[Pixels, float], None, None]:
    """A camera's pictures with the clock's time."""
    with _opened_camera(source) as capture:
        if not capture.isOpened():
            raise EnvironmentFault("camera_failed", camera=shown(source), problem=_why_not(source))
        if isinstance(source, int):
            _ask(capture)
        while (bgr := _read(capture)) is not None:
            at = clock()
            yield _rgb(bgr), at


def _check_camera(source: Source) -> None:
    if isinstance(source, int):
        if source < 0:
            raise UsageError("bad_option", option="--camera", value=source, allowed="0, 1, 2, ...")
        return
    if shown(source).partition("://")[0] not in SCHEMES:
        allowed = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise UsageError("bad_option", option="VIDEO", value=shown(source), allowed=allowed)


def _check_file(path: Path) -> None:
    """Refuse what is no video by its first bytes, before a decoder sees it."""
    try:
        if path.is_dir():
            raise InputError("not_readable", path=str(path), problem="it is a folder")
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise InputError("not_readable", path=str(path), problem="it is not an ordinary file")
        with path.open("rb") as file:
            head = file.read(limits().longest_head_bytes)
    except FileNotFoundError:
        raise InputError("not_found", path=str(path)) from None
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise InputError(
            "not_readable", path=str(path), problem=getattr(error, "strerror", None) or str(error)
        ) from None
    if not head:
        raise InputError("not_a_video", problem="it is empty")
    if not _is_video(head):
        photo = sniff(head) in (*READABLE, "GIF")
        raise InputError("not_a_video", problem="it is a photo" if photo else "it is none of the kinds known here")


def _is_video(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return sniff(head) not in READABLE
    if any(head[at : at + 1] == _TS_SYNC == head[then : then + 1] for at, then in _TS_PLACES):
        return True
    if head[4:8] in _SMALL_BOXES:
        return head[0] == 0
    return any(head.startswith(magic, at) for at, magic in _SIGNATURES)


def _check_size(width: int, height: int) -> None:
    if width * height > limits().most_pixels:
        raise InputError("frame_too_large", width=width, height=height, limit=limits().most_pixels)


def _read(capture: cv2.VideoCapture) -> NDArray[np.uint8] | None:
    there, bgr = capture.read()
    return np.asarray(bgr, np.uint8) if there else None


def _rgb(bgr: NDArray[np.uint8]) -> Pixels:
    _check_size(bgr.shape[1], bgr.shape[0])  # it may change on the way
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


@contextmanager
def _opened(name: bytes | int, backend: int, wishes: Sequence[float] = ()) -> Iterator[cv2.VideoCapture]:
    """A capture, open or not; it turns pictures upright as their file says, which is OpenCV's default."""
    with quiet_ffmpeg():
        capture = cv2.VideoCapture(name, backend, [int(wish) for wish in wishes])  # type: ignore[arg-type]  # bytes too
    try:
        yield capture
    finally:
        capture.release()


def _opened_camera(source: Source) -> AbstractContextManager[cv2.VideoCapture]:
    if isinstance(source, int):
        return _opened(source, cv2.CAP_ANY)
    scheme, _, rest = str(source).partition("://")
    return _opened(f"{scheme.lower()}://{rest}".encode(errors="replace"), _stream_backend(), _patience())


def _patience() -> tuple[float, ...]:
    """How long FFmpeg waits for a network camera, as OpenCV takes it: pairs of a property and its value."""
    if _stream_backend() != cv2.CAP_FFMPEG:
        return ()
    open_ms, read_ms = 1000 * limits().open_seconds, 1000 * limits().silent_seconds
    return cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, open_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, read_ms


def _ask(capture: cv2.VideoCapture) -> None:
    """Ask a camera for size and rate. What it cannot give it leaves; JPEG, as USB carries no other at full rate."""
    width, height = limits().camera_wanted_px
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    capture.set(cv2.CAP_PROP_FPS, limits().camera_wanted_fps)


def _stream_backend() -> int:
    """FFmpeg, as in OpenCV's own packages; whatever there is in a build without it."""
    return cv2.CAP_FFMPEG if cv2.CAP_FFMPEG in cv2.videoio_registry.getStreamBackends() else cv2.CAP_ANY


def _why_not(source: Source) -> str:
    """What is likely where a camera does not open; the drivers do not tell."""
    if not isinstance(source, int):
        return "nobody answers there with a video"
    if sys.platform == "linux" and not Path(f"/dev/video{source}").exists():
        return "there is none with this number"
    return "it is not there, another program has it, or this user may not use it"
