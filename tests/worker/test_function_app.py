"""function_app.py under Microsoft's worker: each function is indexed, and called with good and bad input."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.worker.process import ROOT, Report, worker

FAKES = Path(__file__).parent / "fakes"
EVENT = {"id": "1", "eventType": "t", "eventTime": "2026-11-22T10:00:00+01:00", "data": {}}
RUNBOOKS = "http://localhost:7071/api/runbooks/"
HEALTH = {"method": "GET", "url": "http://localhost:7071/api/health"}

WELL: list[tuple[str, Any, dict[str, list[str]]]] = [
    ("evaluate_change", "x", {"changes": ["x", "wake"], "deliveries": ["deliver 1", "deliver 2"]}),
    ("deliver", "x", {"changes": ["delivered x"]}),
    ("evaluate_background", "x", {"background": ["done x"]}),
    ("changes_poisoned", "x", {"deliveries": ["changes gave up x"]}),
    ("deliveries_poisoned", "x", {"deliveries": ["deliveries gave up x"]}),
    ("background_poisoned", "x", {"deliveries": ["background gave up x"]}),
    ("tick", {}, {"changes": ["due"], "deliveries": ["due"], "background": ["due"]}),
    ("sweep", {}, {"background": ["sweep"]}),
    ("watch_logs", {}, {"changes": ["logged"], "background": ["blind"]}),
]
BADLY: list[tuple[str, Any]] = [
    ("resource_changed", {**EVENT, "id": "fail"}),
    ("evaluate_change", "fail"),
    ("deliver", "fail"),
    ("evaluate_background", "fail"),
    ("changes_poisoned", "fail"),
    ("deliveries_poisoned", "fail"),
    ("background_poisoned", "fail"),
    ("tick", {}),
    ("sweep", {}),
    ("watch_logs", {}),
    ("health", HEALTH),
]


def runbook_asked(control: str) -> dict[str, Any]:
    return {"method": "GET", "url": f"{RUNBOOKS}{control}", "params": {"control": control}}


@pytest.fixture(scope="module")
def well() -> Report:
    """Index the app, with a stand-in for the monitor, and call every function."""
    calls = [(name, payload) for name, payload, _ in WELL]
    event = ("resource_changed", EVENT)
    dropped = ("resource_changed", {**EVENT, "id": "unwatched"})
    pages = [("runbook", runbook_asked(each)) for each in ("STORAGE-TLS", "NONE")]
    return worker(ROOT, *calls, event, dropped, *pages, ("health", HEALTH), before=FAKES)


@pytest.fixture(scope="module")
def badly() -> Report:
    """Call every function where the monitor fails."""
    return worker(ROOT, *BADLY, before=FAKES, env={"FAKE_STATE": "fail"})


def test_every_function_is_indexed(well: Report) -> None:
    triggers = {
        name: next(each["type"] for each in bindings if each["type"].endswith("Trigger"))
        for name, bindings in well.functions.items()
    }

    assert well.refused == ""
    assert triggers == {
        "resource_changed": "eventGridTrigger",
        "evaluate_change": "queueTrigger",
        "deliver": "queueTrigger",
        "evaluate_background": "queueTrigger",
        "changes_poisoned": "queueTrigger",
        "deliveries_poisoned": "queueTrigger",
        "background_poisoned": "queueTrigger",
        "tick": "timerTrigger",
        "sweep": "timerTrigger",
        "watch_logs": "timerTrigger",
        "health": "httpTrigger",
        "runbook": "httpTrigger",
    }


@pytest.mark.parametrize(
    ("function", "queue"),
    [
        ("evaluate_change", "changes"),
        ("deliver", "deliveries"),
        ("evaluate_background", "background"),
        ("changes_poisoned", "changes-poison"),
        ("deliveries_poisoned", "deliveries-poison"),
        ("background_poisoned", "background-poison"),
    ],
)
def test_a_queue_function_is_set_off_by_its_queue_and_may_send_to_all(
    well: Report, function: str, queue: str
) -> None:
    bindings = {(each["type"], each["queueName"]) for each in well.functions[function]}

    assert bindings == {
        ("queueTrigger", queue),
        *(("queue", name) for name in ("changes", "deliveries", "background")),
    }


def test_every_queue_is_in_the_storage_of_the_app(well: Report) -> None:
    storages = {
        each["connection"]
        for bindings in well.functions.values()
        for each in bindings
        if each["type"].startswith("queue")
    }

    assert storages == {"AzureWebJobsStorage"}


def test_health_is_asked_for_by_get_and_guarded_by_a_key_in_azure(well: Report) -> None:
    trigger = next(each for each in well.functions["health"] if each["type"] == "httpTrigger")

    assert (trigger["route"], trigger["methods"]) == ("health", ["GET"])
    assert trigger["authLevel"] == "FUNCTION"


@pytest.mark.parametrize("number", range(len(WELL)), ids=[name for name, _, _ in WELL])
def test_what_the_monitor_returns_is_sent_as_one_message_an_element(
    well: Report, number: int
) -> None:
    answer = well.calls[number]

    assert (answer["status"], answer["error"]) == ("Success", "")
    assert answer["outputs"] == WELL[number][2]


def test_an_event_reaches_the_monitor_as_it_came_though_its_time_is_not_utc(well: Report) -> None:
    answer = well.calls[len(WELL)]

    (text,) = answer["outputs"]["changes"]
    assert answer["status"] == "Success"
    assert json.loads(text) == EVENT


def test_an_event_that_nothing_watches_sends_nothing(well: Report) -> None:
    answer = well.calls[len(WELL) + 1]

    assert (answer["status"], answer["outputs"]) == ("Success", {})


def test_health_is_returned_as_json(well: Report) -> None:
    answer = well.calls[-1]

    assert (answer["status"], answer["returned"]["status"]) == ("Success", 200)
    assert json.loads(answer["returned"]["body"]) == {
        "status": "ok",
        "queues": {"changes": {"waiting": 1, "running": 0}},
        "due": 0,
    }


def test_a_runbook_is_returned_as_text_to_everybody_and_404_where_there_is_none(
    well: Report,
) -> None:
    found, missing = (each["returned"] for each in well.calls[-3:-1])
    trigger = next(each for each in well.functions["runbook"] if each["type"] == "httpTrigger")

    assert (found["status"], found["body"]) == (200, "What to do")
    assert missing["status"] == 404
    assert (trigger["route"], trigger["methods"]) == ("runbooks/{control}", ["GET"])
    assert trigger["authLevel"] == "ANONYMOUS"


@pytest.mark.parametrize("number", range(len(BADLY)), ids=[name for name, _ in BADLY])
def test_a_failure_escapes_so_that_the_host_tries_again_and_nothing_is_sent(
    badly: Report, number: int
) -> None:
    answer = badly.calls[number]

    assert (answer["status"], answer["outputs"]) == ("Failure", {})
    assert answer["error"].startswith("ValueError: ")


@pytest.mark.parametrize(
    ("timer", "schedule", "served"),
    [
        ("tick", {}, "*/10 * * * * *"),
        ("tick", {"TICK_SCHEDULE": " "}, "*/10 * * * * *"),
        ("tick", {"TICK_SCHEDULE": "x"}, "x"),
        ("sweep", {}, "0 0 4 * * *"),
        ("sweep", {"SWEEP_SCHEDULE": "x"}, "x"),
    ],
)
def test_a_timer_runs_by_its_setting(timer: str, schedule: dict[str, str], served: str) -> None:
    index = worker(ROOT, before=FAKES, env=schedule)

    trigger = next(each for each in index.functions[timer] if each["type"] == "timerTrigger")
    assert trigger["schedule"] == served


def test_the_app_is_indexed_without_any_setting_and_without_an_sdk() -> None:
    seen = worker(ROOT)

    sdks = {each for each in seen.imported if each.startswith("azure.") and each.count(".") == 1}
    assert (seen.refused, len(seen.functions)) == ("", 12)
    assert sdks == {"azure.functions"}
    assert not {"requests", "adapters", "notifiers"} & set(seen.imported)
