"""Whether a Log Analytics workspace receives logs now."""

from typing import Final

from detectors.evidence import check_objects
from drift.errors import Unreadable
from drift.model import MISSING, Resource

STATE: Final = "properties.provisioningState"

_RECEIVING: Final = frozenset({MISSING, "succeeded", "updating"})
_NOT_RECEIVING: Final = {
    "creating": "the workspace is still being created",
    "provisioningaccount": "the workspace is still being created",
    "deleting": "the workspace is being deleted",
    "failed": "the last operation on the workspace failed",
    "canceled": "the last operation on the workspace was canceled",
}


def check_receiving(workspace: Resource) -> None:
    """Raise Unreadable where a workspace is not known to receive logs.

    Of the documented states (Creating, Succeeded, Failed, Canceled, Deleting, ProvisioningAccount,
    Updating) Succeeded and Updating receive logs; the others may not. A workspace that answers
    without a state counts as receiving.
    https://learn.microsoft.com/azure/templates/microsoft.operationalinsights/workspaces
    """
    check_objects(workspace, "properties")
    state = workspace.word(STATE)
    if state not in _RECEIVING:
        why = _NOT_RECEIVING.get(str(state), "not a known state")
        raise Unreadable(f"{workspace.id}#{STATE}", why)
