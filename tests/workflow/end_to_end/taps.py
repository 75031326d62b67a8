"""A proxy that cuts connections, and hears what goes through it."""

from __future__ import annotations

import re
import socket
from contextlib import suppress

from tests.workflow.production.servers import CuttingProxy

__all__ = ["Tap"]

_REQUEST = re.compile(rb"(GET|POST) (\S+) HTTP/1.1\r\n")


class Tap(CuttingProxy):
    """Keeps every byte that it read, from both sides."""

    def __init__(self, port, cuts=(), *, lost=False):
        super().__init__(port, list(cuts), lost=lost)
        self.heard: list[bytearray] = []
        self._ends = []

    def __exit__(self, *ended):
        for end in self._ends:  # lines that are kept open for what may follow
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        super().__exit__(*ended)

    def requests(self):
        """Method and target of each request, as they stood in its first line."""
        found = (_REQUEST.findall(bytes(one)) for one in self.heard)
        return [(method.decode(), target.decode()) for lines in found for method, target in lines]

    def _pump(self, source, target, most):
        heard = bytearray()
        self.heard.append(heard)
        self._ends.append(source)
        super()._pump(_Heard(source, heard), target, most)


class _Heard:
    def __init__(self, inner, heard):
        self.inner, self.heard = inner, heard

    def recv(self, size):
        data = self.inner.recv(size)
        self.heard += data
        return data

    def shutdown(self, how):
        self.inner.shutdown(how)

    def close(self):
        self.inner.close()
