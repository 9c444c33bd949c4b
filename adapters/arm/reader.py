"""Read ARM as raw JSON, each answer dated by Azure's clock; a doubtful answer raises."""

import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from azure.core.rest import HttpRequest
from azure.mgmt.resource.resources import ResourceManagementClient

from adapters.arm.answers import ArmAnswer, Attempts, RawAnswer
from adapters.arm.api_versions import api_version_of
from adapters.arm.pages import every_item, own_link
from adapters.azure_http.credential import SharedCredential
from adapters.azure_http.policies import READ_SECONDS, policies
from adapters.azure_http.transport import transport
from adapters.per_thread import PerThread
from drift import ids
from drift.errors import SourceUnavailable
from drift.ports import Listing, PageCheck, Reading, every_page

_OF_MANAGEMENT_GROUP: Final = f"/providers/{ids.MANAGEMENT_GROUP}/"
_AT_SCOPE: Final = "&$filter=atScope()"
"""Without this filter the lists of a management group may hold what is below it.
https://learn.microsoft.com/rest/api/policy/policy-assignments/list-for-management-group"""

_SAFE: Final = "/-._~!$&'()*+,;=:@"


class ArmReader:
    """Implements ``drift.ports.Reader``. Built without a call; one HTTP session per thread."""

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
        self._attempts = Attempts(credential, read_seconds=read_seconds, sleep=sleep)
        self._clients = PerThread(self._client)

    def get(self, resource_id: str) -> Reading:
        """Read one document by its ARM id; raise SourceUnavailable."""
        if ids.type_of(resource_id) == ids.TENANT:
            return self._tenant(resource_id)
        answer = self.document(resource_id, self._address(resource_id))
        return Reading(answer.body, answer.at, answer.code, answer.left)

    def _tenant(self, tenant_id: str) -> Reading:
        """Read a tenant from the list of the identity's tenants: ARM has no other read of a tenant.

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

        def read_page(link: object, seconds: float | None) -> ArmAnswer:
            found = address if link is None else self._next_page_address(what, link)
            return self.document(what, found, seconds)

        return every_item(what, read_page, before_page, next_link=self._next_link)

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
        if not is_readable_id(resource_id):
            raise SourceUnavailable(resource_id, 400, "InvalidResourceId")
        version = api_version_of(ids.type_of(resource_id))
        return f"{self._endpoint}{quote(resource_id.rstrip('/'), _SAFE)}?api-version={version}"

    def _next_page_address(self, what: str, link: object) -> str:
        found = own_link(what, link, self._endpoint)
        path, query = (quote(part, f"{_SAFE}%?") for part in (found.path, found.query))
        return f"{self._endpoint}{path}?{query}"

    def document(self, what: str, address: str, seconds: float | None = None) -> ArmAnswer:
        """Read an address; raise SourceUnavailable."""
        request = HttpRequest("GET", address, headers={"Accept": "application/json"})
        return self.send(what, request, seconds)

    def send(self, what: str, request: HttpRequest, seconds: float | None = None) -> ArmAnswer:
        """Send a request that only reads, as ``Attempts.answer`` does; raise SourceUnavailable."""

        def once(read_timeout: float) -> RawAnswer:
            response = self._clients.get().send_request(request, read_timeout=read_timeout)
            return RawAnswer(response.status_code, response.headers, response.content)

        return self._attempts.answer(what, once, seconds)


def is_readable_id(resource_id: str) -> bool:
    """Tell whether an id can be put into the path of a request."""
    is_plain = resource_id.isprintable() and not {".", ".."} & set(resource_id.split("/"))
    return is_plain and resource_id.startswith("/") and ids.is_id(resource_id)
