"""Personal applications to a platform by HTTP: the adapter "ephoto" of the kind submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.workflow.adapters.posting import ask, post

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.core.signing import Clock
    from ephoto.workflow.adapters.protocols import Taken
    from ephoto.workflow.wire.http import Client
    from ephoto.workflow.wire.mapping import WireMapping

__all__ = ["HttpSubmission"]


class HttpSubmission:
    """Hands applications over, signed and with an idempotency key.

    Parameters
    ----------
    mapping : how the platform is spoken to
    client : signs, tries again, and gives the answer
    clock : seconds since 1970 UTC, for platforms that do not say when they received
    """

    def __init__(self, mapping: WireMapping, client: Client, clock: Clock) -> None:
        self._mapping, self._client, self._clock = mapping, client, clock

    def submit(self, document: Mapping[str, Any], files: Mapping[str, bytes], *, idempotency_key: str) -> Taken:
        """Hand over an application; see documents.submission_document.

        Parameters
        ----------
        files : pictures by the names of documents.PARTS
        idempotency_key : the same for each try of one application, a fresh one if it was changed

        Raises
        ------
        InputError, EnvironmentFault
            As `posting.post` has them. After an EnvironmentFault the platform may have it or not: submit again with the
            same key.
        """
        return post(
            self._mapping, self._client, self._clock, "submit", document, files, idempotency_key=idempotency_key
        )

    def status(self, external_no: str) -> Taken:
        """What became of an application, by the platform's number.

        Raises
        ------
        InputError, EnvironmentFault
            As `posting.ask` has them.
        """
        return ask(self._mapping, self._client, self._clock, "status", external_no)
