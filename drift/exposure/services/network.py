"""Ask the flow logs who reached a machine, and the logs of the machines who logged on.

An allowed flow is not a use, but a logon is. The queries return no account names.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from drift import ids
from drift.access.ports import MOST_ROWS
from drift.access.record import Exposure
from drift.exposure.callers import CallerKind, Use, kind_by_address
from drift.exposure.case import ASKED_AFTER, Case, Investigation
from drift.exposure.coverage import arrival_of
from drift.exposure.log_proof import WHOLE, LogProof
from drift.exposure.questions import LogRow, Questions
from drift.exposure.trail import OUTSIDE, Phrases, Trail, answer_of
from drift.exposure.wording import number

_GROUP: Final = "NSG-ADMIN-PORTS"
_MACHINE: Final = "VM-PUBLIC-IP"

_FLOWS_ARRIVE: Final = timedelta(hours=2.5)
"""Flow logs are analysed each hour, and that may take an hour.
https://learn.microsoft.com/azure/network-watcher/traffic-analytics-schema"""

_MOST_MACHINES: Final = 100
"""Maximum number of machines whose logons are queried; if a group lets in to more, the answer says so."""

_MACHINES: Final = "microsoft.compute/virtualmachines"

_NOT_COLLECTED: Final = "it is not known which logons the machines send to the workspace"
"""Data collection rules decide this: rows that arrive do not show that all rows arrive."""


def ask_network(case: Case) -> Exposure:
    """Return whether anybody from outside logged on; flows alone leave access possible."""
    asked = case.questions()
    flow_proof = asked.proof("network_coverage", groups=_groups(case), machine=_machine(case))
    rows = _flows(case, asked)
    flows = [each for each in rows or () if _is_outside(case, each)]
    machines = _machines(case, flows)
    logon_lack, logons = _logons(case, asked, machines)
    flow_lack = arrival_of(case.window, flow_proof, now=asked.now, of="group or machine")
    if rows is None:
        flow_lack = asked.lack_of(_query(case)) or flow_lack
    lacks = [f"flows: {flow_lack}"] if flow_lack != WHOLE else []
    trail = Trail(
        window=case.window,
        phrases=_PHRASES,
        coverage="; ".join((logon_lack, *lacks)),
        uses=logons,
        inquiries=asked.inquiries,
        asides=_asides(flows, is_cut=len(rows or ()) >= MOST_ROWS),
        flows=sum(each["Flows"] for each in flows),
    )
    return answer_of(trail, now=asked.now)


def _query(case: Case) -> str:
    return "group_flows" if case.control == _GROUP else "machine_flows"


def _flows(case: Case, asked: Questions) -> Sequence[LogRow] | None:
    if case.control == _MACHINE:
        return asked.rows("machine_flows", machine=_machine(case))
    ports = [str(each) for each in case.baseline.admin_ports]
    return asked.rows("group_flows", groups=_groups(case), ports=ports)


def _logons(
    case: Case, asked: Questions, machines: Sequence[str]
) -> tuple[str, tuple[tuple[CallerKind, Use], ...] | None]:
    """Return why logons may be missing, and the logged logons, None if nothing answers."""
    if not machines:
        return "no flow shows which machines were reached, so logons were not queried", None
    proof = asked.proof("logon_coverage", machines=machines)
    rows = asked.rows("machine_logons", machines=machines)
    if rows is None:
        return f"logons: {asked.lack_of('machine_logons')}", None
    uses = (Use.logged(each, reads=each["Logons"]) for each in rows)
    found = tuple((kind_by_address(each.address, case.own), each) for each in uses)
    return f"logons: {_lack_of_logons(case, asked, proof)}", found


def _lack_of_logons(case: Case, asked: Questions, proof: LogProof) -> str:
    lack = arrival_of(case.window, proof, now=asked.now, of="machine")
    return lack if lack != WHOLE else _NOT_COLLECTED


def _machines(case: Case, flows: Sequence[LogRow]) -> list[str]:
    """Return the ids of the machines that were reached, or of the one that is exposed."""
    if case.control == _MACHINE:
        return [ids.key(case.resource)]
    found = (_machine_id(each["Machine"]) for each in flows)
    return sorted({each for each in found if each})[:_MOST_MACHINES]


def _machine_id(short: str) -> str:
    """Return the id of a machine that the log names as subscription/group/name, "" where it names none."""
    parts = short.split("/")
    if len(parts) != 3 or not all(parts):
        return ""
    subscription, group, name = parts
    return f"/subscriptions/{subscription}/resourcegroups/{group}/providers/{_MACHINES}/{name}"


def _groups(case: Case) -> list[str]:
    """Return how the flow log may name a security group: by subscription/group/name, or by its id."""
    return [_short(case), ids.key(case.resource)] if case.control == _GROUP else []


def _machine(case: Case) -> str:
    return _short(case) if case.control == _MACHINE else ""


def _short(case: Case) -> str:
    resource = ids.key(case.resource)
    group = ids.name_of(ids.group_of(resource))
    return f"{ids.subscription_of(resource)}/{group}/{ids.name_of(resource)}"


def _is_outside(case: Case, row: LogRow) -> bool:
    return kind_by_address(row["Address"], case.own) is CallerKind.FOREIGN


def _asides(flows: Sequence[LogRow], *, is_cut: bool) -> tuple[str, ...]:
    """Return the allowed flows in words, () if none was seen."""
    if not flows:
        return ()
    at_least = "at least " if is_cut else ""
    total = number(sum(each["Flows"] for each in flows), "flow", "flows")
    sources = number(len({each["Address"] for each in flows}), "address", "addresses")
    ports = sorted({each["Port"] for each in flows}, key=lambda each: (len(each), each))
    named = f"{'port' if len(ports) == 1 else 'ports'} {', '.join(ports[:5])}"
    more = " and others" if len(ports) > 5 else ""
    return (f"{at_least}{total} from {sources} {OUTSIDE} were let in to {named}{more}",)


def _did(uses: Sequence[Use]) -> str:
    return f"logged on {number(sum(each.reads for each in uses), 'time', 'times')}"


_PHRASES: Final = Phrases(
    caller=(f"address {OUTSIDE}", f"addresses {OUTSIDE}"),
    question=f"whether anybody {OUTSIDE} logged on",
    nothing=f"no logon from {OUTSIDE}",
    did=_did,
    limit=_NOT_COLLECTED,
)

NETWORK: Final = Investigation(
    controls=frozenset({_GROUP, _MACHINE}),
    ask=ask_network,
    asked_after=tuple(sorted((*ASKED_AFTER, _FLOWS_ARRIVE))),
)
