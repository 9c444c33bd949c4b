"""What the Compute resource provider adds to a request's body, and what it refuses."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sandbox.core.documents import Body, View
from sandbox.core.paths import Place
from sandbox.http.messages import Refused

DISK: Final = "microsoft.compute/disks"
SNAPSHOT: Final = "microsoft.compute/snapshots"
MACHINE: Final = "microsoft.compute/virtualmachines"
TYPES: Final = (DISK, SNAPSHOT, MACHINE)

_HOLDERS: Final = ("managedBy", "managedByExtended")
_KEPT: Final = ("diskState", "timeCreated", "uniqueId")
_EXPORTED: Final = {"Frozen": "ActiveSASFrozen", "ReadyToUpload": "ActiveUpload"}
_BEGIN: Final = "begingetaccess"
_END: Final = "endgetaccess"


def filled(view: View, change: tuple[Body | None, Body], now: datetime) -> Body:
    """Return what is stored of (before, given); raise Refused where it cannot be made."""
    before, body = change
    if str(body["type"]).lower() == MACHINE:
        _check_machine(view, body)
        return {"properties": {}, **body}
    _check_disk(body)
    return fill_disk(body, before, now)


def _check_disk(body: Body) -> None:
    """Refuse what the provider cannot make of a disk or a snapshot."""
    properties = body.get("properties") or {}
    if not body.get("location"):
        raise Refused(400, "LocationRequired", "The location property is required.")
    if not properties.get("creationData"):
        message = "Required parameter 'creationData' is missing (null)."
        raise Refused(400, "InvalidParameter", message)
    private = str(properties.get("networkAccessPolicy")).lower() == "allowprivate"
    if properties.get("diskAccessId") and not private:
        message = "Disk Access is only supported for disks with NetworkAccessPolicy AllowPrivate"
        raise Refused(409, "ConflictingUserInput", message)


def fill_disk(body: Body, before: Body | None, now: datetime) -> Body:
    """Return a disk or a snapshot with what ARM shows of each, and held by whom it was held."""
    given: dict[str, Any] = dict(body.get("properties") or {})
    known = (before or {}).get("properties") or {}
    uploads = (given.get("creationData") or {}).get("createOption") == "Upload"
    defaults: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "timeCreated": now.isoformat(),
        "uniqueId": str(uuid.uuid5(uuid.NAMESPACE_URL, str(body["id"]).lower())),
        "diskState": "ReadyToUpload" if uploads else "Unattached",
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
    }
    chosen = given.get("encryption") or {}
    ours = "EncryptionAtRestWithCustomerKey" if chosen.get("diskEncryptionSetId") else None
    encryption = {"type": ours or "EncryptionAtRestWithPlatformKey"} | chosen
    kept = {name: known[name] for name in _KEPT if name in known}
    held: Body = {name: before[name] for name in _HOLDERS if before and name in before}
    others = {name: value for name, value in body.items() if name not in _HOLDERS}
    return {
        **others,
        **held,
        "properties": defaults | given | kept | {"encryption": encryption},
    }


def _check_machine(view: View, machine: Body) -> None:
    """Refuse to attach a disk that another machine holds and does not share."""
    for disk_id in _disks(machine):
        disk = view.get(disk_id) or {}
        holder = str(disk.get("managedBy") or machine["id"])
        shares = (disk.get("properties") or {}).get("maxShares") or 1
        if holder.lower() != str(machine["id"]).lower() and shares < 2:
            message = f"Disk '{disk_id}' cannot be attached as the disk is already owned by VM '{holder}'."
            raise Refused(409, "ConflictingUserInput", message)


def check_unheld(disk: Body) -> None:
    """Refuse to delete a disk that a machine holds."""
    if disk.get("managedBy"):
        message = f"Disk {disk['name']} is attached to VM {disk['managedBy']}."
        raise Refused(409, "OperationNotAllowed", message)


def handed_over(view: View, before: Body | None, after: Body | None) -> Iterator[Body]:
    """Yield each disk that a machine's write attaches or detaches, as it is then."""
    was, now = (_disks(each) if each else () for each in (before, after))
    machine = str((after or before or {}).get("id", ""))
    for key in {each.lower() for each in (*was, *now)}:
        disk = view.get(key)
        held = disk and _held(disk, machine, attached=key in {each.lower() for each in now})
        if held and held != disk:
            yield held


def _held(disk: Body, machine: str, *, attached: bool) -> Body:
    known = (each for name in _HOLDERS for each in _listed(disk.get(name)))
    holders = {each.lower(): each for each in known}
    if attached:
        holders.setdefault(machine.lower(), machine)
    else:
        holders.pop(machine.lower(), None)
    names = list(holders.values())
    body = {name: value for name, value in disk.items() if name not in _HOLDERS}
    if names:
        body["managedBy"] = names[0]
    if len(names) > 1:
        body["managedByExtended"] = names
    state = {"diskState": "Attached" if names else "Unattached"}
    return body | {"properties": (disk.get("properties") or {}) | state}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _disks(machine: Body) -> tuple[str, ...]:
    storage = (machine.get("properties") or {}).get("storageProfile") or {}
    disks = [storage.get("osDisk") or {}, *(storage.get("dataDisks") or [])]
    named = ((each.get("managedDisk") or {}).get("id") for each in disks)
    return tuple(str(each) for each in named if each)


def acted(place: Place, body: Body, action: str) -> Body:
    """Return a document as an action leaves it: an export address is handed out, or ends."""
    if place.type_key not in (DISK, SNAPSHOT) or action.lower() not in (_BEGIN, _END):
        return body
    properties = dict(body.get("properties") or {})
    state = str(properties.get("diskState"))
    if action.lower() == _BEGIN:
        if str(properties.get("networkAccessPolicy")).lower() == "denyall":
            message = "The network access policy of the disk is DenyAll."
            raise Refused(409, "OperationNotAllowed", message)
        properties["diskState"] = _EXPORTED.get(state, "ActiveSAS")
    else:
        properties["diskState"] = "Attached" if body.get("managedBy") else "Unattached"
    return body | {"properties": properties}
