"""A load balancer names machines by address; its machines are found in the subscription's list."""

from typing import Any

import pytest

from detectors.network import admin_ports
from detectors.vm import public_ip
from drift import ids
from drift.model import Severity
from tests.support import open_account
from tests.support.open_account import MACHINE
from tests.support.rig import GROUP, NSG, Rig

NETWORKS = f"{GROUP}/providers/Microsoft.Network"
NIC = f"{NETWORKS}/networkInterfaces/reader-nic"
CLINIC = f"{NETWORKS}/virtualNetworks/clinic"
LAB = f"{NETWORKS}/virtualNetworks/lab"
BALANCER = f"{NETWORKS}/loadBalancers/front"


def balancer(rig: Rig, *addresses: str, network: str = CLINIC, name: str = BALANCER) -> None:
    """Put a public load balancer with these addresses in its pool."""
    front, pool = f"{name}/frontendIPConfigurations/one", f"{name}/backendAddressPools/one"
    numbers = [{"properties": {"ipAddress": each}} for each in addresses]
    named = {"virtualNetwork": {"id": network}, "loadBalancerBackendAddresses": numbers}
    leads = {"frontendIPConfiguration": {"id": front}, "backendAddressPool": {"id": pool}}
    rig.arm.put(
        name,
        properties={
            "frontendIPConfigurations": [{"id": front, "properties": {"publicIPAddress": {}}}],
            "backendAddressPools": [{"id": pool, "properties": named}],
            "loadBalancingRules": [{"id": f"{name}/rules/one", "name": "one", "properties": leads}],
            "inboundNatRules": [],
        },
    )
    rig.write(name)


@pytest.fixture
def machine(clinic: Rig) -> Rig:
    """Return a monitor that has seen a machine which nothing leads to, and settled."""
    clinic.only(public_ip)
    interfaces = {"networkInterfaces": [{"id": NIC}]}
    address = {"privateIPAddress": "10.0.1.4", "subnet": {"id": f"{CLINIC}/subnets/front"}}
    clinic.arm.put(
        NIC,
        properties={
            "virtualMachine": {"id": MACHINE},
            "ipConfigurations": [{"name": "one", "properties": address}],
        },
    )
    clinic.arm.put(MACHINE, tags=open_account.PHI, properties={"networkProfile": interfaces})
    clinic.write(MACHINE)
    clinic.later(minutes=5)
    clinic.arm.reads.clear()
    return clinic


def test_a_new_load_balancer_opens_the_incident_of_the_machine_that_it_names(machine: Rig) -> None:
    balancer(machine, "10.0.1.4")
    [(notice, _)] = machine.splunk.told

    assert (notice.control_id, notice.change) == ("VM-PUBLIC-IP", "opened")
    assert ids.key(notice.resource_id) == ids.key(MACHINE)
    assert notice.changed_by is not None
    assert notice.changed_by.name == "dana@clinic.example"


def test_a_load_balancer_of_the_network_is_followed_to_each_address_it_is_given(
    machine: Rig,
) -> None:
    balancer(machine, "10.0.1.9")
    machine.later(minutes=5)
    balancer(machine, "10.0.1.9", "10.0.1.4")
    machine.later(minutes=5)
    balancer(machine, "10.0.1.9")
    machine.later(minutes=5)

    assert machine.splunk.changes == ["VM-PUBLIC-IP opened", "VM-PUBLIC-IP resolved"]


def test_the_end_of_a_load_balancer_is_the_end_of_what_it_opened(machine: Rig) -> None:
    balancer(machine, "10.0.1.4")
    machine.later(minutes=5)
    del machine.arm.documents[ids.key(BALANCER)]
    machine.write(BALANCER, kind="Microsoft.Resources.ResourceDeleteSuccess")
    machine.later(minutes=5)

    assert machine.splunk.changes == ["VM-PUBLIC-IP opened", "VM-PUBLIC-IP resolved"]


def test_a_load_balancer_for_other_addresses_causes_no_read(machine: Rig) -> None:
    balancer(machine, "10.0.1.4", network=LAB)
    machine.later(minutes=5)
    machine.arm.reads.clear()
    balancer(machine, "10.0.1.4", "10.0.1.5", network=LAB)
    machine.later(minutes=5)

    assert machine.splunk.changes == []
    assert machine.arm.reads[ids.key(MACHINE)] == 0


def test_other_load_balancers_are_no_part_of_what_changed_around_a_machine(machine: Rig) -> None:
    other = f"{BALANCER}-of-the-lab"
    balancer(machine, "10.0.2.4", network=LAB, name=other)
    balancer(machine, "10.0.1.9")
    machine.later(minutes=5)
    machine.arm.set(other, backendAddressPools=[])
    machine.later(minutes=20)
    balancer(machine, "10.0.1.4")
    [(notice, _)] = machine.splunk.told

    assert notice.differences
    assert {each.path.partition("#")[0] for each in notice.differences} == {"loadBalancers/front"}


def test_a_group_whose_opening_was_less_severe_gets_worse_by_a_load_balancer(machine: Rig) -> None:
    machine.only(admin_ports)
    occupants = [{"id": f"{NIC}/ipConfigurations/one"}]
    shown = {"addressPrefix": "10.0.1.0/24", "ipConfigurations": occupants}
    front: dict[str, Any] = {"name": "front", "properties": shown}
    machine.arm.put(CLINIC, properties={"subnets": [front]})
    machine.arm.put(f"{CLINIC}/subnets/front", properties=shown)
    machine.arm.put(NSG, tags=open_account.PHI, properties=open_to_ssh())
    machine.write(NSG)
    machine.later(minutes=5)
    balancer(machine, "10.0.1.4")

    assert [each.severity for each, _ in machine.splunk.told] == [Severity.HIGH, Severity.CRITICAL]


def open_to_ssh() -> dict[str, Any]:
    rule = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "22",
    }
    subnets = [{"id": f"{CLINIC}/subnets/front"}]
    return {"securityRules": [{"name": "ssh", "properties": rule}], "subnets": subnets}
