"""Read Microsoft Graph as documents of the tenant; a doubtful answer raises."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from adapters.arm.answers import NOT_ARM
from adapters.arm.reader import ArmReader
from adapters.azure_http.credential import SharedCredential
from adapters.azure_http.policies import READ_SECONDS
from drift import ids
from drift.arm import graph
from drift.errors import SourceUnavailable
from drift.ports import Listing, PageCheck, Reading, every_page

VERSION: Final = "v1.0"

_OK: Final = 200
_SAFE: Final = "/-._~"

_SELECTED: Final = "$select=id,displayName,userPrincipalName,accountEnabled,onPremisesSyncEnabled"
_QUERIES: Final[Mapping[str, str]] = {
    graph.USERS.lower(): _SELECTED,
    f"{graph.GROUPS}/{graph.MEMBERS}".lower(): "$select=id&$top=999",
    graph.REVIEWS.lower(): "$top=100",
}
"""The selected properties by type: a user shows its sign-in state only if that is selected."""


class GraphReader:
    """Implements ``drift.ports.Reader`` for documents below ``/tenants/T/providers/microsoft.graph``.

    It uses the same timeouts, retries and page limits as reads of ARM.
    """

    def __init__(
        self,
        credential: SharedCredential,
        *,
        endpoint: str,
        scope: str,
        read_seconds: float = READ_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._http = ArmReader(
            credential,
            endpoint=endpoint,
            scope=scope,
            next_link="@odata.nextLink",
            read_seconds=read_seconds,
            sleep=sleep,
        )

    def get(self, resource_id: str) -> Reading:
        """Read one object; raise SourceUnavailable."""
        answer = self._http.document(resource_id, self._address(resource_id))
        body = None if answer.body is None else graph.wrapped(resource_id, answer.body)
        return Reading(body, answer.at, answer.code)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read every object of a collection, dated by its first page; raise SourceUnavailable."""
        found = self._http.listed(collection_id, self._address(collection_id), before_page)
        if found.items is None:
            return found
        items = tuple(_item(collection_id, each) for each in found.items)
        return Listing(items, found.at, found.code)

    def close(self) -> None:
        """Close every thread's session; no read may follow."""
        self._http.close()

    def _address(self, document: str) -> str:
        path = graph.path_of(document)
        if not path or not document.isprintable() or {".", ".."} & set(document.split("/")):
            raise SourceUnavailable(document, 400, "InvalidResourceId")
        query = _QUERIES.get(ids.type_of(document), "")
        address = f"{self._endpoint}/{VERSION}/{quote(path, _SAFE)}"
        return f"{address}?{query}" if query else address


def _item(collection: str, found: Mapping[str, Any]) -> dict[str, Any]:
    name = found.get("id")
    if not isinstance(name, str) or not name or "/" in name:
        raise SourceUnavailable(collection, _OK, NOT_ARM)
    return graph.wrapped(f"{collection}/{name}", found)
