"""A small estate that tests put into Azure, and controls made for a test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drift.estate import Estate
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Rig

TYPE = "microsoft.storage/storageaccounts"
PHI = {"dataClassification": "phi"}
WHOLE_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
BLOBS = f"{ACCOUNT}/blobServices/default"
CONTAINERS = f"{BLOBS}/containers"
SETTINGS = f"{BLOBS}/providers/Microsoft.Insights/diagnosticSettings"
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
MACHINE = f"{COMPUTE}/virtualMachines/reader"
DISK = f"{COMPUTE}/disks/data"

Judge = Callable[[Resource, Estate], Verdict]


@dataclass
class Toy:
    """A control made of a function."""

    CONTROL: Control
    judge: Judge

    def evaluate(self, resource: Resource, estate: Estate) -> Verdict:
        return self.judge(resource, estate)


def toy(name: str, judge: Judge, **watches: tuple[str, ...]) -> Toy:
    """Return a control of storage accounts; ``watches`` adds to the account's ``properties.open``."""
    control = Control(
        id=name,
        title=f"{name} holds",
        service="Storage",
        severity=Severity.CRITICAL,
        otherwise=Severity.HIGH,
        hipaa=("164.312(a)(1)",),
        why="It matters.",
        fix="mend it",
        watches={TYPE: ("properties.open",), **watches},
    )
    return Toy(control, judge)


def is_open(resource: Resource, estate: Estate) -> Verdict:
    """Fail while the account's own property says so."""
    value = resource.flag("properties.open")
    outcome = Outcome.FAIL if value else Outcome.PASS
    return Verdict(outcome, f"open is {value}", (Evidence("properties.open", value, "false"),))


def is_fine(resource: Resource, estate: Estate) -> Verdict:
    """Pass, whatever it is."""
    return Verdict(Outcome.PASS, "fine")


def is_noted(resource: Resource, estate: Estate) -> Verdict:
    """Fail while the account carries a note that is forbidden."""
    note = resource.get("properties.note")
    outcome = Outcome.FAIL if note == "forbidden" else Outcome.PASS
    return Verdict(outcome, f"note is {note}", (Evidence("properties.note", str(note), "none"),))


def has_open_container(resource: Resource, estate: Estate) -> Verdict:
    """Fail while one of the account's containers is public."""
    found = estate.children(resource.id, "blobServices/default/containers")
    public = [each.name for each in found if each.get("properties.publicAccess") == "Container"]
    outcome = Outcome.FAIL if public else Outcome.PASS
    return Verdict(outcome, f"public: {public}", tuple(Evidence(x, "public", "no") for x in public))


OPEN = toy("TOY-OPEN", is_open)
CONTAINER = toy(
    "TOY-CONTAINER",
    has_open_container,
    **{f"{TYPE}/blobservices/containers": ("properties.publicAccess",)},
)


def place(rig: Rig, *, phi: bool = True, account: str = ACCOUNT) -> None:
    """Put an account that passes, its group and its subscription into Azure."""
    tags = {"dataClassification": "phi"} if phi else {}
    rig.arm.put(
        account,
        kind="StorageV2",
        tags=tags,
        properties={"provisioningState": "Succeeded", "open": False},
    )
    rig.arm.put(GROUP, tags={})
    rig.arm.put(WHOLE_SUBSCRIPTION, tags={})


def container(rig: Rig, name: str, access: str) -> str:
    """Put a container into the account, and return its id."""
    rig.arm.put(f"{CONTAINERS}/{name}", properties={"publicAccess": access})
    return f"{CONTAINERS}/{name}"


def broken(rig: Rig) -> None:
    """Open the account."""
    rig.arm.set(ACCOUNT, open=True)


def mended(rig: Rig) -> None:
    """Close the account."""
    rig.arm.set(ACCOUNT, open=False)


def present(kind: str) -> Toy:
    """Return a control of a type that always fails, and shows what the resource belongs to."""

    def judge(resource: Resource, azure: Estate) -> Verdict:
        found = (Evidence("managedBy", resource.get("managedBy") or None, "nobody"),)
        return Verdict(Outcome.FAIL, "it is there", found)

    control = Control(
        id="TOY",
        title="",
        service="",
        severity=Severity.CRITICAL,
        otherwise=Severity.HIGH,
        hipaa=(),
        why="",
        fix="",
        watches={kind: ("managedBy",)},
    )
    return Toy(control, judge)


def attached(rig: Rig, *disks: str, tags: dict[str, str] | None = None) -> None:
    """Put a machine with these disks, whose documents say so too."""
    listed = [{"lun": at, "managedDisk": {"id": each}} for at, each in enumerate(disks)]
    storage = {"osDisk": {"name": "os"}, "dataDisks": listed}
    properties = {"provisioningState": "Succeeded", "storageProfile": storage}
    rig.arm.put(MACHINE, tags=tags or {}, properties=properties)
    for each in disks:
        rig.arm.put(each, managedBy=MACHINE, properties={"provisioningState": "Succeeded"})


def told_of_move(rig: Rig, group: str = GROUP, **details: Any) -> dict[str, Any]:
    """Return the event that resources of a group were moved."""
    return rig.event(
        group,
        kind="Microsoft.Resources.ResourceActionSuccess",
        operationName="Microsoft.Resources/subscriptions/resourceGroups/moveResources/action",
        **details,
    )
