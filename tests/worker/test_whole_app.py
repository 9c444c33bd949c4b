"""The whole app under Microsoft's worker, in front of the sandbox: an event becomes alerts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drift.version import __version__
from sandbox.clinic.estate import INTAKE, clinic
from sandbox.eventgrid.event_grid import PROMPT
from sandbox.world import Sandbox
from tests.worker.process import ROOT, worker

CHANNELS = ("teams", "pagerduty", "splunk")


@pytest.fixture
def azure() -> Iterator[Sandbox]:
    """Return the clinic. No replica is behind: one event is worked off, and no tick reads again."""
    with Sandbox(lag=None, behaviour=PROMPT) as sandbox:
        sandbox.place(*clinic())
        yield sandbox


@pytest.fixture
def env(azure: Sandbox, tmp_path: Path) -> dict[str, str]:
    """Return the settings of an app that watches it."""
    stores = {
        "STATE_STORE": f"sqlite:{tmp_path / 'state.db'}",
        "EVIDENCE_STORE": f"file:{tmp_path}",
    }
    return {**azure.environment(), **stores}


def opened(azure: Sandbox) -> dict[str, Any]:
    """Open a firewall; return the event of it."""
    events: list[dict[str, Any]] = []

    def receive(delivered: list[dict[str, Any]]) -> int:
        events.extend(delivered)
        return 200

    azure.events.subscribe(receive)
    azure.patch(INTAKE, {"properties": {"networkAcls": {"defaultAction": "Allow"}}})
    azure.events.drain()
    (event,) = events
    return event


def sent_by(call: int, output: str, element: int) -> dict[str, Any]:
    """Refer to the data of an earlier call."""
    return {"sent_by": [call, output, element]}


def test_an_event_becomes_one_alert_on_each_channel(azure: Sandbox, env: dict[str, str]) -> None:
    report = worker(
        ROOT,
        ("resource_changed", opened(azure)),
        ("evaluate_change", sent_by(0, "changes", 0)),
        *(("deliver", sent_by(1, "deliveries", number)) for number in range(len(CHANNELS))),
        env=env,
    )

    told = {name: len(getattr(azure, name).accepted) for name in CHANNELS}
    assert [(each["status"], each["error"]) for each in report.calls] == [("Success", "")] * 5
    assert len(report.calls[1]["outputs"]["deliveries"]) == len(CHANNELS)
    assert told == dict.fromkeys(CHANNELS, 1)


def test_a_poisoned_change_is_recorded_and_a_tick_and_health_are_answered(
    azure: Sandbox, env: dict[str, str]
) -> None:
    report = worker(
        ROOT,
        ("resource_changed", opened(azure)),
        ("changes_poisoned", sent_by(0, "changes", 0)),
        ("deliveries_poisoned", "not a message of ours"),
        ("tick", {}),
        ("health", {"method": "GET", "url": "http://localhost:7071/api/health"}),
        env=env,
    )

    health = json.loads(report.calls[-1]["returned"]["body"])
    assert [(each["status"], each["error"]) for each in report.calls] == [("Success", "")] * 5
    assert health["queues"] == {
        name: {"waiting": None, "running": None, "poison": None}
        for name in ("changes", "deliveries", "background")
    }


def test_health_is_answered_where_no_store_can_be_read(env: dict[str, str], tmp_path: Path) -> None:
    nowhere = f"sqlite:{tmp_path}"
    env = {**env, "STATE_STORE": nowhere, "AzureWebJobsStorage": nowhere}
    (answer,) = worker(
        ROOT, ("health", {"method": "GET", "url": "http://localhost:7071/api/health"}), env=env
    ).calls

    none = {"waiting": None, "running": None, "poison": None}
    assert (answer["status"], answer["returned"]["status"]) == ("Success", 200)
    figures = json.loads(answer["returned"]["body"])
    assert figures.pop("version").startswith(__version__)
    assert figures == {
        "status": "degraded",
        "queues": {"changes": none, "deliveries": none, "background": none},
        **dict.fromkeys(("lastEvent", "due", "undelivered", "unknown", "blind", "notUnderstood")),
        **dict.fromkeys(("undeliveredOld", "oldestUndelivered", "lastSweep", "accepted")),
        "evidenceWaiting": None,
        "evidenceRefused": None,
    }


def test_a_malformed_event_is_acknowledged_and_recorded(
    azure: Sandbox, env: dict[str, str]
) -> None:
    report = worker(
        ROOT,
        ("resource_changed", {"id": "x", "eventType": 7}),
        ("evaluate_change", sent_by(0, "changes", 0)),
        ("evaluate_change", "not a message of ours"),
        env=env,
    )

    (sent,) = report.calls[0]["outputs"]["changes"]
    assert json.loads(sent)["kind"] == "dropped"
    assert [(each["status"], each["error"]) for each in report.calls] == [("Success", "")] * 3


@pytest.mark.parametrize(
    "function", ["resource_changed", "evaluate_change", "deliver", "tick", "sweep"]
)
def test_a_wrong_setting_fails_the_call_and_is_named(function: str) -> None:
    (answer,) = worker(ROOT, (function, {} if function in ("tick", "sweep") else "x")).calls

    assert (answer["status"], answer["outputs"]) == ("Failure", {})
    assert answer["error"].startswith("BadSettings: MONITORED_SUBSCRIPTIONS is not set. ")
