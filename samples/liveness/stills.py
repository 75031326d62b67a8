"""What attackers have: photos of the people whose clips there are, rendered, and real photos where there are some."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import cv2
import numpy as np

from samples.portrait.camera import CROWN_CHIN_MM
from samples.portrait.parameters import digest
from samples.portrait.picture import render

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.liveness.cast import Person
    from samples.portrait.parameters import Portrait

__all__ = ["PHOTOS", "Framing", "Photo", "Picture", "Rendering", "Source", "photo_of", "real_photos"]

PHOTOS = "EPHOTO_TEST_PHOTOS"  # the environment variable that names the folder of real photos
Framing = Literal["wide", "close"]
_SIZES: dict[Framing, tuple[int, int]] = {"wide": (1440, 1440), "close": (720, 900)}
_HEADS: dict[Framing, float] = {"wide": 0.16, "close": 0.42}
_MOST_HEAD_PX = 400.0  # real photos may show more than any clip can
_FACE_TO_HEAD = 1.3  # crown to chin over the landmarks from the forehead's top to the chin


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A photo (H, W, 3) uint8 with its eye centres (2, 2), px, right before left, and crown to chin, px."""

    pixels: NDArray[np.uint8]
    eyes: NDArray[np.float64]
    head_px: float

    @property
    def eye_mid(self) -> NDArray[np.float64]:
        return np.asarray(self.eyes.mean(0))

    @property
    def mm_per_px(self) -> float:
        """The scale in which the head is as large as in life."""
        return CROWN_CHIN_MM / self.head_px


class Source(Protocol):
    """Where a photo comes from."""

    def parameters(self) -> dict[str, Any]:
        """Plain values that settle every pixel."""

    def open(self, folder: Path) -> Picture:
        """The photo; what is rendered for it is kept in `folder`."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A photo of somebody who is rendered."""

    portrait: Portrait

    def parameters(self) -> dict[str, Any]:
        return {"rendering": digest(self.portrait)}

    def open(self, folder: Path) -> Picture:
        place = folder / "stills" / f"{digest(self.portrait)}.png"
        notes = place.with_suffix(".json")
        if not notes.is_file():
            self._draw(place, notes)
        known = json.loads(notes.read_text("utf-8"))
        pixels = cv2.cvtColor(cv2.imread(str(place)), cv2.COLOR_BGR2RGB)
        return Picture(np.asarray(pixels, np.uint8), np.array(known["eyes"]), known["head_px"])

    def _draw(self, place: Path, notes: Path) -> None:
        drawn = render(self.portrait)
        place.parent.mkdir(parents=True, exist_ok=True)
        truth = drawn.truth
        known = {"eyes": truth.eye_centres.tolist(), "head_px": float(np.hypot(*(truth.chin - truth.crown)))}
        _, coded = cv2.imencode(".png", cv2.cvtColor(drawn.image, cv2.COLOR_RGB2BGR))
        _put(place, coded.tobytes())
        _put(notes, json.dumps(known).encode())


def _put(path: Path, data: bytes) -> None:
    """Write under a temporary name and rename."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class Photo:
    """A real photo by its file's name in the folder that EPHOTO_TEST_PHOTOS names, and the SHA-256 of its bytes."""

    name: str
    sha256: str

    def parameters(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def open(self, folder: Path) -> Picture:
        return _found(Path(os.environ[PHOTOS]) / self.name)


def photo_of(person: Person, framing: Framing) -> Rendering:
    """A photo taken at some other time, as it may be found on the net: "close", or "wide" with much around it."""
    rng = np.random.default_rng((person.portrait.seed, 7, len(framing)))
    portrait = replace(
        person.portrait,
        size_wh=_SIZES[framing],
        head=_HEADS[framing],
        position=(0.5, 0.44),
        distance_mm=round(float(rng.uniform(900, 1500)), 1),
        yaw_deg=round(float(rng.uniform(-3, 3)), 2),
        pitch_deg=round(float(rng.uniform(-3, 3)), 2),
        smile=round(float(rng.uniform(0, 0.4)), 2),
        background="office" if rng.random() < 0.4 else "gradient",
        background_colour=(150, 160, 170),
        light_azimuth_deg=round(float(rng.uniform(-35, 35)), 1),
        light_elevation_deg=round(float(rng.uniform(15, 40)), 1),
        light_strength=round(float(rng.uniform(0.2, 0.5)), 3),
        blur_px=0.5,
        noise=1.0,
        seed=person.portrait.seed * 100 + 77,
    )
    return Rendering(portrait)


def real_photos() -> tuple[Photo, ...]:
    """The real photos that show one person from the front with open eyes; none where there is no folder of them."""
    folder = Path(os.environ.get(PHOTOS, ""))
    labels = folder / "labels.csv"
    if not os.environ.get(PHOTOS) or not labels.is_file():
        return ()
    with labels.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if _serves(row) and (folder / row["file"]).is_file()]
    return tuple(Photo(r["file"], hashlib.sha256((folder / r["file"]).read_bytes()).hexdigest()) for r in rows)


def _serves(row: dict[str, str]) -> bool:
    return row["n_faces"] == "1" and row["yaw_class"] == "frontal" and row["eyes"] == "open"


@cache
def _found(path: Path) -> Picture:
    """The photo, no larger than is of use, and the face in it as ephoto's own engine finds it."""
    from ephoto.codec.decode import decode
    from ephoto.codec.source import load
    from ephoto.core.settings import Settings
    from ephoto.faces.embedded import EmbeddedFaces

    settings = Settings.from_env()
    photo = decode(load(path, settings), settings)
    face = EmbeddedFaces(settings).find(photo)[0]
    head_px = _FACE_TO_HEAD * float(np.hypot(*(face.landmarks[152] - face.landmarks[10])))
    scale = min(_MOST_HEAD_PX / head_px, 1.0)
    pixels = (
        photo.pixels if scale == 1 else cv2.resize(photo.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    )
    return Picture(np.asarray(pixels, np.uint8), scale * face.irises[:, 0].astype(np.float64), scale * head_px)
