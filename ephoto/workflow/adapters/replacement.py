"""Requests for another card in place of one, at a branch or online, to a bank by HTTP: the adapter "ephoto" of the kind
replacement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.workflow.adapters.posting import post

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.core.signing import Clock
    from ephoto.workflow.adapters.protocols import Taken
    from ephoto.workflow.wire.http import Client
    from ephoto.workflow.wire.mapping import WireMapping

__all__ = ["HttpReplacement"]


class HttpReplacement:
    """Hands requests over, signed and with an idempotency key; the parameters are those of `HttpSubmission`."""

    def __init__(self, mapping: WireMapping, client: Client, clock: Clock) -> None:
        self._mapping, self._client, self._clock = mapping, client, clock

    def request(self, document: Mapping[str, Any], files: Mapping[str, bytes], *, idempotency_key: str) -> Taken:
        """Hand over a request; see documents.replacement_document. `Taken.instant` says that the branch makes the card
        at once.

        Raises
        ------
        InputError, EnvironmentFault
            As `posting.post` has them. After an EnvironmentFault the bank may have it or not: request again with the
            same key.
        """
        return post(
            self._mapping, self._client, self._clock, "request", document, files, idempotency_key=idempotency_key
        )
