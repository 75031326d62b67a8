"""All servers of a sandbox in one process: HTTP, SFTP, the bureau's and the printer's watch, webhooks."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault
from ephoto.sandbox.books import Books
from ephoto.sandbox.bureau import Bureau
from ephoto.sandbox.control import Control
from ephoto.sandbox.counter import Counter
from ephoto.sandbox.faults import Faults
from ephoto.sandbox.platform import Desk
from ephoto.sandbox.prepare import HOST, USER, Prepared
from ephoto.sandbox.printer import Printer
from ephoto.sandbox.signatures import Gate
from ephoto.sandbox.telling import Teller
from ephoto.sandbox.web import Door, app
from ephoto.sandbox.webhooks import Webhooks
from ephoto.sandbox.world import load_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.applications import Starlette

__all__ = ["Running", "running", "serve"]

_WAIT_S = 10.0
_LAST_WORDS_S = 2  # what is being answered when the sandbox ends may take so long


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that serves."""

    prepared: Prepared
    books: Books
    teller: Teller
    webhooks: Webhooks
    bureau: Bureau
    printer: Printer
    faults: Faults


def serve(
    prepared: Prepared,
    clock: Callable[[], float],
    ended: threading.Event,
    *,
    callback: str | None = None,
    ready: Callable[[Running], None] = lambda _: None,
) -> None:
    """Serve until `ended` is set.

    Parameters
    ----------
    clock : seconds since 1970 UTC
    callback : where events are sent; None leaves them to the feed
    ready : called once, when everything listens

    Raises
    ------
    UsageError, InputError
        "settings_invalid", "not_readable": of its sandbox.toml. "bad_option": of the callback.
    EnvironmentFault
        "port_taken", "extra_missing".
    """
    with running(prepared, clock, callback=callback) as sandbox:
        ready(sandbox)
        while not ended.wait(1.0):  # in steps, so that signals are seen everywhere
            pass


@contextmanager
def running(prepared: Prepared, clock: Callable[[], float], *, callback: str | None = None) -> Iterator[Running]:
    """A sandbox that serves while the block runs; see `serve`."""
    from ephoto.sandbox.sftp import SftpServer

    world, books, faults, ended = load_world(prepared.world), Books(), Faults(), threading.Event()
    webhooks = Webhooks(prepared.keys, world.webhook, clock, callback)
    teller = Teller(books, webhooks, clock)
    bureau = Bureau(prepared.bureau, world, books, teller, clock)
    printer = Printer(prepared.printer, world, books, clock)
    door = Door(Gate(prepared.keys, clock, world.window_s), faults, world.max_body_bytes, ended)
    counter = Counter(world, books, Desk(world, books, teller, clock), door.pause)
    sftp = SftpServer(
        prepared.bureau, prepared.host_key, USER, prepared.user_key, host=HOST, port=prepared.sftp_port
    )  # fmt: skip
    control = Control(books, teller, webhooks, faults, bureau, printer, sftp)
    with ExitStack() as stack:
        listening = stack.enter_context(_listening(prepared.http_port))
        sftp.start()
        stack.callback(sftp.close)
        webhooks.start()
        stack.callback(webhooks.close)
        stack.enter_context(_http(app(counter, door, control.routes()), listening))
        stack.enter_context(_watching(bureau, printer, books, world.bureau.poll_s, ended))
        stack.callback(ended.set)
        yield Running(prepared, books, teller, webhooks, bureau, printer, faults)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((HOST, port))
        except OSError as error:
            raise EnvironmentFault("port_taken", port=port) from error
        yield made


@contextmanager
def _http(served: Starlette, listening: socket.socket) -> Iterator[None]:
    """uvicorn in a thread of its own. It writes no log: what goes wrong is counted in the state."""
    try:
        import uvicorn
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name="sandbox", package="uvicorn", extra="sandbox") from error

    words = {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "lifespan": "off",
        "ws": "none",
        "log_level": "critical",
    }
    config = uvicorn.Config(served, timeout_graceful_shutdown=_LAST_WORDS_S, **words)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="http", daemon=True)
    thread.start()
    started = threading.Event()
    for _ in range(int(_WAIT_S * 100)):
        if server.started or not thread.is_alive():
            break
        started.wait(0.01)
    try:
        if not server.started:
            raise EnvironmentFault("port_taken", port=listening.getsockname()[1])
        yield
    finally:
        server.should_exit = True
        thread.join(_WAIT_S)


@contextmanager
def _watching(bureau: Bureau, printer: Printer, books: Books, every_s: float, ended: threading.Event) -> Iterator[None]:
    """Looks at the drop and the hot folder again and again."""

    def watch() -> None:
        while not ended.wait(every_s):
            for look in (bureau.look, printer.look):
                try:
                    look()
                except Exception as error:  # a full disk, a folder that is gone, a bug: the next look may succeed
                    with books.lock:
                        books.counts[f"bug {type(error).__name__}"] += 1

    thread = threading.Thread(target=watch, name="bureau", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_WAIT_S)
