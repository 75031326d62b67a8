"""Attacks that show recorded frames: frozen, from a display, over and over, of another challenge, of two persons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from samples.liveness.acts import reached
from samples.liveness.optics import Wander
from samples.liveness.store import Shown, frames, stored
from samples.portrait.backdrop import backdrop
from samples.portrait.parameters import Portrait
from samples.portrait.recapture import Shot, on_screen, plane_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from samples.liveness.attacks import Attack
    from samples.liveness.stills import Picture

__all__ = ["framed", "from_plan", "screen_replay", "still"]

F = np.float32
_JPEG = 85  # quality of a second compression


def framed(
    picture: Picture, size_wh: tuple[int, int], head: float, shift: tuple[float, float] = (0.0, 0.0)
) -> NDArray[np.uint8]:
    """A photo's part around the face (H, W, 3), with the head `head` of the picture's height tall.

    `shift` moves it to the right and down, in heads.
    """
    w, h = size_wh
    scale = head * h / picture.head_px
    x, y = w * 0.5 + shift[0] * head * h, h * 0.46 + shift[1] * head * h
    ex, ey = picture.eye_mid
    pixels = picture.pixels
    if scale < 1:  # averaged first, so that nothing is skipped
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.4 / scale)
    move = np.array([[scale, 0, x - scale * ex - 0.5 * (1 - scale)], [0, scale, y - scale * ey - 0.5 * (1 - scale)]])
    return np.asarray(cv2.warpAffine(pixels, move, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))


def _noisy(pixels: NDArray[np.uint8], rng: np.random.Generator, sigma: float) -> NDArray[np.uint8]:
    if not sigma:
        return pixels
    levels = pixels + F(sigma) * rng.standard_normal(pixels.shape, F)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _pressed(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def still(attack: Attack, folder: Path) -> Iterator[Shown]:
    """One photo as a stream, with fresh noise in each frame.

    "frozen" stands still, "flickering" changes its brightness, "panned" is moved and enlarged as the prompts ask.
    """
    rng = np.random.default_rng(attack.seed)
    picture, head = attack.picture(folder), float(rng.uniform(0.42, 0.55))
    sigma, sway, flicker = float(rng.uniform(1, 4)), Wander(rng, 2), Wander(rng, 1, (0.3, 3.0))
    moves = attack.variant == "panned"
    for seconds in attack.times:
        turned = reached(attack.events, "turn-left", seconds) - reached(attack.events, "turn-right", seconds)
        nodded, closer = (reached(attack.events, kind, seconds) for kind in ("nod", "move-closer"))
        x, y = np.array([turned, nodded]) / 150 + 0.01 * sway.at(seconds) if moves else (0.0, 0.0)
        pixels = framed(picture, attack.size_wh, head / (1 - closer) if moves else head, (float(x), float(y)))
        if attack.variant == "flickering":
            gain = 1 + 0.12 * float(flicker.at(seconds)[0])
            pixels = np.clip(pixels * gain, 0, 255).astype(np.uint8)
        yield Shown(_noisy(pixels, rng, sigma), {})


def screen_replay(attack: Attack, folder: Path) -> Iterator[Shown]:
    """A clip, or a photo, on a display that is held before the camera.

    "bezel" shows the display's rim and what is behind it, "close" only what it displays. Its pixels and the camera's
    give moire where they are of like size.
    """
    rng = np.random.default_rng(attack.seed)
    w = attack.size_wh[0]
    near = attack.variant.endswith("close")
    zoom = float(rng.uniform(1.08, 1.3) if near else rng.uniform(0.74, 0.92))
    least = 0.75 if w <= 320 else 1.0
    pitch = float(rng.uniform(least, 2.3)) / zoom
    layout = "diamond" if rng.random() < 0.4 else "stripes"
    noise, sharpening, reflection = rng.uniform((0.8, 0.0, 0.004), (2.5, 0.5, 0.03))
    tilt, turn = rng.uniform(-7, 7, 2), float(rng.uniform(-3, 3))
    sway, unsteady = Wander(rng, 6), rng.uniform(0.3, 1.0) * np.array([0.6, 1.5, 1.2, 0.012, 0.006 * w, 0.006 * w])
    room, lamp = _Room(attack, rng), _Glare(attack, rng)
    for k, (pixels, seconds) in enumerate(zip(_shown(attack, folder), attack.times, strict=True)):
        spin, aside, down, nearer, x, y = unsteady * sway.at(seconds)
        shot = Shot(
            rotation_deg=turn + float(spin),
            tilt_deg=(float(tilt[0] + aside), float(tilt[1] + down)),
            zoom=zoom * (1 + float(nearer)),
            blur_px=0.45,
            noise=float(noise),
            sharpening=float(sharpening),
            seed=attack.seed * 1000 + k,
            shift_px=(float(x), float(y)),
        )
        photo = on_screen(pixels, pitch, shot, layout=layout, reflection=float(reflection))
        photo = lamp.over(room.around(photo, shot), shot)
        yield Shown(photo, {"pitch_px": round(pitch * shot.zoom, 3), "zoom": round(shot.zoom, 3)})


def _shown(attack: Attack, folder: Path) -> Iterator[NDArray[np.uint8]]:
    """What the display shows, at the attack's size and for its whole length."""
    if attack.source is not None:
        one = framed(attack.picture(folder), attack.size_wh, 0.5)
        yield from (one for _ in attack.times)
        return
    clip = stored(attack.clips[0], folder)
    every = [pixels for pixels, _ in frames(clip.path)]
    for seconds in attack.times:
        pixels = every[min(round(seconds * clip.truth["fps"]), len(every) - 1)]
        yield np.asarray(cv2.resize(pixels, attack.size_wh, interpolation=cv2.INTER_AREA), np.uint8)


class _Room:
    """The display's rim, and what is behind the display."""

    def __init__(self, attack: Attack, rng: np.random.Generator) -> None:
        w, h = attack.size_wh
        ground = Portrait(size_wh=attack.size_wh, background="office", background_colour=(150, 155, 160))
        self._back = np.clip(backdrop(ground, rng) * 255, 0, 255).astype(np.uint8)
        self._rim = np.array(rng.uniform(8, 70) + rng.uniform(-4, 4, 3))
        self._wide = rng.uniform(0.015, 0.05) * w
        self._size = w, h

    def around(self, photo: NDArray[np.uint8], shot: Shot) -> NDArray[np.uint8]:
        """The photo of the display (H, W, 3) with what is round it."""
        w, h = self._size
        x, y = np.meshgrid(np.arange(w) + 0.5, np.arange(h) + 0.5)
        u, v, depth = np.tensordot(plane_of(self._size, shot), np.stack([x, y, np.ones_like(x)]), 1)
        u, v = u / depth, v / depth
        beyond = np.maximum(np.maximum(-u, u - w), np.maximum(-v, v - h)) * shot.zoom  # px outside what is lit
        rim = np.clip(beyond + 0.5, 0, 1)[..., None]
        off = np.clip(beyond - self._wide + 0.5, 0, 1)[..., None]
        edge = self._rim * (1 + 0.5 * np.clip(1 - np.abs(beyond - self._wide)[..., None] / 2, 0, 1))
        mixed = photo * (1 - rim) + edge * rim
        return np.clip(np.rint(mixed * (1 - off) + self._back * off), 0, 255).astype(np.uint8)


class _Glare:
    """A window or lamp that the display mirrors; it moves over the glass as the display tilts."""

    def __init__(self, attack: Attack, rng: np.random.Generator) -> None:
        w, h = attack.size_wh
        self._middle = rng.uniform((0.1, 0.1), (0.9, 0.9)) * (w, h)
        self._reach = rng.uniform(0.12, 0.4) * w
        self._level = float(rng.choice([0.0, 8.0, 18.0, 35.0]))
        self._size = w, h

    def over(self, photo: NDArray[np.uint8], shot: Shot) -> NDArray[np.uint8]:
        """The photo with the reflection on it."""
        if not self._level:
            return photo
        w, h = self._size
        mx, my = self._middle + np.array(shot.tilt_deg) * 0.04 * w  # a mirror turns what it shows twice as far
        y, x = np.mgrid[:h, :w]
        spot = np.exp(-(((x - mx) / self._reach) ** 4) - ((y - my) / (1.4 * self._reach)) ** 4)
        return np.clip(photo + self._level * spot[..., None], 0, 255).astype(np.uint8)


def from_plan(attack: Attack, folder: Path) -> Iterator[Shown]:
    """Frames cut from clips after the attack's plan; a variant that ends in "fresh" has new noise and compression."""
    rng = np.random.default_rng(attack.seed)
    fresh = attack.variant.endswith("fresh")
    clips = [stored(clip, folder) for clip in attack.clips]
    every = [[pixels for pixels, _ in frames(clip.path)] for clip in clips]
    moves = _alignment(attack, [clip.truth["frames"] for clip in clips])
    for number, frame in attack.plan:
        if number < 0:
            pixels = np.full((attack.size_wh[1], attack.size_wh[0], 3), frame, np.uint8)
        else:
            pixels = every[number][frame]
            if moves[number] is not None or (pixels.shape[1], pixels.shape[0]) != attack.size_wh:
                pixels = _moved(pixels, moves[number], attack.size_wh)
        if fresh:
            pixels = _pressed(_noisy(pixels, rng, 1.5), _JPEG)
        yield Shown(pixels, {"source": [number, frame]})


def _moved(pixels: NDArray[np.uint8], move: Any, size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    if move is None:
        return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.warpAffine(pixels, move, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))


def _alignment(attack: Attack, seen: list[list[dict[str, Any]]]) -> list[Any]:
    """For each clip the affine (2, 3) that lays its eyes where the first clip's are at the cut; None: as it is."""
    moves: list[Any] = [None] * len(seen)
    if "aligned" not in attack.variant:
        return moves
    shown = [(number, frame) for number, frame in attack.plan if number >= 0]
    k = next(k for k in range(1, len(shown)) if shown[k][0] != shown[k - 1][0])
    (a, i), (b, j) = shown[k - 1], shown[k]
    moves[b] = _onto(np.array(seen[b][j]["eyes"]), np.array(seen[a][i]["eyes"]))
    return moves


def _onto(eyes: NDArray[np.float64], goal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The similarity (2, 3) that takes two points (2, 2) to two others."""
    a, b = (complex(*(p[1] - p[0])) for p in (eyes, goal))
    turn = b / a
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    shift = goal.mean(0) - linear @ eyes.mean(0)
    return np.column_stack([linear, shift + 0.5 * (linear @ [1, 1]) - 0.5])
