"""The receivers refuse what the real services refuse, and record what they receive."""

import json
from typing import Any

import pytest
import requests

from sandbox.world import Sandbox
from tests.sandbox.conftest import Post

PAYLOAD = {"summary": "drift", "source": "phidrift", "severity": "critical"}


def card(version: str = "1.5", text: str = "Drift") -> dict[str, Any]:
    content = {
        "type": "AdaptiveCard",
        "version": version,
        "body": [{"type": "TextBlock", "text": text}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": content}]}


def test_an_accepted_card_gets_an_empty_answer(azure: Sandbox, post: Post) -> None:
    response = post(azure.teams.url, card())

    assert (response.status_code, response.content) == (202, b"")
    assert azure.teams.cards[0]["body"][0]["text"] == "Drift"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "hello"}, 400),
        ({"type": "message", "attachments": []}, 400),
        (card("1.6"), 400),
        (card(text="x" * 29_000), 413),
        (b"no json", 400),
    ],
)
def test_a_bad_card_is_refused(azure: Sandbox, post: Post, body: Any, status: int) -> None:
    response = post(azure.teams.url, body)

    assert response.status_code == status
    assert [each.status for each in azure.teams.rejected] == [status]
    assert len(azure.teams.requests) == 1


def test_a_card_that_is_not_said_to_be_json_is_refused(azure: Sandbox, post: Post) -> None:
    body = json.dumps(card()).encode()

    answers = [post(azure.teams.url, body, **{"Content-Type": each}) for each in ("text/plain", "")]

    assert [each.status_code for each in answers] == [400, 400]


def test_a_rotated_signature_and_a_deleted_flow_refuse(azure: Sandbox, post: Post) -> None:
    old = azure.teams.url
    new = azure.teams.rotate()
    rotated, current = post(old, card()), post(new, card())
    azure.teams.delete()
    deleted = post(new, card())
    azure.teams.restore()

    statuses = [rotated.status_code, current.status_code, deleted.status_code]
    assert statuses == [401, 202, 404]
    assert post(new, card()).status_code == 202


def test_more_than_a_channel_takes_is_refused_for_now(azure: Sandbox, post: Post) -> None:
    azure.teams.limit = (1, 60.0)

    answers = [post(azure.teams.url, card()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 429]
    assert int(answers[1].headers["Retry-After"]) > 0


def event(azure: Sandbox, action: str = "trigger", **changed: Any) -> dict[str, Any]:
    whole = {
        "routing_key": azure.pagerduty.routing_key,
        "event_action": action,
        "dedup_key": "incident-1",
        "payload": PAYLOAD,
    }
    return whole | changed


def test_an_incident_is_opened_doubled_and_resolved(azure: Sandbox, post: Post) -> None:
    url = f"{azure.pagerduty.url}/v2/enqueue"
    first = post(url, event(azure))
    post(url, event(azure))
    post(url, event(azure, "resolve"))

    incident = azure.pagerduty.incidents["incident-1"]
    assert first.status_code == 202
    assert first.json()["dedup_key"] == "incident-1"
    assert (incident.open, incident.triggers, incident.openings) == (False, 2, 1)
    assert azure.pagerduty.doubled == ["incident-1"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"routing_key": "f" * 32}, "Invalid routing key"),
        ({"routing_key": "short"}, "Length of 'routing_key'"),
        ({"dedup_key": "k" * 256}, "'dedup_key'"),
        ({"event_action": "open"}, "'event_action' is invalid"),
        ({"payload": {"summary": "s", "source": "x", "severity": "high"}}, "severity"),
        ({"payload": {"summary": "s" * 1025, "source": "x", "severity": "info"}}, "summary"),
        ({"payload": {"source": "x", "severity": "info"}}, "'payload.summary' is missing"),
        ({"payload": {**PAYLOAD, "timestamp": "soon"}}, "'payload.timestamp' is not in ISO 8601"),
        ({"payload": {**PAYLOAD, "custom_details": "x"}}, "'payload.custom_details'"),
        ({"links": [{"text": "no address"}]}, "'links'"),
    ],
)
def test_a_bad_event_is_refused_with_its_problem(
    azure: Sandbox, post: Post, changed: dict[str, Any], told: str
) -> None:
    response = post(f"{azure.pagerduty.url}/v2/enqueue", event(azure, **changed))

    assert response.status_code == 400
    assert response.json()["status"] == "invalid event"
    assert told in response.json()["errors"][0]


def splunk(azure: Sandbox) -> str:
    return f"Splunk {azure.splunk.token}"


def test_envelopes_one_after_the_other_are_all_accepted(azure: Sandbox, post: Post) -> None:
    body = b'{"time": 1, "event": {"n": 1}}\n{"event": {"n": 2}}'

    response = post(azure.splunk.url, body, Authorization=splunk(azure))

    assert response.json() == {"text": "Success", "code": 0}
    assert azure.splunk.events == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [("", 401, 2), ("Bearer x", 401, 3), ("Splunk wrong", 403, 4)],
)
def test_a_wrong_token_is_refused(
    azure: Sandbox, post: Post, authorization: str, status: int, code: int
) -> None:
    headers = {"Authorization": authorization} if authorization else {}

    response = post(azure.splunk.url, {"event": "x"}, **headers)

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", 5), (b"{", 6), (b'{"time": 1}', 12), (b'{"event": ""}', 13), (b'{"a": 1}', 6)],
)
def test_a_bad_envelope_is_refused(azure: Sandbox, post: Post, body: bytes, code: int) -> None:
    response = post(azure.splunk.url, body, Authorization=splunk(azure))

    assert (response.status_code, response.json()["code"]) == (400, code)


def test_an_event_that_would_be_truncated_is_recorded(azure: Sandbox, post: Post) -> None:
    post(azure.splunk.url, {"event": {"text": "x" * 10_000}}, Authorization=splunk(azure))

    assert len(azure.splunk.truncated) == 1


def test_a_sink_may_accept_and_hang_up(azure: Sandbox, post: Post) -> None:
    azure.splunk.reset(after=True)
    with pytest.raises(requests.ConnectionError):
        post(azure.splunk.url, {"event": "x"}, Authorization=splunk(azure))

    assert azure.splunk.events == ["x"]
    assert azure.splunk.requests[0].status == 0


def test_a_failing_sink_counts_what_it_did_not_read(azure: Sandbox, post: Post) -> None:
    azure.teams.fail(503, times=2, retry_after=7)

    answers = [post(azure.teams.url, card()) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 202]
    assert answers[0].headers["Retry-After"] == "7"
    assert len(azure.teams.requests) == 3
    assert len(azure.teams.accepted) == 1
