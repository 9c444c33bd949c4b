"""A write causes evaluations of dependents, and PHI scope is inherited and stays."""

from typing import Any

import pytest

from detectors.phi import tag
from drift import ids
from drift.config.model import PhiScope
from drift.model import Severity
from drift.notices import Closure, Notice
from drift.queues.outbound import MessageKind
from tests.support.open_account import DISK, MACHINE, PHI, attached, place, present
from tests.support.rig import ACCOUNT, GROUP, NSG, SUBSCRIPTION, Rig

NIC = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/reader-nic"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/clinic"
SUBNETS = tuple(f"{NETWORK}/subnets/{name}" for name in ("front", "back"))
OPENED = "TOY opened"


def wired(rig: Rig, *, group: str | None) -> None:
    """Put the interface before this security group, or before none."""
    behind = {"networkSecurityGroup": {"id": group}} if group else {}
    rig.arm.put(NIC, properties={"provisioningState": "Succeeded", **behind})


def told_of(rig: Rig, resource_id: str) -> list[Notice]:
    return [
        each for each, _ in rig.splunk.told if ids.key(each.resource_id) == ids.key(resource_id)
    ]


@pytest.fixture
def network(clinic: Rig) -> Rig:
    """Return a monitor of security groups, with one that nobody has written yet."""
    clinic.only(present("microsoft.network/networksecuritygroups"))
    clinic.arm.put(NSG, properties={"provisioningState": "Succeeded"})
    return clinic


@pytest.fixture
def machine(clinic: Rig) -> Rig:
    """Return a monitor of disks, with a machine that has none."""
    clinic.only(present("microsoft.compute/disks"))
    attached(clinic)
    clinic.write(MACHINE)
    clinic.later(minutes=3)
    return clinic


def test_a_group_is_judged_once_an_interface_is_put_before_it(network: Rig) -> None:
    wired(network, group=NSG)
    network.write(NIC)
    [notice] = told_of(network, NSG)

    assert notice.change == "opened"
    assert notice.changed_by is not None
    assert notice.changed_by.name == "dana@clinic.example"


def test_an_interface_that_stays_where_it_is_asks_for_nothing(network: Rig) -> None:
    wired(network, group=NSG)
    network.write(NIC)
    network.later(minutes=5)
    network.arm.reads.clear()
    network.write(NIC)
    network.later(minutes=5)

    assert network.arm.reads[ids.key(NSG)] == 0


def test_a_group_that_an_interface_leaves_is_judged_again(network: Rig) -> None:
    wired(network, group=NSG)
    network.write(NIC)
    network.later(minutes=5)
    network.arm.reads.clear()
    wired(network, group=None)
    network.write(NIC)

    assert network.arm.reads[ids.key(NSG)] == 1


def test_an_interface_whose_links_are_unclear_is_told_and_read_until_they_are_clear(
    network: Rig,
) -> None:
    wired(network, group=None)
    network.write(NIC)
    network.later(minutes=5)
    network.arm.set(NIC, networkSecurityGroup={"id": 7}, ipConfigurations="none")
    network.write(NIC)
    network.later(minutes=7)

    assert network.monitor.health()["blind"]
    assert "MONITOR-BLIND opened" in network.teams.changes

    wired(network, group=NSG)
    network.later(minutes=12)

    assert {OPENED, "MONITOR-BLIND resolved"} <= {*network.teams.changes}


def test_a_network_that_is_put_whole_leads_to_each_subnet_that_changed(clinic: Rig) -> None:
    clinic.only(present("microsoft.network/virtualnetworks/subnets"))
    for name, group in (("front", NSG), ("back", "")):
        behind = {"networkSecurityGroup": {"id": group}} if group else {}
        clinic.arm.put(f"{NETWORK}/subnets/{name}", properties=behind)
    shown = [clinic.arm.body(each) for each in SUBNETS]
    clinic.arm.put(NETWORK, properties={"subnets": shown})
    clinic.write(NETWORK)
    clinic.later(minutes=5)
    clinic.arm.reads.clear()
    clinic.arm.set(SUBNETS[0], networkSecurityGroup=None)
    clinic.arm.put(NETWORK, properties={"subnets": [clinic.arm.body(each) for each in SUBNETS]})
    clinic.write(NETWORK)

    assert [clinic.arm.reads[ids.key(each)] for each in SUBNETS] == [1, 0]


def test_two_changes_that_one_second_shows_are_both_followed_up(clinic: Rig) -> None:
    """The Date of ARM's answers has whole seconds, so it cannot tell two reads apart."""
    clinic.only(present("microsoft.network/virtualnetworks/subnets"))
    for group in ("", NSG, ""):
        behind = {"networkSecurityGroup": {"id": group}} if group else {}
        clinic.arm.put(SUBNETS[0], properties=behind)
        clinic.arm.put(NETWORK, properties={"subnets": [clinic.arm.body(SUBNETS[0])]})
        clinic.write(NETWORK)
        clinic.clock.advance(seconds=0.2)

    assert clinic.arm.reads[ids.key(SUBNETS[0])] == 3


def test_a_disk_takes_the_scope_of_the_machine_that_it_is_attached_to(machine: Rig) -> None:
    attached(machine, DISK, tags=PHI)
    machine.write(MACHINE)
    [notice] = told_of(machine, DISK)

    assert (notice.phi, notice.severity) == (True, Severity.CRITICAL)
    assert notice.phi_reason == "virtualMachines/reader is tagged dataClassification=phi"


def test_a_machine_that_is_tagged_makes_phi_of_its_disks(machine: Rig) -> None:
    attached(machine, DISK)
    machine.write(MACHINE)
    machine.later(minutes=3)
    attached(machine, DISK, tags=PHI)
    machine.write(f"{MACHINE}/providers/Microsoft.Resources/tags/default")
    first, second = told_of(machine, DISK)

    assert (first.phi, first.severity) == (False, Severity.HIGH)
    assert (second.change, second.phi, second.severity) == ("updated", True, Severity.CRITICAL)


def test_a_machine_that_is_written_with_a_tag_makes_phi_of_its_disks(machine: Rig) -> None:
    attached(machine, DISK)
    machine.write(MACHINE)
    machine.later(minutes=3)
    attached(machine, DISK, tags=PHI)
    machine.write(MACHINE)

    assert [each.phi for each in told_of(machine, DISK)] == [False, True]


def test_a_network_that_becomes_phi_makes_phi_of_its_subnets(clinic: Rig) -> None:
    clinic.only(present("microsoft.network/virtualnetworks/subnets"), tag)
    clinic.arm.put(SUBNETS[0], properties={})
    clinic.arm.put(NETWORK, properties={})
    for each in (NETWORK, SUBNETS[0]):
        clinic.write(each)
    clinic.later(minutes=3)
    clinic.arm.put(NETWORK, tags=PHI, properties={})
    clinic.write(NETWORK)
    clinic.later(minutes=3)

    assert [each.phi for each in told_of(clinic, SUBNETS[0])] == [False, True]


def test_a_disk_that_left_its_machine_still_holds_phi(machine: Rig) -> None:
    attached(machine, DISK, tags=PHI)
    machine.write(MACHINE)
    machine.later(minutes=20)
    machine.arm.put(DISK, properties={"provisioningState": "Succeeded"})
    machine.write(DISK)
    last = told_of(machine, DISK)[-1]

    assert last.phi is True
    assert last.severity is Severity.CRITICAL
    assert last.phi_reason.startswith("it held PHI earlier: virtualMachines/reader is tagged")


def test_a_disk_that_was_deleted_leaves_no_scope_to_the_next_of_its_name(machine: Rig) -> None:
    attached(machine, DISK, tags=PHI)
    machine.write(MACHINE)
    machine.later(minutes=20)
    machine.arm.refuse(DISK, 404)
    machine.write(DISK, kind="Microsoft.Resources.ResourceDeleteSuccess")
    machine.later(minutes=20)
    machine.arm.put(DISK, properties={"provisioningState": "Succeeded"})
    machine.write(DISK)
    machine.later(minutes=2)

    assert told_of(machine, DISK)[-1].phi is False


def test_a_lost_message_is_replaced(network: Rig) -> None:
    wired(network, group=NSG)
    [message] = network.monitor.intake(network.body(NIC))[:1]
    network.monitor.evaluate(message)
    lost = told_of(network, NSG)
    network.later(minutes=2)

    assert lost == []
    assert len(told_of(network, NSG)) == 1
    assert rows_due(network) == 0


def test_a_message_that_came_twice_is_told_once(network: Rig) -> None:
    wired(network, group=NSG)
    [message] = network.monitor.intake(network.body(NIC))[:1]
    work = network.monitor.evaluate(message)
    network.run(work + work)
    network.later(minutes=20)

    assert len(told_of(network, NSG)) == 1
    assert rows_due(network) == 0


def rows_due(rig: Rig) -> int:
    """Count the messages and rows that still need work, now or later."""
    found = (rig.store.range(f"shard-{each:x}", "due|", "due|~") for each in range(16))
    return sum(f"|{MessageKind.LINKS}|" in row.key for rows in found for row in rows)


def test_a_tag_that_goes_is_drift_until_it_is_back(clinic: Rig) -> None:
    clinic.only(tag)
    clinic.write(ACCOUNT)
    clinic.later(minutes=3)
    retag(clinic, {})
    clinic.later(minutes=3)
    retag(clinic, PHI)
    clinic.later(minutes=3)

    assert clinic.splunk.changes == ["PHI-TAG opened", "PHI-TAG resolved"]


def test_a_tag_that_may_go_is_required_no_longer(clinic: Rig) -> None:
    clinic.only(tag)
    clinic.write(ACCOUNT)
    clinic.later(minutes=3)
    retag(clinic, {})
    clinic.later(minutes=3)
    clinic.configure(phi=PhiScope(released=(ids.key(GROUP),)))
    clinic.change(facts=clinic.facts("second"))
    clinic.later(minutes=3)
    notice, _ = clinic.splunk.told[-1]

    assert clinic.splunk.changes == ["PHI-TAG opened", "PHI-TAG closed"]
    assert notice.closure is Closure.NO_LONGER_REQUIRED


@pytest.mark.parametrize("above", [GROUP, f"/subscriptions/{SUBSCRIPTION}"])
def test_a_group_or_subscription_that_loses_its_tag_is_told_once(clinic: Rig, above: str) -> None:
    clinic.only(tag)
    place(clinic, phi=False)
    clinic.arm.put(above, tags=PHI)
    for each in (above, ACCOUNT):
        clinic.write(each)
    clinic.later(minutes=3)
    clinic.arm.put(above, tags={})
    clinic.write(f"{above}/providers/Microsoft.Resources/tags/default")
    clinic.later(minutes=3)

    assert [each.resource_id for each, _ in clinic.splunk.told] == [above]


def retag(rig: Rig, tags: dict[str, Any]) -> None:
    """Replace the account's tags, with the event that Azure raises for it."""
    rig.arm.put(ACCOUNT, **{**rig.arm.body(ACCOUNT), "tags": tags})
    rig.write(f"{ACCOUNT}/providers/Microsoft.Resources/tags/default")


def test_the_end_of_a_network_is_the_end_of_its_subnets(clinic: Rig) -> None:
    clinic.only(present("microsoft.network/virtualnetworks/subnets"))
    clinic.arm.absent = "ParentResourceNotFound"
    for each in SUBNETS:
        clinic.arm.put(each, properties={})
    shown = [clinic.arm.body(each) for each in SUBNETS]
    clinic.arm.put(NETWORK, properties={"subnets": shown})
    clinic.write(NETWORK)
    clinic.later(minutes=5)
    for each in (NETWORK, *SUBNETS):
        del clinic.arm.documents[ids.key(each)]
    clinic.write(NETWORK, kind="Microsoft.Resources.ResourceDeleteSuccess")
    clinic.later(minutes=5)
    last = [told_of(clinic, each)[-1] for each in SUBNETS]

    assert [each.closure for each in last] == [Closure.DELETED] * 2


def test_the_end_of_a_server_is_the_end_of_its_databases(clinic: Rig) -> None:
    server = f"{GROUP}/providers/Microsoft.Sql/servers/clinic"
    clinic.only(present("microsoft.sql/servers/databases"), present("microsoft.sql/servers"))
    for each in (server, f"{server}/databases/visits"):
        clinic.arm.put(each, properties={})
        clinic.write(each)
    clinic.later(minutes=5)
    for each in (server, f"{server}/databases/visits"):
        del clinic.arm.documents[ids.key(each)]
    clinic.write(server, kind="Microsoft.Resources.ResourceDeleteSuccess")
    clinic.later(minutes=5)

    assert told_of(clinic, f"{server}/databases/visits")[-1].closure is Closure.DELETED


def test_a_subnet_that_its_provider_does_not_find_is_gone(clinic: Rig) -> None:
    clinic.only(present("microsoft.network/virtualnetworks/subnets"))
    clinic.arm.absent = "NotFound"
    clinic.arm.put(SUBNETS[0], properties={})
    clinic.write(SUBNETS[0])
    clinic.later(minutes=5)
    del clinic.arm.documents[ids.key(SUBNETS[0])]
    clinic.write(SUBNETS[0], kind="Microsoft.Resources.ResourceDeleteSuccess")

    assert told_of(clinic, SUBNETS[0])[-1].closure is Closure.DELETED
