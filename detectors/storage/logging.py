"""Every read, write and delete of PHI in a storage account is logged where it can be searched."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from detectors.storage.accounts import ACCOUNT, evidence, services
from detectors.storage.diagnostic_settings import (
    CATEGORIES,
    ELSEWHERE,
    EVERYTHING,
    LOGS,
    SETTINGS,
    WORKSPACE,
    Setting,
    understood,
    union,
)
from drift import ids
from drift.errors import Unreadable
from drift.fixes import Fix, PutChild
from drift.judge import weakest
from drift.model import (
    Control,
    Estate,
    Evidence,
    Outcome,
    Resource,
    Severity,
    Verdict,
)

_AUDIT: Final = [{"categoryGroup": "audit", "enabled": True}]
_NAME: Final = "phi-audit"
_PLACEHOLDER: Final = "<WORKSPACE_RESOURCE_ID>"

CONTROL: Final = Control(
    id="STORAGE-LOGGING",
    title="Storage account logs who reads, writes and deletes",
    service="Storage",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    why="Without the log nobody can tell whether PHI was read through a hole, so that it is presumed.",
    fix="az monitor diagnostic-settings create --name phi-audit "
    "--resource <id>/blobServices/default --workspace <workspace id> "
    """--logs '[{"categoryGroup":"audit","enabled":true}]'""",
    watches={
        ACCOUNT: ("kind", "sku.name"),
        "microsoft.insights/diagnosticsettings": (LOGS, WORKSPACE, *ELSEWHERE),
        "microsoft.operationalinsights/workspaces": ("properties.provisioningState",),
    },
)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found out about one service's settings."""

    service: str
    home: str
    settings: Sequence[Setting]
    approved: Sequence[Setting]
    gone: frozenset[str]

    @property
    def missing(self) -> frozenset[str]:
        """Return the categories that reach no approved workspace that exists."""
        return EVERYTHING - union(
            each for each in self.approved if ids.key(each.workspace) not in self.gone
        )


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Judge each service of the account; a setting on the account itself carries metrics only."""
    facets = [partial(_service, each) for each in services(resource)]
    return weakest(CONTROL, facets, resource, estate)


def _service(service: str, account: Resource, estate: Estate) -> Verdict:
    """Judge all settings of one service together: each may send a part.

    The retention that a setting names is ignored: Azure no longer heeds it.
    """
    home = f"{account.id}/{service}Services/default"
    settings, strange = understood(estate.extensions(home, SETTINGS))
    approved = [each for each in settings if _is_approved(each.workspace, estate)]
    gone, refused = _missing_workspaces(approved, estate)
    found = _Found(service, home, settings, approved, frozenset(gone) | frozenset(refused))
    if not found.missing:
        return Verdict(Outcome.PASS, f"{service} access is logged", _evidence(found, account))
    certain = replace(found, gone=frozenset(gone))
    for doubt in (strange, *([] if certain.missing else refused.values())):
        if doubt:
            raise doubt
    return _fail(certain, account, estate)


def _is_approved(workspace: str, estate: Estate) -> bool:
    approved = [ids.key(each) for each in estate.baseline.approved_workspaces]
    return bool(workspace) and (not approved or ids.key(workspace) in approved)


def _missing_workspaces(
    settings: Sequence[Setting], estate: Estate
) -> tuple[list[str], dict[str, Unreadable]]:
    """Return the workspaces that are gone, and those that cannot be read and why.

    Where the settings do not send everything even if every workspace is there, none is read.
    """
    gone: list[str] = []
    refused: dict[str, Unreadable] = {}
    if EVERYTHING - union(settings):
        return gone, refused
    for workspace in dict.fromkeys(ids.key(each.workspace) for each in settings if each.sends):
        try:
            gone += [] if estate.get(workspace) else [workspace]
        except Unreadable as error:
            refused[workspace] = error
    return gone, refused


def _fail(found: _Found, account: Resource, estate: Estate) -> Verdict:
    elsewhere = union(each for each in found.settings if each.goes_elsewhere)
    stored = found.missing <= elsewhere
    return Verdict(
        Outcome.FAIL,
        _reason(found, stored=stored),
        _evidence(found, account),
        Severity.MEDIUM if stored else Severity.HIGH,
        _fix(found, estate),
    )


def _reason(found: _Found, *, stored: bool) -> str:
    words = [word for name, word in CATEGORIES.items() if name in found.missing]
    missing = " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])
    if not union(found.settings):
        return f"nothing logs {found.service} access"
    if stored:
        return f"{found.service} {missing} are logged only where no workspace can search them"
    if found.missing - union(found.settings):
        return f"{found.service} {missing} are not logged"
    if found.gone:
        return (
            f"{found.service} {missing} are sent to a workspace that is gone: {_short(found.gone)}"
        )
    unapproved = {each.workspace for each in found.settings if each not in found.approved} - {""}
    if not unapproved:
        return f"{found.service} {missing} are sent to no workspace"
    return f"{found.service} {missing} are sent to a workspace that is not approved: {_short(unapproved)}"


def _short(workspaces: Iterable[str]) -> str:
    return ", ".join(sorted(each.rstrip("/").rpartition("/")[2] for each in workspaces if each))


def _evidence(found: _Found, account: Resource) -> tuple[Evidence, ...]:
    expected = "StorageRead, StorageWrite and StorageDelete"
    if not found.settings:
        path = f"{found.service}Services/default/providers/{SETTINGS}#{LOGS}"
        return (Evidence(path, None, expected),)
    shown = [
        (
            replace(evidence(each.resource, LOGS, expected, of=account), value=sorted(each.sends)),
            evidence(each.resource, WORKSPACE, "an approved workspace", of=account),
        )
        for each in found.settings
    ]
    return tuple(each for pair in shown for each in pair)


def _fix(found: _Found, estate: Estate) -> Fix:
    """Send the audit group to a workspace: by a setting that already sends there, or a new one.

    Azure refuses two settings that send one category to the same workspace.
    """
    usable = [each for each in found.approved if ids.key(each.workspace) not in found.gone]
    wanted = [
        each for each in estate.baseline.approved_workspaces if ids.key(each) not in found.gone
    ]
    note = "What is logged is paid for."
    if usable:
        return Fix((PutChild(usable[0].resource.id, _with(found.missing, usable[0])),), note)
    if not wanted:
        note = f"Put in the id of the workspace that holds the audit logs. {note}"
    name = _free_name({each.resource.name.lower() for each in found.settings})
    body = {"properties": {"workspaceId": [*wanted, _PLACEHOLDER][0], "logs": _AUDIT}}
    return Fix((PutChild(f"{found.home}/providers/{SETTINGS}/{name}", body),), note)


def _with(missing: frozenset[str], setting: Setting) -> Mapping[str, Any]:
    """Return a setting that sends what is missing too, and nothing that another one sends."""
    wanted = missing | setting.sends
    named = [{"category": each, "enabled": True} for each in CATEGORIES if each in wanted]
    properties = setting.resource.get("properties")
    kept = {name: value for name, value in properties.items() if name.lower() != "logs"}
    return {"properties": {**kept, "logs": _AUDIT if wanted == EVERYTHING else named}}


def _free_name(taken: Iterable[str]) -> str:
    names = (_NAME if not at else f"{_NAME}-{at + 1}" for at in itertools.count())
    return next(each for each in names if each not in taken)
