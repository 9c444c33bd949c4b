"""Which operations of ARM can write a document, and which document; listing keys writes none."""

import re
from typing import Final

_ACTION: Final = "/action"

_POLICY: Final = "microsoft.authorization/policies/"
"""Policy engine records such as ``…/audit/action``: they stand beside the write that was evaluated."""

_READING: Final = (
    "audit",
    "calculate",
    "check",
    "describe",
    "download",
    "evaluate",
    "export",
    "generate",
    "get",
    "list",
    "preview",
    "query",
    "read",
    "retrieve",
    "validate",
    "whatif",
)
"""Beginnings of the names of actions that only read, such as ``listKeys`` and ``ListAccountSas``."""

_LEAVING_AS_IT_IS: Final = frozenset(
    {
        "deallocate",
        "poweroff",
        "regeneratekey",
        "restart",
        "revokeuserdelegationkeys",
        "runcommand",
        "start",
    }
)
"""Actions that change keys or a power state, and no configuration."""

_SHOWN_AS: Final = re.compile(r"(?i)(/roleEligibilitySchedule)Requests/")
"""A request to Privileged Identity Management shows as an instance; no event names the instance.

https://learn.microsoft.com/azure/role-based-access-control/permissions-reference: operations of
Microsoft.Authorization write requests, and only read instances.
"""


def shown_as(document: str) -> str:
    """Return the document that shows the effect of a written document; usually the document itself."""
    return _SHOWN_AS.sub(r"\1Instances/", document)


def only_reads(operation: str) -> bool:
    """Tell whether an operation (in lower case) leaves every document as it is; "" may be any write."""
    if operation.startswith(_POLICY) or operation.endswith("/read"):
        return True
    return operation.endswith(_ACTION) and _action(operation).startswith(_READING)


def can_write(operation: str) -> bool:
    """Tell whether an operation (in lower case) can change a configuration; "" may be any write."""
    return not only_reads(operation) and _action(operation) not in _LEAVING_AS_IT_IS


def _action(operation: str) -> str:
    """Return the name of an action, "" for a write or a delete."""
    found = operation.endswith(_ACTION)
    return operation.removesuffix(_ACTION).rpartition("/")[2] if found else ""
