"""A log of changes with rows that arrive at a time of their own, and a monitor that reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from detectors.storage import public_access
from drift import ids
from drift.access.ports import QueryValue
from drift.errors import SourceUnavailable
from drift.log_feed.feeds import CONTAINERS
from drift.ports import MOST_CHANGES, LoggedChange
from tests.support.rig import ACCOUNT, GROUP, Rig

CONTAINER = f"{ACCOUNT}/blobServices/default/containers/scans"
TENANT = "0c5f8a1e-3b2d-4a6f-9e10-7d8c9b0a1f2e"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/clinic"
STORAGE = "microsoft.storage/storageaccounts"


@dataclass
class Log:
    """A log whose rows arrive at a time of their own; ``failing`` is raised instead while it is set.

    ``query`` is the one that finds them.
    """

    rows: list[tuple[datetime, LoggedChange]] = field(default_factory=list)
    failing: SourceUnavailable | None = None
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)
    query: str = CONTAINERS.query
    values: list[Mapping[str, QueryValue]] = field(default_factory=list)

    def changes(
        self, query: str, *, since: datetime, until: datetime, values: Mapping[str, QueryValue]
    ) -> Sequence[LoggedChange]:
        if self.failing:
            raise self.failing
        self.asked.append((since, until))
        self.values.append(values)
        there = [row for arrived, row in self.rows if since <= row.at <= until]
        return there[:MOST_CHANGES] if query == self.query else []


def a_change(at: datetime, name: str = "1", **values: str) -> LoggedChange:
    texts = {
        "operation": "SetContainerACL",
        "resource": ACCOUNT,
        "document": "scans",
        "person": "",
        "object_id": "",
        "application": "",
        "application_id": "",
        "address": "203.0.113.9",
        "authentication": "AccountKey",
        "correlation_id": f"request-{name}",
        **values,
    }
    return LoggedChange(id=name, at=at, **texts)


def a_rig() -> tuple[Rig, Log]:
    """Return a monitor of one account that allows public access, whose containers are all private."""
    rig, log = Rig(None), Log()
    rig.only(public_access)
    rig.change(change_log=log)
    rig.arm.put(ids.subscription_id_of(ACCOUNT))
    rig.arm.put(GROUP)
    rig.arm.put(
        ACCOUNT,
        type="Microsoft.Storage/storageAccounts",
        kind="StorageV2",
        tags={"dataClassification": "phi"},
        properties={"allowBlobPublicAccess": True, "publicNetworkAccess": "Enabled"},
    )
    return rig, log


def watch(rig: Rig) -> int:
    """Read the logs, handle their changes, and return the number of changes."""
    work = rig.monitor.watch_logs()
    rig.run(work)
    return len(work.changes)
