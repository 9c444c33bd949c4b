"""A row of Resource Graph becomes resources."""

import pytest

from drift.sweep.inventory_rows import resources_in
from tests.support.rig import GROUP

NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/clinic"


def test_a_network_and_its_subnets_are_resources() -> None:
    row = {"id": NETWORK, "properties": {"subnets": [{"name": "front"}, {"name": 7}, None]}}

    assert [each.id for each in resources_in(row)] == [NETWORK, f"{NETWORK}/subnets/front"]


@pytest.mark.parametrize("properties", [None, "", [], {"subnets": None}], ids=str)
def test_a_network_whose_row_shows_no_subnets_is_a_resource_all_the_same(
    properties: object,
) -> None:
    found = [each.id for each in resources_in({"id": NETWORK, "properties": properties})]

    assert found == [NETWORK]
