"""A flow log belongs to a watcher; its changes are drift of the network whose traffic it records."""

import pytest

from detectors.network import logs
from drift import ids
from tests.support import open_account
from tests.support.open_account import MACHINE
from tests.support.rig import GROUP, NSG, Rig

NETWORKS = f"{GROUP}/providers/Microsoft.Network"
NETWORK = f"{NETWORKS}/virtualNetworks/clinic"
NIC = f"{NETWORKS}/networkInterfaces/reader-nic"
WATCHER = f"{NETWORKS}/networkWatchers/NetworkWatcher_eastus"
FLOW_LOG = f"{WATCHER}/flowLogs/clinic-flows"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs"


def record(rig: Rig, target: str = NETWORK, *, enabled: bool = True) -> None:
    """Write the flow log."""
    analytics = {"enabled": True, "workspaceResourceId": WORKSPACE}
    rig.arm.put(
        FLOW_LOG,
        properties={
            "targetResourceId": target,
            "enabled": enabled,
            "flowAnalyticsConfiguration": {"networkWatcherFlowAnalyticsConfiguration": analytics},
        },
    )
    rig.write(FLOW_LOG)


@pytest.fixture
def recorded(clinic: Rig) -> Rig:
    """Return a monitor that has seen a network with a machine and a flow log, and settled."""
    clinic.only(logs)
    subnet = f"{NETWORK}/subnets/front"
    occupied = {"ipConfigurations": [{"id": f"{NIC}/ipConfigurations/one"}]}
    clinic.arm.put(
        NETWORK,
        location="eastus",
        tags=open_account.PHI,
        properties={"subnets": [{"id": subnet, "name": "front", "properties": occupied}]},
    )
    clinic.arm.put(NIC, properties={"virtualMachine": {"id": MACHINE}, "ipConfigurations": []})
    clinic.arm.put(WATCHER, location="eastus", properties={})
    clinic.arm.put(WORKSPACE, properties={"provisioningState": "Succeeded"})
    record(clinic)
    clinic.write(NETWORK)
    clinic.later(minutes=5)
    return clinic


def test_the_end_of_a_flow_log_is_drift_of_its_network(recorded: Rig) -> None:
    del recorded.arm.documents[ids.key(FLOW_LOG)]
    recorded.write(FLOW_LOG, kind="Microsoft.Resources.ResourceDeleteSuccess")
    [(notice, _)] = recorded.splunk.told

    assert (notice.control_id, notice.change) == ("FLOW-LOGS", "opened")
    assert ids.key(notice.resource_id) == ids.key(NETWORK)
    assert notice.changed_by is not None
    assert notice.changed_by.name == "dana@clinic.example"


def test_a_flow_log_that_is_switched_off_and_on_opens_and_closes(recorded: Rig) -> None:
    record(recorded, enabled=False)
    recorded.later(minutes=5)
    record(recorded)
    recorded.later(minutes=5)

    assert recorded.splunk.changes == ["FLOW-LOGS opened", "FLOW-LOGS resolved"]


def test_a_flow_log_that_gets_another_target_is_followed_from_and_to_it(recorded: Rig) -> None:
    record(recorded, NSG)
    recorded.later(minutes=5)
    record(recorded)
    recorded.later(minutes=5)

    assert recorded.splunk.changes == ["FLOW-LOGS opened", "FLOW-LOGS resolved"]
