"""Only a failed event subscription of the monitor is deleted, with consent."""

import json
from collections.abc import Sequence
from typing import Any

from infra.scripts import failed_deliveries
from tests.infra.scripts.people import Terminal

HERE = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
TOPICS = f"/subscriptions/{HERE}/resourceGroups/rg-phidrift-events/providers/Microsoft.EventGrid/systemTopics"


def delivery(topic: str, name: str, state: str | None) -> dict[str, Any]:
    properties = {} if state is None else {"provisioningState": state}
    id_ = f"{TOPICS}/{topic}/eventSubscriptions/{name}"
    return {"id": id_, "name": name, "properties": properties}


FOUND: dict[str, Any] = {
    f"{TOPICS}/a/eventSubscriptions?": {
        "value": [delivery("a", "phidrift", "Failed"), delivery("a", "theirs", "Failed")]
    },
    f"{TOPICS}/b/eventSubscriptions?": {
        "value": [delivery("b", "phidrift", "Succeeded"), delivery("b", "phidrift", None)]
    },
    "systemTopics?": {"value": [{"id": f"{TOPICS}/a"}], "nextLink": "https://arm/more"},
    "arm/more": {"value": [{"id": f"{TOPICS}/b"}]},
}


class FakeAz:
    def __init__(self) -> None:
        self.deleted: list[str] = []

    def __call__(self, arguments: Sequence[str]) -> str:
        if "delete" in arguments:
            self.deleted.append(arguments[-1])
            return ""
        return json.dumps(next(value for part, value in FOUND.items() if part in arguments[-3]))


def run(terminal: Terminal, az: FakeAz) -> int:
    chosen = failed_deliveries.parsed(["--subscription", HERE])
    return failed_deliveries.run(chosen, terminal.console, az)


def test_only_what_is_failed_and_the_monitors_is_deleted() -> None:
    az = FakeAz()

    assert run(Terminal(), az) == 0
    [deleted] = az.deleted
    assert deleted.startswith(f"{TOPICS}/a/eventSubscriptions/phidrift?api-version=")


def test_nothing_is_deleted_without_consent_or_in_a_dry_run() -> None:
    az = FakeAz()

    assert run(Terminal("no"), az) == 1
    assert run(Terminal(dry_run=True), az) == 0
    assert az.deleted == []
