"""Limits and choices that come from outside; the only place below the command line that reads the environment."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ephoto.core.messages import Language

__all__ = ["Settings", "quiet_ffmpeg", "quiet_ray", "ray_address", "secret", "worker_environment"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set.

    Attributes
    ----------
    max_pixels : int
        Largest picture that is decoded, width times height; checked against the header. 150 million admits
        today's largest phone cameras (108 and 144 MP) and keeps a decompression bomb out.
    max_bytes : int
        Largest file that is read.
    allow_truncated : bool
        Decode what is there of a file that ends early (EPHOTO_ALLOW_TRUNCATED=1).
    models_dir : Path or None
        EPHOTO_MODELS: where the model files lie on a machine without a package index.
    lang : "en" or "zh"
        EPHOTO_LANG.
    office : Path or None
        EPHOTO_OFFICE: the file of the office whose applications and cards the card workflow works on.
    """

    max_pixels: int = 150_000_000
    max_bytes: int = 128 * 1024 * 1024
    allow_truncated: bool = False
    models_dir: Path | None = None
    lang: Language = "en"
    office: Path | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Settings from EPHOTO_MAX_PIXELS, _MAX_BYTES, _ALLOW_TRUNCATED, _MODELS, _LANG and _OFFICE."""
        e = os.environ if env is None else env
        default = cls()
        models = e.get("EPHOTO_MODELS")
        return cls(
            max_pixels=_positive(e, "EPHOTO_MAX_PIXELS", default.max_pixels),
            max_bytes=_positive(e, "EPHOTO_MAX_BYTES", default.max_bytes),
            allow_truncated=e.get("EPHOTO_ALLOW_TRUNCATED", "") in ("1", "true", "yes"),
            models_dir=Path(models) if models else None,
            lang=_language(e.get("EPHOTO_LANG", "en")),
            office=Path(e["EPHOTO_OFFICE"]) if e.get("EPHOTO_OFFICE") else None,
        )

    def secret(self, name: str) -> str | None:
        """As the function `secret`: looked up when it is needed and not held, so that no repr shows it."""
        return secret(name)


_SECRET = re.compile("EPHOTO_[A-Z0-9_]{1,57}")


def secret(name: str, env: Mapping[str, str] | None = None) -> str | None:
    """What the environment holds under a name that an integrator's file gives; None if nothing.

    Only names that begin with EPHOTO_ are looked at, so that a file from elsewhere cannot ask for what belongs to
    another program.

    Raises
    ------
    UsageError
        "bad_option": another name.
    """
    if not _SECRET.fullmatch(name):
        raise UsageError("bad_option", option="env", value=name, allowed="EPHOTO_...")
    return (os.environ if env is None else env).get(name) or None


def worker_environment() -> dict[str, str]:
    """The environment of a worker process: as ours, with numerical libraries kept to one thread each."""
    return dict(os.environ) | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def ray_address() -> str | None:
    """RAY_ADDRESS: the cluster that Ray's own programs would use: host:port, "auto", or "local" for a new one."""
    return os.environ.get("RAY_ADDRESS") or None


@contextmanager
def quiet_ray() -> Iterator[None]:
    """While Ray is imported, started and used: it reports nothing to its maker, and its core prints nothing.

    Ray reads these when its processes start, and knows no other way to be told; what was set before is put back. A
    cluster that is not started by `ray.init` reports once that it does not want to report: so where the report goes
    is set as well, to where nobody listens, unless somebody has. docs/decisions/0004-engines-that-report.md has the
    house's rule.
    """
    wanted = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
    wanted["RAY_USAGE_STATS_REPORT_URL"] = os.environ.get("RAY_USAGE_STATS_REPORT_URL") or "http://127.0.0.1:9/"
    with _set(wanted):
        yield


@contextmanager
def quiet_ffmpeg() -> Iterator[None]:
    """While OpenCV opens a video: FFmpeg prints nothing of broken files, unless somebody has set what it shall print.

    OpenCV reads this when a process opens its first video; -8 is FFmpeg's AV_LOG_QUIET.
    """
    with _set({"OPENCV_FFMPEG_LOGLEVEL": os.environ.get("OPENCV_FFMPEG_LOGLEVEL") or "-8"}):
        yield


@contextmanager
def _set(wanted: Mapping[str, str]) -> Iterator[None]:
    """The environment with other values for a while; what was set before is put back."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _positive(env: Mapping[str, str], key: str, default: int) -> int:
    raw = env.get(key)
    if not raw:
        return default
    if not raw.isdecimal() or int(raw) == 0:
        raise UsageError("bad_option", option=key, value=raw, allowed="a whole number above 0")
    return int(raw)


def _language(raw: str) -> Language:
    short = raw.lower().replace("_", "-").split("-")[0]
    if short == "zh":
        return "zh"
    if short in ("en", ""):
        return "en"
    raise UsageError("bad_option", option="EPHOTO_LANG", value=raw, allowed="en, zh")
