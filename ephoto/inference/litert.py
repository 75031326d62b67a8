"""Model files run here and nowhere else: load once, invoke from any thread."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.errors import EnvironmentFault
from ephoto.inference import weights
from ephoto.inference.quiet import quiet_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from ephoto.core.settings import Settings

__all__ = ["Net", "load", "load_file"]


class Net:
    """One model behind a pool of interpreters: an interpreter serves one thread at a time.

    Interpreters are built when they are first needed, as some nets are for few photos only, and kept; each runs on
    one thread (`invoke` releases the interpreter lock, so threads scale), so results do not depend on how many
    threads there are.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[_Runner] = []
        self._lock = threading.Lock()

    @property
    def input_shape(self) -> tuple[int, ...]:
        with self._runner() as runner:
            return runner.shape

    def run(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Outputs in the model's own order, as copies, for one input of the model's own shape."""
        with self._runner() as runner:
            return runner.run(x)

    def look(self, pixels: NDArray[np.uint8], *, scale: float, shift: float = 0.0) -> tuple[NDArray[np.float32], ...]:
        """The same for one picture (H, W, 3), given to the model as pixels * scale + shift."""
        with self._runner() as runner:
            return runner.look(pixels, np.float32(scale), np.float32(shift))

    @contextmanager
    def _runner(self) -> Iterator[_Runner]:
        with self._lock:
            runner = self._idle.pop() if self._idle else None
        runner = runner or _Runner(self._path)
        try:
            yield runner
        finally:
            with self._lock:
                self._idle.append(runner)


class _Runner:
    """One interpreter with its tensor numbers looked up once."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with quiet_stderr():
            self._interpreter: Any = Interpreter(str(path), num_threads=1)
            self._interpreter.allocate_tensors()
            given, *others = self._interpreter.get_input_details()
            self.shape: tuple[int, ...] = tuple(int(n) for n in given["shape"])
            self.alone = not others  # the one input of the model
            self._input = int(given["index"])
            self._view: Callable[[], NDArray[np.float32]] = self._interpreter.tensor(self._input)
            self._outputs = [int(d["index"]) for d in self._interpreter.get_output_details()]
            self.run(np.zeros(self.shape, np.float32))  # the delegate speaks at its first invoke

    def run(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        self._interpreter.set_tensor(self._input, x)
        return self._outcome()

    def look(self, pixels: NDArray[np.uint8], scale: np.float32, shift: np.float32) -> tuple[NDArray[np.float32], ...]:
        # Written straight into the interpreter's memory: a picture of floats, made and then copied, costs twice that.
        if pixels.shape != self.shape[1:]:
            raise ValueError(f"the model takes {self.shape[1:]}, not {pixels.shape}")
        given = self._view()[0]
        np.multiply(pixels, scale, out=given)
        if shift:
            given += shift
        del given  # no array may point there while the interpreter runs
        return self._outcome()

    def _outcome(self) -> tuple[NDArray[np.float32], ...]:
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(k) for k in self._outputs)


def load(name: str, settings: Settings) -> Net:
    """A model by its name in models/manifest.toml, verified.

    Raises
    ------
    EnvironmentFault
        "model_missing", "model_corrupt".
    UsageError
        "model_unknown".
    """
    return Net(weights.find(name, settings))


def load_file(path: Path) -> Net:
    """A user's own model by its path, tried once on zeros: one float32 input and float32 outputs.

    Raises
    ------
    EnvironmentFault
        "weights_unfit".
    """
    if not path.is_file():
        raise EnvironmentFault("weights_unfit", file=str(path), problem="there is no such file")
    net = Net(path)
    try:
        with net._runner() as runner:
            alone, outputs = runner.alone, runner.run(np.zeros(runner.shape, np.float32))
    except (ValueError, RuntimeError, MemoryError) as error:  # what the interpreter says of a file it cannot use
        problem = str(error).partition("\n")[0].rstrip(".")
        raise EnvironmentFault("weights_unfit", file=str(path), problem=problem) from error
    if not alone:
        raise EnvironmentFault("weights_unfit", file=str(path), problem="it has not one float32 input of fixed size")
    if any(y.dtype != np.float32 for y in outputs):
        raise EnvironmentFault("weights_unfit", file=str(path), problem="its numbers are not float32")
    return net
