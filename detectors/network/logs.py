"""Whether the traffic of a network with machines is recorded completely and is searchable."""

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from detectors.evidence import check_objects, evidence
from detectors.facets import Facet, weakest
from detectors.logs.workspace_state import check_receiving
from detectors.topology.flow_logs import REGION, TARGET, FlowLogs, flow_logs_of
from detectors.topology.interfaces import USED_BY
from detectors.topology.networks import SUBNETS, subnets_in, with_properties
from detectors.topology.subnet_interfaces import OCCUPANTS, find_machine, occupants_of
from drift import ids
from drift.arm.references import id_at
from drift.arm.types import FLOW_LOG, INTERFACE, NETWORK, SUBNET, WATCHER
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PutChild, RemoveProperty, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

_ENABLED: Final = "properties.enabled"
_STATE: Final = "properties.provisioningState"
_FILTER: Final = "properties.enabledFilteringCriteria"
_RECORDS: Final = "properties.recordTypes"
_KEPT: Final = "properties.retentionPolicy"
_LIMITED: Final = f"{_KEPT}.enabled"
_DAYS: Final = f"{_KEPT}.days"
_ANALYTICS: Final = "properties.flowAnalyticsConfiguration"
_ANALYSED: Final = f"{_ANALYTICS}.networkWatcherFlowAnalyticsConfiguration.enabled"
_WORKSPACE: Final = f"{_ANALYTICS}.networkWatcherFlowAnalyticsConfiguration.workspaceResourceId"

_EVERY_RECORD: Final = frozenset("bced")
_SHORTEST: Final = 90
_WORKING: Final = frozenset({MISSING, "succeeded", "updating"})
_COST: Final = "Storage and Traffic Analytics are billed by volume."
_STORAGE: Final = "<STORAGE_ACCOUNT_ID>"
_ANY_WORKSPACE: Final = "<WORKSPACE_RESOURCE_ID>"
_NO_WORKSPACE: Final = "Put in the resource id of the workspace that holds the audit logs."

CONTROL: Final = Control(
    id="FLOW-LOGS",
    title="Network with machines must record its traffic",
    service="Network",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="Without flow logs it is not possible to find out who reached a machine while a port was open.",
    fix="az network watcher flow-log create --name phi-flows --location <region> --vnet <network id> "
    "--storage-account <account id> --traffic-analytics true --workspace <workspace id>",
    watches={
        NETWORK: (REGION,),
        SUBNET: (OCCUPANTS,),
        INTERFACE: (USED_BY,),
        WATCHER: (REGION,),
        FLOW_LOG: (TARGET, _ENABLED, _STATE, _FILTER, _RECORDS, _KEPT, _ANALYTICS),
        "microsoft.operationalinsights/workspaces": (_STATE,),
    },
    leaves_out="flow logs of security groups, which Azure retires on 30 September 2027, and whether "
    "the storage account of a flow log still exists",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the flow logs of the network, and those of its subnets and interfaces.

    If several record the same traffic, Azure uses the one of the smallest part, so a filter in any
    of them counts. Not confirmed, but the safe reading: a flow log without a record type counts as
    filtered. The storage must keep the records for 90 days, as CIS requires; the workspace keeps
    them for longer (WORKSPACE-RETENTION).
    https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-filtering
    """
    if not find_machine(map(with_properties, _subnets(resource, estate)), estate):
        return Verdict(Outcome.NOT_APPLICABLE, "The network contains no machine.")
    logs = flow_logs_of(resource, estate)
    running = [each for each in (*logs.whole, *logs.parts) if _is_on(each)]
    if not _is_covered(resource, running):
        if logs.doubt:
            raise logs.doubt
        return _unrecorded(resource, logs, estate)
    facets: list[Facet] = [
        partial(side, each) for each in running for side in (_filter, _records, _kept, _analysed)
    ]
    facets += [partial(_refused, logs.doubt)] if logs.doubt else []
    verdict = weakest(CONTROL, facets, resource, estate)
    if verdict.outcome is not Outcome.PASS:
        return verdict
    return Verdict(Outcome.PASS, f"{_names(running)} records all traffic.", verdict.evidence)


def _subnets(resource: Resource, estate: Estate) -> Iterable[Resource]:
    """Return the subnets; they are listed where the network does not show them, as in a Bicep snapshot."""
    network = with_properties(resource)
    if network.get(SUBNETS) is MISSING:
        return estate.children(resource.id, "subnets")
    return subnets_in(network)


def _names(logs: list[Resource]) -> str:
    return f"Flow log {', '.join(dict.fromkeys(each.name for each in logs))}"


def _is_on(log: Resource) -> bool:
    """Tell whether a flow log is enabled; raise Unreadable where it is not known to work."""
    enabled = log.flag(_ENABLED)
    if enabled is MISSING:
        raise Unreadable(f"{log.name}#{_ENABLED}", "absent")
    if enabled and log.word(_STATE) not in _WORKING:
        raise Unreadable(f"{log.name}#{_STATE}", str(log.get(_STATE)))
    return bool(enabled)


def _is_covered(network: Resource, running: list[Resource]) -> bool:
    """Tell whether the network has a flow log, or each of its subnets that is in use has one."""
    targets = {ids.key(id_at(each, TARGET)) for each in running}
    used = (each for each in subnets_in(network) if any(occupants_of(each)))
    return ids.key(network.id) in targets or all(ids.key(each.id) in targets for each in used)


def _refused(doubt: Unreadable, _: Resource, __: Estate) -> Verdict:
    raise doubt


def _filter(log: Resource, network: Resource, _: Estate) -> Verdict:
    """Fail on any filter."""
    shown = (evidence(log, _FILTER, "absent", of=network),)
    if not log.word(_FILTER):
        return Verdict(Outcome.PASS, "", shown)
    reason = f"Flow log {log.name} has a filter and records a part of the traffic only."
    return Verdict(Outcome.FAIL, reason, shown, fix=Fix((RemoveProperty(log.id, _FILTER),), _COST))


def _records(log: Resource, network: Resource, _: Estate) -> Verdict:
    """Fail if a record type is missing: begin, continue, end, deny."""
    shown = (evidence(log, _RECORDS, "absent, or B,C,E,D", of=network),)
    types = str(log.word(_RECORDS) or "")
    named = frozenset(each.strip() for each in types.split(",")) - {""}
    if named - _EVERY_RECORD:
        raise Unreadable(f"{log.name}#{_RECORDS}", "not a known type of record")
    if not named or named == _EVERY_RECORD:
        return Verdict(Outcome.PASS, "", shown)
    missing = ", ".join(sorted(each.upper() for each in _EVERY_RECORD - named))
    reason = f"Flow log {log.name} leaves out records of the types {missing}."
    return Verdict(Outcome.FAIL, reason, shown, fix=Fix((RemoveProperty(log.id, _RECORDS),), _COST))


def _kept(log: Resource, network: Resource, _: Estate) -> Verdict:
    """Fail where storage keeps the records for less than 90 days; no policy and 0 keep them for ever."""
    check_objects(log, _KEPT)
    shown = (evidence(log, _KEPT, f"off, 0 days, or {_SHORTEST} days or more", of=network),)
    if not log.flag(_LIMITED):
        return Verdict(Outcome.PASS, "", shown)
    days = log.number(_DAYS)
    if days is MISSING:
        raise Unreadable(f"{log.name}#{_DAYS}", "absent")
    if days == 0 or int(days) >= _SHORTEST:
        return Verdict(Outcome.PASS, "", shown)
    reason = f"Flow log {log.name} is kept for {days} days only."
    return Verdict(
        Outcome.FAIL, reason, shown, fix=Fix((SetProperty(log.id, _DAYS, _SHORTEST),), _COST)
    )


def _analysed(log: Resource, network: Resource, estate: Estate) -> Verdict:
    """Fail with low severity where no approved workspace that exists receives the records."""
    check_objects(log, _ANALYTICS, _ANALYSED.rpartition(".")[0])
    shown = (
        evidence(log, _ANALYSED, "true", of=network),
        evidence(log, _WORKSPACE, "an approved workspace", of=network),
    )
    workspace = id_at(log, _WORKSPACE) if log.flag(_ANALYSED) else ""
    if log.flag(_ANALYSED) and not workspace:
        raise Unreadable(f"{log.name}#{_WORKSPACE}", "absent")
    approved = [ids.key(each) for each in estate.baseline.approved_workspaces]
    if not workspace:
        why = "is stored only, where no workspace can search it"
    elif approved and ids.key(workspace) not in approved:
        why = f"is sent to a workspace that is not approved: {ids.name_of(workspace)}"
    elif there := estate.get(workspace):
        check_receiving(there)
        return Verdict(Outcome.PASS, "", shown)
    else:
        why = f"is sent to a workspace that does not exist: {ids.name_of(workspace)}"
    steps = (SetProperty(log.id, _ANALYTICS, _analytics(chosen := _chosen(estate, workspace))),)
    return Verdict(
        Outcome.FAIL,
        f"Flow log {log.name} {why}.",
        shown,
        Severity.LOW,
        Fix(steps, _note("" if chosen != _ANY_WORKSPACE else _NO_WORKSPACE)),
    )


def _chosen(estate: Estate, refused: str = "") -> str:
    """Return an approved workspace other than the refused one, else a placeholder."""
    approved = estate.baseline.approved_workspaces
    return next((each for each in approved if ids.key(each) != ids.key(refused)), _ANY_WORKSPACE)


def _note(*sentences: str) -> str:
    return " ".join([*filter(None, sentences), _COST])


def _analytics(workspace: str) -> dict[str, Any]:
    settings = {"enabled": True, "workspaceResourceId": workspace, "trafficAnalyticsInterval": 10}
    return {"networkWatcherFlowAnalyticsConfiguration": settings}


def _unrecorded(network: Resource, logs: FlowLogs, estate: Estate) -> Verdict:
    for each in logs.whole:
        return Verdict(
            Outcome.FAIL,
            f"Flow log {each.name} of the network is off.",
            (evidence(each, _ENABLED, "true", of=network),),
            fix=Fix((SetProperty(each.id, _ENABLED, True),), _COST),
        )
    reason = "The network has no flow log."
    if logs.of_groups:
        reason = (
            "Only security groups have flow logs, which Azure retires on 30 September 2027; the network "
            "has none."
        )
    elif logs.parts:
        reason = "The network has no flow log, and not every subnet that is in use has one."
    shown = Evidence(f"{FLOW_LOG}#{TARGET}", None, ids.last_pair_of(network.id))
    return Verdict(Outcome.FAIL, reason, (shown,), fix=_creation(network, logs.watcher, estate))


def _creation(network: Resource, watcher: str, estate: Estate) -> Fix:
    region, workspace = network.get(REGION), _chosen(estate)
    if not watcher:
        return Fix(note=f"Enable Network Watcher in {region} first, then create a flow log there.")
    properties = {
        "targetResourceId": network.id,
        "storageId": _STORAGE,
        "enabled": True,
        "format": {"type": "JSON", "version": 2},
        _ANALYTICS.rpartition(".")[2]: _analytics(workspace),
    }
    body = {"location": region, "properties": properties}
    note = _note(
        f"Put in the resource id of a storage account in {region}.",
        "" if workspace != _ANY_WORKSPACE else _NO_WORKSPACE,
    )
    return Fix((PutChild(f"{watcher}/flowLogs/{network.name}-flows", body),), note)
