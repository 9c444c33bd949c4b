"""Items that a list of ARM may contain, and those that make it unreadable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from drift import ids
from drift.errors import SourceUnavailable, Unreadable
from drift.estate import Baseline
from drift.observation.read_estate import ReadCache, ReadEstate, resource_of
from drift.ports import Listing, PageCheck, Reading, every_page

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SUBSCRIPTION = "/subscriptions/5A4E"
GROUP = f"{SUBSCRIPTION}/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/aone"
SERVICE = f"{ACCOUNT}/blobServices/default"
BLOBS = "blobServices/default/containers"
AUDIT = "Microsoft.Insights/diagnosticSettings"
CONTAINERS = f"{ACCOUNT}/{BLOBS}"
SETTINGS = f"{SERVICE}/providers/{AUDIT}"
BALANCERS = f"{SUBSCRIPTION}/providers/Microsoft.Network/loadBalancers"
BALANCER = f"{GROUP}/providers/Microsoft.Network/loadBalancers/front"
DATABASE = f"{GROUP}/providers/Microsoft.Sql/servers/s/databases/visits"
ROLES = f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments"


@dataclass(frozen=True, slots=True)
class Lists:
    """A reader that answers each list with these items."""

    items: tuple[Mapping[str, Any], ...]

    def get(self, resource_id: str) -> Reading:
        raise SourceUnavailable(resource_id, 403)

    def list(self, _: str, *, before_page: PageCheck = every_page) -> Listing:
        return Listing(self.items, NOW)


def around(*items: Mapping[str, Any]) -> ReadEstate:
    memory = ReadCache(cached={}, suspects=frozenset(), oldest=NOW)
    return ReadEstate(Lists(items), memory, baseline=Baseline(), now=NOW)


@pytest.mark.parametrize(
    ("item", "collection"),
    [
        (f"{CONTAINERS}/scans", CONTAINERS),
        (f"{CONTAINERS}/scans/".upper(), CONTAINERS),
        (f"{CONTAINERS}/scans".lstrip("/"), CONTAINERS.lower()),
        (f"{SETTINGS}/audit".lower(), SETTINGS),
        (f"{SERVICE}/diagnosticSettings/audit", SETTINGS),
        (BALANCER, BALANCERS),
        (BALANCER.upper(), BALANCERS.lower()),
        (BALANCER, BALANCER.rpartition("/")[0]),
        (f"{ROLES}/r", ROLES),
        (f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/r", ROLES),
        ("/providers/Microsoft.Authorization/roleAssignments/r", ROLES),
    ],
)
def test_an_item_of_a_list_is_recognised_in_any_case(item: str, collection: str) -> None:
    assert ids.is_item_of(item, collection)


@pytest.mark.parametrize(
    ("item", "collection"),
    [
        (f"{CONTAINERS}/scans".replace("aone", "atwo"), CONTAINERS),
        (f"{CONTAINERS}/scans/blobs/x", CONTAINERS),
        (CONTAINERS, CONTAINERS),
        (ACCOUNT, CONTAINERS),
        (f"{SERVICE}/shares/scans", CONTAINERS),
        (f"{SETTINGS}/audit".replace("aone", "atwo"), SETTINGS),
        (f"{ACCOUNT}/diagnosticSettings/audit", SETTINGS),
        (f"{ACCOUNT}/providers/Microsoft.Insights/diagnosticSettings/audit", SETTINGS),
        (BALANCER.replace("5A4E", "0000"), BALANCERS),
        (BALANCER.replace("loadBalancers", "virtualNetworks"), BALANCERS),
        (f"{BALANCER}/probes/p", BALANCERS),
        (f"{ROLES}/r".replace("roleAssignments", "locks"), ROLES),
    ],
)
def test_what_lies_elsewhere_is_no_item_of_a_list(item: str, collection: str) -> None:
    assert not ids.is_item_of(item, collection)


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ({"id": f" {DATABASE}/ "}, DATABASE),
        ({"id": DATABASE, "name": "visits", "type": "Microsoft.Sql/servers/databases"}, DATABASE),
        (
            {
                "id": DATABASE,
                "name": "current",
                "type": "microsoft.sql/Servers/databases/transparentDataEncryption",
            },
            f"{DATABASE}/transparentDataEncryption/current",
        ),
        ({"id": DATABASE, "name": "x", "type": "Microsoft.Sql/servers"}, DATABASE),
        (
            {"id": f"{SUBSCRIPTION[1:]}/providers/AzureResourceManager/diagnosticSettings/log"},
            f"{SUBSCRIPTION}/providers/microsoft.insights/diagnosticSettings/log",
        ),
        ({"id": DATABASE, "name": None, "type": 7}, DATABASE),
        ({"name": "visits"}, ""),
        ({"id": 7}, ""),
    ],
)
def test_a_body_that_bears_the_id_of_its_parent_is_known_by_type_and_name(
    body: Mapping[str, Any], own: str
) -> None:
    assert ids.own_of(body) == own


@pytest.mark.parametrize(
    ("own", "foreign", "ask"),
    [
        (f"{CONTAINERS}/a", f"{CONTAINERS}/b", lambda at: at.children(ACCOUNT, BLOBS)),
        (f"{SETTINGS}/a", f"{SETTINGS}/b", lambda at: at.extensions(SERVICE, AUDIT)),
    ],
)
def test_a_list_that_holds_what_lies_elsewhere_is_believed_in_nothing(
    own: str, foreign: str, ask: Callable[[ReadEstate], object]
) -> None:
    at = around({"id": own}, {"id": foreign.replace("aone", "atwo")})

    with pytest.raises(Unreadable, match="HTTP 200 ItemOfAnotherCollection"):
        ask(at)
    assert [each.code for each in at.failures] == ["ItemOfAnotherCollection"]


def test_an_item_that_says_no_id_lies_in_the_list_it_stands_in() -> None:
    found = around({"name": "scans"}).children(ACCOUNT, BLOBS)

    assert [each.id for each in found] == [f"{CONTAINERS}/scans"]


def test_the_list_of_a_subscription_holds_what_lies_in_its_groups() -> None:
    found = around({"id": BALANCER}).children(
        SUBSCRIPTION, "providers/Microsoft.Network/loadBalancers"
    )

    assert [each.id for each in found] == [BALANCER]


def test_a_body_that_bears_its_parents_id_is_the_child_that_it_names() -> None:
    asked = f"{DATABASE}/transparentDataEncryption/current"
    kind = "Microsoft.Sql/servers/databases/transparentDataEncryption"
    found = resource_of({"id": DATABASE, "type": kind, "name": "current"}, asked)

    assert (ids.key(found.id), found.type) == (ids.key(asked), kind.lower())
