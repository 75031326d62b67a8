"""Nonces that all processes on one database share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ephoto.workflow.store.database import Store

__all__ = ["Nonces"]


class Nonces:
    """A core.signing.NonceStore. Each claim is a transaction of its own, on the disk before it is answered."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def claim(self, key_id: str, nonce: str, mark: str, *, until_s: float, now_s: float) -> str | None:
        """See core.signing.NonceStore."""
        return self._store.run(lambda unit: unit.claim_nonce(key_id, nonce, mark, until_s=until_s, now_s=now_s))
