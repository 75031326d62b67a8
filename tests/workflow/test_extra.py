"""What is said where a package of the extra is not installed: which one, and how to get it."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHILD = """
import importlib, sys

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == sys.argv[1]:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Without())
from ephoto.core.errors import EnvironmentFault
try:
    importlib.import_module(sys.argv[2])
except EnvironmentFault as error:
    print(error.code, error.values["extra"], error.values["package"], error.exit_code)
"""


@pytest.mark.parametrize(
    ("package", "module"),
    [
        ("httpx", "ephoto.workflow.wire.http"),
        ("httpx", "ephoto.workflow.office.receiving"),
        ("uvicorn", "ephoto.workflow.adapters.listening"),
        ("starlette", "ephoto.workflow.adapters.activation"),
    ],
)
def test_half_an_extra_is_told_as_such_and_not_as_a_bug(package, module):
    told = subprocess.run(
        [sys.executable, "-c", CHILD, package, module], capture_output=True, text=True, timeout=120, check=False
    )
    assert told.stdout.split() == ["extra_missing", "workflow", package, "6"], told.stderr
