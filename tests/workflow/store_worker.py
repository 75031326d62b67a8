"""Another process on the same database: python store_worker.py WHAT URL [WORD ...]

It says "ready", does WHAT when it is sent a line, and prints one JSON document.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ephoto.core.errors import EphotoError, InputError
from tests.workflow.stored import application, entry, opened

ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """The process, from outside."""

    def __init__(self, what, url, *words):
        asked = [sys.executable, __file__, what, url, *map(str, words)]
        self.process = subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def ready(self):
        assert self.process.stdout.readline() == "ready\n"
        return self

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self

    def told(self):
        out, _ = self.process.communicate(timeout=300)
        return json.loads(out) if out else None


def together(what, url, *words, count=2):
    """Several processes that begin at once; what each tells."""
    workers = [Worker(what, url, *words, number) for number in range(count)]
    for worker in workers:
        worker.ready()
    for worker in workers:
        worker.go()
    return [worker.told() for worker in workers]


def wait():
    print("ready", flush=True)
    sys.stdin.readline()


def opens(url, _number):
    wait()
    with opened(url, time.time) as store:
        return store.run(lambda unit: unit.count_photos())


def applies(url, looks, number):
    """The same person applies; with `looks` a step asks first, as an office does."""

    def step(unit):
        if looks == "looks" and unit.open_application_of(store.vault.mark("person", "119900198802290011")):
            return "there"
        unit.add_application(application(store, f"APP-{number}"))
        time.sleep(0.05)
        return "added"

    with opened(url, time.time) as store:
        wait()
        try:
            return store.run(step)
        except InputError as error:
            return error.code


def same_key(url, number):
    """One request comes to two processes, with one idempotency key."""

    def step(unit):
        known = unit.by_idempotency_key("KEY-1")
        if known is not None:
            return known.id
        unit.add_application(application(store, f"APP-{number}", idempotency_key="KEY-1"))
        time.sleep(0.05)
        return f"APP-{number}"

    with opened(url, time.time) as store:
        wait()
        return store.run(step)


def counts(url, times, number):
    """Each appends the number that follows the last one."""

    def step(unit):
        unit.application("APP-0001", lock=True)
        last = unit.history("APP-0001")
        following = 1 + (last[-1].event.payload["n"] if last else 0)
        unit.append(entry(f"EV-{number}-{following}", payload={"n": following}))

    with opened(url, time.time) as store:
        wait()
        for _ in range(int(times)):
            store.run(step)


def crosses(url, number):
    """Two lock the same two, each in another order."""
    names = ["APP-0001", "APP-0002"]

    def step(unit):
        for name in names if number == "0" else reversed(names):
            unit.append(entry(f"EV-{number}-{name}", application_id=name))
            time.sleep(0.3)

    with opened(url, time.time) as store:
        wait()
        store.run(step)


def delivers(url, number):
    """Claims and delivers until nothing waits; gives what it had."""
    had = []
    with opened(url, time.time) as store:
        wait()
        while taken := store.outbox.claim("hr", time.time(), 60, 3):
            for message in taken:
                had.append(message.id)
                store.outbox.sent(message.id)
    return had


def dies_delivering(url):
    with opened(url) as store:
        wait()
        print(json.dumps([message.id for message in store.outbox.claim("hr", 1e12, 60, 1)]), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


def dies_writing(url):
    """Killed with an open transaction that holds a lock."""
    with opened(url) as store:
        wait()
        with store.unit() as unit:
            unit.append(entry("EV-LOST"))
            unit.enqueue("hr", "EV-LOST", b"{}")
            unit.audit("lost")
            print(json.dumps("wrote"), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)


def claims_nonces(url, times, number):
    with opened(url, time.time) as store:
        wait()
        return [
            store.nonces.claim("key", f"nonce-{n}", f"mark-{number}", until_s=1e12, now_s=1.0)
            for n in range(int(times))
        ]


def fills(url, most):
    """Writes until its files may not grow any more, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with opened(url) as store:
        store.run(lambda unit: unit.add_application(application(store)))
        wait()
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
        kept = 0
        try:
            for n in range(1000):
                store.run(lambda unit, n=n: unit.append(entry(f"EV-{n}", payload={"x": "x" * 5000})))
                kept += 1
        except EphotoError as error:
            return [error.code, error.message(), kept]


def streams(url, count):
    """Adds photos, and reads them all one by one; gives the greatest size so far at several points, in MB."""
    count = int(count)
    photo = os.urandom(25_000)
    sizes = []
    with opened(url, time.time) as store:
        wait()
        for start in range(0, count, 100):
            with store.unit() as unit:
                for n in range(start, start + 100):
                    unit.add_application(application(store, f"APP-{n:06}", person=str(n)))
                    unit.put_photo(f"APP-{n:06}", "card", photo)
            if start in (900, count - 100):
                sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        with store.reading() as unit:
            seen = 0
            for row in unit.applications(limit=None):
                seen += unit.photo(unit.photo_of(row.id, "card").photo_id) == photo
        sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return [seen, *sizes]


if __name__ == "__main__":
    told = globals()[sys.argv[1]](*sys.argv[2:])
    print(json.dumps(told))
