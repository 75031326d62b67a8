"""Requests to one HTTP server: signed, tried again where that is safe, bounded in time and size, and never logged here.

httpx goes where it is sent and nowhere else: no proxies and no settings from the environment, no redirects.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.core.signing import HEADERS
from ephoto.workflow.wire import as_json
from ephoto.workflow.wire.deadline import Deadline
from ephoto.workflow.wire.limits import limits
from ephoto.workflow.wire.refusals import OTHER, problem_of, refusal
from ephoto.workflow.wire.retrying import Patience, is_passing, retry_after_s

try:
    import httpx
except ImportError as error:
    raise EnvironmentFault("extra_missing", name="ephoto.workflow", package="httpx", extra="workflow") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType
    from typing import Any, Self

    from ephoto.core.signing import Clock, Signer
    from ephoto.workflow.wire.transport import Http

__all__ = ["Answer", "Client"]

Method = Literal["GET", "POST"]
_PROBLEM = "application/problem+json"
_FIRST_REDIRECT, _FIRST_BAD = 300, 400
_KEY = re.compile(r"[\x21-\x7e]{1,255}")  # an idempotency key, whether it is signed or not


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; the names of `headers` are small letters."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def good(self) -> bool:
        return self.status < _FIRST_REDIRECT

    def problem(self) -> Mapping[str, Any] | None:
        """The problem document (RFC 9457) that the answer is; None if it is none."""
        if self.content_type.partition(";")[0].strip().lower() != _PROBLEM:
            return None
        try:
            return as_json.read(self.body, "utf-8")
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a try failed; `certain`: the server has surely not read the request."""

    problem: str
    certain: bool = False
    hopeless: bool = False
    asked_s: float | None = None


class Client:
    """Sends requests to one server.

    Parameters
    ----------
    transport : where it is, and how patient we are
    signer : signs every try anew, with a fresh nonce and time; None sends no signature
    clock : seconds since 1970 UTC
    sleep : waits so many seconds
    rng : numbers from 0 to 1 by chance, for the time between tries

    Raises
    ------
    InputError
        "not_readable": a certificate's file.
    """

    def __init__(
        self,
        transport: Http,
        signer: Signer | None,
        clock: Clock,
        sleep: Callable[[float], None],
        rng: Callable[[], float],
    ) -> None:
        self._transport, self._signer, self._clock, self._sleep = transport, signer, clock, sleep
        self._patience = Patience(transport.retries, transport.max_backoff_s, rng)
        self._target = urlsplit(transport.url).netloc
        seconds = transport.timeout_s
        self._client = httpx.Client(
            verify=_trusted(transport),
            timeout=httpx.Timeout(seconds, connect=min(seconds, limits().connect_timeout_s)),
            limits=httpx.Limits(max_keepalive_connections=0),  # one that was cut meanwhile harms no other request
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": "ephoto"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def send(
        self,
        method: Method,
        path: str,
        body: bytes = b"",
        content_type: str = "",
        *,
        idempotency_key: str = "",
        query: str = "",
        private: Iterable[str] = (),
    ) -> Answer:
        """As `exchange`, for servers that speak as ours do: an answer that is no success is raised.

        Parameters
        ----------
        private : words that an error must not tell on, such as the applicant's name

        Raises
        ------
        InputError
            The code of the problem document, or "wf.rejected_by_target".
        EnvironmentFault
            "target_unreachable", "target_nonsense".
        """
        answer = self.exchange(method, path, body, content_type, idempotency_key=idempotency_key, query=query)
        if answer.good:
            return answer
        problem = answer.problem()
        if problem is None:
            raise refusal(OTHER, status=answer.status)
        raise problem_of(problem, answer.status, private)

    def exchange(
        self,
        method: Method,
        path: str,
        body: bytes = b"",
        content_type: str = "",
        *,
        idempotency_key: str = "",
        query: str = "",
    ) -> Answer:
        """Send, and send again while that may help; what is final is returned, whatever its status.

        A request is sent again if no connection came about, and, if it is a GET or has an idempotency key, after a
        connection that was cut, a time-out, or an answer that says that it may go better later.

        Parameters
        ----------
        path, query : as they shall stand in the request line; nothing personal may be in them

        Raises
        ------
        InputError
            "signature_invalid": a part of the request cannot be signed.
        EnvironmentFault
            "target_unreachable" after the last try; "target_nonsense": a redirect, or too large an answer.
        """
        if idempotency_key and not _KEY.fullmatch(idempotency_key):
            problem = "its idempotency key has other signs or another length"
            raise InputError("signature_invalid", problem=problem)
        safe = method == "GET" or bool(idempotency_key)
        tried = 0
        while True:
            tried += 1
            told = self._once(method, path, body, content_type, idempotency_key, query)
            if isinstance(told, Answer):
                return told
            if told.hopeless or not (safe or told.certain) or tried > self._patience.retries:
                raise EnvironmentFault("target_unreachable", target=self._target, problem=told.problem, tried=tried)
            self._sleep(self._patience.wait_s(tried, told.asked_s))

    def _once(
        self, method: str, path: str, body: bytes, content_type: str, idempotency_key: str, query: str
    ) -> Answer | _Failure:
        """One try: an answer that is final, or why there is none."""
        url = httpx.URL(self._transport.url + path + (f"?{query}" if query else ""))
        headers = {"Accept": "application/json, application/problem+json, */*;q=0.5", "Accept-Encoding": "identity"}
        if content_type:
            headers["Content-Type"] = content_type
        if idempotency_key:
            headers[HEADERS.idempotency_key] = idempotency_key
        if self._signer is not None:
            sent, _, asked = url.raw_path.decode("ascii").partition("?")
            headers |= self._signer.headers(method, sent, body, query=asked, idempotency_key=idempotency_key)
        with Deadline(self._transport.timeout_s) as deadline:
            told = {"trace": deadline.trace}
            try:
                with self._client.stream(method, url, content=body, headers=headers, extensions=told) as response:
                    data = _data(response)
            except httpx.TransportError as error:
                failure = _failure(error)
                return _Failure("it was too slow", certain=failure.certain) if deadline.over else failure
        answer = Answer(response.status_code, dict(response.headers), data)
        if _FIRST_REDIRECT <= answer.status < _FIRST_BAD:
            raise EnvironmentFault("target_nonsense", problem="it sends us elsewhere")
        code = str((answer.problem() or {}).get("code", "")) if not answer.good else ""
        if answer.good or not is_passing(answer.status, code):
            return answer
        asked_s = retry_after_s(answer.headers.get("retry-after", ""), self._clock())
        return _Failure(f"it answers {answer.status}", asked_s=asked_s)


def _data(response: httpx.Response) -> bytes:
    most, held = limits().max_answer_bytes, bytearray()
    for piece in response.iter_raw():
        held += piece
        if len(held) > most:
            raise EnvironmentFault("target_nonsense", problem="it has too many bytes")
    return bytes(held)


def _failure(error: httpx.TransportError) -> _Failure:
    """What went wrong on the way, in our words: the system's may hold an address that was looked up."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _Failure("its certificate is not trusted", hopeless=True)
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return _Failure("there is no connection", certain=True)
    if isinstance(error, httpx.TimeoutException):
        return _Failure("it was too slow")
    if isinstance(error, httpx.UnsupportedProtocol):
        return _Failure("it is no URL", hopeless=True)
    return _Failure("the connection was cut, or it does not speak HTTP")


def _trusted(transport: Http) -> ssl.SSLContext:
    """Whom we trust, and who we are."""
    try:
        # httpx's own default without a file: the certificates of certifi, whatever the environment says.
        context = httpx.create_ssl_context(verify=True, trust_env=False)
        if transport.ca_file:
            context = ssl.create_default_context(cafile=str(transport.ca_file))
        if transport.cert_file:
            own = str(transport.key_file) if transport.key_file else None
            context.load_cert_chain(str(transport.cert_file), own, password="")  # else OpenSSL would ask the terminal
    except (OSError, ssl.SSLError) as error:  # the system's words may name the file, which is the operator's own
        names = [str(one) for one in (transport.ca_file, transport.cert_file, transport.key_file) if one]
        problem = error.strerror or "it is no certificate"
        raise InputError("not_readable", path=", ".join(names), problem=problem) from error
    return context
