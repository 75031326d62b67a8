"""Photos of an object store or another place that fsspec reaches: s3://, gs://, memory:// and so on."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ephoto.batch.items import Item
from ephoto.batch.rules import is_photo_name
from ephoto.core.errors import EnvironmentFault, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RemoteFolder", "RemoteReader", "open_url", "told_url", "url_in"]

_IN_THIS_PROCESS = ("memory",)
_EXTRAS = {"s3://": "s3", "s3a://": "s3"}  # what an extra of ephoto's brings, and by which package
_KINDS = "a folder, or a URL of a kind that fsspec knows, such as s3:// or memory://"
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
    except ValueError:
        raise UsageError("bad_option", option="IN or OUT", value=url, allowed=_KINDS) from None
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
    _place: tuple[type, str] | None = field(default=None, init=False)

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

    def holds(self, system: Any, path: str) -> bool:
        """Whether a path of a file system is, or lies below, what this names; a pattern is looked at by `url_in`."""
        if self._place is None:
            own, root = open_url(self.url)
            self._place = type(own), root.strip("/")
        kind, root = self._place
        path = path.strip("/")
        return kind is type(system) and (path == root or path.startswith(f"{root}/") or not root)

    def is_there(self, locator: str | None = None) -> bool:
        system, root = open_url(self.url)
        try:
            return bool("*" in root or system.exists(root))
        except Exception:
            return False


def _mtime_ns(facts: dict[str, Any]) -> int | None:
    for name in ("LastModified", "mtime", "updated", "last_modified", "created"):
        when = facts.get(name)
        if isinstance(when, datetime):
            return int(when.timestamp() * 1e9)
        if isinstance(when, (int, float)):
            return int(when * 1e9)
    return None
