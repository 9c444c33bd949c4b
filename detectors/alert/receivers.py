"""Whether an action group reaches somebody, and whether a processing rule suppresses its alerts."""

from datetime import datetime
from typing import Any, Final

from drift import ids
from drift.arm.references import items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Missing, Resource, dig
from drift.untrusted_json import moment_of

GROUPS: Final = "microsoft.insights/actiongroups"
ENABLED: Final = "properties.enabled"
RECEIVERS: Final = tuple(
    f"properties.{kind}Receivers"
    for kind in (
        "email",
        "sms",
        "voice",
        "azureAppPush",
        "armRole",
        "webhook",
        "itsm",
        "automationRunbook",
        "logicApp",
        "azureFunction",
        "eventHub",
        "incident",
    )
)

PROCESSING: Final = "Microsoft.AlertsManagement/actionRules"
PROCESSING_ENABLED: Final = "properties.enabled"
PROCESSING_ACTIONS: Final = "properties.actions"
SCHEDULE: Final = "properties.schedule"

_ADDRESSES: Final = {
    "properties.emailReceivers": "emailAddress",
    "properties.smsReceivers": "phoneNumber",
    "properties.voiceReceivers": "phoneNumber",
}
"""The property without which a receiver of this kind reaches nobody.

https://learn.microsoft.com/rest/api/monitor/action-groups/get
"""

_REACHED: Final = frozenset({"", "enabled", "notspecified"})
_UNSUBSCRIBED: Final = "disabled"


def problem_of(group_id: str, estate: Estate) -> str:
    """Return why an action group reaches nobody, "" where it does; raise Unreadable."""
    group = estate.get(group_id)
    name = ids.name_of(group_id)
    if group is None:
        return f"calls action group {name}, which does not exist"
    enabled = group.flag(ENABLED)
    if enabled is MISSING:
        raise Unreadable(f"{group.id}#{ENABLED}", "absent")
    if not enabled:
        return f"calls action group {name}, which is disabled"
    return "" if _reaches(group) else f"calls action group {name}, which has no working receiver"


def _reaches(group: Resource) -> bool:
    states = [_state(group, path, each) for path in RECEIVERS for each in items_at(group, path)]
    if not _REACHED.isdisjoint(states):
        return True
    if any(each != _UNSUBSCRIBED for each in states):
        raise Unreadable(f"{group.id}#properties", "a receiver has an unknown status")
    return False


def _state(group: Resource, path: str, receiver: Any) -> str:
    """Return the status of a receiver, "" for a kind that has none; raise Unreadable."""
    status = dig(receiver, "status")
    address = _ADDRESSES.get(path)
    if address and not _is_text(dig(receiver, address)):
        raise Unreadable(f"{group.id}#{path}", f"a receiver has no {address}")
    if not isinstance(dig(receiver, "name"), str) or not isinstance(status, str | Missing):
        raise Unreadable(f"{group.id}#properties", "a receiver has an unknown form")
    return "" if isinstance(status, Missing) else status.lower()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def holding_back(subscription: Resource, estate: Estate) -> tuple[Resource, ...]:
    """Return the processing rules that remove action groups from alerts now or later.

    Raise Unreadable where a rule has conditions: they may exclude the alert in question.
    """
    rules = estate.extensions(subscription.id, PROCESSING)
    found = tuple(each for each in rules if _holds_back(each, estate.now))
    for each in found:
        if items_at(each, "properties.conditions"):
            raise Unreadable(f"{each.id}#properties.conditions", "it may suppress the alert")
    return found


def _holds_back(rule: Resource, now: datetime) -> bool:
    kinds = [dig(each, "actionType") for each in items_at(rule, PROCESSING_ACTIONS)]
    if not kinds or not all(isinstance(each, str) for each in kinds):
        raise Unreadable(f"{rule.id}#{PROCESSING_ACTIONS}", "an action has no type")
    if "removeallactiongroups" not in {each.lower() for each in kinds}:
        return False
    enabled = rule.flag(PROCESSING_ENABLED)
    until = moment_of(rule.get(f"{SCHEDULE}.effectiveUntil"))
    return enabled is not False and not (until and until < now)
