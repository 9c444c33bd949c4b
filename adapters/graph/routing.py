"""One reader for all documents: each is read where it is, in ARM, Resource Graph or Microsoft Graph."""

from collections.abc import Callable
from typing import Final, TypeVar

from adapters.defender.documents import document_of
from drift import ids
from drift.arm import graph
from drift.arm.tenant_permissions import missing_permission
from drift.errors import SourceUnavailable
from drift.ports import Listing, PageCheck, Reader, Reading, every_page

NO_LICENCE: Final = "NoLicense"
"""The code of a refusal because a licence is missing: no role helps."""

T = TypeVar("T")


class RoutedReader:
    """Implements ``drift.ports.Reader``: sends each read to the reader of the document's service.

    A refusal by one of them names the role or the permission that is missing, where that is known.
    """

    def __init__(
        self, arm: Reader, *, graph_reader: Reader, policy_states: Reader, defender: Reader
    ) -> None:
        self._arm = arm
        self._graph = graph_reader
        self._policy_states = policy_states
        self._defender = defender

    def get(self, resource_id: str) -> Reading:
        """Read one document; raise SourceUnavailable."""
        return _explained(lambda: self._reader_of(resource_id).get(resource_id))

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read every item of a collection; raise SourceUnavailable."""
        reader = self._reader_of(collection_id)
        return _explained(lambda: reader.list(collection_id, before_page=before_page))

    def _reader_of(self, document: str) -> Reader:
        if ids.type_of(document) == ids.POLICY_STATES:
            return self._policy_states
        if document_of(document):
            return self._defender
        return self._graph if graph.is_graph(document) else self._arm


def _explained(read: Callable[[], T]) -> T:
    try:
        return read()
    except SourceUnavailable as error:
        is_licence = error.code == NO_LICENCE
        needs = error.needs or ("" if is_licence else missing_permission(error.what, error.status))
        raise SourceUnavailable(
            error.what, error.status, error.code, retry_after=error.retry_after, needs=needs
        ) from None
