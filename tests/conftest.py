"""What all tests share: a clean environment, and the folder of real photos where there is one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

PHOTOS = "EPHOTO_TEST_PHOTOS"


def pytest_configure():
    """In a job that a shell put into the background, whatever the tests start would be deaf to Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    """No test sees what the machine has set for ephoto; the folders of test data stay."""
    for name in [n for n in os.environ if n.startswith("EPHOTO_") and not n.startswith("EPHOTO_TEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def photos_dir() -> Path:
    """The folder of real photos (marker `photos`)."""
    folder = os.environ.get(PHOTOS)
    if not folder:
        pytest.skip(f"{PHOTOS} names no folder")
    return Path(folder)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A test of the real photos may be skipped only where there are none."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and item.get_closest_marker("photos") and _there():
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although {PHOTOS} names a folder"


def _there() -> bool:
    folder = os.environ.get(PHOTOS)
    return bool(folder) and Path(folder).is_dir()
