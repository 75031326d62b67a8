"""What a net costs a picture when it is given several at once: `python -m benchmarks.batches`.

Prints the least processor time a picture for batches of a resized interpreter, one thread, batches in turn, and whether
the outputs are those of single calls, to the bit.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import TYPE_CHECKING, Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from benchmarks.convert import FLOOR_NETS
from ephoto.core.settings import Settings
from ephoto.inference import weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCHES = (1, 2, 4, 8)


def net_times(name: str, repeats: int) -> list[tuple[int, float, str]]:
    """Batch, least processor ms a picture, and how the outputs compare with those of single calls."""
    nets = [_net(name, batch) for batch in BATCHES]
    shape = nets[0].get_input_details()[0]["shape"][1:]
    pictures = np.random.default_rng(5).random((max(BATCHES), *shape), np.float32)
    single = [_outputs(nets[0], pictures[k : k + 1]) for k in range(max(BATCHES))]
    words = [
        _compared(_outputs(net, pictures[:batch]), single[:batch]) for batch, net in zip(BATCHES, nets, strict=True)
    ]
    times = [[_invoke_ms(net) / batch for batch, net in zip(BATCHES, nets, strict=True)] for _ in range(repeats)]
    return list(zip(BATCHES, map(min, *times), words, strict=True))


def _compared(together: list[NDArray[np.float32]], single: list[list[NDArray[np.float32]]]) -> str:
    """A detector lays out all pictures' first feature maps, then all second ones: the same values in another order."""
    pairs = [(out.ravel(), np.concatenate([one[k].ravel() for one in single])) for k, out in enumerate(together)]
    if all(np.array_equal(out, alone) for out, alone in pairs):
        return "the same"
    same = all(np.array_equal(np.sort(out), np.sort(alone)) for out, alone in pairs)
    return "the same, map by map" if same else "other values"


def _net(name: str, batch: int) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    net = Interpreter(str(weights.find(name, Settings.from_env())), num_threads=1)
    given = net.get_input_details()[0]
    net.resize_tensor_input(given["index"], [batch, *given["shape"][1:]])
    net.allocate_tensors()
    return net


def _outputs(net: Any, pictures: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    net.set_tensor(net.get_input_details()[0]["index"], pictures)
    net.invoke()
    return [net.get_tensor(out["index"]) for out in net.get_output_details()]


def _invoke_ms(net: Any) -> float:
    start = time.thread_time()
    net.invoke()
    return (time.thread_time() - start) * 1e3


def table(repeats: int = 60) -> None:
    print(f"{'net':30s} {'batch':>6s} {'CPU ms a picture':>17s}  outputs")
    for name, _ in FLOOR_NETS:
        for batch, ms, words in net_times(name, repeats):
            print(f"{name:30s} {batch:6d} {ms:17.2f}  {words}")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("--repeats", type=int, default=60)
    table(cli.parse_args().repeats)


if __name__ == "__main__":
    main()
