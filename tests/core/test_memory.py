"""Memory that was freed is kept: the same work again meets no new pages."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from ephoto.core.memory import keep_freed
keep_freed()
def work():
    parts = [np.ones(size << 16, np.uint8) for size in (40, 40, 30, 20, 20)]
    return sum(int(part[-1]) for part in parts)
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have bounds of their own")
def test_the_same_work_again_meets_no_new_pages():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500  # of some 12000 that are written to
