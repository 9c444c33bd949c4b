"""Whether a SQL server audits every login and statement, and keeps the records."""

from dataclasses import replace
from functools import partial
from typing import Final

from detectors.evidence import check_properties, evidence
from detectors.facets import weakest
from detectors.logs import workspace_export
from detectors.logs.workspace_export import Log
from detectors.sql.servers import KIND, MANAGED_BY, MASTER, SERVER, judge_unless_synapse
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Outcome, Resource, Severity, Verdict

_STATE: Final = "properties.state"
_MONITOR: Final = "properties.isAzureMonitorTargetEnabled"
_STORAGE: Final = "properties.storageEndpoint"
_DAYS: Final = "properties.retentionDays"
_GROUPS: Final = "properties.auditActionsAndGroups"

_EXTENDED: Final = "extendedAuditingSettings"
_PREDICATE: Final = "properties.predicateExpression"

_UNFILTERED: Final = (
    'Remove the predicate: Set-AzSqlServerAudit -PredicateExpression "". More audit records are '
    "written, which adds cost."
)

_NEEDED: Final = (
    "BATCH_COMPLETED_GROUP",
    "SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP",
    "FAILED_DATABASE_AUTHENTICATION_GROUP",
)
"""The groups that Azure recommends: every statement, and every login that succeeds or fails."""

_TABLES: Final = ("SQLSecurityAuditEvents", "AzureDiagnostics")
_CATEGORIES: Final = {"SQLSecurityAuditEvents": "audit records"}

_SIX_YEARS: Final = 2191
"""Days of retention that 45 CFR 164.316(b)(2)(i) requires for documentation; 0 means unlimited."""

CONTROL: Final = Control(
    id="SQL-AUDITING",
    title="SQL server must audit logins and statements",
    service="SQL",
    severity=Severity.HIGH,
    otherwise=Severity.MEDIUM,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="Without the records you cannot prove who read or changed PHI, so a breach is presumed.",
    fix="az sql server audit-policy update --name <name> --resource-group <group> --state Enabled "
    "--log-analytics-target-state Enabled --log-analytics-workspace-resource-id <workspace id>",
    watches={
        SERVER: (KIND,),
        f"{SERVER}/auditingsettings": (_STATE, _MONITOR, _STORAGE, _DAYS, _GROUPS),
        f"{SERVER}/{_EXTENDED.lower()}": (_PREDICATE,),
        **workspace_export.WATCHED,
        ids.GROUP: (MANAGED_BY,),
    },
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the server's auditing, which covers every database regardless of its own settings."""
    return judge_unless_synapse(_judge, resource, estate)


def _judge(server: Resource, estate: Estate) -> Verdict:
    name = f"{server.id}/auditingSettings/default"
    settings = estate.get(name) or Resource(name, "", {})
    state = settings.word(_STATE)
    if state in {MISSING, "disabled"}:
        return _off(settings, server, estate)
    if state != "enabled":
        raise Unreadable(f"{name}#{_STATE}", "not a known state")
    sides = (partial(_kept, settings), partial(_covers, settings), _whole)
    return weakest(CONTROL, sides, server, estate)


def _off(settings: Resource, server: Resource, estate: Estate) -> Verdict:
    """Fail; absent means off, as for every new server."""
    found = (evidence(settings, _STATE, "Enabled", of=server),)
    fix = _to_monitor(settings, server, estate)
    groups = SetProperty(settings.id, _GROUPS, _completed(settings))
    fix = replace(fix, steps=(groups, *fix.steps))
    return Verdict(Outcome.FAIL, "Auditing is off.", found, fix=fix)


def _to_monitor(settings: Resource, server: Resource, estate: Estate) -> Fix:
    """Return the fix that turns on auditing to Azure Monitor, and from there to a workspace."""
    fix = workspace_export.remedy(_log(server), estate)
    steps = (SetProperty(settings.id, _STATE, "Enabled"), SetProperty(settings.id, _MONITOR, True))
    return replace(fix, steps=(*steps, *fix.steps))


def _log(server: Resource) -> Log:
    """Return the log of a server's audit records: its settings belong to the database master."""
    return Log(f"{server.id}/databases/{MASTER}", "database", _CATEGORIES, tables=_TABLES)


def _kept(settings: Resource, server: Resource, estate: Estate) -> Verdict:
    """Evaluate the target of the records: storage with long retention, or an approved workspace."""
    stored, days = _stores(settings), settings.number(_DAYS)
    if stored and days is not MISSING and (days == 0 or days >= _SIX_YEARS):
        how_long = "without a time limit" if days == 0 else f"for {days} days"
        found = (evidence(settings, _DAYS, f"0, or {_SIX_YEARS} or more", of=server),)
        return Verdict(Outcome.PASS, f"Audit records are kept in storage {how_long}.", found)
    if settings.flag(_MONITOR):
        verdict = workspace_export.judge(_log(server), server, estate)
        reason = f"Auditing sends its records to Azure Monitor. {verdict.reason}"
        return replace(verdict, reason=reason)
    if not stored:
        found = (evidence(settings, _MONITOR, "true, or a storage endpoint is set", of=server),)
        fix = _to_monitor(settings, server, estate)
        return Verdict(
            Outcome.FAIL, "Auditing is on, but its records have no target.", found, fix=fix
        )
    if days is MISSING:
        raise Unreadable(f"{settings.id}#{_DAYS}", "absent")
    return _too_short(settings, server, days)


def _stores(settings: Resource) -> bool:
    """Tell whether the records go into storage: ARM shows an empty address if they do not."""
    endpoint = settings.word(_STORAGE)
    if endpoint in {MISSING, ""}:
        return False
    if not str(endpoint).startswith("https://"):
        raise Unreadable(f"{settings.id}#{_STORAGE}", "not an address")
    return True


def _too_short(settings: Resource, server: Resource, days: int) -> Verdict:
    steps = (
        SetProperty(settings.id, _STORAGE, settings.get(_STORAGE)),
        SetProperty(settings.id, _DAYS, _SIX_YEARS),
    )
    return Verdict(
        Outcome.FAIL,
        f"Audit records are kept for {days} days; {_SIX_YEARS} days are required.",
        (evidence(settings, _DAYS, f"0, or {_SIX_YEARS} or more", of=server),),
        fix=Fix(steps, "Retention adds cost."),
    )


def _covers(settings: Resource, server: Resource, estate: Estate) -> Verdict:
    """Evaluate the audited groups: at least those that Azure recommends."""
    if settings.get(_GROUPS) is MISSING:
        raise Unreadable(f"{settings.id}#{_GROUPS}", "absent")
    missing = [each for each in _NEEDED if each not in _audited(settings)]
    found = (evidence(settings, _GROUPS, f"at least {', '.join(_NEEDED)}", of=server),)
    if not missing:
        return Verdict(Outcome.PASS, "Logins and statements are audited.", found)
    return Verdict(
        Outcome.FAIL,
        f"The audit settings lack {', '.join(missing)}.",
        found,
        Severity.MEDIUM,
        _wider(settings, server, estate),
    )


def _whole(server: Resource, estate: Estate) -> Verdict:
    """Evaluate the predicate, which drops every record that it does not match.

    ``auditingSettings`` does not show it, ``extendedAuditingSettings`` of the same server does.
    https://learn.microsoft.com/rest/api/sql/extended-server-blob-auditing-policies
    """
    extended = estate.get(f"{server.id}/{_EXTENDED}/default")
    if extended is not None:
        check_properties(extended)
    predicate = extended.word(_PREDICATE) if extended else MISSING
    if extended is None or predicate is MISSING or not predicate.strip():
        return Verdict(Outcome.NOT_APPLICABLE, "No predicate narrows the audit records.")
    return Verdict(
        Outcome.FAIL,
        "A predicate narrows auditing: records that it does not match are dropped.",
        (evidence(extended, _PREDICATE, "absent, or empty", of=server),),
        fix=Fix(note=_UNFILTERED),
    )


def _audited(settings: Resource) -> tuple[str, ...]:
    return tuple(str(each).upper() for each in settings.items(_GROUPS))


def _completed(settings: Resource) -> list[str]:
    """Return the audited groups with the missing ones added."""
    listed = settings.get(_GROUPS)
    there = listed if isinstance(listed, list) else []
    return [*there, *(each for each in _NEEDED if each not in map(str.upper, map(str, there)))]


def _wider(settings: Resource, server: Resource, estate: Estate) -> Fix:
    """Return the fix that adds the groups and repeats the target: az requires both together."""
    groups = SetProperty(settings.id, _GROUPS, _completed(settings))
    endpoint = settings.get(_STORAGE)
    if isinstance(endpoint, str) and endpoint:
        return Fix(
            (groups, SetProperty(settings.id, _STORAGE, endpoint)),
            "More audit records are written, which adds cost.",
        )
    fix = _to_monitor(settings, server, estate)
    return replace(fix, steps=(groups, *fix.steps))
