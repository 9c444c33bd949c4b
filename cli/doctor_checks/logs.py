"""Whether Log Analytics answers, is the correct workspace, and receives the activity log."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cli.doctor_checks.azure_refusals import (
    AttemptedRead,
    FindConnectionProblem,
    explained,
    remedy,
)
from cli.doctor_checks.check import Check, fail, ok, warn
from cli.doctor_checks.identity import LOG_READER, Principal
from drift import ids
from drift.config.app_settings import Settings
from drift.errors import SourceUnavailable
from drift.model import MISSING, Actor, dig
from drift.ports import ActivityLog, Reader

QUERY: Final = "Log Analytics query"
WORKSPACE: Final = "workspace"
_ASKER: Final = Actor("phidrift-doctor")
_SETTING: Final = "LOG_ANALYTICS_WORKSPACE_ID"
_UNKNOWN_SCOPE: Final = "ARM_ID_OF_THE_WORKSPACE"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceInput:
    """The input of the workspace check."""

    log: ActivityLog
    principal: Principal
    connection_problem: FindConnectionProblem
    now: datetime


def without_workspace() -> Check:
    """Return the check if no workspace is set."""
    finding = f"{_SETTING} is not set: no alert shows what else its actor did"
    return warn(QUERY, finding, f"set {_SETTING} to the workspace's GUID")


def query(logs: WorkspaceInput, workspace_resource_id: str) -> Check:
    """Query the last hour for an actor that does not exist."""
    asked = attempted(logs, workspace_resource_id)
    try:
        logs.log.writes_by(
            _ASKER, since=logs.now - timedelta(hours=1), until=logs.now, correlation_id=""
        )
    except SourceUnavailable as error:
        return refused(error, asked)
    return ok(QUERY, "answered")


def attempted(logs: WorkspaceInput, workspace_resource_id: str) -> AttemptedRead:
    """Return what a query of the workspace needs."""
    return AttemptedRead(
        name=QUERY,
        principal=logs.principal,
        role=LOG_READER,
        scope=workspace_resource_id or _UNKNOWN_SCOPE,
        setting="LOGS_ENDPOINT",
        connection_problem=logs.connection_problem,
    )


def refused(error: SourceUnavailable, asked: AttemptedRead) -> Check:
    """Return the meaning of a refusal of the query; some codes differ from ARM."""
    answer = f"HTTP {error.status} {error.code}".rstrip()
    if error.status == 404:
        finding = f"{answer}: {_SETTING} is not a workspace that this identity can see"
        return fail(asked.name, finding, "copy the workspace id of the workspace's overview page")
    if error.status == 400:
        finding = f"{answer}: the workspace has no AzureActivity table with the expected columns"
        return fail(asked.name, finding, "send the activity log of each subscription to it")
    return explained(error, asked)


def matches(reader: Reader, settings: Settings) -> Check | None:
    """Tell whether the two settings of the workspace name the same one; None where one is absent."""
    if not (settings.workspace_id and settings.workspace_resource_id):
        return None
    try:
        body = reader.get(settings.workspace_resource_id).body
    except SourceUnavailable as error:
        step = remedy(error, "grant Reader on the workspace")
        return warn(WORKSPACE, f"cannot be compared: {_status(error)}", step)
    if body is None:
        finding = "ARM shows no resource with the id of LOG_ANALYTICS_WORKSPACE_RESOURCE_ID"
        return fail(WORKSPACE, finding, "copy the resource id from the workspace's properties page")
    return same_workspace(settings.workspace_id, dig(body, "properties.customerId"))


def same_workspace(workspace_id: str, customer_id: object) -> Check:
    """Compare the id that is queried with that of the ARM document."""
    if customer_id is MISSING:
        return warn(WORKSPACE, "cannot be compared: ARM shows no customerId")
    if str(customer_id).lower() == workspace_id:
        return ok(WORKSPACE, "both settings name the same workspace")
    finding = f"{_SETTING} and LOG_ANALYTICS_WORKSPACE_RESOURCE_ID name two different workspaces"
    return fail(WORKSPACE, finding, "correct one of them: only the second is approved for logs")


def exports(reader: Reader, subscriptions: Iterable[str], workspace: str) -> Iterator[Check]:
    """Tell for each subscription whether its activity log goes to the workspace."""
    for subscription in subscriptions:
        scope = f"/subscriptions/{subscription}"
        name = f"activity log of {scope}"
        try:
            listed = reader.list(f"{scope}/providers/Microsoft.Insights/diagnosticSettings")
        except SourceUnavailable as error:
            step = remedy(error, "grant Reader on the subscription")
            yield warn(name, f"where it goes is not known: {_status(error)}", step)
            continue
        if any(sends_activity(each, workspace) for each in listed.items or ()):
            yield ok(name, "goes to the workspace")
            continue
        finding = "does not go to the workspace: no alert will show what else its actor did"
        yield warn(name, finding, _export(subscription, workspace))


def sends_activity(setting: Mapping[str, Any], workspace: str) -> bool:
    """Tell whether a diagnostic setting sends the activity log to the workspace ("": to any)."""
    target, logs = dig(setting, "properties.workspaceId"), dig(setting, "properties.logs")
    if not isinstance(target, str) or not isinstance(logs, list):
        return False
    is_there = not workspace or ids.key(workspace) == ids.key(target)
    return is_there and any(map(_is_activity, logs))


def _is_activity(log: object) -> bool:
    names = {str(dig(log, each)).lower() for each in ("category", "categoryGroup")}
    return dig(log, "enabled") is True and bool(names & {"administrative", "alllogs"})


def _export(subscription: str, workspace: str) -> str:
    return (
        "az monitor diagnostic-settings subscription create --name activity-to-logs "
        f"--subscription {subscription} --location eastus --workspace "
        f"{workspace or _UNKNOWN_SCOPE} "
        """--logs '[{"category":"Administrative","enabled":true}]'"""
    )


def _status(error: SourceUnavailable) -> str:
    return f"HTTP {error.status} {error.code}".rstrip() if error.status else "no answer"
