"""Model files run: shapes, threads, silence."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.settings import Settings
from ephoto.inference import litert, weights

NAME = "iris_landmark"


@pytest.fixture(scope="module")
def net():
    return litert.load(NAME, Settings())


def inputs(net, count):
    rng = np.random.default_rng(7)
    return [rng.random(net.input_shape, np.float32) for _ in range(count)]


@pytest.mark.parametrize("model", weights.manifest().models, ids=lambda m: m.name)
def test_models_have_the_shapes_of_the_manifest(model):
    net = litert.load(model.name, Settings())
    assert net.input_shape == model.input
    outputs = net.run(np.zeros(model.input, np.float32))
    assert tuple(o.shape for o in outputs) == model.outputs
    assert all(o.dtype == np.float32 and np.isfinite(o).all() for o in outputs)


def test_the_same_input_gives_the_same_output_whatever_came_between(net):
    a, b = inputs(net, 2)
    first = net.run(a)
    net.run(b)
    for one, other in zip(first, net.run(a), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("scale", "shift"), [(1 / 255, 0.0), (1 / 127.5, -1.0)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_look_at_pixels_is_a_run_on_their_values(net, scale, shift, mirrored):
    pixels = np.random.default_rng(8).integers(0, 256, net.input_shape[1:], np.uint8)
    pixels = pixels[:, ::-1] if mirrored else pixels
    values = np.multiply(pixels[None], np.float32(scale), dtype=np.float32) + np.float32(shift)
    for one, other in zip(net.run(values), net.look(pixels, scale=scale, shift=shift), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("shape", [(63, 64, 3), (1, 1, 3), (64, 64)], ids=str)
def test_pixels_of_another_size_are_an_error_and_the_net_still_works(net, shape):
    with pytest.raises(ValueError, match="the model takes"):
        net.look(np.zeros(shape, np.uint8), scale=1.0)
    net.look(np.zeros(net.input_shape[1:], np.uint8), scale=1.0)


def test_outputs_are_copies(net):
    """An output that is kept does not change with the next run, and may be written to."""
    a, b = inputs(net, 2)
    kept = net.run(a)[0]
    before = kept.copy()
    net.run(b)
    np.testing.assert_array_equal(kept, before)
    kept += 1


def test_four_threads_give_what_one_gives():
    net = litert.load(NAME, Settings())
    given = inputs(net, 24)
    alone = [net.run(x) for x in given]
    gate = threading.Barrier(4)

    def work(part):
        gate.wait()
        return [net.run(x) for x in part]

    with ThreadPoolExecutor(4) as pool:
        together = [y for part in pool.map(work, (given[k::4] for k in range(4))) for y in part]
    expected = [y for k in range(4) for y in alone[k::4]]
    for one, other in zip(expected, together, strict=True):
        for p, q in zip(one, other, strict=True):
            np.testing.assert_array_equal(p, q)


def test_the_shape_is_known_while_all_interpreters_work():
    net = litert.load(NAME, Settings())
    taken, net._idle = net._idle, []
    assert net.input_shape == (1, 64, 64, 3)
    net._idle = taken


def test_an_input_of_another_shape_is_an_error_and_the_net_still_works(net):
    (x,) = inputs(net, 1)
    with pytest.raises((ValueError, RuntimeError)):
        net.run(x[:, :10])
    net.run(x)


def test_stderr_stays_quiet():
    code = (
        "import numpy as np\n"
        "from ephoto.core.settings import Settings\n"
        "from ephoto.inference import litert\n"
        f"net = litert.load({NAME!r}, Settings())\n"
        "net.run(np.zeros(net.input_shape, np.float32))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout == ""


def test_stderr_comes_back(capfd):
    litert.load(NAME, Settings())
    print("still here", file=sys.stderr)
    assert "still here" in capfd.readouterr().err


def test_a_process_without_stderr_loads_too():
    code = (
        "import os\n"
        "os.close(2)\n"
        "from ephoto.core.settings import Settings\n"
        "from ephoto.inference import litert\n"
        f"print(litert.load({NAME!r}, Settings()).input_shape)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert "(1, 64, 64, 3)" in done.stdout


@pytest.mark.parametrize(
    ("name", "kind", "code"), [("nonsense", UsageError, "model_unknown"), (NAME, EnvironmentFault, "model_missing")]
)
def test_what_cannot_be_loaded_is_told(name, kind, code, tmp_path):
    with pytest.raises(kind) as caught:
        litert.load(name, Settings(models_dir=tmp_path))
    assert caught.value.code == code
