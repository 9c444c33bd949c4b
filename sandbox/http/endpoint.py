"""The common part of every service: a port, a log of requests, a latency, faults on request."""

import abc
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.http.faults import Fault, FaultKind, Faults
from sandbox.http.listener import Listener, Sent
from sandbox.http.messages import Answer, Refused, Request, json_answer, path_matches

_HUNG_UP: Final = Answer(status=0)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request and its result; ``status`` 0: the connection was reset."""

    request: Request
    status: int
    identity: str = ""

    @property
    def path(self) -> str:
        """Return the request's path."""
        return self.request.path

    @property
    def method(self) -> str:
        """Return the request's method."""
        return self.request.method


class Endpoint(abc.ABC):
    """One service on its own port."""

    def __init__(self, clock: Clock, tls: ssl.SSLContext | None = None) -> None:
        self.clock = clock
        self.latency = 0.0
        self.faults = Faults()
        self._seen: list[Seen] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self.listener = Listener(self._serve, clock, tls)

    @abc.abstractmethod
    def answer(self, request: Request) -> Answer:
        """Handle a request; raise Refused for what the service refuses."""

    def refusal(self, refused: Refused) -> Answer:
        """Return a refusal in this service's own form."""
        return refused.answer()

    def identity(self, request: Request) -> str:  # noqa: ARG002 - most services know nobody
        """Return the caller, for the log."""
        return ""

    @property
    def base_url(self) -> str:
        """Return the address without a path."""
        return self.listener.base_url

    @property
    def requests(self) -> Sequence[Seen]:
        """Return every request so far, refused and reset ones too, in order of completion."""
        with self._lock:
            return list(self._seen)

    def count(self, match: str = "", *, method: str = "", status: int | None = None) -> int:
        """Count requests by path (``messages.meant`` says how), method and status."""
        return sum(
            1
            for seen in self.requests
            if path_matches(match, seen.path)
            and method.upper() in ("", seen.method)
            and status in (None, seen.status)
        )

    def forget(self) -> None:
        """Empty the log of requests."""
        with self._lock:
            self._seen.clear()

    def refuse(
        self,
        match: str = "",
        *,
        status: int = 503,
        code: str = "",
        times: int | None = None,
        retry_after: float | None = None,
        method: str = "",
    ) -> None:
        """Answer matching requests with this status and error code instead of handling them."""
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        named = code or _CODES.get(status, "InternalServerError")
        refused = Refused(status, named, f"{named} (as asked for)", headers=headers)
        self._arm(FaultKind.REFUSE, match, times, method=method, answer=self.refusal(refused))

    def reset(
        self, match: str = "", *, times: int | None = 1, after: bool = False, method: str = ""
    ) -> None:
        """Reset the connection; ``after``: only when the request has been handled."""
        kind = FaultKind.RESET_AFTER if after else FaultKind.RESET
        self._arm(kind, match, times, method=method)

    def cut(self, match: str = "", *, times: int | None = 1, method: str = "") -> None:
        """Close the connection in the middle of the answer's body."""
        self._arm(FaultKind.CUT, match, times, method=method)

    def stall(
        self, match: str = "", *, seconds: float, times: int | None = 1, method: str = ""
    ) -> None:
        """Wait for some seconds, then handle the request."""
        self._arm(FaultKind.STALL, match, times, method=method, seconds=seconds)

    def garble(self, match: str = "", *, times: int | None = 1, method: str = "") -> None:
        """Answer 200 with an HTML page, as a proxy may do."""
        self._arm(FaultKind.GARBLE, match, times, method=method)

    def blank(self, match: str = "", *, times: int | None = 1, method: str = "") -> None:
        """Answer 200 with an empty body."""
        self._arm(FaultKind.REFUSE, match, times, method=method, answer=Answer(status=200))

    def clear(self) -> None:
        """Remove all faults."""
        self.faults.clear()

    def start(self) -> None:
        """Begin to serve."""
        self.listener.start()

    def close(self) -> None:
        """Stop serving."""
        self._closing.set()
        self.listener.close()

    def _arm(
        self,
        kind: FaultKind,
        match: str,
        times: int | None,
        *,
        method: str,
        answer: Answer | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.faults.add(
            Fault(
                kind=kind, match=match, times=times, method=method, answer=answer, seconds=seconds
            )
        )

    def _serve(self, request: Request) -> Sent:
        sent = self._sent(request, self.faults.take(request))
        with self._lock:
            status = 0 if sent.reset else sent.answer.status
            self._seen.append(Seen(request, status, self.identity(request)))
        return sent

    def _sent(self, request: Request, fault: Fault | None) -> Sent:
        self._wait(self.latency + (fault.seconds if fault else 0.0))
        match fault.kind if fault else None:
            case FaultKind.REFUSE if fault and fault.answer:
                return Sent(fault.answer)
            case FaultKind.RESET:
                return Sent(_HUNG_UP, reset=True)
            case FaultKind.RESET_AFTER:
                return Sent(self._handled(request), reset=True)
            case FaultKind.CUT:
                return Sent(self._handled(request), cut=True)
            case FaultKind.GARBLE:
                return Sent(Answer(status=200, body=_PAGE, headers={"Content-Type": "text/html"}))
            case _:
                return Sent(self._handled(request))

    def _handled(self, request: Request) -> Answer:
        try:
            return self.answer(request)
        except Refused as refused:
            return self.refusal(refused)

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self._closing.wait(seconds)


_PAGE: Final = b"<html><body>The service is unavailable.</body></html>"
_CODES: Final = {
    400: "BadRequest",
    401: "InvalidAuthenticationToken",
    403: "AuthorizationFailed",
    404: "ResourceNotFound",
    409: "Conflict",
    429: "SubscriptionRequestsThrottled",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}


def read_json(request: Request) -> object:
    """Return the body as JSON; refuse anything else as ARM does."""
    try:
        return request.json()
    except ValueError:
        message = "The request content was invalid and could not be deserialized."
        raise Refused(400, "InvalidRequestContent", message) from None


__all__ = ["Clock", "Endpoint", "Seen", "json_answer", "read_json"]
