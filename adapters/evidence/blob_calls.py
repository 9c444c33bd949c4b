"""Calls to the blobs of one container, and the meaning of each refusal.

No call changes existing content of a blob: an append names the length that it expects, and a blob
is created only if there is none. So a locked policy with ``allowProtectedAppendWrites`` allows each
call: https://learn.microsoft.com/azure/storage/blobs/immutable-time-based-retention-policy-overview
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from azure.core.rest import HttpRequest

from adapters.azure_http.credential import SharedCredential
from adapters.azure_http.refusals import UNEXPECTED, Refusal
from adapters.azure_http.rest_calls import RestAnswer, RestCalls
from adapters.store.errors import MISSING_ROLE, NETWORK_REFUSED
from drift.config.storage_account import SCOPE
from drift.errors import NO_TOKEN, UNANSWERED

READ_SECONDS: Final = 8

ROLE: Final = "Storage Blob Data Contributor"
"""The least built-in role that reads, makes and appends to blobs."""

OTHER_LENGTH: Final = "AppendPositionConditionNotMet"
"""The code of a 412: the blob does not have the length that an append expects."""

_VERSION: Final = "2021-12-02"
_TYPE: Final = "x-ms-blob-type"
_BLOCKS: Final = "x-ms-blob-committed-block-count"
_IS_THERE: Final = frozenset({"BlobAlreadyExists", "BlobImmutableDueToPolicy", "ConditionNotMet"})
"""How Azure refuses to create a blob that already exists, with and without a policy."""

REASONS: Final[Mapping[str, str]] = {
    NO_TOKEN: "there is no managed identity here, or AZURE_CLIENT_ID names another",
    MISSING_ROLE: f"the identity lacks the role {ROLE} on the container",
    NETWORK_REFUSED: "the account's network rules block this machine",
    "ContainerNotFound": "the container is missing: a deployment makes it, with its policy",
    "ContainerBeingDeleted": "the container is being deleted",
    "BlobImmutableDueToPolicy": "the container's policy must allow protected append writes",
    "BlobIsSealed": "somebody has sealed the blob",
    "InvalidBlobType": "it is not an append blob",
}

REMEDIES: Final[Mapping[str, str]] = {
    NO_TOKEN: "run `az login`; in Azure, give the app a managed identity or correct AZURE_CLIENT_ID",
    MISSING_ROLE: f"give the monitor's identity the role '{ROLE}' on the container",
    NETWORK_REFUSED: "allow this network in the account's firewall, or run this where the app runs",
    "ContainerNotFound": "deploy again (azd provision), or correct EVIDENCE_STORE",
    "ContainerBeingDeleted": "wait until it is deleted, then deploy again (azd provision)",
    "BlobImmutableDueToPolicy": "allow protected append writes in the container's policy",
    "BlobIsSealed": "find out who sealed the blob; the monitor adds nothing to it",
    "InvalidBlobType": "find out who made the blob; the monitor adds nothing to it",
}


@dataclass(frozen=True, slots=True)
class AppendBlob:
    """The content of an append blob: its bytes, and its number of blocks."""

    size: int
    blocks: int


class BlobCalls:
    """The blobs of a container, each call sent once; each raises Refusal."""

    def __init__(
        self, container: str, credential: SharedCredential, *, read_seconds: float = READ_SECONDS
    ) -> None:
        self._container = container.rstrip("/")
        self._calls = RestCalls(credential, SCOPE, read_seconds=read_seconds)

    @property
    def host(self) -> str:
        """Return the host of the account's blobs, for messages."""
        return urlsplit(self._container).netloc

    def append_blob(self, name: str) -> AppendBlob | None:
        """Return the size of an append blob, None where there is no blob of this name."""
        try:
            answer = self._send("HEAD", name)
        except Refusal as refusal:
            if (refusal.status, refusal.code) == (404, "BlobNotFound"):
                return None
            raise
        return AppendBlob(_number(answer, "Content-Length"), _number(answer, _BLOCKS))

    def make_append_blob(self, name: str) -> None:
        """Create an empty append blob if there is no blob of this name."""
        self._make(name, "AppendBlob", b"")

    def make(self, name: str, data: bytes) -> None:
        """Create a blob with these bytes if there is none of this name."""
        self._make(name, "BlockBlob", data)

    def append(self, name: str, size: int, data: bytes) -> None:
        """Append a block to a blob that holds ``size`` bytes; any other length is a Refusal."""
        condition = {"x-ms-blob-condition-appendpos": str(size)}
        answer = self._send("PUT", name, query="comp=appendblock", headers=condition, data=data)
        if (answer.status, answer.headers.get("x-ms-blob-append-offset")) != (201, str(size)):
            raise Refusal(UNANSWERED, UNEXPECTED)

    def read(self, name: str, first: int, length: int) -> bytes:
        """Return these bytes of a blob, fewer if it ends earlier."""
        asked = {"x-ms-range": f"bytes={first}-{first + length - 1}"}
        try:
            answer = self._send("GET", name, headers=asked)
        except Refusal as refusal:
            if refusal.status == 416:  # it ends before the first of them
                return b""
            raise
        end = first + len(answer.content) - 1
        is_it = answer.headers.get("Content-Range", "").startswith(f"bytes {first}-{end}/")
        if answer.status != 206 or not is_it or _TYPE not in answer.headers:
            raise Refusal(UNANSWERED, UNEXPECTED)
        return answer.content

    def names(self) -> Iterator[str]:
        """Yield the name of every blob, in order; raise Refusal."""
        for page in self._pages():
            yield from (each.text or "" for each in page.iterfind("Blobs/Blob/Name"))

    def times(self) -> Iterator[datetime | None]:
        """Yield when each blob was made, None where that is not shown; raise Refusal."""
        for page in self._pages():
            yield from (_made_at(each) for each in page.iterfind("Blobs/Blob"))

    def _pages(self) -> Iterator[ET.Element]:
        marker = ""
        while True:
            more = {"marker": marker} if marker else {}
            query = urlencode({"restype": "container", "comp": "list", **more})
            page = _list_in(self._send("GET", "", query=query))
            yield page
            marker = page.findtext("NextMarker") or ""
            if not marker:
                return

    def close(self) -> None:
        """Close every session; no call may follow."""
        self._calls.close()

    def _make(self, name: str, kind: str, data: bytes) -> None:
        try:
            answer = self._send("PUT", name, headers={_TYPE: kind, "If-None-Match": "*"}, data=data)
        except Refusal as refusal:
            if refusal.status in (409, 412) and refusal.code in _IS_THERE:
                return
            raise
        if answer.status != 201 or "ETag" not in answer.headers:
            raise Refusal(UNANSWERED, UNEXPECTED)

    def _send(
        self,
        method: str,
        name: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        data: bytes = b"",
    ) -> RestAnswer:
        place = f"{self._container}/{quote(name)}" if name else self._container
        sent = {"x-ms-version": _VERSION, "Accept-Encoding": "identity", **(headers or {})}
        if method == "PUT":
            sent |= {"Content-Length": str(len(data)), "Content-Type": "application/octet-stream"}
        address = f"{place}?{query}" if query else place
        return self._calls.send(HttpRequest(method, address, headers=sent, content=data or None))


def _number(answer: RestAnswer, name: str) -> int:
    """Return a header of an append blob; any other answer is a Refusal."""
    text = answer.headers.get(name, "")
    if answer.status != 200 or answer.headers.get(_TYPE) != "AppendBlob" or not text.isdecimal():
        raise Refusal(UNANSWERED, UNEXPECTED)
    return int(text)


def _made_at(blob: ET.Element) -> datetime | None:
    text = blob.findtext("Properties/Creation-Time") or ""
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def _list_in(answer: RestAnswer) -> ET.Element:
    try:
        # Expat refuses the expansion of entities; the answer came from the account over TLS.
        page = ET.fromstring(answer.content)  # noqa: S314
    except ET.ParseError:
        raise Refusal(UNANSWERED, UNEXPECTED) from None
    if page.tag != "EnumerationResults":
        raise Refusal(UNANSWERED, UNEXPECTED)
    return page
