"""The one-way rule, types and lint, as `make check` runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command):
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_rooms_import_one_way():
    """ARCHITECTURE.md's rule, enforced by import-linter."""
    pytest.importorskip("importlinter")
    done = run("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_types_are_strict():
    pytest.importorskip("mypy")
    done = run("-m", "mypy")
    assert done.returncode == 0, done.stdout


def test_lint_is_clean():
    pytest.importorskip("ruff")
    done = run("-m", "ruff", "check", ".")
    assert done.returncode == 0, done.stdout
