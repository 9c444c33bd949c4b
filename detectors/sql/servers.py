"""The types that the SQL controls evaluate, and the servers that Synapse manages."""

from typing import Final

from detectors.facets import Facet
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import Outcome, Resource, Verdict, dig

SERVER: Final = "microsoft.sql/servers"
INSTANCE: Final = "microsoft.sql/managedinstances"
DATABASE: Final = f"{SERVER}/databases"
INSTANCE_DATABASE: Final = f"{INSTANCE}/databases"

MASTER: Final = "master"

KIND: Final = "kind"
MANAGED_BY: Final = "managedBy"

_SYNAPSE: Final = "/providers/microsoft.synapse/"


def judge_unless_synapse(facet: Facet, server: Resource, estate: Estate) -> Verdict:
    """Evaluate a server unless it belongs to a Synapse workspace, which has these settings itself.

    The kind or the resource group shows it; the group is read only before a failure, and an
    unreadable group exempts nothing.
    """
    spared = Verdict(Outcome.NOT_APPLICABLE, "The server belongs to a Synapse workspace.")
    if "analytics" in str(dig(server.body, KIND)).lower():
        return spared
    verdict = facet(server, estate)
    return spared if verdict.outcome is Outcome.FAIL and _is_managed(server, estate) else verdict


def _is_managed(server: Resource, estate: Estate) -> bool:
    try:
        group = estate.get(ids.group_of(server.id))
    except Unreadable:
        return False
    return group is not None and _SYNAPSE in str(group.get(MANAGED_BY)).lower()


def is_master(database: Resource) -> bool:
    """Tell whether a database is the server's own."""
    return database.name.lower() == MASTER
