"""Private endpoints of other subscriptions: shown as evidence, and no failure."""

import dataclasses
from typing import Any

import pytest

from detectors.cosmos import network as cosmos
from detectors.firewalls.private_endpoints import CONNECTIONS, elsewhere
from detectors.keyvault import network as keyvault
from detectors.sql import public_access as sql
from detectors.storage import firewall as storage
from drift.detector import Detector
from drift.model import Outcome, Resource
from tests.detectors.judging import EXAMPLES
from tests.detectors.noting import NotingEstate

OWN = "/subscriptions/6f2c7d1e-0b7e-4c1a-9a55-2f6f0c3a9b10"
HUB = "/subscriptions/2b1e0000-0000-4000-8000-0000000000aa"
ENDPOINTS = "resourceGroups/hub/providers/Microsoft.Network/privateEndpoints"


def connection(endpoint: object, status: object = "Approved") -> dict[str, Any]:
    """Return a connection as ARM shows it within its resource."""
    state = {"status": status, "description": "", "actionsRequired": "None"}
    properties = {"privateEndpoint": {"id": endpoint}, "privateLinkServiceConnectionState": state}
    return {"name": "reader", "properties": properties}


def with_connections(*connections: object) -> Resource:
    """Return an account with these connections."""
    account = f"{OWN}/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/records"
    kind = "microsoft.storage/storageaccounts"
    return Resource(account, kind, {"properties": {"privateEndpointConnections": [*connections]}})


@pytest.mark.parametrize("detector", [storage, sql, keyvault, cosmos])
def test_an_approved_endpoint_of_another_subscription_is_shown_and_passes(
    detector: Detector,
) -> None:
    example = next(
        each for each in EXAMPLES if each.detector is detector and each.outcome is Outcome.PASS
    )
    body = example.resource.body
    shown = [connection(f"{HUB}/{ENDPOINTS}/reader"), connection(f"{OWN}/{ENDPOINTS}/own")]
    properties = {**body["properties"], "privateEndpointConnections": shown}
    resource = dataclasses.replace(example.resource, body={**body, "properties": properties})
    verdict = detector.evaluate(resource, NotingEstate(example))

    assert verdict.outcome is Outcome.PASS
    [found] = (each for each in verdict.evidence if each.path == CONNECTIONS)
    assert found.value == [f"{HUB}/{ENDPOINTS}/reader"]


@pytest.mark.parametrize(
    "shown",
    [
        connection(f"{HUB}/{ENDPOINTS}/reader", "Pending"),
        connection(f"{HUB}/{ENDPOINTS}/reader", None),
        connection(f"{OWN.upper()}/{ENDPOINTS}/reader"),
        connection(17),
        "a text",
    ],
)
def test_what_has_no_access_or_is_of_the_own_subscription_is_not_shown(shown: object) -> None:
    assert elsewhere(with_connections(shown)) == ()
