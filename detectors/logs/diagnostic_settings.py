"""Diagnostic settings of a resource: which categories of its log each sends, and where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from drift.errors import Unreadable
from drift.model import MISSING, Resource, dig, flag_of, word_of

SETTINGS: Final = "Microsoft.Insights/diagnosticSettings"
LOGS: Final = "properties.logs"
WORKSPACE: Final = "properties.workspaceId"
ELSEWHERE: Final = (
    "properties.storageAccountId",
    "properties.eventHubAuthorizationRuleId",
    "properties.serviceBusRuleId",
    "properties.marketplacePartnerId",
)

ALL_LOGS: Final = frozenset({"alllogs"})
"""The category group that holds every category of a log, whatever they are."""

GROUPS: Final = ALL_LOGS | {"audit"}
"""Category groups that each hold everything that a control requires of a resource's own log."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One diagnostic setting: the categories it sends, and to which workspace ("" for none)."""

    resource: Resource
    sends: frozenset[str]
    workspace: str

    @property
    def goes_elsewhere(self) -> bool:
        """Tell whether the logs also go to a target that no workspace can search."""
        return any(self.resource.get(path) for path in ELSEWHERE)

    def others(self, categories: Iterable[str]) -> list[Any]:
        """Return its entries for other categories than these."""
        asked = {each.lower() for each in categories}
        named = ((entry, dig(entry, "category")) for entry in self.resource.items(LOGS))
        return [
            entry for entry, name in named if isinstance(name, str) and name.lower() not in asked
        ]


def understood(
    known: Iterable[Resource], categories: Iterable[str], groups: frozenset[str] = GROUPS
) -> tuple[list[Setting], Unreadable | None]:
    """Return the readable settings with the categories that they send, and why another is unreadable.

    ``groups`` are the category groups that contain all of these; the content of other groups is not
    known.
    """
    wanted = {each.lower(): each for each in categories}
    settings, unreadable = [], None
    for each in known:
        try:
            entries = each.items(LOGS)
            sends = frozenset().union(*[_sent(each, entry, wanted, groups) for entry in entries])
            settings.append(Setting(each, sends, _workspace(each)))
        except Unreadable as error:
            unreadable = error
    return settings, unreadable


def _workspace(setting: Resource) -> str:
    """Return the workspace as it is spelt, "" for none."""
    workspace = setting.get(WORKSPACE)
    if workspace is MISSING:
        return ""
    if not isinstance(workspace, str):
        raise Unreadable(f"{setting.id}#{WORKSPACE}", "not a string")
    return workspace


def _sent(
    setting: Resource, entry: Any, wanted: Mapping[str, str], groups: frozenset[str]
) -> Iterable[str]:
    """Return which required categories (in lower case) one entry sends; a group sends all."""
    enabled = flag_of(dig(entry, "enabled"), "enabled")
    group = word_of(dig(entry, "categoryGroup"), "categoryGroup")
    if enabled is MISSING or not (group is MISSING or group in groups):
        raise Unreadable(f"{setting.id}#{LOGS}", "an entry has an unknown form")
    if not enabled:
        return ()
    if group in groups:
        return wanted.values()
    category = word_of(dig(entry, "category"), "category")
    return () if category is MISSING or category not in wanted else (wanted[category],)


def union(settings: Iterable[Setting]) -> frozenset[str]:
    """Return the categories that at least one of the settings sends."""
    return frozenset().union(*[each.sends for each in settings])
