"""The engines `rembg:NAME`: sessions of rembg (the extra `rembg`) that run on this machine, and on weights that are
there; nothing is downloaded or uploaded.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.inference.onnx import BELOW, runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ephoto.core.settings import Settings

__all__ = ["BELOW", "FAMILY", "RembgSession", "Session", "refused", "sessions"]

FAMILY = "rembg"
_OWN_FILE = "u2net"  # whose preparation a file by its path alone is given, as rembg's own u2net_custom does


@dataclass(frozen=True, slots=True)
class Session:
    """One of rembg's sessions that may run; see rembg.toml."""

    file: str
    md5: str
    licence: str
    good_for: str


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("rembg.toml").read_text("utf-8"))


def sessions() -> Mapping[str, Session]:
    """The sessions that may run, by name."""
    return {name: Session(**entry) for name, entry in _table()["session"].items()}


def refused() -> Mapping[str, str]:
    """Why others of rembg's sessions may not, by name."""
    reasons: dict[str, str] = _table()["refused"]
    return reasons


class RembgSession:
    """The mask that a session of rembg predicts for the whole photo, without rembg's own clean-up of edges.

    `wanted` is a name of rembg.toml, with the weights where rembg keeps them; or a file, `FILE.onnx`, which is prepared
    for as u2net is: one input (1, 3, 320, 320), normalised as ImageNet, whose first output (1, 1, 320, 320) is the map.
    That fits U2-Net and what was trained from it. `NAME=FILE.onnx` gives a file the preparation of another session:
    isnet-general-use for IS-Net, birefnet-portrait for BiRefNet.

    One thread a call and the processor only, so that a photo's result depends neither on the machine's load nor on
    its cards; safe to call from several threads.

    Raises
    ------
    UsageError
        "engine_refused", "engine_unknown".
    EnvironmentFault
        "extra_missing", "extra_version"; "weights_missing", "weights_corrupt"; "weights_unfit" for a file by its path.
    """

    view: Literal["frame", "photo"] = "photo"

    def __init__(self, wanted: str, settings: Settings) -> None:
        name, file = _parsed(wanted)
        self.name = f"{FAMILY}:{name}" if file is None else f"{FAMILY}:{file.name}"
        own = _package(self.name)[name]
        self._session = _own_weights(own, name, sessions()[name]) if file is None else _file(own, file)

    def person(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Person probability (H, W) float32 0..1 for pixels (H, W, 3) uint8, at the same size; 256 steps."""
        from PIL import Image

        (mask, *_) = self._session.predict(Image.fromarray(pixels))
        return np.asarray(mask, np.float32) / np.float32(255)


def _parsed(wanted: str) -> tuple[str, Path | None]:
    """The session's name, and the file if one is given."""
    first, equals, rest = wanted.partition("=")
    if equals and first in sessions():
        return first, Path(rest).expanduser()
    if wanted.endswith(".onnx"):
        return _OWN_FILE, Path(wanted).expanduser()
    if wanted in refused():
        allowed = [f"{FAMILY}:{name}" for name in sessions()]
        raise UsageError("engine_refused", name=f"{FAMILY}:{wanted}", reason=refused()[wanted], allowed=allowed)
    if wanted not in sessions():
        known = [f"{FAMILY}:{name}" for name in sessions()]
        raise UsageError("engine_unknown", kind="matte", name=f"{FAMILY}:{wanted}", known=known)
    return wanted, None


def _package(name: str) -> Mapping[str, Any]:
    """rembg's session classes by name. Without onnxruntime its import would end the process, so that comes first."""
    runtime(name, FAMILY)
    try:
        import_module("rembg")
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name=name, package="rembg", extra=FAMILY) from error
    from rembg.sessions import sessions as classes

    found_classes: Mapping[str, Any] = classes
    return found_classes


def _own_weights(own: Any, name: str, entry: Session) -> Any:
    """A session on the weights that rembg keeps, if they are there and right."""
    place = own.resolve_existing(entry.file)
    if place is None:
        raise EnvironmentFault(
            "weights_missing",
            name=f"{FAMILY}:{name}",
            file=str(Path(own.model_dir()) / entry.file),
            command=f"python -c \"import rembg; rembg.new_session('{name}')\"",
        )
    path = Path(place)
    with path.open("rb") as data:
        found = hashlib.file_digest(data, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != entry.md5:
        raise EnvironmentFault("weights_corrupt", file=str(path), found=found, expected=entry.md5)
    return _built(own, path)


def _file(own: Any, path: Path) -> Any:
    """A session on a file of the user's own, tried once."""
    from PIL import Image

    if not path.is_file():
        raise EnvironmentFault("weights_unfit", file=str(path), problem="there is no such file")
    try:
        session = _built(own, path)
        session.predict(Image.fromarray(np.arange(3072, dtype=np.uint8).reshape(32, 32, 3)))
    except Exception as error:  # the runtime's own errors have no other root
        problem = str(error).partition("\n")[0].rstrip(".")
        raise EnvironmentFault("weights_unfit", file=str(path), problem=problem) from error
    return session


def _built(own: Any, path: Path) -> Any:
    """A session of the class on exactly this file: what would download it is replaced."""
    import onnxruntime

    local = type(own.__name__, (own,), {"download_models": classmethod(lambda cls, *args, **kwargs: str(path))})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    return local(own.name(), options, providers=["CPUExecutionProvider"])
