"""Diagnostic settings of a storage service: which categories of its log each sends, and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from drift.errors import Unreadable
from drift.model import MISSING, Resource

SETTINGS: Final = "Microsoft.Insights/diagnosticSettings"
LOGS: Final = "properties.logs"
WORKSPACE: Final = "properties.workspaceId"
ELSEWHERE: Final = (
    "properties.storageAccountId",
    "properties.eventHubAuthorizationRuleId",
    "properties.serviceBusRuleId",
    "properties.marketplacePartnerId",
)

CATEGORIES: Final = {"StorageRead": "reads", "StorageWrite": "writes", "StorageDelete": "deletes"}
EVERYTHING: Final = frozenset(CATEGORIES)

_GROUPS: Final = {"alllogs", "audit"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One diagnostic setting: the categories it sends, and to which workspace ("" for none)."""

    resource: Resource
    sends: frozenset[str]
    workspace: str

    @property
    def goes_elsewhere(self) -> bool:
        """Tell whether the logs also go where no workspace can search them."""
        return any(self.resource.get(path) for path in ELSEWHERE)


def understood(known: Iterable[Resource]) -> tuple[list[Setting], Unreadable | None]:
    """Return the settings that can be read, and why another cannot."""
    settings, strange = [], None
    for each in known:
        try:
            sends = frozenset().union(*(_sent(each, entry) for entry in each.items(LOGS)))
            settings.append(Setting(each, sends, _workspace(each)))
        except Unreadable as error:
            strange = error
    return settings, strange


def _workspace(setting: Resource) -> str:
    """Return the workspace as it is spelt, "" for none."""
    workspace = setting.get(WORKSPACE)
    if workspace is MISSING:
        return ""
    if not isinstance(workspace, str):
        raise Unreadable(f"{setting.id}#{WORKSPACE}", "not a text")
    return workspace


def _sent(setting: Resource, entry: Any) -> frozenset[str]:
    """Return the categories that one entry sends; both groups of storage mean all three."""
    log = Resource(setting.id, setting.type, entry)
    enabled, group = log.flag("enabled"), log.word("categoryGroup")
    if enabled is MISSING or group not in {MISSING, *_GROUPS}:
        raise Unreadable(f"{setting.id}#{LOGS}", "an entry is not one we know")
    if not enabled:
        return frozenset()
    if group in _GROUPS:
        return EVERYTHING
    category = log.word("category")
    return frozenset(name for name in CATEGORIES if name.lower() == category)


def union(settings: Iterable[Setting]) -> frozenset[str]:
    """Return the categories that at least one of the settings sends."""
    return frozenset(name for each in settings for name in each.sends)
