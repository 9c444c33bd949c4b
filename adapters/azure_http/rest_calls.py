"""Calls of a service's REST interface with the app's identity, each sent once."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from adapters.azure_http.credential import NoToken, SharedCredential
from adapters.azure_http.policies import error_code_of, policies
from adapters.azure_http.refusals import Refusal
from adapters.azure_http.transport import transport
from adapters.per_thread import PerThread
from drift.errors import NO_TOKEN, UNANSWERED

_CODE: Final = re.compile(r"[A-Za-z0-9]{1,80}")


@dataclass(frozen=True, slots=True)
class RestAnswer:
    """An answer below 400, read whole; names of headers are found in any case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


class RestCalls:
    """One service; each thread has its own session. No error has the service's own text."""

    def __init__(self, credential: SharedCredential, scope: str, *, read_seconds: float) -> None:
        self._credential = credential
        self._scope = scope
        self._read_seconds = read_seconds
        self._clients = PerThread(self._client)

    def send(self, request: HttpRequest) -> RestAnswer:
        """Send a request once and return the answer; raise Refusal."""
        try:
            answer = self._clients.get().send_request(request)
        except NoToken:
            raise Refusal(401, NO_TOKEN) from None
        except AzureError:
            raise Refusal(UNANSWERED) from None
        if answer.status_code < 400:
            return RestAnswer(answer.status_code, answer.headers, answer.content)
        if answer.status_code == 401:
            self._credential.forget()
        named = str(answer.headers.get("x-ms-error-code", "")) or _inner_code_of(answer.content)
        code = named if _CODE.fullmatch(named) else error_code_of(answer.content)
        raise Refusal(answer.status_code, code)

    def close(self) -> None:
        """Close every thread's session and the identity's; no call may follow."""
        self._clients.close()
        self._credential.close()

    def _client(self) -> PipelineClient[Any, Any]:
        return PipelineClient(
            "",  # every request names its own address
            policies=policies(self._credential, self._scope),
            transport=transport(self._read_seconds),
        )


def _inner_code_of(content: bytes) -> str:
    """Return the specific code of an error of a key vault, "" where there is none.

    https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
    """
    try:
        return str(json.loads(content)["error"]["innererror"]["code"])
    except (LookupError, TypeError, ValueError):
        return ""
