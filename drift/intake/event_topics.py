"""The kinds of Event Grid topics that deliver events here, and which events each must deliver."""

from collections.abc import Iterable, Mapping
from typing import Final

from drift import ids
from drift.intake.targets import TAGS, Watched

CHANGES: Final = "Microsoft.Resources.Subscriptions"
PAYLOADS: Final = "Microsoft.ResourceNotifications.Resources"
POLICY: Final = "Microsoft.PolicyInsights.PolicyStates"

EVENT_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    CHANGES: tuple(
        f"Microsoft.Resources.Resource{each}"
        for each in (
            *("WriteSuccess", "WriteFailure", "WriteCancel"),
            *("DeleteSuccess", "ActionSuccess"),
        )
    ),
    PAYLOADS: tuple(f"{PAYLOADS}.{each}" for each in ("CreatedOrUpdated", "Deleted")),
    POLICY: tuple(
        f"Microsoft.PolicyInsights.PolicyState{each}" for each in ("Created", "Changed", "Deleted")
    ),
}
"""The types of events that are delivered of each kind of topic."""

FILTER_KEYS: Final[Mapping[str, str]] = {
    CHANGES: "data.operationName",
    PAYLOADS: "data.resourceInfo.type",
    POLICY: "",
}
"""The field of an event whose beginning decides whether it is delivered; "" if every event is."""

MOST_VALUES: Final = 25
"""https://learn.microsoft.com/azure/event-grid/event-filtering#limitations (all filters together)"""

_NEVER_WHOLE: Final = frozenset({"microsoft.resources"})
"""Every deployment is an event of this provider, so only its watched types are requested."""

WITHOUT_WRITES: Final = (
    "microsoft.aadiam/",
    "microsoft.graph/",
    "microsoft.management/managementgroups",
    "microsoft.policyinsights/policystates",
    "microsoft.resources/tenants",
)
"""Beginnings of types that are outside of subscriptions or never written: they have no events."""


def required_events(watched: Watched) -> Mapping[str, tuple[str, ...]]:
    """Return, for each kind of topic, the beginnings of what must be delivered; () for all of its events.

    A beginning of operations ends with a slash, so that it does not match longer type names.
    """
    written = {*watched.evaluated, *watched.related, TAGS}
    judged = [each for each in watched.evaluated if each not in (ids.SUBSCRIPTION, ids.GROUP)]
    return {
        CHANGES: tuple(operations_below(each) for each in in_subscriptions(written)),
        PAYLOADS: in_subscriptions(judged),
        POLICY: (),
    }


def in_subscriptions(types: Iterable[str]) -> tuple[str, ...]:
    """Return the types, sorted, whose events a subscription has."""
    return tuple(sorted(each for each in types if not each.startswith(WITHOUT_WRITES)))


def operations_below(prefix: str) -> str:
    """Return the prefix of the operations on a type: not those on a type with a longer name."""
    return f"{prefix.rstrip('/')}/"


def prefixes(types: Iterable[str], most: int = MOST_VALUES) -> list[str]:
    """Return the prefixes that cover types and what is below them: by type, or ``provider/``.

    If there are more than Event Grid accepts, the provider with the most types is requested as a
    whole. Raise ValueError if that is not enough.
    """
    by_provider: dict[str, set[str]] = {}
    for each in types:
        provider, _, rest = each.partition("/")
        root = rest.partition("/")[0]
        by_provider.setdefault(provider, set()).add(f"{provider}/{root}")
    while sum(map(len, by_provider.values())) > most:
        several = [name for name in by_provider if len(by_provider[name]) > 1]
        narrowed = sorted(set(several) - _NEVER_WHOLE)
        if not narrowed:
            raise ValueError(
                f"Controls watch more providers than the {most} that a filter can name"
            )
        widest = max(narrowed, key=lambda name: len(by_provider[name]))
        by_provider[widest] = {f"{widest}/"}
    return sorted(each for roots in by_provider.values() for each in roots)
