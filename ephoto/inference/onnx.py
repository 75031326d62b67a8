"""ONNX: which runtime is let in, for rembg too, and files of a user's own (the extra `passive`), on the processor."""

from __future__ import annotations

from importlib.metadata import packages_distributions, version
from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["BELOW", "Net", "load_file", "runtime"]

# From 1.29 on the runtime reports its use to its maker, on by default, from the moment it is imported; releases before
# it do not, which tests/extras/test_network.py watches. docs/decisions/0004 has the figures.
_RUNTIME, BELOW = "onnxruntime", (1, 29)
_EXTRA = "passive"


class Net:
    """One model in one session, which runs for several threads at once; each run is on one thread.

    Raises
    ------
    EnvironmentFault
        "extra_missing", "extra_version"; "weights_unfit": it is no ONNX file, or has not one float32 input of fixed
        size.
    """

    def __init__(self, path: Path) -> None:
        package = runtime(path.name, _EXTRA)
        if not path.is_file():
            raise EnvironmentFault("weights_unfit", file=str(path), problem="there is no such file")
        options = package.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # fatal: what goes wrong is raised
        try:
            self._session = package.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            given = self._session.get_inputs()
            self._input: str = given[0].name
            self.input_shape = _fixed(given[0].shape)
            fits = len(given) == 1 and given[0].type == "tensor(float)" and min(self.input_shape, default=0) > 0
            outputs = self.run(np.zeros(self.input_shape, np.float32)) if fits else ()
        except Exception as error:  # the runtime's own errors have no other root
            problem = str(error).partition("\n")[0].rstrip(".")
            raise EnvironmentFault("weights_unfit", file=str(path), problem=problem) from error
        if not fits:
            raise EnvironmentFault(
                "weights_unfit", file=str(path), problem="it has not one float32 input of fixed size"
            )
        if any(y.dtype != np.float32 for y in outputs):
            raise EnvironmentFault("weights_unfit", file=str(path), problem="its numbers are not float32")

    def run(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Outputs in the model's own order for one input of the model's own shape."""
        return tuple(np.asarray(y) for y in self._session.run(None, {self._input: x}))


def load_file(path: Path) -> Net:
    """A user's own model by its path, tried once on zeros.

    Raises
    ------
    EnvironmentFault
        "extra_missing", "extra_version"; "weights_unfit".
    """
    return Net(path)


def _fixed(shape: list[Any]) -> tuple[int, ...]:
    """The input's shape; a batch of any size is one, and another side of any size is 0."""
    sides = [side if isinstance(side, int) else 0 for side in shape]
    return (sides[0] or 1, *sides[1:]) if sides else ()


def runtime(name: str, extra: str) -> Any:
    """The package `onnxruntime`, for the model or engine of that name, if it is a release that does not report.

    Raises
    ------
    EnvironmentFault
        "extra_missing" with the extra that brings it; "extra_version", before it is imported.
    """
    for distribution in packages_distributions().get(_RUNTIME, ()):
        found = version(distribution)
        if tuple(int(n) for n in found.split(".")[:2]) >= BELOW:
            wanted = f"{distribution}<{BELOW[0]}.{BELOW[1]}"
            raise EnvironmentFault("extra_version", package=distribution, found=found, wanted=wanted)
    try:
        import onnxruntime
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name=name, package=_RUNTIME, extra=extra) from error
    onnxruntime.disable_telemetry_events()  # what Windows itself may collect of older releases
    return onnxruntime
