"""A log that must be searchable: that diagnostic settings send all of it to an approved workspace."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from detectors.evidence import check_objects, evidence, listed
from detectors.logs.diagnostic_settings import LOGS, SETTINGS, WORKSPACE, Setting, understood, union
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PutChild
from drift.ids import relative_to
from drift.model import MISSING, Evidence, Outcome, Resource, Severity, Verdict

_AUDIT: Final = [{"categoryGroup": "audit", "enabled": True}]
_NAME: Final = "phi-audit"
_PLACEHOLDER: Final = "<WORKSPACE_RESOURCE_ID>"

_STATE: Final = "properties.provisioningState"
_RECEIVING: Final = frozenset({MISSING, "succeeded", "updating"})
_NOT_RECEIVING: Final = {
    "creating": "the workspace is not made yet",
    "provisioningaccount": "the workspace is not made yet",
    "deleting": "the workspace is being deleted",
    "failed": "the workspace failed",
    "canceled": "what was done to the workspace last was canceled",
}


@dataclass(frozen=True, slots=True)
class Log:
    """The log of the thing at ``home``: what it is the log of, and a word for each category."""

    home: str
    of: str
    categories: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found out about the settings that a log hangs on."""

    log: Log
    settings: Sequence[Setting]
    approved: Sequence[Setting]
    gone: frozenset[str] = frozenset()

    @property
    def usable(self) -> Sequence[Setting]:
        """Return the settings that send to an approved workspace that exists."""
        return [each for each in self.approved if ids.key(each.workspace) not in self.gone]

    @property
    def missing(self) -> frozenset[str]:
        """Return the categories that reach no approved workspace that exists."""
        return frozenset(self.log.categories) - union(self.usable)


def judge(log: Log, resource: Resource, estate: Estate) -> Verdict:
    """Judge all settings of a log together: each may send a part.

    The retention that a setting names is ignored: Azure no longer heeds it.
    """
    settings, strange = understood(estate.extensions(log.home, SETTINGS), log.categories)
    found = _Found(log, settings, _approved(settings, estate))
    gone, refused = _missing_workspaces(found, estate)
    found = replace(found, gone=frozenset(gone) | frozenset(refused))
    if not found.missing:
        return Verdict(Outcome.PASS, f"{log.of} access is logged", _evidence(found, resource))
    certain = replace(found, gone=frozenset(gone))
    for doubt in (strange, *([] if certain.missing else refused.values())):
        if doubt:
            raise doubt
    return _fail(certain, resource, estate)


def remedy(log: Log, estate: Estate) -> Fix:
    """Return what has a log sent to an approved workspace; what cannot be read is not there."""
    known, _ = listed(lambda: estate.extensions(log.home, SETTINGS))
    settings, _ = understood(known, log.categories)
    return _fix(_Found(log, settings, _approved(settings, estate)), estate)


def _approved(settings: Sequence[Setting], estate: Estate) -> Sequence[Setting]:
    approved = [ids.key(each) for each in estate.baseline.approved_workspaces]
    return [
        each
        for each in settings
        if each.workspace and (not approved or ids.key(each.workspace) in approved)
    ]


def _missing_workspaces(found: _Found, estate: Estate) -> tuple[list[str], dict[str, Unreadable]]:
    """Return the workspaces that are gone, and why others are not known to take in what is sent.

    Where the settings do not send everything even if every workspace is there, none is read. One
    that is deleted softly answers as one that is gone.
    """
    gone: list[str] = []
    refused: dict[str, Unreadable] = {}
    if found.missing:
        return gone, refused
    for workspace in dict.fromkeys(
        ids.key(each.workspace) for each in found.approved if each.sends
    ):
        try:
            there = estate.get(workspace)
            if there is None:
                gone.append(workspace)
            else:
                _check_receiving(there)
        except Unreadable as error:
            refused[workspace] = error
    return gone, refused


def _check_receiving(workspace: Resource) -> None:
    """Raise Unreadable where a workspace is not known to take in logs.

    Of the documented states (Creating, Succeeded, Failed, Canceled, Deleting, ProvisioningAccount,
    Updating) one that has succeeded is there, and stays so while it is updated. One that is being
    made or deleted, and one whose last operation failed or was canceled, may or may not be. That it
    answers is what is asked; the state only adds doubt, where one is shown.
    https://learn.microsoft.com/azure/templates/microsoft.operationalinsights/workspaces
    """
    check_objects(workspace, "properties")
    state = workspace.word(_STATE)
    if state not in _RECEIVING:
        why = _NOT_RECEIVING.get(str(state), "not a state we know")
        raise Unreadable(f"{workspace.id}#{_STATE}", why)


def _fail(found: _Found, resource: Resource, estate: Estate) -> Verdict:
    elsewhere = union(each for each in found.settings if each.goes_elsewhere)
    stored = found.missing <= elsewhere
    return Verdict(
        Outcome.FAIL,
        _reason(found, stored=stored),
        _evidence(found, resource),
        Severity.MEDIUM if stored else Severity.HIGH,
        _fix(found, estate),
    )


def _reason(found: _Found, *, stored: bool) -> str:
    log = found.log
    words = [word for name, word in log.categories.items() if name in found.missing]
    missing = f"{log.of} {_and(words)}"
    if not union(found.settings):
        return f"nothing logs {log.of} access"
    if stored:
        return f"{missing} are logged only where no workspace can search them"
    if found.missing - union(found.settings):
        return f"{missing} are not logged"
    if found.gone:
        return f"{missing} are sent to a workspace that is gone: {_short(found.gone)}"
    unapproved = {each.workspace for each in found.settings if each not in found.approved} - {""}
    if not unapproved:
        return f"{missing} are sent to no workspace"
    return f"{missing} are sent to a workspace that is not approved: {_short(unapproved)}"


def _and(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def _short(workspaces: Iterable[str]) -> str:
    return ", ".join(sorted(each.rstrip("/").rpartition("/")[2] for each in workspaces if each))


def _evidence(found: _Found, resource: Resource) -> tuple[Evidence, ...]:
    expected = _and(list(found.log.categories))
    if not found.settings:
        collection = f"{found.log.home}/providers/{SETTINGS}"
        return (Evidence(f"{relative_to(collection, resource.id)}#{LOGS}", None, expected),)
    shown = [
        (
            replace(evidence(each.resource, LOGS, expected, of=resource), value=sorted(each.sends)),
            evidence(each.resource, WORKSPACE, "an approved workspace", of=resource),
        )
        for each in found.settings
    ]
    return tuple(each for pair in shown for each in pair)


def _fix(found: _Found, estate: Estate) -> Fix:
    """Send what is missing to a workspace: by a setting that already sends there, or a new one.

    Azure refuses two settings that send one category to the same workspace.
    """
    note = "What is logged is paid for."
    if found.usable:
        best = max(found.usable, key=lambda each: len(each.sends))
        return Fix((PutChild(best.resource.id, _with(found.missing, best, found.log)),), note)
    wanted = [
        each for each in estate.baseline.approved_workspaces if ids.key(each) not in found.gone
    ]
    if not wanted:
        note = f"Put in the id of the workspace that holds the audit logs. {note}"
    name = _free_name({each.resource.name.lower() for each in found.settings})
    logs = _entries(found.log, found.log.categories)
    body = {"properties": {"workspaceId": [*wanted, _PLACEHOLDER][0], "logs": logs}}
    return Fix((PutChild(f"{found.log.home}/providers/{SETTINGS}/{name}", body),), note)


def _with(missing: frozenset[str], setting: Setting, log: Log) -> Mapping[str, Any]:
    """Return a setting that sends what is missing too, and nothing that another one sends."""
    properties = setting.resource.get("properties")
    kept = {name: value for name, value in properties.items() if name.lower() != "logs"}
    logs = _entries(log, missing | setting.sends, setting.others(log.categories))
    return {"properties": {**kept, "logs": logs}}


def _entries(log: Log, wanted: Collection[str], others: Sequence[Any] = ()) -> list[Any]:
    """Return entries that send what is wanted: the group where that is all of several categories.

    One setting takes groups or categories, never both.
    """
    if len(wanted) == len(log.categories) > 1 and not others:
        return _AUDIT
    named = [{"category": each, "enabled": True} for each in log.categories if each in wanted]
    return [*others, *named]


def _free_name(taken: Iterable[str]) -> str:
    names = (_NAME if not at else f"{_NAME}-{at + 1}" for at in itertools.count())
    return next(each for each in names if each not in taken)
