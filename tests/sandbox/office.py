"""The other side of the sandbox, as small as it can be: documents, forms, signed requests, packages, a receiver.

Requests are signed by ephoto's own code, which the sandbox does not use; nothing of ephoto.workflow is here.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import threading
import time
import uuid
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from ephoto.contracts.schemas import check
from ephoto.core.errors import InputError
from ephoto.core.signing import Key, MemoryNonces, Signer, Verifier

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8 + b"\xff\xd9"
ME, OTHER = "119900198802290011", "119900199308150026"
NOW = "2026-02-03T09:12:00+08:00"
DEADLINE_S = 15


def application(application_id="APP-TEST-0001", number=ME, **changed):
    made = {
        "schema": "ephoto.submission/1",
        "application_id": application_id,
        "kind": "first_issue",
        "route": "individual",
        "applicant": applicant(number),
        "bank": {"code": "BANK-1", "branch_code": "B0001"},
        "delivery": {"method": "pickup_branch", "locked": False},
        "photo": photo(),
        "id_card": {side: {"file": f"id_card_{side}.jpg", **facts()} for side in ("front", "back")},
        "verification": {"real_name_at": NOW, "face_at": NOW, "provider": "test"},
        "pledge_accepted_at": NOW,
        "consent": {"version": "1", "at": NOW, "scope": ["platform"]},
    }
    return made | changed


def replacement(application_id="APP-TEST-0002", number=ME, **changed):
    made = {
        "schema": "ephoto.replacement/1",
        "application_id": application_id,
        "kind": "replacement_damage",
        "channel": "branch_counter",
        "applicant": applicant(number),
        "bank": {"code": "BANK-1", "branch_code": "B0001"},
        "delivery": {"method": "pickup_branch", "locked": False},
        "previous": {"returned": True},
        "valid_id": {"id_type": "resident_id", "shown_at": NOW},
        "photo": photo(),
        "consent": {"version": "1", "at": NOW, "scope": ["bank"]},
    }
    return made | changed


def applicant(number=ME):
    birth = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    told = {"name": "测试甲", "id_type": "resident_id", "id_number": number, "birth_date": birth, "sex": "M"}
    return told | {"mobile": "13800138000"}


def facts(data=JPEG):
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def photo(data=JPEG):
    told = {"source": "uploaded", "file": "photo.jpg", **facts(data), "width": 358, "height": 441, "dpi": 350}
    return told | {"spec": "cn-social-security-card@1", "report_status": "pass"}


def form(document, pictures=None, part="application"):
    """A multipart body, each time with another boundary."""
    names = ["photo"] + (["id_card_front", "id_card_back"] if part == "application" else [])
    pictures = dict.fromkeys(names, JPEG) if pictures is None else pictures
    data = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    files = [(part, (None, data, "application/json"))]
    files += [(name, (f"{name}.jpg", picture, "image/jpeg")) for name, picture in pictures.items()]
    request = httpx.Request("POST", "http://127.0.0.1", files=files)
    return request.read(), request.headers["content-type"]


class Office:
    """Sends signed requests to a sandbox, and checks every answer against its schema."""

    def __init__(self, prepared, clock=time.time):
        self.prepared = prepared
        self.url = prepared.url
        secret = (prepared.folder / "keys" / "office.key").read_bytes()
        self.signer = Signer(Key("office-1", secret), clock)
        self.client = httpx.Client(trust_env=False, timeout=30)

    def send(self, method, path, body=b"", content_type="application/json", *, query="", key="", headers=None):
        told = self.signer.headers(method, path, body, query=query, idempotency_key=key) if headers is None else headers
        url = self.url + path + (f"?{query}" if query else "")
        answer = self.client.request(method, url, content=body, headers={**told, "Content-Type": content_type})
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
            check(problem, "ephoto.problem/1")
            assert problem["status"] == answer.status_code
            assert problem["message"]
            assert any("\u4e00" <= sign <= "\u9fff" for sign in problem["message_zh"])
        return answer

    def post(self, path, document, **words):
        return self.send("POST", path, json.dumps(document, ensure_ascii=False).encode(), **words)

    def apply(self, document=None, pictures=None, *, key=None):
        body, kind = form(application() if document is None else document, pictures)
        return self.send("POST", "/v1/applications", body, kind, key=str(uuid.uuid4()) if key is None else key)

    def replace(self, document, pictures=None, *, key=None):
        body, kind = form(document, pictures, part="request")
        return self.send("POST", "/v1/replacements", body, kind, key=str(uuid.uuid4()) if key is None else key)

    def feed(self, cursor="", limit=100):
        query = f"limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        answer = self.send("GET", "/v1/events", query=query).json()
        check(answer, "ephoto.feed/1")
        return answer

    def control(self, name, **said):
        answer = self.client.post(f"{self.url}/control/{name}", json=said)
        return answer.json() if answer.status_code == 200 else answer

    def state(self):
        return self.client.get(f"{self.url}/control/state").json()

    def receipts(self, count=1, digest="sha256"):
        """Receipts in `out`, as soon as there are so many, each held against its control line and its schema."""
        out = self.prepared.bureau / "out"
        until(lambda: len(list(out.glob("*.json.ok"))) >= count)
        return [read_receipt(path, digest) for path in sorted(out.glob("*.json.ok"))]

    def sftp(self, *commands, user="office", key=None):
        """A session of OpenSSH's client; gives its exit code and what it said."""
        keys = self.prepared.folder / "keys"
        words = ["/usr/bin/sftp", "-q", "-F", "none", "-b", "-", "-P", str(self.prepared.sftp_port)]
        words += ["-i", str(keys / "sftp" if key is None else key), "-o", f"UserKnownHostsFile={keys / 'known_hosts'}"]
        for option in ("StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "BatchMode=yes", "GlobalKnownHostsFile=none"):
            words += ["-o", option]
        batch = "\n".join(commands) + "\n"
        ended = subprocess.run(
            [*words, f"{user}@127.0.0.1"], input=batch, capture_output=True, text=True, timeout=60, check=False,
            env={k: v for k, v in os.environ.items() if k != "SSH_AUTH_SOCK"},
        )  # fmt: skip
        return ended.returncode, ended.stdout + ended.stderr


def read_receipt(control, algorithm="sha256"):
    name, size, rows, digest, batch_no = control.read_text("utf-8").strip().split("|")
    data = control.with_name(name).read_bytes()
    assert control.name == f"{name}.ok"
    assert len(data) == int(size)
    assert hashlib.new(algorithm, data).hexdigest() == digest
    receipt = json.loads(data)
    check(receipt, "ephoto.receipt/1")
    assert (receipt["batch_no"], len(receipt.get("rows", []))) == (batch_no, int(rows))
    return receipt


def until(condition, seconds=DEADLINE_S):
    """Wait for something that another thread or process does."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
    return found


def package(numbers=(ME,), batch_no="20260115-000001", *, roster="csv", encoding="utf-8-sig", **changed):
    """The files of a package by their names, and its manifest."""
    rows = [
        {"row_no": k, "application_id": f"APP-ROW-{k:04}", "id_number": number, "name": f"测试{k}",
         "kind": "first_issue", "photo": f"photos/{number}.jpg", "delivery": "pickup_branch", "branch_code": "B0001"}
        for k, number in enumerate(numbers, 1)
    ]  # fmt: skip
    lines = ["序号,证件号码,姓名"] + [f"{row['row_no']},{row['id_number']},{row['name']}" for row in rows]
    files = {f"roster.{roster}": "\r\n".join(lines).encode(encoding) if roster == "csv" else workbook(rows)}
    files |= {row["photo"]: JPEG + row["id_number"].encode() for row in rows}
    manifest = {
        "schema": "ephoto.package/1", "batch_no": batch_no, "attempt": 1, "sender": "EMP-0001",
        "receiver": "BUREAU-TEST", "created_at": NOW, "mode": "bulk", "digest": "sha256", "count": len(rows),
        "spec": "cn-social-security-card@1",
        "files": [{"path": path, **facts(data)} for path, data in files.items()], "rows": rows,
    }  # fmt: skip
    manifest |= changed
    files["manifest.json"] = json.dumps(manifest, ensure_ascii=False).encode()
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items()))
    return files | {"SHA256SUMS": sums.encode()}


def workbook(rows):
    import xlsxwriter

    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "证件号码"])
        for k, row in enumerate(rows, 1):
            sheet.write_string(k, 0, row["name"])
            sheet.write_string(k, 1, row["id_number"])
    return data.getvalue()


def zipped(files, compression=zipfile.ZIP_STORED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return data.getvalue()


def control_line(name, data, rows, batch_no, digest=None):
    return f"{name}|{len(data)}|{rows}|{digest or hashlib.sha256(data).hexdigest()}|{batch_no}"


def drop(prepared, data, *, name="EMP-0001_bulk_20260115_000001.zip", rows=1, batch_no="20260115-000001", line=None):
    """Put a package into the folder, its control line last."""
    folder = Path(prepared.bureau) / "in"
    (folder / f"{name}.part").write_bytes(data)
    (folder / f"{name}.part").rename(folder / name)
    (folder / f"{name}.ok.part").write_text(control_line(name, data, rows, batch_no) if line is None else line)
    (folder / f"{name}.ok.part").rename(folder / f"{name}.ok")
    return name


class Receiver:
    """A webhook's receiver: verifies, dedupes, and answers as its `answers` say, then 200."""

    def __init__(self, prepared, answers=()):
        secret = (prepared.folder / "keys" / "sandbox.key").read_bytes()
        self.verifier = Verifier((Key("sandbox-1", secret),), time.time, MemoryNonces())
        self.answers, self.got, self.statuses = list(answers), [], []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/events?office=1"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *ended):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def ids(self):
        with self.lock:
            return [event["event_id"] for event in self.got]

    def _status(self, path, headers, body):
        place, _, query = path.partition("?")
        try:
            self.verifier.verify("POST", place, query, headers, body)
        except InputError:
            return 401
        with self.lock:
            if self.answers:
                return self.answers.pop(0)
            event = json.loads(body)
            check(event, "ephoto.event/1")
            self.got.append(event)
            return 200

    def _handler(receiver):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver._status(self.path, dict(self.headers.items()), body)
                receiver.statuses.append(status)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        return Handler
