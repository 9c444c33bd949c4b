"""Which documents of Defender for Cloud azure-mgmt-security has operations for; nothing is imported."""

import re
from dataclasses import dataclass
from typing import Final

from adapters.arm.reader import is_readable_id

PRICINGS: Final = "pricings"
AUTOMATIONS: Final = "automations"
STANDARDS: Final = "regulatorycompliancestandards"

_ID: Final = re.compile(
    r"/subscriptions/(?P<subscription>[0-9a-z-]+)(/resourcegroups/(?P<group>[^/]+))?"
    r"/providers/microsoft\.security/(?P<kind>pricings|automations|regulatorycompliancestandards)"
    r"(/(?P<name>[^/]+))?/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DefenderDocument:
    """A document, or a list of them where ``name`` is ""."""

    kind: str
    subscription: str
    group: str = ""
    name: str = ""


def document_of(document_id: str) -> DefenderDocument | None:
    """Return what an id names, None where the library has no operation for it.

    Only automations are in a resource group; a subscription and a group have a list of them.
    """
    found = _ID.fullmatch(document_id)
    if found is None or not is_readable_id(document_id):
        return None
    subscription, group, kind, name = found.group("subscription", "group", "kind", "name")
    document = DefenderDocument(kind.lower(), subscription, group or "", name or "")
    if document.kind == AUTOMATIONS:
        return document if document.group or not document.name else None
    return None if document.group else document
