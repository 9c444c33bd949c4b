"""The Event Grid webhook: its answers, and what 202 means."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from adapters.queues.sqlite import SqliteQueues
from tests.functions_host.hosting import NOTIFICATION, ask, hosted, notify

EVENT = {"id": "1", "eventType": "t", "eventTime": "2026-11-22T10:00:00+01:00", "data": {}}
CLOUD_EVENT = {"specversion": "1.0", "id": "1", "type": "t", "source": "/s", "data": {"ä": 1.50}}


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, SqliteQueues]]:
    """Serve one function that sends each event on, and fails where the event says so."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @app.event_grid_trigger(arg_name="event")
    @app.queue_output(arg_name="out", queue_name="out", connection="c")
    def take(event: str, out: func.Out[Any]) -> None:
        if "fail" in event:
            raise ValueError("swordfish")
        out.set([event])

    with hosted(app, tmp_path_factory.mktemp("hook")) as (url, queues):
        yield url, queues


def stored(queues: SqliteQueues) -> list[Any]:
    """Take everything that was sent."""
    found = queues.take("out", 32, lease_seconds=60, owner="test")
    for each in found:
        queues.complete(each)
    return [json.loads(each.text) for each in found]


@pytest.mark.parametrize("event", [EVENT, CLOUD_EVENT], ids=["Event Grid", "CloudEvents"])
@pytest.mark.parametrize("form", ["object", "array"])
def test_an_event_is_accepted_once_it_is_stored(
    hook: tuple[str, SqliteQueues], event: dict[str, Any], form: str
) -> None:
    url, queues = hook
    body = json.dumps(event if form == "object" else [event])

    answer = ask("POST", f"{url}/runtime/webhooks/EventGrid?functionName=take", body, NOTIFICATION)

    assert answer.status == 202
    assert stored(queues) == [event]


def test_an_array_is_one_invocation_an_event(hook: tuple[str, SqliteQueues]) -> None:
    url, queues = hook

    answer = notify(url, "take", *({"id": str(number)} for number in range(20)))

    assert answer.status == 202
    assert sorted(int(each["id"]) for each in stored(queues)) == list(range(20))


def test_an_array_fails_as_a_whole_if_one_event_does_and_says_nothing_of_its_content(
    hook: tuple[str, SqliteQueues],
) -> None:
    url, queues = hook

    answer = notify(url, "take", {"id": "good"}, {"id": "fail"})

    assert answer.status == 500
    assert answer.body.startswith(b"take: ValueError at ")
    assert b"swordfish" not in answer.body
    assert stored(queues) == [{"id": "good"}]


@pytest.mark.parametrize(
    ("body", "headers", "query", "status"),
    [
        (b"[]", NOTIFICATION, "functionName=take", 202),
        (b"[1]", NOTIFICATION, "functionName=take", 202),
        (b"[]", NOTIFICATION, "functionname=take", 202),
        (b"[]", NOTIFICATION, "functionName=TAKE", 404),
        (b"{}", NOTIFICATION, "functionName=none", 404),
        (b"{}", NOTIFICATION, "", 404),
        (b"{}", {}, "functionName=take", 400),
        (b"{}", {"aeg-event-type": "Other"}, "functionName=take", 400),
        (b"", NOTIFICATION, "functionName=take", 400),
        (b"not json", NOTIFICATION, "functionName=take", 400),
        (b"\xff\xfe", NOTIFICATION, "functionName=take", 400),
        (b'"text"', NOTIFICATION, "functionName=take", 400),
        (b"NaN", NOTIFICATION, "functionName=take", 400),
        (b"[1e999]", NOTIFICATION, "functionName=take", 400),
        (b"[" * 200_000, NOTIFICATION, "functionName=take", 400),
        (b"", {"aeg-event-type": "Unsubscribe"}, "functionName=take", 202),
        (b"[]", {"aeg-event-type": "SubscriptionValidation"}, "functionName=take", 400),
    ],
)
def test_the_answer_is_that_of_the_real_webhook(
    hook: tuple[str, SqliteQueues], body: bytes, headers: dict[str, str], query: str, status: int
) -> None:
    url, queues = hook

    answer = ask("POST", f"{url}/runtime/webhooks/EventGrid?{query}", body, headers)

    assert answer.status == status
    stored(queues)


def test_a_subscription_is_validated(hook: tuple[str, SqliteQueues]) -> None:
    url, _ = hook
    event = {"eventType": "x", "data": {"validationCode": "512d38b6", "validationUrl": "u"}}

    answer = ask(
        "POST",
        f"{url}/runtime/webhooks/eventgrid?functionName=take",
        json.dumps([event]),
        {"Aeg-Event-Type": "SubscriptionValidation"},
    )

    assert (answer.status, json.loads(answer.body)) == (200, {"validationResponse": "512d38b6"})


def test_a_cloud_events_handshake_is_answered(hook: tuple[str, SqliteQueues]) -> None:
    url, _ = hook

    answer = ask(
        "OPTIONS",
        f"{url}/runtime/webhooks/EventGrid?functionName=take",
        headers={"WebHook-Request-Origin": "eventgrid.azure.net"},
    )

    assert answer.status == 200
    assert answer.headers["Webhook-Allowed-Origin"] == "eventgrid.azure.net"


def test_an_event_that_a_queue_in_azure_would_refuse_fails(
    hook: tuple[str, SqliteQueues],
) -> None:
    url, _ = hook

    assert notify(url, "take", {"id": "x" * 50_000}).status == 500


def test_events_of_one_array_run_side_by_side(tmp_path: Path) -> None:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    both = threading.Barrier(2, timeout=60)

    @app.event_grid_trigger(arg_name="event")
    def meet(event: str) -> None:
        both.wait()

    with hosted(app, tmp_path) as (url, _):
        assert notify(url, "meet", {}, {}).status == 202
