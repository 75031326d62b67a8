"""Run a command and print its peak memory as JSON: `python -m benchmarks.peak COMMAND...`.

A process of its own, because the kernel keeps one maximum over all children that ever ran.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys

if __name__ == "__main__":
    subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}))
