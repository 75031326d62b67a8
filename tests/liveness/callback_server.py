"""A web server as an integrator would write it, as small as one can be: python callback_server.py FOLDER"""

from __future__ import annotations

import base64
import json
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ephoto.core.errors import EphotoError
from ephoto.liveness.provider import Ticket
from ephoto.liveness.remote import RemoteLiveness, http_status


class Handler(BaseHTTPRequestHandler):
    provider: RemoteLiveness
    timeout = 10  # whoever sends nothing for so long is hung up on

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(min(length, self.provider.max_body_bytes + 1))
        if len(body) < min(length, self.provider.max_body_bytes + 1):
            return  # the connection was cut
        path, _, query = self.path.partition("?")
        try:
            self.answer(200, self.told(path, query, body))
        except EphotoError as error:
            self.answer(http_status(error), error.to_dict())

    def told(self, path, query, body):
        if path == "/start":
            return self.provider.start("card-photo").to_dict()
        if path in ("/result", "/best"):
            ticket = Ticket.from_dict(json.loads(body))
            if path == "/result":
                verdict = self.provider.result(ticket)
                return None if verdict is None else verdict.to_dict()
            frame = self.provider.take_best(ticket)
            return None if frame is None else base64.b64encode(frame).decode()
        return self.provider.receive(self.command, path, query, self.headers, body).to_dict()

    def answer(self, status, told):
        data = json.dumps(told).encode()
        self.close_connection = True
        with suppress(ConnectionError):  # who asked has hung up
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *words):
        print(*words, file=sys.stderr)


def main():
    folder = Path(sys.argv[1])
    offset = folder / "offset"
    clock = lambda: time.time() + (float(offset.read_text()) if offset.exists() else 0.0)  # noqa: E731
    Handler.provider = RemoteLiveness.from_file(folder / "acme.toml", clock)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
