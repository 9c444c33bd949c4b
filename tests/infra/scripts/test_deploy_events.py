"""The events are deployed after the code: with consent, three times at most, without what is failed."""

import json
from collections.abc import Sequence

import pytest

from infra.scripts import deploy_events
from infra.scripts.console import Failed
from infra.scripts.deploy_events import PAUSE, TRIES, Events, from_azd, run
from tests.infra.scripts.people import Terminal

HERE, OTHER = "0b1f6471-1bf0-4dda-aec3-cb9272f09590", "7a6f0f1e-8a87-4f43-9b3a-1d0a5f0d7a11"
AZD = {
    "AZURE_SUBSCRIPTION_ID": HERE,
    "AZURE_LOCATION": "eastus2",
    "PHIDRIFT_APP_ID": "/subscriptions/x/app",
    "PHIDRIFT_STORAGE_ID": "/subscriptions/x/storage",
}
TOPIC = (
    f"/subscriptions/{HERE}/resourceGroups/rg/providers/Microsoft.EventGrid/systemTopics/changes"
)
FAILED = {
    "id": f"{TOPIC}/eventSubscriptions/phidrift",
    "name": "phidrift",
    "properties": {"provisioningState": "Failed"},
}


class World:
    """An Azure that refuses the first deployments, each of which leaves a failed event subscription."""

    def __init__(self, refusals: int) -> None:
        self.calls: list[str] = []
        self.pauses: list[float] = []
        self._refusals = refusals
        self._failed = False

    def az(self, arguments: Sequence[str]) -> str:
        if arguments[0] == "deployment":
            return self._deploy()
        address = arguments[arguments.index("--url") + 1]
        if "delete" in arguments:
            self.calls.append(f"delete {address.partition('?')[0]}")
            self._failed = False
            return ""
        if "eventSubscriptions" in address:
            return json.dumps({"value": [FAILED] if self._failed else []})
        return json.dumps({"value": [{"id": TOPIC}] if HERE in address else []})

    def _deploy(self) -> str:
        self.calls.append("deploy")
        if self._refusals:
            self._refusals -= 1
            self._failed = True
            raise Failed("Destination endpoint not found")
        return "{}"


def deploy(world: World, terminal: Terminal, events: Events | None = None) -> int:
    return run(events or from_azd(AZD), terminal.console, world.az, world.pauses.append)


def test_the_parameters_are_those_that_the_layer_of_azd_gives() -> None:
    events = from_azd({**AZD, "MONITORED_SUBSCRIPTIONS": f"{HERE}, {OTHER},"})
    layer = json.loads(deploy_events.TEMPLATE.with_name("main.parameters.json").read_text())

    assert events.watched == (HERE, OTHER)
    assert events.parameters.keys() == layer["parameters"].keys()
    assert from_azd(AZD).watched == (HERE,)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(Failed, match="PHIDRIFT_APP_ID not set"):
        from_azd({**AZD, "PHIDRIFT_APP_ID": " "})


def test_a_failed_event_subscription_is_deleted_before_the_next_try() -> None:
    world = World(refusals=1)

    assert deploy(world, Terminal()) == 0
    assert world.calls == ["deploy", f"delete {FAILED['id']}", "deploy"]
    assert world.pauses == [PAUSE]


def test_after_the_last_try_the_error_is_that_of_azure() -> None:
    world, terminal = World(refusals=TRIES), Terminal()

    with pytest.raises(Failed, match="Destination endpoint not found"):
        deploy(world, terminal)
    assert world.calls.count("deploy") == TRIES
    assert len(world.pauses) == TRIES - 1


def test_nothing_is_deployed_without_consent_or_in_a_dry_run() -> None:
    world = World(refusals=0)

    assert deploy(world, Terminal("no")) == 1
    assert deploy(world, Terminal(dry_run=True)) == 0
    assert world.calls == []


def test_az_deploys_to_the_subscription_of_the_app() -> None:
    words = " ".join(deploy_events.command(from_azd(AZD)))

    assert words.startswith(f"deployment sub create --name phidrift-events --subscription {HERE} ")
    assert "events/main.bicep --parameters location=eastus2 monitoredSubscriptions= appId=" in words
