"""Passive models in ONNX open no connection; tests/liveness/test_passive.py has what they say."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from tests.extras import no_network
from tests.extras.conftest import absent
from tests.liveness.models import onnx

PROGRAM = """
import gc, time
import numpy as np
from ephoto.core.settings import Settings
from ephoto.liveness.passive import load
engine = load({path!r}, Settings())
face = np.random.default_rng(1).uniform((60, 60), (160, 180), (468, 2)).astype(np.float32)
for _ in range(20):
    assert engine.score(np.full((240, 320, 3), 90, np.uint8), face) == 0.5
time.sleep(10)
del engine
gc.collect()
time.sleep(2)
print("quiet")
"""


@pytest.mark.slow
@pytest.mark.skipif(not no_network.supported(), reason="the kernel's filter is Linux's")
def test_onnx_files_are_quiet(tmp_path):
    if find_spec("onnxruntime") is None:
        absent("passive", "onnxruntime is not installed")
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx((1, 16, 16, 3), np.zeros((2, 16 * 16 * 3), np.float32), np.zeros(2, np.float32)))
    ended = no_network.run(PROGRAM.format(path=str(path)))
    assert not ended.tried, ended.err
    assert (ended.code, ended.out) == (0, "quiet\n"), ended.err
