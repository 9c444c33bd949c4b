"""The HTTP transport to Azure: each answer is read whole, within a time limit and a size limit.

A socket's time-out applies to each read. A body that arrives byte by byte would never reach it, and
would block a function, its message's lease and one of the app's few threads.
"""

import io
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import requests
from azure.core.pipeline.transport import RequestsTransport
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.response import HTTPResponse

CONNECT_SECONDS: Final = 5

MAX_BYTES: Final = 32 * 1024 * 1024
"""The longest page there is (5,000 containers) needs a fifth of it."""

REUSE_SECONDS: Final = 120.0
"""How long an idle connection is reused. Azure's NAT drops one after 4 min without telling either
side, and a request sent on it would be lost until its time-out:
https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset"""

_CHUNK_BYTES: Final = 65_536


class TooLong(requests.RequestException):
    """A body is longer than MAX_BYTES."""


def transport(
    read_seconds: float,
    *,
    reuse_seconds: float = REUSE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> RequestsTransport:
    """Return one session's transport: ``read_seconds`` for each read, twice that for a whole body.

    A request with its own ``read_timeout`` has that for each read, and twice that for its body.
    A connection that was idle for longer than ``reuse_seconds`` is not used again.
    """
    return RequestsTransport(
        session=_Session(reuse_seconds, clock),
        connection_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
    )


class _Session(requests.Session):
    """Returns answers whose body has been read."""

    def __init__(self, reuse_seconds: float, clock: Callable[[], float]) -> None:
        super().__init__()
        self._reuse_seconds = reuse_seconds
        self._clock = clock
        self._used_at = clock()
        self.auth = _keep_own_token

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request and read the answer, its body included."""
        if self._clock() - self._used_at > self._reuse_seconds:
            self.close()  # drops its connections; new ones are opened
        response = self._answered(request, kwargs)
        connection: HTTPResponse = response.raw
        try:
            response.raw = _Body(self._whole(connection, 2 * kwargs["timeout"][1]))
        except ReadTimeoutError as error:
            raise requests.ReadTimeout(error) from None
        except HTTPError as error:
            raise requests.exceptions.ChunkedEncodingError(error) from None
        finally:
            connection.close()  # no effect after a complete read: the pool has it
        self._used_at = self._clock()
        return response

    def _answered(
        self, request: requests.PreparedRequest, options: Mapping[str, Any]
    ) -> requests.Response:
        try:
            return super().send(request, **{**options, "stream": True})
        except requests.RequestException:
            raise
        except OSError as error:
            # requests raises this if the file of REQUESTS_CA_BUNDLE is gone; the SDK does not convert it.
            raise requests.ConnectionError(type(error).__name__) from None

    def _whole(self, connection: HTTPResponse, seconds: float) -> bytes:
        body, until = bytearray(), self._clock() + seconds
        while chunk := connection.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > MAX_BYTES:
                raise TooLong
            if self._clock() > until:
                raise requests.ReadTimeout
        return bytes(body)


def _keep_own_token(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep our own token: without an ``auth``, requests would use the password of a .netrc file."""
    return request


class _Body(io.BytesIO):
    """A body that has been read, in place of the connection that it came from."""

    enforce_content_length = True  # the SDK sets this; the length has been checked
