"""Whether the alerts and recommendations of Defender for Cloud are exported for the SIEM."""

import itertools
from collections.abc import Collection, Sequence
from typing import Final

from detectors.defender.automations import (
    ACTIONS,
    ALERTS,
    AUTOMATIONS,
    ENABLED,
    RECOMMENDATIONS,
    SCOPES,
    SOURCES,
    ContinuousExport,
    judged,
    sends_to_workspaces_only,
)
from detectors.evidence import evidence, listed
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PutChild, SetProperty
from drift.ids import relative_to
from drift.model import Control, Evidence, Outcome, Resource, Severity, Verdict

_WANTED: Final = (ALERTS, RECOMMENDATIONS)
_ON: Final = "true, in this export or another"
_STATE: Final = "properties.provisioningState"
_COST: Final = "Log ingestion adds cost."
_BY_HAND: Final = (
    "Defender for Cloud > Environment settings > the subscription > Continuous export: export "
    "alerts and recommendations to the workspace or the event hub that the SIEM reads."
)

CONTROL: Final = Control(
    id="DEFENDER-EXPORT",
    title="Subscription must export Defender alerts and recommendations",
    service="Defender for Cloud",
    severity=Severity.MEDIUM,
    otherwise=Severity.LOW,
    hipaa=("164.308(a)(6)(ii)", "164.308(a)(1)(ii)(D)"),
    why="Alerts about PHI stay in the portal, where they are easily missed, and are deleted after "
    "90 days.",
    fix="az resource create --id <automation id> --location <region> --properties <export>",
    watches={
        ids.SUBSCRIPTION: (),
        AUTOMATIONS.lower(): (ENABLED, SCOPES, SOURCES, ACTIONS),
        "microsoft.operationalinsights/workspaces": (_STATE,),
        "microsoft.eventhub/namespaces": (),
        "microsoft.eventhub/namespaces/eventhubs": ("properties.status",),
    },
    leaves_out="the connector of Microsoft Sentinel, which no list of the subscription shows, and "
    "exports of a management group: switch the control off where one of them exports the alerts",
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate all exports together: one may send the alerts, another the recommendations."""
    known, doubt = listed(lambda: estate.extensions(resource.id, AUTOMATIONS))
    exports = []
    for each in known:
        try:
            exports.append(judged(each, resource, estate))
        except Unreadable as error:
            doubt = doubt or error
    good = [each for each in exports if not each.problem]
    missing = [kind for kind in _WANTED if not any(kind in each.kinds for each in good)]
    if not missing:
        return Verdict(
            Outcome.PASS,
            f"Defender alerts and recommendations are exported by {_names(good)}.",
            _evidence([each.automation for each in good], resource),
        )
    if doubt:
        raise doubt
    return Verdict(
        Outcome.FAIL,
        _reason(missing, exports),
        _evidence(known, resource),
        fix=_fix(resource, exports, estate),
    )


def _reason(missing: Sequence[str], exports: Sequence[ContinuousExport]) -> str:
    lost = f"Defender {' and '.join(missing)} are not exported to a workspace or an event hub"
    problems = [f"{each.automation.name} {each.problem}" for each in exports if each.problem]
    return ". ".join([lost, *problems]) + "."


def _names(exports: Sequence[ContinuousExport]) -> str:
    return " and ".join(each.automation.name for each in exports)


def _evidence(automations: Sequence[Resource], of: Resource) -> tuple[Evidence, ...]:
    if not automations:
        collection = f"{of.id}/providers/{AUTOMATIONS}"
        return (Evidence(f"{relative_to(collection, of.id)}#{ENABLED}", None, "an export"),)
    return tuple(
        evidence(each, path, _ON if path == ENABLED else "", of=of)
        for each in automations
        for path in (ENABLED, SCOPES, SOURCES)
    )


def _fix(subscription: Resource, exports: Sequence[ContinuousExport], estate: Estate) -> Fix:
    """Turn on an export that is off, else export to the approved workspace; else a person decides."""
    for each in exports:
        off = each.problem == "is switched off" and each.kinds.issuperset(_WANTED)
        if off and sends_to_workspaces_only(each.automation):
            return Fix((SetProperty(each.automation.id, ENABLED, True),), _COST)
    here = ids.subscription_of(subscription.id)
    near = (
        each for each in estate.baseline.approved_workspaces if ids.subscription_of(each) == here
    )
    workspace = next(near, "")
    if not workspace:
        return Fix(note=f"{_BY_HAND} {_COST}")
    body = {
        "location": "<LOCATION>",
        "properties": {
            "isEnabled": True,
            "scopes": [{"description": "the subscription", "scopePath": subscription.id}],
            "sources": [{"eventSource": "Alerts"}, {"eventSource": "Assessments"}],
            "actions": [{"actionType": "Workspace", "workspaceResourceId": workspace}],
        },
    }
    note = f"Put in the region of the workspace's resource group. {_COST}"
    name = _free_name({each.automation.name.lower() for each in exports})
    export = f"{ids.group_of(workspace)}/providers/{AUTOMATIONS}/{name}"
    return Fix((PutChild(export, body),), note)


def _free_name(taken: Collection[str]) -> str:
    """Return a name for a new export; the portal shows only an export of the first name."""
    others = (f"phi-export-{number}" for number in itertools.count(1))
    names = itertools.chain(["ExportToWorkspace"], others)
    return next(each for each in names if each.lower() not in taken)
