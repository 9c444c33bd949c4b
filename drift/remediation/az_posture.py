"""The az commands that change the posture of a subscription, in the form of ``az_options``."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from drift import ids
from drift.model import dig
from drift.remediation.az_options import Update, Words

PLAN: Final = "microsoft.security/pricings"


def by_name_in_subscription(resource_id: str) -> Words:
    """Return the options that name what lies in a subscription and in no resource group."""
    return ["--name", ids.name_of(resource_id), "--subscription", ids.subscription_of(resource_id)]


POSTURE_UPDATES: Final[Mapping[str, Update]] = {
    PLAN: Update(
        "security pricing create",
        by_name_in_subscription,
        {
            "properties.pricingtier": "--tier",
            "properties.subplan": "--subplan",
            "properties.extensions": "--extensions",
        },
    ),
}


def repeated(option: str, items: Sequence[Mapping[str, Any]]) -> Words:
    """Return the values of an option that is given once for each item, without its first mention."""
    words: Words = []
    for at, each in enumerate(items):
        words += [option] if at else []
        words += [f"{name}={dig(each, name)}" for name in ("name", "isEnabled")]
    return words
