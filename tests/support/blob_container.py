"""A container in Azurite behind TLS and tokens, as one of Azure is, and a way to it with faults."""

import http.client
import itertools
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from adapters.azure_http.credential import azure_credential
from adapters.evidence.blob_calls import BlobCalls
from sandbox.core.people import MONITOR
from sandbox.http.certificates import server_context
from sandbox.http.endpoint import Endpoint
from sandbox.http.messages import Answer, Refused, Request
from sandbox.world import Sandbox
from tests.azurite import running

_OF_THE_CONNECTION = frozenset(
    ("connection", "content-length", "date", "keep-alive", "transfer-encoding")
)
_STORAGE = "https://storage.azure.com"


class BlobService(Endpoint):
    """Passes requests on to Azurite; ``refuse``, ``reset`` and the like keep some of them from it."""

    def __init__(self, azure: Sandbox, azurite: str) -> None:
        folder = azure.ca_bundle.parent
        super().__init__(azure.clock, server_context(folder))
        self.azure = azure
        self._place = urlsplit(azurite)
        self._trust = ssl.create_default_context(cafile=str(azure.ca_bundle))
        self._numbers = itertools.count(1)
        self.has_policy = False
        """A locked policy with ``allowProtectedAppendWrites`` keeps every blob, which Azurite has not."""

    def answer(self, request: Request) -> Answer:
        """Return what Azurite answers."""
        if self.has_policy and self._would_change_a_blob(request):
            raise Refused(409, "BlobImmutableDueToPolicy", "Not permitted by the policy.")
        return self._asked(request.method, request.target, dict(request.headers), request.body)

    def new_container(self) -> str:
        """Make a container and return its address."""
        path = f"{self._place.path}/evidence{next(self._numbers)}"
        token = {"Authorization": f"Bearer {self.azure.token(MONITOR, _STORAGE)}"}
        made = self._asked("PUT", f"{path}?restype=container", token | {"Content-Length": "0"})
        assert made.status == 201, made
        return f"{self.base_url}{path}"

    def _would_change_a_blob(self, request: Request) -> bool:
        if request.method in ("GET", "HEAD") or request.query.get("comp") == "appendblock":
            return False
        token = {"Authorization": request.headers["authorization"]}
        return self._asked("HEAD", urlsplit(request.target).path, token).status == 200

    def _asked(
        self, method: str, target: str, headers: dict[str, str], body: bytes = b""
    ) -> Answer:
        far = http.client.HTTPSConnection(
            self._place.hostname or "", self._place.port, context=self._trust
        )
        sent = {name: value for name, value in headers.items() if name.lower() != "host"}
        try:
            far.request(method, target, body or None, {"x-ms-version": "2021-12-02"} | sent)
            came = far.getresponse()
            content = came.read()
        finally:
            far.close()
        if method == "HEAD":  # the length of what is not sent
            content = bytes(int(came.getheader("Content-Length") or 0))
        kept = {
            name: value
            for name, value in came.getheaders()
            if name.lower() not in _OF_THE_CONNECTION
        }
        return Answer(status=came.status, body=content, headers=kept)


@contextmanager
def blob_service(folder: Path) -> Iterator[tuple[BlobService, dict[str, str]]]:
    """Run an account's blobs; yield them with the environment in which an identity reaches them."""
    with Sandbox(log_delay=(0.0, 0.0)) as azure:
        both = str(azure.ca_bundle.parent / "server.pem")
        with running(folder, "--oauth", "basic", "--cert", both, "--key", both) as azurite:
            service = BlobService(azure, azurite.url("Blob"))
            service.start()
            try:
                yield service, azure.environment()
            finally:
                service.close()
    if service.listener.defects:
        raise service.listener.defects[0]


def calls_to(container: str, *, read_seconds: float = 8.0) -> BlobCalls:
    """Return calls by the identity of the environment."""
    return BlobCalls(container, azure_credential("", os.environ), read_seconds=read_seconds)
