"""A store for tests of adapters, and a clock that can be moved."""

from __future__ import annotations

import time

from ephoto.workflow.store.database import Store
from ephoto.workflow.vault import Vault, VaultKey

VAULT_KEY = b"a vault's key of 32 bytes, really"[:32]


class Clock:
    """The machine's time and what it is moved by."""

    def __init__(self, ahead=0.0):
        self.ahead = ahead

    def __call__(self):
        return time.time() + self.ahead


def vault():
    return Vault((VaultKey("v1", VAULT_KEY),))


def open_store(url, clock=time.time):
    return Store.open(url, vault(), clock)
