"""The feeds: changes and sign-ins that no event reports, and the resource to read for each row. Pure."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from drift import ids
from drift.arm import graph
from drift.events import Event
from drift.intake.targets import Watched, is_monitored
from drift.model import Actor
from drift.ports import LoggedChange
from drift.services import AppInfo
from drift.state import keys

_WRITE: Final = "Microsoft.Resources.ResourceWriteSuccess"
"""The type of the event for a row: these queries return only successful writes."""

_GROUPS: Final = "microsoft.management/managementgroups"
_GROUP_ID: Final = re.compile(
    r"/providers/Microsoft\.Management/managementGroups/[^/]+", re.IGNORECASE
)
_BLOBS: Final = "/blobservices/default"

_KEY_HOLDERS: Final = {
    "accountkey": "a holder of the account key",
    "sas": "a holder of a SAS token",
    "delegationsas": "a holder of a SAS token",
}
"""The actor if the log names nobody: a caller with a key or a token does not sign in."""

_CHANGED: Final = (
    ("conditional access policy", graph.POLICIES),
    ("authentication strength", graph.STRENGTHS),
    ("access review", graph.REVIEWS),
    ("eligible", graph.ELIGIBILITIES),
)
"""What an operation of AuditLogs changes; any other one changes who has a role. Privileged Identity
Management writes operations such as "Add eligible member to role in PIM completed (permanent)". The names
of operations on access reviews are not documented in full: what a name leaves out, polls find."""

_UNNAMED: Final = "unnamed"
"""Placeholder for a document that a row does not name: its collection is read again."""

Place = tuple[str, str]
"""The id of the resource to read, and the id of the document that was written."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One query of a ``table``.

    ``overlap`` is how late its rows may arrive; ``title`` names what it shows within a sentence.
    ``place`` is where a row has the monitor read again. ``of_accounts``: the query is about the
    emergency access accounts alone, and its rows are reported as they are.
    """

    query: str
    title: str
    table: str
    overlap: timedelta
    place: Callable[[LoggedChange, AppInfo], Place | None]
    is_wanted: Callable[[Watched, AppInfo], bool]
    of_accounts: bool = False


def event_of(feed: Feed, change: LoggedChange, app: AppInfo, watched: Watched) -> Event | None:
    """Return the event for a row, None if it concerns nothing that is watched."""
    place = feed.place(change, app)
    if place is None or not _is_evaluated(place[0], watched):
        return None
    target, subject = place
    return Event(
        id=f"log-{row_mark(change)}",
        type=_WRITE,
        operation=_operation(change.operation, subject),
        subject=subject,
        target=target,
        at=change.at,
        actor=_actor(change),
        correlation_id=change.correlation_id,
        deleted=False,
    )


def row_mark(change: LoggedChange) -> str:
    """Return the key by which a row is recognised when it is read again."""
    names = (change.id, change.at.isoformat(), change.operation, change.resource, change.document)
    return keys.digest("|".join(names))[:16]


def _is_evaluated(target: str, watched: Watched) -> bool:
    kind = ids.type_of(target)
    if ids.subscription_of(target):
        return kind in watched.evaluated and is_monitored(target, watched)
    return kind != ids.SUBSCRIPTION and kind in watched.evaluated


def _operation(operation: str, subject: str) -> str:
    """Return the operation in ARM's form: logs of data planes have other names."""
    return operation.lower() if "/" in operation else f"{ids.type_of(subject)}/write"


def _actor(change: LoggedChange) -> Actor | None:
    unnamed = _KEY_HOLDERS.get(change.authentication.replace(" ", "").lower(), "")
    named = (change.person, change.application, change.application_id, change.object_id, unnamed)
    name = next((each for each in named if each), "")
    if not name:
        return None
    return Actor(
        name=name,
        object_id=change.object_id,
        ip=change.address,
        app_id=change.application_id,
    )


def _container(change: LoggedChange, _: AppInfo) -> Place | None:
    account = change.resource
    if account.lower().endswith(_BLOBS):
        account = account[: -len(_BLOBS)]
    if not account or not change.document:
        return None
    return account, f"{account}/blobServices/default/containers/{change.document}"


def _tenant(change: LoggedChange, app: AppInfo) -> Place | None:
    """Return the tenant and the changed document, which is read again; its author is the actor."""
    tenant, operation = f"/tenants/{app.tenant_id.lower()}", change.operation.lower()
    if "security defaults" in operation:
        return tenant, graph.in_tenant(tenant, graph.SECURITY_DEFAULTS)
    kind = next((kind for words, kind in _CHANGED if words in operation), graph.ASSIGNMENTS)
    return tenant, graph.in_tenant(tenant, f"{kind}/{change.document or _UNNAMED}")


def _management_group(change: LoggedChange, _: AppInfo) -> Place | None:
    found = _GROUP_ID.match(change.resource)
    return (found.group(0), change.resource) if found else None


def _nothing(*_: object) -> None:
    return None


CONTAINERS: Final = Feed(
    "container_changes",
    "changes of containers on the data plane",
    "StorageBlobLogs",
    timedelta(hours=2),
    _container,
    lambda watched, _: "microsoft.storage/storageaccounts" in watched.evaluated,
)
DIRECTORY: Final = Feed(
    "directory_changes",
    "changes of conditional access, access reviews and directory roles",
    "AuditLogs",
    timedelta(hours=6),
    _tenant,
    lambda watched, app: (
        bool(app.tenant_id) and _is_evaluated(f"/tenants/{app.tenant_id.lower()}", watched)
    ),
)
MANAGEMENT_GROUPS: Final = Feed(
    "management_group_changes",
    "changes of management groups",
    "AzureActivity",
    timedelta(hours=2),
    _management_group,
    lambda watched, app: bool(app.management_group) and _GROUPS in watched.evaluated,
)
SIGN_INS: Final = Feed(
    "emergency_sign_ins",
    "sign-ins of emergency access accounts",
    "SigninLogs",
    timedelta(hours=6),
    _nothing,
    lambda watched, _: ids.TENANT in watched.evaluated,
    of_accounts=True,
)
"""https://learn.microsoft.com/entra/identity/role-based-access-control/security-emergency-access has
each sign-in of such an account monitored."""

FEEDS: Final = (CONTAINERS, DIRECTORY, MANAGEMENT_GROUPS, SIGN_INS)


def wanted_feeds(
    watched: Watched, app: AppInfo, accounts: Collection[str] = ()
) -> tuple[Feed, ...]:
    """Return the feeds that concern watched resources: the others are not queried.

    ``accounts`` are the ids of the emergency access accounts, none where monitor.toml names none.
    """
    wanted = (each for each in FEEDS if each.is_wanted(watched, app))
    return tuple(each for each in wanted if accounts or not each.of_accounts)
