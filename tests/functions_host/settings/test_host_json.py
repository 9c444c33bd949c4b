"""host.json and its overrides."""

import json
from pathlib import Path
from typing import Any

import pytest

from drift.errors import BadSettings
from functions_host.settings import host_json as settings_host_json


def host_json(folder: Path, content: Any) -> Path:
    (folder / "host.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def queues(**values: Any) -> dict[str, Any]:
    return {"version": "2.0", "extensions": {"queues": values}}


def test_without_host_json_azure_s_defaults_hold(tmp_path: Path) -> None:
    assert settings_host_json.read(tmp_path, {}) == settings_host_json.HostSettings()


def test_host_json_is_honoured(tmp_path: Path) -> None:
    content = queues(
        batchSize=4,
        newBatchThreshold=2,
        maxDequeueCount=7,
        visibilityTimeout="00:00:30",
        maxPollingInterval="00:00:00.500",
    )
    content["functionTimeout"] = "00:05:00"
    content["extensions"]["http"] = {"routePrefix": ""}

    found = settings_host_json.read(host_json(tmp_path, content), {})

    assert (found.batch_size, found.new_batch_threshold, found.max_dequeue_count) == (4, 2, 7)
    assert (found.visibility_seconds, found.polling_seconds) == (30, 0.5)
    assert (found.timeout_seconds, found.route_prefix) == (300, "")


def test_an_override_wins_over_host_json_whatever_its_case(tmp_path: Path) -> None:
    folder = host_json(tmp_path, queues(batchSize=4, maxDequeueCount=7))
    prefix = "AzureFunctionsJobHost__extensions__queues__"
    env = {f"{prefix}leaseSeconds": "1.5", f"{prefix.upper()}BATCHSIZE": "8"}

    found = settings_host_json.read(folder, env)

    assert (found.lease_seconds, found.batch_size, found.max_dequeue_count) == (1.5, 8, 7)


def test_a_threshold_that_is_not_set_is_half_a_batch(tmp_path: Path) -> None:
    found = settings_host_json.read(host_json(tmp_path, queues(batchSize=10)), {})

    assert found.new_batch_threshold == 5


@pytest.mark.parametrize(
    ("env", "threads"),
    [({}, 26), ({"PYTHON_THREADPOOL_THREAD_COUNT": "6"}, 6)],
    ids=["a batch of each queue and some", "as set"],
)
def test_the_thread_pool_holds(tmp_path: Path, env: dict[str, str], threads: int) -> None:
    folder = host_json(tmp_path, queues(batchSize=4, newBatchThreshold=2))

    assert settings_host_json.read(folder, env).threads == threads


def test_fewer_threads_than_the_host_hands_out_messages_are_refused(tmp_path: Path) -> None:
    folder = host_json(tmp_path, queues(batchSize=4, newBatchThreshold=2))

    with pytest.raises(BadSettings) as caught:
        settings_host_json.read(folder, {"PYTHON_THREADPOOL_THREAD_COUNT": "5"})

    assert caught.value.problems == (
        "PYTHON_THREADPOOL_THREAD_COUNT is below batchSize + newBatchThreshold of host.json (6).",
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("-1", None), ("01:00:00", 3600), ("1.00:00:00", 86400)]
)
def test_a_function_timeout_is_a_time_span_or_none(
    tmp_path: Path, text: str, seconds: float | None
) -> None:
    folder = host_json(tmp_path, {"functionTimeout": text})

    assert settings_host_json.read(folder, {}).timeout_seconds == seconds


def test_one_error_names_every_problem(tmp_path: Path) -> None:
    content = queues(batchSize=33, maxDequeueCount="many", visibilityTimeout="30")
    content["functionTimeout"] = "00:00:00"

    with pytest.raises(BadSettings) as caught:
        settings_host_json.read(
            host_json(tmp_path, content), {"PYTHON_THREADPOOL_THREAD_COUNT": "0"}
        )

    assert caught.value.problems == (
        "host.json: extensions.queues.batchSize is not a whole number from 1 to 32.",
        "host.json: extensions.queues.maxDequeueCount is not a whole number from 1 to 1000.",
        "host.json: extensions.queues.visibilityTimeout is not a time span such as 00:00:30.",
        "host.json: functionTimeout is not a time span above 0.",
        "PYTHON_THREADPOOL_THREAD_COUNT is not a whole number from 1 to 1000.",
    )


def test_a_host_json_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{,}", encoding="utf-8")

    with pytest.raises(BadSettings, match="cannot be read as JSON"):
        settings_host_json.read(tmp_path, {})
