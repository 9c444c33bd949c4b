"""Read ARM as raw JSON, each answer dated by Azure's clock; a doubtful answer raises."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import SplitResult, quote, urlsplit

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import HttpRequest, HttpResponse
from azure.mgmt.resource.resources import ResourceManagementClient
from urllib3.exceptions import TimeoutError as SocketTimeout

from adapters.arm.api_versions import api_version_of
from adapters.azure_http.credential import NoToken, SharedCredential
from adapters.azure_http.policies import (
    READ_SECONDS,
    date_of,
    error_code_of,
    policies,
    quota_resets_of,
    reads_left_of,
    retry_after_of,
)
from adapters.azure_http.transport import TooLong, transport
from adapters.per_thread import PerThread
from drift import ids
from drift.errors import NO_TOKEN, UNANSWERED, SourceUnavailable
from drift.ports import Listing, PageCheck, Reading, every_page

PAUSE_SECONDS: Final = 1.0
"""The wait before the one further try after a reset, a cut-off body or a 5xx."""

MAX_PAGES: Final = 200
"""A collection longer than this (storage lists 5,000 a page) is reported as unreadable, not read in part."""

TIMED_OUT: Final = "TimedOut"
LOST: Final = "ConnectionLost"
CUT_OFF: Final = "AnswerCutOff"
TOO_LONG: Final = "AnswerTooLong"
NOT_ARM: Final = "NotAnAnswerOfArm"

_OF_MANAGEMENT_GROUP: Final = f"/providers/{ids.MANAGEMENT_GROUP}/"
_AT_SCOPE: Final = "&$filter=atScope()"
"""Without this filter the lists of a management group may hold what is below it.
https://learn.microsoft.com/rest/api/policy/policy-assignments/list-for-management-group"""

_SAFE: Final = "/-._~!$&'()*+,;=:@"
_OK: Final = 200
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Answer:
    """A 200 with its object, or a 404 (``body`` None) with ARM's error code."""

    at: datetime
    body: Mapping[str, Any] | None = field(repr=False)
    code: str = ""
    left: int | None = None


class ArmReader:
    """Implements ``drift.ports.Reader``. Built without a call; one HTTP session per thread.

    No call waits longer than one pause: a 429 or a Retry-After is raised, never slept.
    """

    def __init__(
        self,
        credential: SharedCredential,
        *,
        endpoint: str,
        scope: str,
        next_link: str = "nextLink",
        read_seconds: float = READ_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._credential = credential
        self._endpoint = endpoint.rstrip("/")
        self._scope = scope
        self._next_link = next_link
        self._read_seconds = read_seconds
        self._sleep = sleep
        self._clients = PerThread(self._client)

    def get(self, resource_id: str) -> Reading:
        """Read one document by its ARM id; raise SourceUnavailable."""
        if ids.type_of(resource_id) == ids.TENANT:
            return self._tenant(resource_id)
        answer = self.document(resource_id, self._address(resource_id))
        return Reading(answer.body, answer.at, answer.code, answer.left)

    def _tenant(self, tenant_id: str) -> Reading:
        """Read a tenant in the list of those of the identity: ARM has no other read of one.

        https://learn.microsoft.com/rest/api/resources/tenants/list
        """
        version = api_version_of(ids.TENANT)
        answer = self.listed(tenant_id, f"{self._endpoint}/tenants?api-version={version}")
        for each in answer.items or ():
            if str(each.get("tenantId", "")).lower() == ids.name_of(tenant_id).lower():
                return Reading({**each, "id": tenant_id}, answer.at)
        needs = "the identity is not of this tenant: correct AZURE_TENANT_ID"
        raise SourceUnavailable(tenant_id, 403, "TenantNotListed", needs=needs)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read every item of a collection, dated by its first page; raise SourceUnavailable."""
        address = self._address(collection_id)
        is_above = ids.key(collection_id).startswith(_OF_MANAGEMENT_GROUP)
        if is_above and ids.is_inherited(collection_id):
            address += _AT_SCOPE
        return self.listed(collection_id, address, before_page)

    def listed(self, what: str, address: str, before_page: PageCheck = every_page) -> Listing:
        """Read every item behind an address; raise SourceUnavailable."""
        first = self.document(what, address, before_page())
        if first.body is None:
            return Listing(None, first.at, first.code, first.left)
        items: list[Mapping[str, Any]] = []
        for page in self._pages(what, first.body, before_page):
            items.extend(_items(what, page))
        return Listing(tuple(items), first.at, left=first.left)

    def close(self) -> None:
        """Close every thread's session; no read may follow."""
        self._clients.close()

    def _client(self) -> ResourceManagementClient:
        return ResourceManagementClient(
            self._credential,
            "",  # every request names its own subscription
            base_url=self._endpoint,
            credential_scopes=[self._scope],
            policies=policies(self._credential, self._scope),
            transport=transport(self._read_seconds),
        )

    def _address(self, resource_id: str) -> str:
        if not _is_readable_id(resource_id):
            raise SourceUnavailable(resource_id, 400, "InvalidResourceId")
        version = api_version_of(ids.type_of(resource_id))
        return f"{self._endpoint}{quote(resource_id.rstrip('/'), _SAFE)}?api-version={version}"

    def _pages(
        self, what: str, page: Mapping[str, Any], before_page: PageCheck
    ) -> Iterator[Mapping[str, Any]]:
        yield page
        for _ in range(1, MAX_PAGES):
            if not page.get(self._next_link):
                return
            seconds = before_page()
            link = page[self._next_link]
            answer = self.document(what, self._next_page_address(what, link), seconds)
            if answer.body is None:
                raise SourceUnavailable(what, _NOT_FOUND, "NextPageNotFound")
            page = answer.body
            yield page
        if page.get(self._next_link):
            raise SourceUnavailable(what, _OK, "TooManyPages")

    def _next_page_address(self, what: str, link: object) -> str:
        """Return a next page's address; refuse another host, which would receive our token."""
        try:
            found = urlsplit(link) if isinstance(link, str) else SplitResult("", "", "", "", "")
            is_ours = _origin(found) == _origin(urlsplit(self._endpoint))
        except ValueError:
            is_ours = False
        if not is_ours:
            raise SourceUnavailable(what, _OK, "ForeignNextLink")
        path, query = (quote(part, f"{_SAFE}%?") for part in (found.path, found.query))
        return f"{self._endpoint}{path}?{query}"

    def document(self, what: str, address: str, seconds: float | None = None) -> Answer:
        """Read what is at an address; raise SourceUnavailable."""
        request = HttpRequest("GET", address, headers={"Accept": "application/json"})
        return self.send(what, request, seconds)

    def send(self, what: str, request: HttpRequest, seconds: float | None = None) -> Answer:
        """Send a request that only reads, twice if the first answer was lost; raise SourceUnavailable.

        With ``seconds`` an answer that does not begin within so long is given up; None: the usual limit.
        """
        allowed = self._read_seconds if seconds is None else min(seconds, self._read_seconds)
        try:
            return self._once(what, request, allowed)
        except SourceUnavailable as error:
            if not _is_retryable(error) or (seconds is not None and seconds <= PAUSE_SECONDS):
                raise
        self._sleep(PAUSE_SECONDS)
        return self._once(what, request, allowed)

    def _once(self, what: str, request: HttpRequest, seconds: float) -> Answer:
        try:
            response = self._clients.get().send_request(request, read_timeout=seconds)
        except NoToken:
            raise SourceUnavailable(what, 401, NO_TOKEN) from None
        except AzureError as error:
            raise SourceUnavailable(what, UNANSWERED, _failure_code(error)) from None
        if response.status_code == 401:
            self._credential.forget()
        return _classified(what, response)


def _classified(what: str, response: HttpResponse) -> Answer:
    """Return a 200 or a 404; raise for every other status, and if Azure's clock is missing."""
    status, at = response.status_code, date_of(response.headers)
    if status not in (_OK, _NOT_FOUND):
        retry_after = retry_after_of(response.headers, at or datetime.now(UTC))
        if retry_after is None and status == _TOO_MANY:
            retry_after = quota_resets_of(response.headers)
        code = error_code_of(response.content)
        raise SourceUnavailable(what, status, code, retry_after=retry_after)
    if at is None:
        raise SourceUnavailable(what, status, NOT_ARM)
    left = reads_left_of(response.headers)
    if status == _NOT_FOUND:
        return Answer(at, None, error_code_of(response.content), left)
    try:
        body = json.loads(response.content)
    except ValueError:
        raise SourceUnavailable(what, status, CUT_OFF) from None
    if not isinstance(body, dict):
        raise SourceUnavailable(what, status, NOT_ARM)
    return Answer(at, body, left=left)


def _is_readable_id(resource_id: str) -> bool:
    is_plain = resource_id.isprintable() and not {".", ".."} & set(resource_id.split("/"))
    return is_plain and resource_id.startswith("/") and ids.is_id(resource_id)


def _items(what: str, page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = page.get("value")
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise SourceUnavailable(what, _OK, NOT_ARM)
    return items


def _is_retryable(error: SourceUnavailable) -> bool:
    if error.retry_after is not None and error.retry_after > PAUSE_SECONDS:
        return False
    return error.code in (LOST, CUT_OFF) or error.status >= _SERVER_ERROR


def _failure_code(error: AzureError) -> str:
    """Return the code for a lost answer; a time-out is not retried here."""
    causes = getattr(error.inner_exception, "args", ())
    timeouts = (ServiceRequestTimeoutError, ServiceResponseTimeoutError)
    if isinstance(error, timeouts) or any(isinstance(each, SocketTimeout) for each in causes):
        return TIMED_OUT
    if isinstance(error.inner_exception, TooLong):
        return TOO_LONG
    return CUT_OFF if isinstance(error, HttpResponseError) else LOST


def _origin(address: SplitResult) -> tuple[str, str | None, int | None, bool]:
    scheme = address.scheme.lower()
    port = address.port or _DEFAULT_PORTS.get(scheme)
    return scheme, address.hostname, port, "@" in address.netloc
