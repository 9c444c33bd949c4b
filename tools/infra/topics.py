"""``python -m tools.infra.topics``: write ``infra/events/topics.json`` from what the controls watch.

The file holds the Event Grid topics of one subscription: their types, the types of events, and the
prefixes of operations or resource types that Event Grid delivers. It ignores the case of a prefix.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from detectors import DETECTORS
from drift import ids
from drift.intake.targets import TAGS, Watched

TARGET: Final = Path(__file__).resolve().parents[2] / "infra/events/topics.json"

MOST_VALUES: Final = 25
"""https://learn.microsoft.com/azure/event-grid/event-filtering#limitations (all filters together)"""

CHANGES: Final = "Microsoft.Resources.Subscriptions"
PAYLOADS: Final = "Microsoft.ResourceNotifications.Resources"
POLICY: Final = "Microsoft.PolicyInsights.PolicyStates"

_EVENTS: Final = {
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

WITHOUT_WRITES: Final = (
    "microsoft.aadiam/",
    "microsoft.graph/",
    "microsoft.management/managementgroups",
    "microsoft.policyinsights/policystates",
    "microsoft.resources/tenants",
)
"""How types begin that lie in no subscription, or that nobody writes: Event Grid has no write of theirs."""

_NEVER_WHOLE: Final = frozenset({"microsoft.resources"})
"""Every deployment is an event of this provider: only its watched types are asked for."""


def main() -> None:
    """Write the file."""
    TARGET.write_text(rendered(), encoding="utf-8")


def rendered() -> str:
    """Return the text of the file."""
    return json.dumps(topics(Watched.by(each.CONTROL for each in DETECTORS)), indent=2) + "\n"


def topics(watched: Watched) -> list[dict[str, Any]]:
    """Return the topics of one subscription, with what is delivered of each."""
    judged = [each for each in watched.evaluated if each not in (ids.SUBSCRIPTION, ids.GROUP)]
    written = {*watched.evaluated, *watched.related, TAGS}
    operations = [_below(each) for each in prefixes(_in_subscriptions(written))]
    return [
        _topic("phidrift-changes", CHANGES, "data.operationName", operations),
        _topic(
            "phidrift-resources",
            PAYLOADS,
            "data.resourceInfo.type",
            prefixes(_in_subscriptions(judged)),
        ),
        _topic("phidrift-policy", POLICY, "", []),
    ]


def _topic(name: str, kind: str, key: str, values: list[str]) -> dict[str, Any]:
    filters = [{"operatorType": "StringBeginsWith", "key": key, "values": values}] if values else []
    return {
        "name": name,
        "topicType": kind,
        "eventTypes": list(_EVENTS[kind]),
        "advancedFilters": filters,
    }


def _in_subscriptions(types: Iterable[str]) -> list[str]:
    return [each for each in types if not each.startswith(WITHOUT_WRITES)]


def _below(prefix: str) -> str:
    """Return the prefix of the operations on a type: not those on a type with a longer name."""
    return f"{prefix.rstrip('/')}/"


def prefixes(types: Iterable[str], most: int = MOST_VALUES) -> list[str]:
    """Return the prefixes that cover types and what is below them: by type, or ``provider/``.

    Where there are more than Event Grid takes, the provider with most types is asked for as a whole.
    Raise ValueError where that does not suffice.
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


if __name__ == "__main__":
    main()
