"""Whether diagnostic settings send all of a log to an approved workspace, where it is searchable."""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from detectors.evidence import evidence, listed
from detectors.logs.diagnostic_settings import (
    ALL_LOGS,
    ELSEWHERE,
    GROUPS,
    LOGS,
    SETTINGS,
    WORKSPACE,
    Setting,
    understood,
    union,
)
from detectors.logs.transformations import DEFAULT_RULE, FLOWS, RULE, Narrowing, narrowing_of
from detectors.logs.workspace_state import STATE, check_receiving
from drift import ids
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, PutChild, SetProperty
from drift.ids import relative_to
from drift.model import Evidence, Outcome, Resource, Severity, Verdict

_AUDIT: Final = [{"categoryGroup": "audit", "enabled": True}]
_NAME: Final = "phi-audit"
_PLACEHOLDER: Final = "<WORKSPACE_RESOURCE_ID>"

_TOGETHER: Final = "in this setting or another"
"""Where an expectation must hold: settings count together, and a fix may add one."""

WATCHED: Final[Mapping[str, tuple[str, ...]]] = {
    "microsoft.insights/diagnosticsettings": (LOGS, WORKSPACE, *ELSEWHERE),
    "microsoft.operationalinsights/workspaces": (STATE, DEFAULT_RULE),
    RULE: (FLOWS,),
}
"""The other types on which the verdict on a log depends."""


@dataclass(frozen=True, slots=True)
class Log:
    """The log of the resource at ``home``: ``of`` names the resource, ``categories`` what each holds.

    ``what`` is what all categories together record. ``has_groups``: the group *audit* holds all of
    them too. ``own_tables``: a new setting writes to the tables of the resource's type, not to one
    for all. ``settings`` is the type of the settings. If only categories that are not ``essential``
    are missing, the failure is medium; empty: all are essential. ``tables`` are the tables of a
    workspace in which the log may be.
    """

    home: str
    of: str
    categories: Mapping[str, str]
    own_tables: bool = False
    what: str = "access"
    has_groups: bool = True
    settings: str = SETTINGS
    essential: frozenset[str] = frozenset()
    tables: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the name of the resource as a sentence begins with it."""
        return f"{self.of[0].upper()}{self.of[1:]}"


@dataclass(frozen=True, slots=True)
class _Found:
    """The diagnostic settings of a log, the workspaces that are gone, and those that drop rows."""

    log: Log
    settings: Sequence[Setting]
    approved: Sequence[Setting]
    gone: frozenset[str] = frozenset()
    narrowed: Mapping[str, Narrowing] = field(default_factory=dict)

    @property
    def usable(self) -> Sequence[Setting]:
        """Return the settings that send to an approved workspace that exists and stores all of it."""
        unusable = self.gone | self.narrowed.keys()
        return [each for each in self.approved if ids.key(each.workspace) not in unusable]

    @property
    def missing(self) -> frozenset[str]:
        """Return the categories that no existing approved workspace stores completely."""
        return frozenset(self.log.categories) - union(self.usable)


def judge(log: Log, resource: Resource, estate: Estate) -> Verdict:
    """Evaluate all settings of a log together: each may send a part.

    The retention in a setting is ignored, because Azure no longer applies it.
    """
    settings, unreadable = _understood(log, estate.extensions(log.home, log.settings))
    found = _Found(log, settings, _approved(settings, estate))
    certain, refused = _with_workspaces(found, resource, estate)
    found = replace(certain, gone=certain.gone | refused.keys())
    if not found.missing:
        return Verdict(
            Outcome.PASS,
            f"{log.title} {log.what} is logged to an approved workspace.",
            _evidence(found, resource),
        )
    for doubt in (unreadable, *([] if certain.missing else refused.values())):
        if doubt:
            raise doubt
    return _fail(certain, resource, estate)


def remedy(log: Log, estate: Estate) -> Fix:
    """Return the fix that sends a log to an approved workspace; unreadable settings count as absent."""
    known, _ = listed(lambda: estate.extensions(log.home, log.settings))
    settings, _ = _understood(log, known)
    return _fix(_Found(log, settings, _approved(settings, estate)), estate)


def _understood(log: Log, known: Iterable[Resource]) -> tuple[Sequence[Setting], Unreadable | None]:
    groups = GROUPS if log.has_groups else ALL_LOGS
    return understood(known, log.categories, groups)


def _approved(settings: Sequence[Setting], estate: Estate) -> Sequence[Setting]:
    approved = [ids.key(each) for each in estate.baseline.approved_workspaces]
    return [
        each
        for each in settings
        if each.workspace and (not approved or ids.key(each.workspace) in approved)
    ]


def _with_workspaces(
    found: _Found, resource: Resource, estate: Estate
) -> tuple[_Found, dict[str, Unreadable]]:
    """Return which workspaces are gone or drop rows, and why others are not known to store the log.

    No workspace is read if the settings fail even with existing workspaces. A soft-deleted
    workspace answers like a deleted one. A workspace may log to itself: then it is already read.
    """
    gone: set[str] = set()
    narrowed: dict[str, Narrowing] = {}
    refused: dict[str, Unreadable] = {}
    sending = [] if found.missing else [each for each in found.approved if each.sends]
    for workspace in dict.fromkeys(ids.key(each.workspace) for each in sending):
        try:
            itself = workspace == ids.key(resource.id)
            there = resource if itself else estate.get(workspace)
            if there is None:
                gone.add(workspace)
                continue
            check_receiving(there)
            if narrowing := narrowing_of(there, found.log.tables, estate):
                narrowed[workspace] = narrowing
        except Unreadable as error:
            refused[workspace] = error
    return replace(found, gone=frozenset(gone), narrowed=narrowed), refused


def _fail(found: _Found, resource: Resource, estate: Estate) -> Verdict:
    elsewhere = union(each for each in found.settings if each.goes_elsewhere)
    stored = found.missing <= elsewhere
    return Verdict(
        Outcome.FAIL,
        _reason(found, stored=stored),
        _evidence(found, resource),
        Severity.MEDIUM if stored or not _is_essential(found) else Severity.HIGH,
        _fix(found, estate),
    )


def _is_essential(found: _Found) -> bool:
    """Tell whether an essential category is missing, which makes the failure high."""
    return bool(found.missing & (found.log.essential or found.missing))


def _reason(found: _Found, *, stored: bool) -> str:
    log = found.log
    words = [word for name, word in log.categories.items() if name in found.missing]
    missing = f"{log.title} {_and(words)}"
    if not union(found.settings):
        return f"{log.title} {log.what} is not logged."
    if stored:
        return f"{missing} are logged only to targets that no workspace can search."
    if found.missing - union(found.settings):
        return f"{missing} are not logged."
    if found.gone:
        return f"{missing} are sent to a workspace that does not exist: {_short(found.gone)}."
    for name, each in found.narrowed.items():
        why = f"whose transformation drops rows of {each.table}"
        return f"{missing} are sent to a workspace {why}: {ids.name_of(name)}."
    unapproved = {each.workspace for each in found.settings if each not in found.approved} - {""}
    if not unapproved:
        return f"{missing} are sent to no workspace."
    return f"{missing} are sent to a workspace that is not approved: {_short(unapproved)}."


def _and(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def _short(workspaces: Iterable[str]) -> str:
    return ", ".join(sorted(ids.name_of(each) for each in workspaces if each))


def _evidence(found: _Found, resource: Resource) -> tuple[Evidence, ...]:
    expected = _and(list(found.log.categories))
    if not found.settings:
        collection = f"{found.log.home}/providers/{found.log.settings}"
        return (Evidence(f"{relative_to(collection, resource.id)}#{LOGS}", None, expected),)
    dropped = (
        Evidence(f"{relative_to(each.rule.id, resource.id)}#{FLOWS}", each.kql, "")
        for each in found.narrowed.values()
    )
    shown = (
        _shown(each.resource, sorted(each.sends), expected, resource) for each in found.settings
    )
    return (*itertools.chain.from_iterable(shown), *dropped)


def _shown(
    setting: Resource, sends: Sequence[str], expected: str, resource: Resource
) -> tuple[Evidence, Evidence]:
    workspace = evidence(setting, WORKSPACE, f"{_TOGETHER}: an approved workspace", of=resource)
    logs = f"{workspace.path.removesuffix(WORKSPACE)}{LOGS}"
    return Evidence(logs, sends, f"{_TOGETHER}: {expected}"), workspace


def _fix(found: _Found, estate: Estate) -> Fix:
    """Send the missing categories to a workspace: extend a setting that already sends there, or add one.

    If a workspace drops rows, the fix makes it store them.

    Azure refuses two settings that send one category to the same workspace.
    """
    note = "Log ingestion adds cost."
    if found.narrowed and not found.gone:
        return Fix(
            tuple(
                SetProperty(each.rule.id, FLOWS, each.without) for each in found.narrowed.values()
            ),
            f"Rows that were dropped before are lost. {note}",
        )
    if found.usable:
        best = max(found.usable, key=lambda each: len(each.sends))
        return Fix((PutChild(best.resource.id, _with(found.missing, best, found.log)),), note)
    wanted = [
        each for each in estate.baseline.approved_workspaces if ids.key(each) not in found.gone
    ]
    if not wanted:
        note = f"Put in the resource id of the workspace that holds the audit logs. {note}"
    name = _free_name({each.resource.name.lower() for each in found.settings})
    logs = _entries(found.log, found.log.categories)
    tables = {"logAnalyticsDestinationType": "Dedicated"} if found.log.own_tables else {}
    body = {"properties": {"workspaceId": [*wanted, _PLACEHOLDER][0], "logs": logs, **tables}}
    return Fix((PutChild(f"{found.log.home}/providers/{found.log.settings}/{name}", body),), note)


def _with(missing: frozenset[str], setting: Setting, log: Log) -> Mapping[str, Any]:
    """Return a setting that also sends the missing categories, without those that another setting sends."""
    properties = setting.resource.get("properties")
    kept = {name: value for name, value in properties.items() if name.lower() != "logs"}
    logs = _entries(log, missing | setting.sends, setting.others(log.categories))
    return {"properties": {**kept, "logs": logs}}


def _entries(log: Log, wanted: Collection[str], others: Sequence[Any] = ()) -> list[Any]:
    """Return entries that send the required categories: the category group if all are required.

    One setting holds groups or categories, never both.
    """
    if log.has_groups and len(wanted) == len(log.categories) > 1 and not others:
        return _AUDIT
    named = [{"category": each, "enabled": True} for each in log.categories if each in wanted]
    return [*others, *named]


def _free_name(taken: Iterable[str]) -> str:
    names = (_NAME if not at else f"{_NAME}-{at + 1}" for at in itertools.count())
    return next(each for each in names if each not in taken)
