"""The seam of passive models: a file of the user's own that scores one picture of a face.

A score is one more sign, beside what was asked and seen; it never decides alone. A single picture says little: a good
print that fills the frame passes many such models, and a blurred live face fails them.

Beside `MODEL.onnx` or `MODEL.tflite` may lie `MODEL.toml`, which says how the model is shown a face; each key has its
default in passive.toml:

channels : "rgb" or "bgr"
scale, mean, std : a value is (pixel * scale - mean) / std; mean and std are one number, or three in the channels' order
crop : the crop's width over the width of the box about the face's landmarks
softmax : whether the model's numbers become shares by a softmax; else the live one's is the score itself
live : index of the live class
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ephoto.core.edited import read_edited
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.pyramid import Pyramid

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ephoto.core.settings import Settings

__all__ = ["FilePassive", "PassiveEngine", "Preprocessing", "load"]

_SUFFIXES = (".onnx", ".tflite")


class PassiveEngine(Protocol):
    """Scores one picture. Implementations are safe to call from several threads."""

    name: str

    def score(self, pixels: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> float | None:
        """0..1, 1 is live-looking, for pixels (H, W, 3) with a face at `landmarks` (468, 2) px; None is unknown."""
        ...


class _Net(Protocol):
    @property
    def input_shape(self) -> tuple[int, ...]: ...

    def run(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]: ...


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a model is shown a face; see the module."""

    channels: str
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: float
    softmax: bool
    live: int


def load(path: str | os.PathLike[str], settings: Settings) -> PassiveEngine:
    """The engine on a model file, tried once.

    Its input is one picture (1, H, W, 3) or (1, 3, H, W), float32; its first output one row of numbers.

    Raises
    ------
    UsageError
        "bad_option": the file is neither .onnx nor .tflite. "settings_invalid": the TOML beside it.
    InputError
        "not_readable": the TOML beside it.
    EnvironmentFault
        "weights_unfit"; "extra_missing", "extra_version" for ONNX; "engine_nonsense".
    """
    del settings  # given to whatever is loaded in the house; a file by its path needs none yet
    file = Path(path).expanduser()
    if file.suffix.lower() not in _SUFFIXES:
        raise UsageError("bad_option", option="passive", value=file.name, allowed="a .onnx or .tflite file")
    way = _way(file.with_suffix(".toml"))
    return FilePassive(file, _net(file), way)


class FilePassive:
    """A `PassiveEngine` on one file; see `load`."""

    def __init__(self, file: Path, net: _Net, way: Preprocessing) -> None:
        self.name = file.name
        self._net, self._way = net, way
        shape = net.input_shape
        sides: tuple[int, ...] = shape[1:] if len(shape) == 4 and shape[0] == 1 else ()
        self._first = len(sides) == 3 and sides[0] == 3 and sides[2] != 3  # channels before rows
        if 3 not in (sides[:1] if self._first else sides[2:]):
            problem = "its input is not one picture of three channels"
            raise EnvironmentFault("weights_unfit", file=str(file), problem=problem)
        self._size_wh = (sides[2], sides[1]) if self._first else (sides[1], sides[0])
        self._judged(np.zeros((self._size_wh[1], self._size_wh[0], 3), np.uint8))

    def score(self, pixels: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> float | None:
        """See PassiveEngine. Unknown are faces of too few px, and those whose crop leaves the picture too far.

        The crop is so many face widths wide, whatever the face's size in the picture: near and far are shown alike.

        Raises
        ------
        EnvironmentFault
            "engine_nonsense": the model's numbers are not finite, or no scores.
        """
        affine = _to_net(landmarks, self._way.crop, self._size_wh, (pixels.shape[1], pixels.shape[0]))
        if affine is None:
            return None
        return self._judged(Pyramid(pixels).sample(affine, self._size_wh))

    def _judged(self, crop: NDArray[np.uint8]) -> float:
        """The score of a crop (H, W, 3) of the model's own size."""
        way = self._way
        shown = crop[..., ::-1] if way.channels == "bgr" else crop
        mean, std = np.array(way.mean, np.float32), np.array(way.std, np.float32)
        values = (shown * np.float32(way.scale) - mean) / std
        values = values.transpose(2, 0, 1) if self._first else values
        outputs = self._net.run(np.ascontiguousarray(values[None], np.float32))
        return _score(self.name, outputs[0] if outputs else np.zeros(0, np.float32), way)


def _score(name: str, output: NDArray[np.float32], way: Preprocessing) -> float:
    """The live class's share of one row of numbers."""
    row = output.reshape(-1).astype(np.float64)
    if sum(side > 1 for side in output.shape) > 1 or row.size <= max(way.live, 1 if way.softmax else 0):
        raise EnvironmentFault("engine_nonsense", name=name, problem=f"numbers of another shape: {output.shape}")
    if not np.isfinite(row).all():
        raise EnvironmentFault("engine_nonsense", name=name, problem="it holds NaN or infinity")
    if way.softmax:
        shares = np.exp(row - row.max())
        row = shares / shares.sum()
    score, over = float(row[way.live]), _defaults()["tolerance"]
    if not -over <= score <= 1 + over:
        raise EnvironmentFault("engine_nonsense", name=name, problem=f"a score outside 0 to 1: {score:.4g}")
    return min(max(score, 0.0), 1.0)


def _to_net(
    landmarks: NDArray[np.float32], crop: float, net_wh: tuple[int, int], picture_wh: tuple[int, int]
) -> NDArray[np.float64] | None:
    """The affine (2, 3) from picture px to the model's input; None where there is too little to see.

    The crop is centred on the box about the landmarks and then moved into the picture as far as it goes in, as
    Silent-Face-Anti-Spoofing does; unlike there it keeps its size, and what is left outside repeats the edge.
    """
    low, high = landmarks.min(0).astype(np.float64), landmarks.max(0).astype(np.float64)
    width = crop * float(high[0] - low[0])
    scale = net_wh[0] / max(width, 1e-6)
    if not scale <= _defaults()["most_enlarged"]:
        return None
    size = np.array(net_wh) / scale
    corner = (low + high) / 2 - size / 2
    room = np.array(picture_wh) - size  # below 0 on a side where the crop is longer than the picture
    corner = np.clip(corner, np.minimum(room, 0.0), np.maximum(room, 0.0))
    inside = np.minimum(corner + size, picture_wh) - np.maximum(corner, 0.0)
    if float(np.prod(np.maximum(inside, 0.0) / size)) < _defaults()["least_inside"]:
        return None
    return np.array([[scale, 0.0, -corner[0] * scale], [0.0, scale, -corner[1] * scale]], np.float64)


def _way(file: Path) -> Preprocessing:
    """What the TOML beside the model says, and passive.toml where it says nothing."""
    default = _defaults()
    edited = read_edited(file, None if file.is_file() else "")

    def finite(n: float) -> bool:
        return bool(np.isfinite(n))

    way = Preprocessing(
        channels=edited.take("channels", str(default["channels"]), "rgb, bgr", ("rgb", "bgr").__contains__),
        scale=edited.take("scale", float(default["scale"]), "a number other than 0", lambda n: finite(n) and n != 0),
        mean=edited.numbers("mean", (default["mean"],) * 3, finite, "one number or three"),
        std=edited.numbers("std", (default["std"],) * 3, lambda n: finite(n) and n > 0, "one number or three, above 0"),
        crop=edited.take("crop", float(default["crop"]), "a number from 1 to 8", lambda n: 1 <= n <= 8),
        softmax=edited.take("softmax", bool(default["softmax"]), "true, false"),
        live=edited.take("live", int(default["live"]), "0 or a whole number above", lambda n: n >= 0),
    )
    edited.done()
    return way


@cache
def _defaults() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("passive.toml").read_text("utf-8"))


def _net(file: Path) -> _Net:
    if file.suffix.lower() == ".onnx":
        from ephoto.inference import onnx

        return onnx.load_file(file)
    from ephoto.inference import litert

    return litert.load_file(file)
