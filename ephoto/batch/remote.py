"""Photos and cards of an object store or another place that fsspec reaches: s3://, gs://, memory:// and so on."""

from __future__ import annotations

import fnmatch
import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ephoto.batch.items import Item
from ephoto.batch.rules import is_photo_name, rules
from ephoto.batch.sinks import WITHDRAWN
from ephoto.core.errors import EnvironmentFault, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["RemoteFolder", "RemoteReader", "RemoteSink", "open_url", "url_in"]

_IN_THIS_PROCESS = ("memory",)
_EXTRAS = {"s3://": "s3", "s3a://": "s3"}  # what an extra of ephoto's brings, and by which package
_PACKAGES = {"s3": "s3fs"}


def open_url(url: str) -> tuple[Any, str]:
    """The file system that a URL names, and the path in it.

    Raises
    ------
    EnvironmentFault
        "extra_missing" where fsspec or what it needs for this kind is not installed.
    UsageError
        "bad_option" for a kind that nobody knows.
    """
    kind = url.partition("://")[0] + "://"
    try:
        import fsspec
    except ImportError:
        extra = _EXTRAS.get(kind, "batch")
        raise EnvironmentFault("extra_missing", name=kind, package="fsspec", extra=extra) from None
    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        if kind in _EXTRAS:
            package = _PACKAGES[_EXTRAS[kind]]
            raise EnvironmentFault("extra_missing", name=kind, package=package, extra=_EXTRAS[kind]) from None
        raise EnvironmentFault("package_missing", name=kind, problem=str(error)) from None
    except ValueError as error:
        raise UsageError("bad_option", option="IN or OUT", value=url, allowed=str(error)) from None
    return system, path.rstrip("/")


def url_in(one: str, other: str) -> bool:
    """Whether what a URL names is, or lies in, what another one names or may find."""
    system, path = open_url(one)
    others, pattern = open_url(other)
    if type(system) is not type(others):
        return False
    parts, wanted = path.strip("/").split("/"), [part for part in pattern.split("/") if part]
    if "*" not in pattern:
        return parts[: len(wanted)] == wanted
    folders = wanted[: wanted.index("**")] if "**" in wanted else wanted[:-1]
    deep = "**" in wanted and len(parts) >= len(folders)
    return (deep or len(parts) <= len(folders)) and all(map(fnmatch.fnmatchcase, parts, folders))


class RemoteReader:
    """Reads objects by their paths, up to `max_bytes`; each process connects for itself."""

    def __init__(self, url: str, max_bytes: int) -> None:
        self._url, self._max_bytes = url, max_bytes
        self._system: Any = None

    def __reduce__(self) -> tuple[type[RemoteReader], tuple[str, int]]:
        return RemoteReader, (self._url, self._max_bytes)

    @property
    def local(self) -> bool:
        return self._url.partition("://")[0] in _IN_THIS_PROCESS

    def read(self, locator: str) -> bytes:
        if self._system is None:
            self._system = open_url(self._url)[0]
        try:
            return self._read(locator)
        except FileNotFoundError:
            raise InputError("not_found", path=locator) from None
        except InputError:
            raise
        except Exception as error:  # every store has errors of its own
            raise InputError("not_readable", path=locator, problem=str(error)) from None

    def _read(self, locator: str) -> bytes:
        """One request, which asks for no more than is allowed; some stores refuse that for an empty object."""
        try:
            data: bytes = self._system.cat_file(locator, start=0, end=self._max_bytes + 1)
        except FileNotFoundError:
            raise
        except Exception:
            if self._system.info(locator).get("size") != 0:
                raise
            return b""
        if len(data) > self._max_bytes:
            size = self._system.info(locator).get("size") or len(data)
            raise InputError("too_many_bytes", size=size, limit=self._max_bytes)
        return data


def told_url(url: str) -> str:
    """A URL as it may be told: without the name and password that it may hold.

    >>> told_url("ftp://user:secret@host/photos")
    'ftp://host/photos'
    """
    kind, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{kind}{mark}{host.rpartition('@')[2]}{slash}{path}"


@dataclass(slots=True)
class RemoteFolder:
    """Every photo below a prefix, or that a pattern finds."""

    url: str
    reader: RemoteReader
    passed_over: int = field(default=0, init=False)

    @property
    def shown(self) -> str:
        return told_url(self.url)

    @property
    def base(self) -> None:
        return None

    def items(self) -> Iterator[Item]:
        self.passed_over = 0
        system, root = open_url(self.url)
        try:
            system.invalidate_cache()
            found = system.glob(root, detail=True) if "*" in root else system.find(root, detail=True)
        except FileNotFoundError:  # a bucket that nobody has
            raise InputError("not_found", path=self.shown) from None
        except Exception as error:
            raise InputError("not_readable", path=self.shown, problem=str(error)) from None
        if not found and "*" not in root:
            raise InputError("not_found", path=self.shown)
        start = root.partition("*")[0].rpartition("/")[0] if "*" in root else root
        for path in sorted(found):
            facts = found[path]
            key = path[len(start) :].lstrip("/") or path.rpartition("/")[2]
            taken = is_photo_name(key)
            if taken and facts.get("type") != "directory":
                yield Item(key, path, facts.get("size"), _mtime_ns(facts))
            elif taken is False and facts.get("type") != "directory":
                self.passed_over += 1

    def is_there(self, locator: str | None = None) -> bool:
        system, root = open_url(self.url)
        try:
            return bool("*" in root or system.exists(root))
        except Exception:
            return False


class RemoteSink:
    """Cards as objects: one put each. A put is whole or not at all, as object stores have it."""

    timed = True
    slow = True
    ledger = None

    def __init__(self, url: str) -> None:
        self._system, self._root = open_url(url)
        self.shown = told_url(url)
        self._there: set[str] = set()

    def prepare(self) -> None:
        """Nothing is made, as stores have no folders; what is there is listed once, not asked for card by card."""
        try:
            self._system.invalidate_cache()
            found = self._system.find(self._root)
        except FileNotFoundError:
            found = []
        except Exception as error:
            raise EnvironmentFault("output_failed", path=self.shown, problem=_said(error)) from None
        self._there = {path[len(self._root) :].lstrip("/") for path in found}

    def tidy(self) -> None:
        """Stores hold whole objects only."""

    def holds(self, name: str, sha256: str) -> bool:
        """Whether that very card is there already."""
        path = self._path(name)
        try:
            self._system.invalidate_cache()
            if not self._system.exists(path):
                return False
            return hashlib.sha256(self._system.cat_file(path)).hexdigest() == sha256
        except Exception as error:
            raise EnvironmentFault("output_failed", path=self.shown, problem=_said(error)) from None

    def has(self, name: str) -> bool:
        return name in self._there

    def deliver(self, name: str, data: bytes) -> None:
        """One card.

        Raises
        ------
        EnvironmentFault
            "output_failed" when it failed as often as batch.toml allows.
        """
        self._tried(lambda: self._system.pipe_file(self._path(name), data))
        self._there.add(name)

    def set_aside(self, name: str, data: bytes) -> str:
        aside = f"quarantine/{name}"
        self.deliver(aside, data)
        return aside

    def release(self, aside: str) -> None:
        with suppress(Exception):
            self._system.rm_file(self._path(aside))

    def withdraw(self, name: str) -> None:
        """A card is copied apart and taken away, in two steps, as stores have no renaming."""
        self._tried(lambda: self._system.mv(self._path(name), self._path(f"{WITHDRAWN}/{name}")))
        self._there.discard(name)

    @property
    def quarantine(self) -> str:
        return f"{self.shown.rstrip('/')}/quarantine"

    def publish(self, name: str, file: Path) -> None:
        """A file that describes the batch."""
        self._tried(lambda: self._system.put_file(str(file), self._path(name)))
        self._there.add(name)

    def finish(self, cards: Iterator[tuple[str, str]], extra: dict[str, Path]) -> None:
        for name, file in extra.items():
            self.publish(name, file)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _tried(self, call: Callable[[], Any]) -> None:
        wait = rules().delivery_wait_s
        for left in reversed(range(rules().delivery_tries)):
            try:
                call()
                return
            except Exception as error:
                if not left:
                    raise EnvironmentFault("output_failed", path=self.shown, problem=_said(error)) from None
            time.sleep(wait)
            wait *= 2


def _said(error: Exception) -> str:
    """What kind of failure it is; a store's own words often hold the object's name."""
    return type(error).__name__


def _mtime_ns(facts: dict[str, Any]) -> int | None:
    for name in ("LastModified", "mtime", "updated", "last_modified", "created"):
        when = facts.get(name)
        if isinstance(when, datetime):
            return int(when.timestamp() * 1e9)
        if isinstance(when, (int, float)):
            return int(when * 1e9)
    return None
