"""The bureau's SFTP server: one user with a key, one folder, and no shell.

Rename does not write over another file, and posix-rename is not offered, as many banks' servers have it. Twisted runs
its reactor once in a process: the first server starts it in a thread of its own.
"""

from __future__ import annotations

import atexit
import errno
import os
import stat
import threading
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault
from ephoto.sandbox.jail import Jail

try:
    from twisted.conch.avatar import ConchUser
    from twisted.conch.interfaces import ISFTPFile, ISFTPServer
    from twisted.conch.ssh import filetransfer, keys, session
    from twisted.conch.ssh.factory import SSHFactory
    from twisted.cred.credentials import ISSHPrivateKey
    from twisted.cred.error import UnauthorizedLogin
    from twisted.cred.portal import Portal
    from twisted.internet import defer, threads
    from twisted.internet import reactor as only_reactor
    from twisted.python import components
    from zope.interface import implementer  # type: ignore[import-untyped]
except ImportError as error:
    raise EnvironmentFault("extra_missing", name="sandbox", package="twisted[conch]", extra="sandbox") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["SftpServer"]

reactor: Any = only_reactor  # what its types say of it is less than what it can
_STARTING = threading.Lock()
_WAIT_S = 10
_MOST_CHUNK = 256 * 1024


class SftpServer:
    """Serves a folder until it is closed.

    Parameters
    ----------
    folder : what the client sees as /
    host_key, user_key : OpenSSH's text, private and public
    user : the only name that may log in
    """

    def __init__(self, folder: Path, host_key: str, user: str, user_key: str, *, host: str, port: int) -> None:
        self._jail, self._host, self._port = Jail(folder), host, port
        self._factory = _factory(self._jail, host_key, user, user_key)
        self._listening: Any = None

    def start(self) -> int:
        """Listen; on which port.

        Raises
        ------
        EnvironmentFault
            "port_taken".
        """
        from twisted.internet.error import CannotListenError

        _start_reactor()
        listen = lambda: reactor.listenTCP(self._port, self._factory, interface=self._host)  # noqa: E731
        try:
            self._listening = threads.blockingCallFromThread(reactor, listen)
        except CannotListenError as error:
            raise EnvironmentFault("port_taken", port=self._port) from error
        port: int = self._listening.getHost().port
        return port

    def cut_after(self, size: int) -> None:
        """Cut all connections once so many bytes more were read or written; a fault for tests."""
        self._factory.meter.left = size

    def close(self) -> None:
        """Listen no longer, and cut what is connected."""
        if self._listening is not None:
            threads.blockingCallFromThread(reactor, self._closed)
            self._listening = None

    def _closed(self) -> Any:
        self._factory.cut()
        return defer.maybeDeferred(self._listening.stopListening)


def _start_reactor() -> None:
    with _STARTING:
        if reactor.running:
            return
        running = threading.Event()
        reactor.callWhenRunning(running.set)
        words = {"installSignalHandlers": False}
        thread = threading.Thread(target=reactor.run, kwargs=words, name="sftp", daemon=True)
        thread.start()
        running.wait(_WAIT_S)
        atexit.register(_stop_reactor, thread)


def _stop_reactor(thread: threading.Thread) -> None:
    if reactor.running:
        reactor.callFromThread(reactor.stop)
    thread.join(_WAIT_S)


def _factory(jail: Jail, host_key: str, user: str, user_key: str) -> Any:
    read: Any = keys.Key.fromString
    portal: Any = Portal
    key = read(host_key)
    made: Any = _Factory()
    made.connected = set()
    made.meter = _Meter(made.cut)
    made.publicKeys = {key.sshType(): key.public()}
    made.privateKeys = {key.sshType(): key}
    made.portal = portal(_Realm(jail, made.meter), [_OneUser(user, read(user_key))])
    return made


class _Factory(SSHFactory):
    """Knows who is connected, so that a server that ends leaves nobody hanging."""

    connected: set[Any]
    meter: _Meter
    noisy = False

    def cut(self) -> None:
        """Cut whoever is connected."""
        for protocol in list(self.connected):
            protocol.transport.abortConnection()

    def getPrimes(self) -> None:  # noqa: N802
        """No groups besides the fixed ones."""

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        made: Any = super().buildProtocol(addr)
        self.connected.add(made)
        lost = made.connectionLost

        def gone(reason: Any) -> None:
            self.connected.discard(made)
            lost(reason)

        made.connectionLost = gone
        return made


class _Meter:
    """Counts bytes until there are enough of them; then it cuts.

    Requests that came before the connection is gone fail, too: what they would write lies behind a hole.
    """

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self.left: int | None = None
        self.cuts = 0

    def count(self, size: int, cuts: int) -> None:
        """Of a file that was opened after so many cuts."""
        if cuts == self.cuts:
            if self.left is None:
                return
            self.left -= size
            if self.left >= 0:
                return
            self.left = None
            self.cuts += 1
            self._cut()
        raise OSError(errno.EIO, os.strerror(errno.EIO))


class _OneUser:
    """Lets in whoever has the one key."""

    credentialInterfaces = (ISSHPrivateKey,)  # noqa: N815

    def __init__(self, user: str, key: Any) -> None:
        self._user, self._key = user.encode(), key

    def requestAvatarId(self, credentials: Any) -> Any:  # noqa: N802
        from twisted.conch.error import ValidPublicKey

        known = credentials.username == self._user and credentials.blob == self._key.blob()
        if not known:
            return defer.fail(UnauthorizedLogin())
        if not credentials.signature:
            return defer.fail(ValidPublicKey())
        if not self._key.verify(credentials.signature, credentials.sigData):
            return defer.fail(UnauthorizedLogin())
        return defer.succeed(self._user)


class _Realm:
    def __init__(self, jail: Jail, meter: _Meter) -> None:
        self._jail, self._meter = jail, meter

    def requestAvatar(self, who: bytes, mind: Any, *interfaces: Any) -> Any:  # noqa: N802
        return interfaces[0], _User(self._jail, self._meter), lambda: None


class _User(ConchUser):
    """Who is logged in: files, and nothing else."""

    def __init__(self, jail: Jail, meter: _Meter) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.jail, self.meter = jail, meter
        self.channelLookup.update({b"session": _Session})
        self.subsystemLookup.update({b"sftp": filetransfer.FileTransferServer})


class _Session(session.SSHSession):
    """A channel for the subsystem alone."""

    def request_shell(self, data: bytes) -> int:
        return 0

    request_exec = request_pty_req = request_shell


@implementer(ISFTPServer)
class _Files:
    """What a client asks for, by the jail's rules."""

    def __init__(self, user: _User) -> None:
        self._jail, self._meter = user.jail, user.meter

    def gotVersion(self, version: int, extensions: Any) -> dict[bytes, bytes]:  # noqa: N802
        return {}

    def openFile(self, name: bytes, flags: int, attrs: Any) -> _File:  # noqa: N802
        handle = self._jail.opened(
            _text(name),
            reads=bool(flags & filetransfer.FXF_READ),
            writes=bool(flags & (filetransfer.FXF_WRITE | filetransfer.FXF_APPEND)),
            new=bool(flags & filetransfer.FXF_EXCL),
            creates=bool(flags & filetransfer.FXF_CREAT),
            empties=bool(flags & filetransfer.FXF_TRUNC),
        )
        return _File(handle, self._meter)

    def removeFile(self, name: bytes) -> None:  # noqa: N802
        self._jail.removed(_text(name))

    def renameFile(self, old: bytes, new: bytes) -> None:  # noqa: N802
        self._jail.renamed(_text(old), _text(new))

    def makeDirectory(self, path: bytes, attrs: Any) -> None:  # noqa: N802
        raise NotImplementedError

    def removeDirectory(self, path: bytes) -> None:  # noqa: N802
        raise NotImplementedError

    def openDirectory(self, path: bytes) -> _Listing:  # noqa: N802
        return _Listing(self._jail.real(_text(path)))

    def getAttrs(self, path: bytes, follow: Any) -> dict[str, Any]:  # noqa: N802
        return _attributes(self._jail.real(_text(path)).lstat())

    def setAttrs(self, path: bytes, attrs: Any) -> None:  # noqa: N802
        self._jail.real(_text(path)).lstat()  # owners and times stay the server's

    def readLink(self, path: bytes) -> bytes:  # noqa: N802
        raise NotImplementedError

    def makeLink(self, link: bytes, target: bytes) -> None:  # noqa: N802
        raise NotImplementedError

    def realPath(self, path: bytes) -> bytes:  # noqa: N802
        return self._jail.shown(_text(path)).encode()

    def extendedRequest(self, name: bytes, data: bytes) -> bytes:  # noqa: N802
        raise NotImplementedError


@implementer(ISFTPFile)
class _File:
    def __init__(self, handle: int, meter: _Meter) -> None:
        self._handle, self._meter, self._cuts = handle, meter, meter.cuts

    def close(self) -> None:
        os.close(self._handle)

    def readChunk(self, offset: int, length: int) -> bytes:  # noqa: N802
        self._meter.count(min(length, _MOST_CHUNK), self._cuts)
        os.lseek(self._handle, offset, os.SEEK_SET)  # not pread, which Windows lacks; all is done in one thread
        return os.read(self._handle, min(length, _MOST_CHUNK))

    def writeChunk(self, offset: int, data: bytes) -> None:  # noqa: N802
        self._meter.count(len(data), self._cuts)
        os.lseek(self._handle, offset, os.SEEK_SET)
        view = memoryview(data)
        while view:
            view = view[os.write(self._handle, view) :]

    def getAttrs(self) -> dict[str, Any]:  # noqa: N802
        return _attributes(os.fstat(self._handle))

    def setAttrs(self, attrs: Any) -> None:  # noqa: N802
        pass


class _Listing:
    def __init__(self, folder: Path) -> None:
        self._names = sorted(folder.iterdir())

    def __iter__(self) -> Iterator[tuple[bytes, bytes, dict[str, Any]]]:
        for path in self._names:
            try:
                facts = path.lstat()
            except OSError:  # gone meanwhile
                continue
            kind = stat.filemode(facts.st_mode)
            name = os.fsencode(path.name)
            yield name, f"{kind} 1 drop drop {facts.st_size:>12} ".encode() + name, _attributes(facts)

    def close(self) -> None:
        pass


components.registerAdapter(_Files, _User, ISFTPServer)  # type: ignore[no-untyped-call]


def _text(name: bytes) -> str:
    return os.fsdecode(name)


def _attributes(facts: os.stat_result) -> dict[str, Any]:
    return {
        "size": facts.st_size,
        "uid": 0,
        "gid": 0,
        "permissions": facts.st_mode,
        "atime": int(facts.st_atime),
        "mtime": int(facts.st_mtime),
    }
