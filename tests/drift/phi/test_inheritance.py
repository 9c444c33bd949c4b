"""Which resources inherit PHI scope from which."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from drift import ids
from drift.config.model import PhiScope
from drift.controls.document_estate import DocumentEstate
from drift.estate import Baseline
from drift.model import Resource
from drift.phi.scope import MAX_SOURCES, scope_of

GROUP = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/clinic"
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
MACHINE = f"{COMPUTE}/virtualMachines/reader"
DISK = f"{COMPUTE}/disks/reader-data"
SNAPSHOT = f"{COMPUTE}/snapshots/reader-data-monday"
SET = f"{COMPUTE}/virtualMachineScaleSets/readers"
INTERFACE = f"{NETWORK}/networkInterfaces/reader-nic"
SUBNET = f"{NETWORK}/virtualNetworks/clinic/subnets/readers"
SQL = f"{GROUP}/providers/Microsoft.Sql/servers/records"
DATABASE = f"{SQL}/databases/visits"

PHI = {"dataClassification": "phi"}
READER: Mapping[str, Any] = {"id": MACHINE, "tags": PHI}
ATTACHED: Mapping[str, Any] = {"id": DISK, "managedBy": MACHINE}
SERVING: Mapping[str, Any] = {
    "id": INTERFACE,
    "properties": {"virtualMachine": {"id": MACHINE}},
}
HOUSING: Mapping[str, Any] = {
    "id": SUBNET,
    "properties": {"ipConfigurations": [{"id": f"{INTERFACE}/ipConfigurations/one"}]},
}


def copy_of(source: str) -> dict[str, Any]:
    return {"creationData": {"createOption": "Copy", "sourceResourceId": source}}


def judged(
    resource_id: str, *around: Mapping[str, Any], refused: str = "", **body: Any
) -> tuple[bool | None, str]:
    """Return the scope of a resource in an untagged group, and why."""
    documents: dict[str, Mapping[str, Any] | int] = {ids.key(each["id"]): each for each in around}
    if refused:
        documents[ids.key(refused)] = 403
    estate = DocumentEstate(
        documents, complete=True, baseline=Baseline(), now=datetime(2026, 11, 22, tzinfo=UTC)
    )
    resource = Resource(resource_id, ids.type_of(resource_id), {"id": resource_id, **body})
    scope = scope_of(resource, estate, PhiScope())
    return scope.phi, scope.why


@pytest.mark.parametrize(
    ("resource_id", "body"),
    [
        (DISK, {"managedBy": MACHINE}),
        (DISK, {"managedByExtended": [f"{COMPUTE}/virtualMachines/other", MACHINE]}),
        (f"{COMPUTE}/disks/restored", {"properties": copy_of(SNAPSHOT)}),
        (SNAPSHOT, {"properties": copy_of(DISK)}),
        (f"{COMPUTE}/images/reader", {"properties": {"sourceVirtualMachine": {"id": MACHINE}}}),
        (f"{COMPUTE}/images/reader",
         {"properties": {"storageProfile": {"dataDisks": [{"managedDisk": {"id": DISK}}]}}}),
        (INTERFACE, {"properties": {"virtualMachine": {"id": MACHINE}}}),
        (f"{NETWORK}/networkSecurityGroups/front",
         {"properties": {"networkInterfaces": [{"id": INTERFACE}]}}),
        (f"{NETWORK}/networkSecurityGroups/front", {"properties": {"subnets": [{"id": SUBNET}]}}),
        (SUBNET, HOUSING),
        (f"{NETWORK}/virtualNetworks/clinic", {"properties": {"subnets": [HOUSING]}}),
    ],
)  # fmt: skip
def test_resources_of_a_phi_machine_inherit_its_phi_scope(
    resource_id: str, body: dict[str, Any]
) -> None:
    copied = {"id": SNAPSHOT, "properties": copy_of(DISK)}
    phi, why = judged(
        resource_id, READER, ATTACHED, copied, SERVING, HOUSING,
        **{name: each for name, each in body.items() if name != "id"},
    )  # fmt: skip

    assert phi is True
    assert why == "virtualMachines/reader is tagged dataClassification=phi"


def test_an_address_of_a_scale_set_leads_to_the_set() -> None:
    address = f"{SET}/virtualMachines/3/networkInterfaces/nic/ipConfigurations/one"
    properties = {"ipConfigurations": [{"id": address}]}

    assert judged(SUBNET, {"id": SET, "tags": PHI}, properties=properties)[0] is True


def test_a_resource_without_a_machine_inherits_no_scope() -> None:
    bastion = f"{NETWORK}/bastionHosts/way-in/bastionHostIpConfigurations/one"
    properties = {"ipConfigurations": [{"id": bastion}]}

    assert judged(SUBNET, properties=properties)[0] is False


def test_the_group_of_the_machine_counts_as_the_machine_itself_does() -> None:
    ward = f"{GROUP}-ward"
    machine = f"{ward}/providers/Microsoft.Compute/virtualMachines/reader"
    phi, why = judged(DISK, {"id": machine}, {"id": ward, "tags": PHI}, managedBy=machine)

    assert (phi, why) == (True, "resource group clinic-ward is tagged dataClassification=phi")


@pytest.mark.parametrize("refused", [MACHINE, DISK])
def test_what_cannot_be_read_on_the_way_is_judged_as_phi(refused: str) -> None:
    phi, why = judged(SNAPSHOT, READER, ATTACHED, refused=refused, properties=copy_of(DISK))

    assert phi is None
    assert "cannot be read" in why


def test_a_deleted_machine_passes_on_no_scope() -> None:
    assert judged(DISK, managedBy=MACHINE)[0] is False


@pytest.mark.parametrize(
    "source",
    [DISK, f"{COMPUTE}/restorePointCollections/c/restorePoints/p/diskRestorePoints/d"],
)
def test_a_copy_of_an_unreadable_source_is_treated_as_phi(source: str) -> None:
    assert judged(SNAPSHOT, properties=copy_of(source))[0] is None


@pytest.mark.parametrize("odd", [17, ["a"], "not an id"])
def test_a_document_without_its_owner_is_treated_as_phi(odd: object) -> None:
    phi, why = judged(DISK, managedBy=odd)

    assert phi is None
    assert "managedBy" in why


def test_no_more_than_so_many_things_are_looked_at() -> None:
    interfaces = [f"{NETWORK}/networkInterfaces/nic-{number}" for number in range(MAX_SOURCES + 1)]
    properties = {"networkInterfaces": [{"id": each} for each in interfaces]}
    around = [{"id": each} for each in interfaces]
    phi, why = judged(f"{NETWORK}/networkSecurityGroups/front", *around, properties=properties)

    assert phi is None
    assert f"more than {MAX_SOURCES} resources" in why


def test_things_that_belong_to_each_other_are_each_looked_at_once() -> None:
    other = f"{COMPUTE}/disks/other"
    assert judged(DISK, {"id": other, "managedBy": DISK}, managedBy=other)[0] is False


def test_a_database_takes_scope_from_its_server_and_gives_it() -> None:
    server, database = {"id": SQL, "tags": PHI}, {"id": DATABASE, "tags": PHI}

    assert judged(DATABASE, server) == (True, "servers/records is tagged dataClassification=phi")
    assert judged(SQL, database) == (
        True,
        "databases/visits, which it contains, is tagged dataClassification=phi",
    )
    assert judged(SQL, {"id": DATABASE})[0] is False
    assert judged(SQL, refused=f"{SQL}/databases")[0] is None
