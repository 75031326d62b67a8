"""The way to a cluster where there is none; with Ray it is tests/extras/test_ray.py."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

from ephoto.batch.cluster import connected
from ephoto.core.errors import EnvironmentFault
from ephoto.core.settings import quiet_ray, ray_address


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed here")
def test_without_the_package_the_install_line_is_given():
    with pytest.raises(EnvironmentFault) as caught, connected(1):
        pass
    assert caught.value.code == "extra_missing"
    assert "pip install 'ephoto[ray]'" in caught.value.hint("en")


def test_what_was_set_before_is_put_back(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    monkeypatch.delenv("RAY_BACKEND_LOG_LEVEL", raising=False)
    before = dict(os.environ)
    with quiet_ray():
        assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
        assert os.environ["RAY_USAGE_STATS_REPORT_URL"].startswith("http://127.0.0.1:")
    assert dict(os.environ) == before


@pytest.mark.parametrize(("given", "address"), [(None, None), ("", None), ("a:1", "a:1"), ("local", "local")])
def test_the_address_is_rays_own_variable(monkeypatch, given, address):
    if given is None:
        monkeypatch.delenv("RAY_ADDRESS", raising=False)
    else:
        monkeypatch.setenv("RAY_ADDRESS", given)
    assert ray_address() == address
