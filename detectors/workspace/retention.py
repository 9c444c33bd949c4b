"""Whether a workspace keeps the logs that are evidence for as long as HIPAA documentation must be kept."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from detectors.evidence import check_objects, check_properties, evidence, listed
from detectors.facets import weakest
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Missing, Outcome, Resource, Severity, Verdict

WORKSPACE: Final = "microsoft.operationalinsights/workspaces"
_TABLES: Final = "tables"
_TOTAL: Final = "properties.totalRetentionInDays"
_INTERACTIVE: Final = "properties.retentionInDays"
_CAP: Final = "properties.workspaceCapping.dailyQuotaGb"
_PURGE: Final = "properties.features.immediatePurgeDataOn30Days"

_NO_CAP: Final = -1
_LONGEST_BY_COMMAND: Final = 2556
"""The longest retention that ``az monitor log-analytics workspace table update`` takes (2.91.0)."""

CONTROL: Final = Control(
    id="WORKSPACE-RETENTION",
    title="Workspace must keep audit logs for six years",
    service="Log Analytics",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.316(b)(2)(i)", "164.312(b)"),
    why="Without these logs it is not possible to prove who had access to PHI.",
    fix="az monitor log-analytics workspace table update --resource-group <group> "
    "--workspace-name <workspace> --name <table> --total-retention-time 2191",
    watches={
        WORKSPACE: (_CAP, _PURGE),
        f"{WORKSPACE}/{_TABLES}": (_TOTAL, _INTERACTIVE),
    },
    leaves_out="exports of tables to immutable storage, and single purges of rows",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the tables of evidence, the daily cap and immediate purging of an approved workspace.

    The rule of six years names documentation; raw logs count as such by default, and
    ``controls.log_retention_days`` in monitor.toml may say otherwise. Six years are 2191 days: Azure
    takes neither 2190 nor 2192. The workspace's own retention ends at 730 days and proves nothing. A
    cap or a feature that is not shown is not set.
    """
    check_properties(resource)
    if not is_approved(resource, estate):
        return Verdict(Outcome.NOT_APPLICABLE, "The workspace is not approved for audit logs.")
    known, doubt = listed(lambda: estate.children(resource.id, _TABLES))
    wanted = {each.lower() for each in estate.baseline.evidence_tables}
    tables = [each for each in known if each.name.lower() in wanted]
    facets: list[Callable[[Resource, Estate], Verdict]] = [_cap, _purge]
    facets += [partial(_table, each) for each in tables]
    if doubt:
        facets.append(partial(_refused, doubt))
    elif not tables:
        return Verdict(Outcome.NOT_APPLICABLE, "The workspace has no table with audit logs.")
    verdict = weakest(CONTROL, facets, resource, estate)
    return verdict if verdict.outcome is not Outcome.PASS else _kept(verdict, tables, estate)


def is_approved(workspace: Resource, estate: Estate) -> bool:
    """Tell whether audit logs may be kept in a workspace: in any, where none is named."""
    approved = [ids.key(each) for each in estate.baseline.approved_workspaces]
    return not approved or ids.key(workspace.id) in approved


def _kept(verdict: Verdict, tables: Sequence[Resource], estate: Estate) -> Verdict:
    days = estate.baseline.log_retention_days
    names = ", ".join(each.name for each in tables)
    return Verdict(Outcome.PASS, f"Kept for {days} days or more: {names}.", verdict.evidence)


def _refused(doubt: Unreadable, _: Resource, __: Estate) -> Verdict:
    raise doubt


def _table(table: Resource, workspace: Resource, estate: Estate) -> Verdict:
    """Evaluate one table; a total that is not shown is the interactive retention."""
    check_objects(table, "properties")
    days = estate.baseline.log_retention_days
    total = table.number(_TOTAL)
    kept = table.number(_INTERACTIVE) if isinstance(total, Missing) else total
    if isinstance(kept, Missing):
        raise Unreadable(f"{table.id}#{_TOTAL}", "absent")
    shown = (evidence(table, _TOTAL, f"{days} or more", of=workspace),)
    if kept >= days:
        return Verdict(Outcome.PASS, f"{table.name} is kept for {kept} days.", shown)
    note = "Longer retention adds cost."
    if days > _LONGEST_BY_COMMAND:
        note += f" This command takes at most {_LONGEST_BY_COMMAND} days; the portal takes more."
    return Verdict(
        Outcome.FAIL,
        f"{table.name} is kept for {kept} days; {days} are required.",
        shown,
        fix=Fix((SetProperty(table.id, _TOTAL, days),), note),
    )


def _cap(workspace: Resource, _: Estate) -> Verdict:
    """Fail where a day's logs are dropped once a quota is used up."""
    check_objects(workspace, "properties.workspaceCapping")
    cap = workspace.get(_CAP)
    shown = (evidence(workspace, _CAP, "no limit (-1), or absent"),)
    if cap is MISSING or cap == _NO_CAP:
        return Verdict(Outcome.PASS, "No daily cap limits the logs.", shown)
    if isinstance(cap, bool) or not isinstance(cap, int | float):
        raise Unreadable(_CAP, "not a number")
    return Verdict(
        Outcome.FAIL,
        f"Logs beyond {cap} GB a day are dropped.",
        shown,
        fix=Fix((SetProperty(workspace.id, _CAP, _NO_CAP),), "Log ingestion adds cost."),
    )


def _purge(workspace: Resource, _: Estate) -> Verdict:
    """Fail where data leaves at once when a retention is shortened: by default Azure waits 30 days."""
    check_objects(workspace, "properties.features")
    shown = (evidence(workspace, _PURGE, "false or absent"),)
    if workspace.flag(_PURGE) is not True:
        return Verdict(Outcome.PASS, "Immediate purge is off.", shown)
    return Verdict(
        Outcome.FAIL,
        "Immediate purge is on: logs are deleted at once when their retention is shortened.",
        shown,
        fix=Fix((SetProperty(workspace.id, _PURGE, False),)),
    )
