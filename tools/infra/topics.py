"""``python -m tools.infra.topics``: write ``infra/events/topics.json`` from what the controls watch.

The file holds the Event Grid topics of one subscription: their types, the types of events, and the
prefixes of operations or resource types that Event Grid delivers. It ignores the case of a prefix.
"""

import json
from pathlib import Path
from typing import Any, Final

from detectors import DETECTORS
from drift.intake.event_topics import (
    CHANGES,
    EVENT_TYPES,
    FILTER_KEYS,
    PAYLOADS,
    POLICY,
    operations_below,
    prefixes,
    required_events,
)
from drift.intake.targets import Watched

TARGET: Final = Path(__file__).resolve().parents[2] / "infra/events/topics.json"


def main() -> None:
    """Write the file."""
    TARGET.write_text(rendered(), encoding="utf-8")


def rendered() -> str:
    """Return the text of the file."""
    return json.dumps(topics(Watched.by(each.CONTROL for each in DETECTORS)), indent=2) + "\n"


def topics(watched: Watched) -> list[dict[str, Any]]:
    """Return the topics of one subscription, with what is delivered of each."""
    required = required_events(watched)
    operations = [operations_below(each) for each in prefixes(required[CHANGES])]
    return [
        _topic("phidrift-changes", CHANGES, operations),
        _topic("phidrift-resources", PAYLOADS, prefixes(required[PAYLOADS])),
        _topic("phidrift-policy", POLICY, []),
    ]


def _topic(name: str, kind: str, values: list[str]) -> dict[str, Any]:
    chosen = {"operatorType": "StringBeginsWith", "key": FILTER_KEYS[kind], "values": values}
    return {
        "name": name,
        "topicType": kind,
        "eventTypes": list(EVENT_TYPES[kind]),
        "advancedFilters": [chosen] if values else [],
    }


if __name__ == "__main__":
    main()
