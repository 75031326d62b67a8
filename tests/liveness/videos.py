"""Videos of a moving bar, whose every picture tells its number, and a camera on loopback that sends them."""

from __future__ import annotations

import struct
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE_WH = (160, 120)
STEP = 8  # grey levels between the bars of two pictures
BOUNDARY = b"frame"


def picture(number: int, size_wh: tuple[int, int] = SIZE_WH) -> np.ndarray:
    """RGB: a red corner at the upper left, and elsewhere a grey of the picture's number, up to 30."""
    w, h = size_wh
    pixels = np.full((h, w, 3), 8 + STEP * number, np.uint8)
    pixels[: h // 3, : w // 3] = (250, 10, 10)
    return pixels


def number_of(pixels: np.ndarray) -> int:
    """The number of a picture that was encoded and decoded."""
    h, w = pixels.shape[:2]
    return round((float(pixels[h // 2 :, w // 2 :].mean()) - 8) / STEP)


def write(path: Path, count: int = 30, fps: float = 15.0, fourcc: str = "MJPG", size_wh=SIZE_WH) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), fps, size_wh)
    assert writer.isOpened(), fourcc
    for k in range(count):
        writer.write(cv2.cvtColor(picture(k, size_wh), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def turn(path: Path) -> None:
    """Say in an MP4 that it is to be shown turned by a quarter clockwise (ISO/IEC 14496-12, tkhd)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    assert struct.unpack(">9i", data[at : at + 36]) == (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    data[at : at + 36] = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    path.write_bytes(data)


def part(number: int) -> bytes:
    """A picture as a network camera sends it."""
    jpeg = cv2.imencode(".jpg", cv2.cvtColor(picture(number), cv2.COLOR_RGB2BGR))[1].tobytes()
    return b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (BOUNDARY, len(jpeg), jpeg)


class _Camera(BaseHTTPRequestHandler):
    """GET /ok: pictures for ever; /stop: ten, then it ends; /half: ten and a half; /hang: ten, then silence; /mute:
    nothing at all; /page: a text; else 404.
    """

    server: CameraServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked += 1
        what = self.path.strip("/").split("?")[0]
        if what == "mute":
            self.server.over.wait()
        elif what == "page":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>no camera</html>" * 100)
        elif what in ("ok", "stop", "half", "hang"):
            self.send_response(200)
            self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}")
            self.end_headers()
            try:
                self._send(what)
            except OSError:
                self.server.left.set()
        else:
            self.send_error(404)

    def _send(self, what: str) -> None:
        number = 0
        while not self.server.over.is_set():
            if number == 10 and what != "ok":
                if what == "half":
                    self.wfile.write(part(10)[:200])
                if what == "hang":
                    self.server.over.wait()
                return
            self.wfile.write(part(number % 30))
            self.wfile.flush()
            number += 1
            time.sleep(1 / self.server.fps)


class CameraServer(ThreadingHTTPServer):
    """`asked` counts requests, `left` is set when somebody has hung up."""

    daemon_threads = True

    def __init__(self, fps: float) -> None:
        super().__init__(("127.0.0.1", 0), _Camera)
        self.fps = fps
        self.asked = 0
        self.over, self.left = threading.Event(), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def camera_on_loopback(fps: float = 30.0) -> Iterator[CameraServer]:
    server = CameraServer(fps)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
