"""The way to a Ray cluster, and away again."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault
from ephoto.core.settings import quiet_ray, ray_address
from ephoto.inference.quiet import quiet_stderr

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["connected"]

_KNOCK_S = 5.0


@contextmanager
def connected(workers: int) -> Iterator[Any]:
    """Ray, connected; what was connected or started here is let go again.

    The cluster is the one that RAY_ADDRESS names or that runs on this machine; else, and where RAY_ADDRESS is "local",
    one is started here, with as many processors as the batch has workers.

    Raises
    ------
    EnvironmentFault
        "extra_missing"; "cluster_failed" where it cannot be reached.
    """
    # Ray prints on stdout, of all places, when one of its processes dies.
    with quiet_ray(), Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        ray = _package()
        found = ray.is_initialized()
        try:
            if not found:
                _connect(ray, workers)
        except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
            raise EnvironmentFault("cluster_failed", problem=type(error).__name__) from error
        try:
            yield ray
        finally:
            if not found:
                ray.shutdown()


def _package() -> Any:
    import logging

    try:
        import ray
        import ray.data
        import ray.util.scheduling_strategies
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name="--run-on ray", package="ray[data]", extra="ray") from error
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    return ray


def _connect(ray: Any, workers: int) -> None:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "CRITICAL"}
    named = ray_address()
    if named not in (None, "auto", "local"):
        host, _, port = named.rpartition(":")
        if port.isdecimal():  # Ray itself waits for minutes for one that is not there
            socket.create_connection((host, int(port)), _KNOCK_S).close()
    with quiet_stderr():  # it tells of its settings there
        try:
            if named == "local":
                raise ConnectionError
            ray.init(address=named or "auto", **quiet)
        except ConnectionError:
            if named not in (None, "local"):
                raise
            ray.init(address="local", num_cpus=workers, include_dashboard=False, **quiet)
