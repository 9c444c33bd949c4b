"""The receivers of Sentinel, the topic and the webhook refuse what the real ones refuse."""

import base64
import gzip
import hashlib
import hmac
import json
from typing import Any

import pytest
import requests
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.eventgrid import EventGridPublisherClient
from azure.monitor.ingestion import LogsIngestionClient

from sandbox.core.people import MONITOR
from sandbox.world import Sandbox
from tests.sandbox.conftest import Post
from tests.sandbox.people import Person

VERSION = "?api-version=2023-01-01"
ROW = {
    "TimeGenerated": "2026-11-22T03:14:07.500000Z",
    "EventUid": "change",
    "FindingUid": "finding",
    "IncidentId": "incident",
    "ActivityId": 1,
    "Status": "New",
    "Severity": "High",
    "ControlId": "STORAGE-TLS",
    "ResourceId": "/subscriptions/s",
    "Finding": {"class_uid": 2003},
    "Actor": "anna.berg@clinic.example",
    "ActorObjectId": "",
    "ActorIp": "203.0.113.7",
    "Phi": "yes",
    "SubscriptionId": "s",
}
EVENT = {"specversion": "1.0", "id": "1", "source": "here", "type": "Opened", "data": {"a": 1}}
BATCH = "application/cloudevents-batch+json; charset=utf-8"


def ingest(azure: Sandbox, post: Post, rows: Any, **headers: str) -> requests.Response:
    headers = {"Authorization": bearer(azure, "https://monitor.azure.com"), **headers}
    return post(f"{azure.sentinel.url}{azure.sentinel.path}{VERSION}", rows, **headers)


def bearer(azure: Sandbox, audience: str) -> str:
    return f"Bearer {azure.token(MONITOR, audience)}"


def test_rows_are_taken_plain_or_packed(azure: Sandbox, post: Post) -> None:
    packed = gzip.compress(json.dumps([ROW]).encode())
    kind = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    answers = [ingest(azure, post, [ROW, ROW]), ingest(azure, post, packed, **kind)]

    assert [(each.status_code, each.content) for each in answers] == [(204, b"")] * 2
    assert azure.sentinel.bodies() == [ROW] * 3
    assert azure.sentinel.lost == []


@pytest.mark.parametrize("authorization", ["", "Bearer nobody", None])
def test_rows_need_a_token_for_azure_monitor(
    azure: Sandbox, post: Post, authorization: str | None
) -> None:
    elsewhere = bearer(azure, "https://management.azure.com")
    told = elsewhere if authorization is None else authorization

    assert ingest(azure, post, [ROW], Authorization=told).status_code == 401


def test_rows_need_the_role_and_are_taken_once_it_is_granted(azure: Sandbox, post: Post) -> None:
    azure.sentinel.granted = False
    before = ingest(azure, post, [ROW])
    azure.sentinel.granted = True
    after = ingest(azure, post, [ROW])

    assert (before.status_code, after.status_code) == (403, 204)
    assert azure.sentinel.rule_id in before.json()["error"]["message"]


@pytest.mark.parametrize("wrong", ["dataCollectionRules", "dcr-", "streams", "Custom-"])
def test_another_rule_or_stream_is_not_found(azure: Sandbox, post: Post, wrong: str) -> None:
    path = azure.sentinel.path.replace(wrong, f"{wrong}x")
    token = bearer(azure, "https://monitor.azure.com")

    answer = post(f"{azure.sentinel.url}{path}{VERSION}", [ROW], Authorization=token)

    assert answer.status_code == 404


def test_another_version_of_the_api_is_refused(azure: Sandbox, post: Post) -> None:
    token = bearer(azure, "https://monitor.azure.com")
    url = f"{azure.sentinel.url}{azure.sentinel.path}"

    assert post(url, [ROW], Authorization=token).status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (ROW, 400),
        (["text"], 400),
        (b"no json", 400),
        ([ROW | {"Finding": {"text": "x" * 2**20}}], 413),
    ],
    ids=["an object", "texts", "no JSON", "over 1 MB"],
)
def test_what_is_no_array_of_objects_or_too_large_is_refused(
    azure: Sandbox, post: Post, body: Any, status: int
) -> None:
    kind = {"Content-Type": "application/json"} if isinstance(body, bytes) else {}

    assert ingest(azure, post, body, **kind).status_code == status
    assert [each.status for each in azure.sentinel.rejected] == [status]


@pytest.mark.parametrize(
    ("changed", "lost"),
    [
        ({"Title": "reserved"}, "Title"),
        ({"ActivityId": "1"}, "ActivityId"),
        ({"ActivityId": True}, "ActivityId"),
        ({"TimeGenerated": "soon"}, "TimeGenerated"),
        ({"TimeGenerated": "2026-11-22T03:14:07"}, "TimeGenerated"),
        ({"Severity": None}, "Severity"),
        ({"ResourceId": "x" * 70_000}, "ResourceId"),
        ({"Finding": "{}"}, "Finding"),
        ({"Finding": {"text": "x" * 70_000}}, "Finding"),
    ],
)
def test_a_value_that_the_table_cannot_hold_is_accepted_silently_and_recorded(
    azure: Sandbox, post: Post, changed: dict[str, Any], lost: str
) -> None:
    answer = ingest(azure, post, [ROW | changed])

    assert (answer.status_code, azure.sentinel.lost) == (204, [lost])


def test_microsofts_own_client_writes_rows(azure: Sandbox) -> None:
    with LogsIngestionClient(
        azure.sentinel.url, Person(azure, MONITOR), connection_verify=str(azure.ca_bundle)
    ) as client:
        client.upload(azure.sentinel.rule_id, azure.sentinel.stream, [ROW])

    assert azure.sentinel.bodies() == [ROW]


def publish(azure: Sandbox, post: Post, events: Any, **headers: str) -> requests.Response:
    headers = {"aeg-sas-key": azure.topic.key, "Content-Type": BATCH, **headers}
    body = events if isinstance(events, bytes) else json.dumps(events).encode()
    return post(f"{azure.topic.url}?api-version=2018-01-01", body, **headers)


def test_a_batch_of_events_is_taken_and_so_is_one(azure: Sandbox, post: Post) -> None:
    one = {"Content-Type": "application/cloudevents+json"}

    answers = [publish(azure, post, [EVENT, EVENT]), publish(azure, post, EVENT, **one)]

    assert [each.status_code for each in answers] == [200, 200]
    assert azure.topic.bodies() == [EVENT] * 3


def test_a_rotated_key_is_refused(azure: Sandbox, post: Post) -> None:
    old = azure.topic.key
    new = azure.topic.rotate()

    keys = [publish(azure, post, [EVENT], **{"aeg-sas-key": key}) for key in (old, new)]

    assert [each.status_code for each in keys] == [401, 200]


@pytest.mark.parametrize(
    ("audience", "granted", "status"),
    [
        ("https://eventgrid.azure.net", True, 200),
        ("https://eventgrid.azure.net", False, 403),
        ("https://management.azure.com", True, 401),
    ],
)
def test_a_principal_needs_a_token_for_event_grid_and_the_role(
    azure: Sandbox, post: Post, audience: str, granted: bool, status: int
) -> None:
    azure.topic.granted = granted
    headers = {"Authorization": bearer(azure, audience), "Content-Type": BATCH}
    body = json.dumps([EVENT]).encode()

    answer = post(f"{azure.topic.url}?api-version=2018-01-01", body, **headers)

    assert answer.status_code == status


def test_a_publication_without_key_or_token_is_refused(azure: Sandbox, post: Post) -> None:
    url = f"{azure.topic.url}?api-version=2018-01-01"

    assert post(url, [EVENT], **{"Content-Type": BATCH}).status_code == 401


@pytest.mark.parametrize(
    ("events", "headers", "status"),
    [
        ([EVENT], {"Content-Type": "application/json"}, 400),
        (EVENT, {}, 400),
        ([EVENT], {"Content-Type": "application/cloudevents+json"}, 400),
        (b"no json", {}, 400),
        ([{**EVENT, "specversion": "0.3"}], {}, 400),
        ([{**EVENT, "id": ""}], {}, 400),
        ([{**EVENT, "source": None}], {}, 400),
        ([{**EVENT, "type": 1}], {}, 400),
        ([{**EVENT, "subject": ""}], {}, 400),
        ([{**EVENT, "time": "soon"}], {}, 400),
        ([{**EVENT, "dataVersion": "1"}], {}, 400),
        ([{**EVENT, "data": "x" * 2**20}], {}, 413),
    ],
)
def test_what_is_no_cloud_event_or_too_large_is_refused(
    azure: Sandbox, post: Post, events: Any, headers: dict[str, str], status: int
) -> None:
    answer = publish(azure, post, events, **headers)

    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert azure.topic.accepted == []


@pytest.mark.parametrize("path", ["/api/event", ""])
def test_another_path_is_no_topic(azure: Sandbox, post: Post, path: str) -> None:
    url = azure.topic.url.replace("/api/events", path)
    headers = {"aeg-sas-key": azure.topic.key, "Content-Type": BATCH}

    answer = post(f"{url}?api-version=2018-01-01", json.dumps([EVENT]).encode(), **headers)

    assert answer.status_code == 404


def test_microsofts_own_client_publishes(azure: Sandbox) -> None:
    verify = str(azure.ca_bundle)
    right = EventGridPublisherClient(azure.topic.url, AzureKeyCredential(azure.topic.key))
    wrong = EventGridPublisherClient(azure.topic.url, AzureKeyCredential("another"))
    right.send(EVENT, connection_verify=verify)
    with pytest.raises(HttpResponseError, match="not authorized"):
        wrong.send(EVENT, connection_verify=verify)

    assert azure.topic.bodies() == [EVENT]


def signed(azure: Sandbox, body: bytes, **changed: str) -> dict[str, str]:
    """Return the headers of a message, as the specification has them."""
    uid, now = "msg_1", str(int(azure.clock().timestamp()))
    timestamp = changed.get("webhook-timestamp", now)
    key = base64.b64decode(azure.webhook.secret.removeprefix("whsec_"))
    content = f"{uid}.{timestamp}.".encode() + body
    code = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    headers = {
        "webhook-id": uid,
        "webhook-timestamp": now,
        "webhook-signature": f"v1a,other v1,{code}",
    }
    return headers | changed


def test_a_message_with_a_valid_signature_is_accepted(azure: Sandbox, post: Post) -> None:
    body = b'{"a": 1}'

    assert post(azure.webhook.url, body, **signed(azure, body)).status_code == 200
    assert (azure.webhook.ids, azure.webhook.bodies()) == (["msg_1"], [{"a": 1}])


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1614265330"},
        {"webhook-timestamp": "99999999999"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
    ],
    ids=str,
)
def test_an_unsigned_old_or_changed_message_is_refused(
    azure: Sandbox, post: Post, changed: dict[str, str]
) -> None:
    answer = post(azure.webhook.url, b"{}", **signed(azure, b"{}", **changed))

    assert (answer.status_code, azure.webhook.accepted) == (401, [])


def test_a_changed_body_or_a_rotated_secret_is_refused(azure: Sandbox, post: Post) -> None:
    headers = signed(azure, b"{}")
    changed = post(azure.webhook.url, b"[]", **headers)
    azure.webhook.rotate()
    rotated = post(azure.webhook.url, b"{}", **headers)
    repaired = post(azure.webhook.url, b"{}", **signed(azure, b"{}"))

    assert [each.status_code for each in (changed, rotated, repaired)] == [401, 401, 200]


def test_a_receiver_refuses_what_is_no_json_and_other_paths(azure: Sandbox, post: Post) -> None:
    elsewhere = post(f"{azure.webhook.base_url}/hooks/x", b"{}", **signed(azure, b"{}"))
    broken = post(azure.webhook.url, b"{", **signed(azure, b"{"))

    assert [each.status_code for each in (elsewhere, broken)] == [404, 400]


def test_the_environment_has_the_other_siems_only_on_request(azure: Sandbox) -> None:
    usual, every = azure.environment(), azure.environment(every_channel=True)

    assert every.keys() - usual.keys() == {
        *("SENTINEL_ENDPOINT", "SENTINEL_RULE_ID", "SENTINEL_STREAM"),
        *("FINDINGS_TOPIC_ENDPOINT", "FINDINGS_WEBHOOK_URL", "FINDINGS_WEBHOOK_SECRET"),
    }
