"""A key vault is found by its name in each subscription that the monitor may read."""

import pytest

from adapters.arm.answers import NOT_ARM
from adapters.arm.inventory import ResourceGraph
from adapters.arm.reader import ArmReader
from adapters.arm.unique_names import NameReader
from drift import ids
from drift.arm.unique_names import VAULTS, id_of
from drift.errors import SourceUnavailable
from sandbox.core.people import MONITOR
from sandbox.http.messages import json_answer
from sandbox.world import Sandbox
from tests.support.azure_fakes import ReadersOf, scripted
from tests.support.rig import Clock

HUB = "/subscriptions/99999999-2222-3333-4444-555555555555"
VAULT = f"{HUB}/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/Hub-Keys"
NAME = id_of(VAULTS, "hub-keys")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def names(sandbox: Sandbox, reader: ArmReader, clock: Clock) -> NameReader:
    """Return the production adapter over a sandbox with a vault in a subscription of its own."""
    sandbox.place({"id": HUB, "subscriptionId": ids.subscription_of(HUB), "tags": {}})
    sandbox.place({"id": VAULT, "properties": {"enablePurgeProtection": True}})
    graph = ResourceGraph(reader, endpoint=sandbox.arm.base_url)
    return NameReader(reader, graph, clock=lambda: clock().timestamp())


def test_a_vault_is_found_in_a_subscription_that_nobody_named(names: NameReader) -> None:
    found = names.get(NAME).body

    assert found is not None
    assert found["id"] == VAULT


def test_a_vault_that_the_monitor_may_not_read_is_not_found(
    sandbox: Sandbox, names: NameReader
) -> None:
    sandbox.arm.roles.assign(MONITOR, "/subscriptions/of-others")

    assert names.get(NAME).body is None


def test_an_answer_stands_for_five_minutes(
    sandbox: Sandbox, names: NameReader, clock: Clock
) -> None:
    assert names.get(NAME).body is not None
    sandbox.arm.resource_graph.hidden.add(VAULT)
    clock.advance(minutes=5)
    assert names.get(NAME.upper()).body is not None
    clock.advance(seconds=1)

    assert names.get(NAME).body is None


def test_any_other_document_is_read_from_arm(names: NameReader) -> None:
    found = names.get(VAULT).body

    assert found is not None
    assert found["properties"]["enablePurgeProtection"] is True


@pytest.mark.parametrize(
    "row", [{"id": VAULT.replace("Hub", "Our")}, {"id": NAME}, {"id": 7}, {}, 7], ids=repr
)
def test_a_row_of_another_name_is_no_answer(
    sandbox: Sandbox, row: object, reader_of: ReadersOf
) -> None:
    answer = json_answer(200, {"totalRecords": 1, "count": 1, "data": [row]})
    with scripted(sandbox, lambda _: answer) as server:
        reader = reader_of(server.base_url)
        graph = ResourceGraph(reader, endpoint=server.base_url)
        with pytest.raises(SourceUnavailable) as refusal:
            NameReader(reader, graph).get(NAME)

    assert refusal.value.code == NOT_ARM


def test_a_name_that_breaks_out_of_the_query_is_not_asked_for(names: NameReader) -> None:
    with pytest.raises(SourceUnavailable) as refusal:
        names.get(id_of(VAULTS, "a' or '"))

    assert refusal.value.code == "InvalidResourceId"
