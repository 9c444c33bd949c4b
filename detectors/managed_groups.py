"""Resources that belong to a service of Azure, such as an AKS cluster: who must change them, and how."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from drift import ids
from drift.arm.types import SCALE_SET
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix
from drift.model import MISSING, Resource, dig

MANAGED_BY: Final = "managedBy"

_CLUSTER: Final = "microsoft.containerservice/managedclusters"
_DATABRICKS: Final = "microsoft.databricks/workspaces"
_GROUP_NAMES: Final = {"mc_": _CLUSTER, "databricks-rg-": _DATABRICKS}
"""The default names of the resource groups of these services."""

_REMEDIES: Final = {
    _CLUSTER: (
        "It belongs to an AKS cluster, which replaces its nodes: a change of the node is lost.",
        (
            "Add a node pool that has the setting (az aks nodepool add --enable-encryption-at-host) and "
            "delete the old one (az aks nodepool delete); the disk encryption set of a cluster is chosen "
            "when it is created (az aks create --node-osdisk-diskencryptionset-id)."
        ),
    ),
    _DATABRICKS: (
        "It belongs to a Databricks workspace, and only Databricks may change its resources.",
        "Set the keys of its managed disks in the workspace, under Encryption.",
    ),
}
_OF_ANOTHER: Final = (
    (
        "It is in a resource group that another Azure service manages ({}): a command on the resource "
        "itself does not last."
    ),
    "Change it in that service.",
)
_OF_INSTANCE: Final = (
    "It belongs to an instance of scale set {}, and commands for machines and disks do not work on it.",
    (
        "Change the model of the scale set (az vmss update), and then its instances "
        "(az vmss update-instances)."
    ),
)


def owned(fix: Fix, resource: Resource, estate: Estate, *, instead: str = "") -> Fix:
    """Return the fix that the owner of a resource can make, or the same fix where it has no owner.

    If a service manages the resource, Azure refuses a command on it, or the change is lost with the
    next node. ``instead`` replaces the owner's commands.
    """
    if not fix.steps:
        return fix
    why, how = _remedy(resource, estate)
    return replace(fix, steps=(), note=f"{why} {instead or how}") if why else fix


def _remedy(resource: Resource, estate: Estate) -> tuple[str, str]:
    """Return the owner of the resource and what the owner can do, "" if it has no owner."""
    owner = _owner(resource, estate)
    if owner:
        why, how = _REMEDIES.get(ids.type_of(owner), _OF_ANOTHER)
        return why.format(ids.last_pair_of(owner)), how
    scale_set = next(_scale_sets(resource), "")
    why, how = _OF_INSTANCE if scale_set else ("", "")
    return why.format(ids.name_of(scale_set)), how


def _owner(resource: Resource, estate: Estate) -> str:
    """Return the id of the service that manages the resource's group, "" for none.

    If the group cannot be read, only its name decides.
    """
    group_id = ids.group_of(resource.id)
    try:
        group = estate.get(group_id)
    except Unreadable:
        group = None
    manager = dig(group.body, MANAGED_BY) if group else MISSING
    if isinstance(manager, str) and ids.is_id(manager):
        return manager
    name = ids.name_of(group_id).lower()
    kind = next((kind for start, kind in _GROUP_NAMES.items() if name.startswith(start)), "")
    return f"/providers/{kind}/{name}" if kind else ""


def _scale_sets(resource: Resource) -> Iterator[str]:
    """Yield the scale sets whose instance the resource is, or is attached to."""
    holder = dig(resource.body, MANAGED_BY)
    for named in (resource.id, holder if isinstance(holder, str) else ""):
        above = list(ids.lineage(named))
        yield from (each for each in above[1:] if ids.type_of(each) == SCALE_SET)
