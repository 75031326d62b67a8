"""A sandbox that serves, and an office that talks to it."""

from __future__ import annotations

import time

import pytest

from ephoto.sandbox.prepare import prepare
from ephoto.sandbox.serve import running
from tests.sandbox.office import Office


@pytest.fixture
def served(tmp_path):
    with running(prepare(tmp_path / "sandbox"), time.time) as sandbox:
        yield sandbox


@pytest.fixture
def office(served):
    made = Office(served.prepared)
    with made.client:
        yield made
