"""One reader for all documents: each is read by the reader that has it."""

from datetime import UTC, datetime

import pytest

from adapters.graph.routing import RoutedReader
from drift import ids
from drift.arm import graph
from drift.ports import Listing, PageCheck, Reading, every_page
from tests.support.azure_fakes import ACCOUNT, SUBSCRIPTION

SECURITY = f"{SUBSCRIPTION}/providers/Microsoft.Security"
NOW = datetime(2026, 12, 2, tzinfo=UTC)


class Named:
    """A reader that answers with its name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get(self, resource_id: str) -> Reading:
        return Reading({"by": self._name}, NOW)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        return Listing(({"by": self._name},), NOW)


@pytest.mark.parametrize(
    ("document", "by"),
    [
        (ACCOUNT, "arm"),
        (f"{SECURITY}/securityStandards", "arm"),
        (f"{SECURITY}/standardAssignments", "arm"),
        (f"{SECURITY}/pricings", "defender"),
        (f"{SECURITY}/automations", "defender"),
        (f"{SECURITY}/regulatoryComplianceStandards", "defender"),
        (f"{SUBSCRIPTION}/providers/{ids.POLICY_STATES}", "states"),
        (f"/tenants/0b1f6471-1bf0-4dda-aec3-cb9272f09590/providers/{graph.POLICIES}", "graph"),
    ],
)
def test_a_document_is_read_by_the_reader_that_has_it(document: str, by: str) -> None:
    every = RoutedReader(
        Named("arm"),
        graph_reader=Named("graph"),
        policy_states=Named("states"),
        defender=Named("defender"),
    )

    assert every.get(document).body == {"by": by}
    assert every.list(document).items == ({"by": by},)
