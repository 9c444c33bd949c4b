"""Disks and machines change as the real Compute resource provider changes them."""

from typing import Any

import pytest

from sandbox.clinic.estate import DATA, DATA_DISK, ENCRYPTION_SET, MACHINE, SNAPSHOT, SYSTEM_DISK
from sandbox.http.messages import Refused
from sandbox.world import Sandbox
from tests.sandbox.conftest import Call

COMPUTE = f"{DATA}/providers/Microsoft.Compute"
NEW = f"{COMPUTE}/disks/new"
OTHER = f"{COMPUTE}/virtualMachines/other"
DISKS = "2024-03-02"


def disk(**properties: Any) -> dict[str, Any]:
    creation = {"createOption": "Empty"}
    return {"location": "eastus", "properties": {"creationData": creation, **properties}}


def machine(*disks: str) -> dict[str, Any]:
    data = [{"lun": at, "managedDisk": {"id": each}} for at, each in enumerate(disks)]
    return {"location": "eastus", "properties": {"storageProfile": {"dataDisks": data}}}


def test_a_new_disk_is_open_and_encrypted_with_microsofts_key(azure: Sandbox) -> None:
    properties = azure.write(NEW, disk())["properties"]

    assert properties["encryption"] == {"type": "EncryptionAtRestWithPlatformKey"}
    assert properties["networkAccessPolicy"] == "AllowAll"
    assert properties["publicNetworkAccess"] == "Enabled"
    assert properties["diskState"] == "Unattached"


def test_a_disk_that_names_a_set_is_encrypted_with_its_key(azure: Sandbox) -> None:
    made = azure.write(NEW, disk(encryption={"diskEncryptionSetId": ENCRYPTION_SET}))

    assert made["properties"]["encryption"]["type"] == "EncryptionAtRestWithCustomerKey"


def test_a_disk_to_upload_waits_for_its_data(azure: Sandbox) -> None:
    body = {"location": "eastus", "properties": {"creationData": {"createOption": "Upload"}}}
    made = azure.write(NEW, body)

    assert made["properties"]["diskState"] == "ReadyToUpload"


def test_a_machines_write_attaches_and_detaches_its_disks(azure: Sandbox) -> None:
    azure.write(NEW, disk())
    azure.write(OTHER, machine(NEW.upper().replace("/SUBSCRIPTIONS", "/subscriptions")))
    attached = azure.read(NEW)
    azure.write(OTHER, machine())
    detached = azure.read(NEW)

    assert (attached["managedBy"], attached["properties"]["diskState"]) == (OTHER, "Attached")
    assert "managedBy" not in detached
    assert detached["properties"]["diskState"] == "Unattached"


def test_the_end_of_a_machine_leaves_its_disks_attached_to_nothing(azure: Sandbox) -> None:
    azure.delete(MACHINE)

    assert "managedBy" not in azure.read(SYSTEM_DISK)
    assert azure.read(DATA_DISK)["properties"]["diskState"] == "Unattached"


def test_a_shared_disk_has_several_machines(azure: Sandbox) -> None:
    azure.patch(DATA_DISK, {"properties": {"maxShares": 2}})
    azure.write(OTHER, machine(DATA_DISK))
    shared = azure.read(DATA_DISK)

    assert shared["managedBy"] == MACHINE
    assert shared["managedByExtended"] == [MACHINE, OTHER]


def test_a_disk_of_one_machine_is_not_attached_to_another(azure: Sandbox) -> None:
    with pytest.raises(Refused, match="already owned by VM"):
        azure.write(OTHER, machine(DATA_DISK))

    assert azure.read(DATA_DISK)["managedBy"] == MACHINE


def test_a_disk_that_is_attached_cannot_be_deleted(azure: Sandbox, call: Call) -> None:
    response = call("DELETE", DATA_DISK, DISKS)

    assert (response.status_code, response.json()["error"]["code"]) == (409, "OperationNotAllowed")
    assert azure.read(DATA_DISK)


def test_replacing_a_disk_does_not_detach_it(azure: Sandbox) -> None:
    before = azure.read(DATA_DISK)["properties"]
    after = azure.write(DATA_DISK, disk(diskState="Unattached"))

    assert after["managedBy"] == MACHINE
    assert after["properties"]["diskState"] == "Attached"
    assert after["properties"]["uniqueId"] == before["uniqueId"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"properties": {"creationData": {"createOption": "Empty"}}}, "LocationRequired"),
        ({"location": "eastus", "properties": {}}, "InvalidParameter"),
        (disk(diskAccessId=f"{COMPUTE}/diskAccesses/a"), "ConflictingUserInput"),
    ],
)
def test_what_cannot_be_a_disk_is_refused(call: Call, body: dict[str, Any], code: str) -> None:
    response = call("PUT", NEW, DISKS, json=body)

    assert response.json()["error"]["code"] == code


@pytest.mark.parametrize(
    ("path", "then"), [(SNAPSHOT, "Unattached"), (DATA_DISK, "Attached")], ids=["snapshot", "disk"]
)
def test_an_export_is_live_from_its_beginning_to_its_end(
    azure: Sandbox, path: str, then: str
) -> None:
    azure.patch(path, {"properties": {"networkAccessPolicy": "AllowAll"}})
    azure.act(path, "beginGetAccess")
    live = azure.read(path)["properties"]["diskState"]
    azure.act(path, "endGetAccess")

    assert live == "ActiveSAS"
    assert azure.read(path)["properties"]["diskState"] == then


@pytest.mark.parametrize(
    ("state", "live"), [("Frozen", "ActiveSASFrozen"), ("ReadyToUpload", "ActiveUpload")]
)
def test_an_export_of_a_frozen_or_reserved_disk_keeps_that_state(
    azure: Sandbox, state: str, live: str
) -> None:
    body = disk(diskState=state, networkAccessPolicy="AllowAll")
    azure.place({"id": NEW, "name": "new", "type": "Microsoft.Compute/disks", **body})
    azure.act(NEW, "beginGetAccess")

    assert azure.read(NEW)["properties"]["diskState"] == live


def test_a_disk_that_denies_export_gets_no_export_address(azure: Sandbox, call: Call) -> None:
    refused = call("POST", f"{SNAPSHOT}/beginGetAccess", DISKS, json={"access": "Read"})

    assert refused.status_code == 409
    assert azure.read(SNAPSHOT)["properties"]["diskState"] == "Unattached"


def test_another_action_changes_nothing(azure: Sandbox) -> None:
    before = azure.read(MACHINE)
    azure.act(MACHINE, "restart")

    assert azure.read(MACHINE) == before
