"""Every write becomes a documented event, delivered at least once to each subscriber."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sandbox.clinic.estate import (
    APP_GROUP,
    DATA,
    RECORDS,
    clinic,
    diagnostic_setting,
    security_rule,
)
from sandbox.core.people import ENGINEER, FUNCTION, GUEST, PIPELINE
from sandbox.eventgrid.event_grid import PROMPT, DeliveryBehaviour
from sandbox.world import Sandbox

UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
XML = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
METHODS = "http://schemas.microsoft.com/claims/authnmethodsreferences"


class Inbox:
    """A subscriber in this process; answers the statuses it was given, then 202."""

    def __init__(self, *statuses: int) -> None:
        self.events: list[dict[str, Any]] = []
        self._statuses = list(statuses)
        self._lock = threading.Lock()

    def __call__(self, events: list[dict[str, Any]]) -> int:
        with self._lock:
            self.events += events
            return self._statuses.pop(0) if self._statuses else 202


@pytest.fixture
def inbox(azure: Sandbox) -> Inbox:
    box = Inbox()
    azure.events.subscribe(box)
    return box


def only(azure: Sandbox, inbox: Inbox) -> dict[str, Any]:
    """Return the one event that came."""
    assert azure.events.drain(10)
    (event,) = inbox.events
    return event


def test_an_event_of_a_user_names_the_caller_the_address_and_the_method(
    azure: Sandbox, inbox: Inbox
) -> None:
    azure.patch(RECORDS, {"properties": {"allowBlobPublicAccess": True}}, actor=ENGINEER)
    event = only(azure, inbox)

    assert event["eventType"] == "Microsoft.Resources.ResourceWriteSuccess"
    assert event["subject"].lower() == RECORDS.lower()
    data = event["data"]
    assert data["operationName"] == "Microsoft.Storage/storageAccounts/write"
    assert data["claims"][UPN] == ENGINEER.upn
    assert "mfa" in data["claims"][METHODS]
    assert data["httpRequest"]["method"] == "PATCH"
    assert datetime.fromisoformat(event["eventTime"]).tzinfo == UTC


def test_a_principals_claims_hold_no_name(azure: Sandbox, inbox: Inbox) -> None:
    azure.patch(RECORDS, {"tags": {}}, actor=PIPELINE)
    claims = only(azure, inbox)["data"]["claims"]

    assert claims["appid"] == PIPELINE.app_id
    assert claims[OBJECT_ID] == PIPELINE.object_id
    assert not {UPN, METHODS, "name", "ipaddr"} & set(claims)


def test_a_guest_of_the_portal_has_no_upn_and_another_address_for_the_sign_in(
    azure: Sandbox, inbox: Inbox
) -> None:
    azure.patch(RECORDS, {"tags": {}}, actor=GUEST)
    data = only(azure, inbox)["data"]
    claims = data["claims"]

    assert UPN not in claims
    assert claims[f"{XML}/name"] == f"live.com#{GUEST.guest}"
    assert data["httpRequest"]["clientIpAddress"] == GUEST.ip
    assert claims["ipaddr"] == GUEST.sign_in_ip


def test_a_managed_identity_names_its_resource(azure: Sandbox, inbox: Inbox) -> None:
    azure.patch(RECORDS, {"tags": {}}, actor=FUNCTION)
    claims = only(azure, inbox)["data"]["claims"]

    assert claims["xms_mirid"].endswith("/userAssignedIdentities/id-intake")
    assert claims["idtyp"] == "app"


def test_a_creation_has_no_http_request(azure: Sandbox, inbox: Inbox) -> None:
    body = {"location": "eastus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    azure.write(f"{DATA}/providers/Microsoft.Storage/storageAccounts/fresh", body)

    assert "httpRequest" not in only(azure, inbox)["data"]


def test_a_settings_operation_is_in_lower_case(azure: Sandbox, inbox: Inbox) -> None:
    azure.delete(diagnostic_setting(RECORDS)["id"])
    event = only(azure, inbox)

    assert event["data"]["operationName"].startswith("microsoft.insights/diagnosticsettings/")
    assert event["eventType"] == "Microsoft.Resources.ResourceDeleteSuccess"


def test_a_rule_put_by_itself_is_its_own_subject(azure: Sandbox, inbox: Inbox) -> None:
    azure.write(f"{APP_GROUP}/securityRules/ssh", security_rule("ssh", 150, "*", "22"))
    event = only(azure, inbox)

    assert event["subject"].endswith("/securityRules/ssh")
    assert event["data"]["operationName"].endswith("networkSecurityGroups/securityRules/write")


def test_the_data_plane_makes_no_event(azure: Sandbox, inbox: Inbox) -> None:
    azure.patch(RECORDS, {"properties": {"allowBlobPublicAccess": True}})
    azure.set_container_acl(RECORDS, "referrals", "Container")
    only(azure, inbox)

    container = azure.read(f"{RECORDS}/blobServices/default/containers/referrals")
    assert container["properties"]["publicAccess"] == "Container"


def test_an_action_is_an_action(azure: Sandbox, inbox: Inbox) -> None:
    azure.act(RECORDS, "listKeys")
    event = only(azure, inbox)

    assert event["eventType"] == "Microsoft.Resources.ResourceActionSuccess"
    assert event["data"]["operationName"].endswith("storageAccounts/listKeys/action")


def test_payload_events_carry_the_resource_with_numbers_for_booleans(azure: Sandbox) -> None:
    box = Inbox()
    azure.events.subscribe(box)
    azure.events.payload_events = True
    azure.write(f"{APP_GROUP}/securityRules/ssh", security_rule("ssh", 150, "*", "22"))
    azure.patch(RECORDS, {"properties": {"allowBlobPublicAccess": True}})
    azure.events.drain(10)

    kind = "Microsoft.ResourceNotifications.Resources.CreatedOrUpdated"
    payloads = {
        each["subject"]: each["data"]["resourceInfo"]["properties"]
        for each in box.events
        if each["eventType"] == kind
    }
    assert set(payloads) == {APP_GROUP, RECORDS}
    assert payloads[RECORDS]["allowBlobPublicAccess"] == 1
    assert "publicNetworkAccess" not in payloads[RECORDS]


def test_a_policy_state_is_published_as_an_event(azure: Sandbox, inbox: Inbox) -> None:
    azure.events.policy_state(RECORDS)
    event = only(azure, inbox)

    assert event["eventType"] == "Microsoft.PolicyInsights.PolicyStateChanged"
    assert event["data"]["complianceState"] == "NonCompliant"


def test_a_failed_delivery_is_retried_until_it_is_accepted(azure: Sandbox) -> None:
    box = Inbox(500, 503)
    azure.events.subscribe(box)
    azure.patch(RECORDS, {"tags": {}})
    azure.events.drain(10)

    assert [attempt.status for attempt in azure.events.attempts] == [500, 503, 202]
    assert len({event["id"] for event in box.events}) == 1


@pytest.mark.parametrize("status", [400, 413])
def test_an_event_that_is_refused_for_good_becomes_a_dead_letter(
    azure: Sandbox, status: int
) -> None:
    azure.events.subscribe(Inbox(status))
    azure.patch(RECORDS, {"tags": {}})
    azure.events.drain(10)

    assert len(azure.events.attempts) == 1
    assert len(azure.events.dead_letters) == 1


def test_some_events_come_twice_and_out_of_order() -> None:
    behaviour = DeliveryBehaviour(delay=0.01, duplicates=0.5, disorder=0.5, disorder_seconds=0.2)
    with Sandbox(seed=3, behaviour=behaviour) as azure:
        azure.place(*clinic())
        box = Inbox()
        azure.events.subscribe(box)
        for number in range(20):
            azure.patch(RECORDS, {"tags": {"n": str(number)}})
        azure.events.drain(20)
        sent = [event["id"] for event in azure.events.published]

    counts = Counter(event["id"] for event in box.events)
    assert set(counts) == set(sent)
    assert set(counts.values()) == {1, 2}
    assert list(dict.fromkeys(event["id"] for event in box.events)) != sent


class Webhook:
    """A subscriber on its own port, as the Functions host is one."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], Any]] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.posts.append(({k.lower(): v for k, v in self.headers.items()}, body))
                validation = self.headers["aeg-event-type"] == "SubscriptionValidation"
                code = body[0]["data"]["validationCode"] if validation else ""
                answer = json.dumps({"validationResponse": code}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?functionName=f"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()
    yield hook
    hook.close()


def test_a_webhook_gets_an_array_of_one_with_the_right_header(
    azure: Sandbox, webhook: Webhook
) -> None:
    assert azure.events.handshake(webhook.url)
    azure.events.subscribe(webhook.url)
    azure.patch(RECORDS, {"tags": {}})
    azure.events.drain(10)

    headers, body = webhook.posts[-1]
    assert headers["aeg-event-type"] == "Notification"
    assert [event["eventType"] for event in body] == ["Microsoft.Resources.ResourceWriteSuccess"]


def test_a_webhook_may_ask_for_cloud_events(azure: Sandbox, webhook: Webhook) -> None:
    azure.events.subscribe(webhook.url, cloud_events=True)
    azure.patch(RECORDS, {"tags": {}})
    azure.events.drain(10)

    headers, body = webhook.posts[-1]
    assert headers["content-type"] == "application/cloudevents+json"
    assert body["specversion"] == "1.0"
    assert body["source"].startswith("/subscriptions/")
    assert "topic" not in body


def test_the_same_seed_makes_the_same_ids() -> None:
    def ids() -> list[str]:
        with Sandbox(seed=5, behaviour=PROMPT) as azure:
            azure.place(*clinic())
            azure.patch(RECORDS, {"tags": {}})
            return [event["id"] for event in azure.events.published]

    assert ids() == ids()
