"""Malformed events: recorded, acknowledged, and never retried."""

import json
from typing import Any

import pytest

from tests.e2e.clinic import Clinic

WRITE = "Microsoft.Resources.ResourceWriteSuccess"
SECRET = "swordfish"

BROKEN: dict[str, dict[str, Any]] = {
    "no type": {"subject": "/subscriptions/a", "data": {}},
    "no resource": {"eventType": WRITE, "subject": SECRET, "data": {"resourceUri": 7}},
    "data that is a text": {"eventType": WRITE, "data": SECRET, "subject": ""},
    "an id with a way out": {"eventType": WRITE, "subject": "/subscriptions/../x/../y"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_event_is_acknowledged_once_and_recorded(clinic: Clinic, name: str) -> None:
    recorded = len(clinic.rows("dropped"))
    event = {"id": name, **BROKEN[name]}
    clinic.azure.events.publish(event)
    clinic.quiet()
    attempts = [each for each in clinic.azure.events.attempts if each.event_id == name]
    rows = clinic.rows("dropped")

    assert [(each.number, each.status) for each in attempts] == [(1, 202)]
    assert len(rows) == recorded + 1
    assert SECRET not in json.dumps(rows)
    assert SECRET not in clinic.log


def test_an_event_that_nobody_watches_leaves_nothing(clinic: Clinic) -> None:
    recorded = len(clinic.rows("dropped"))
    asked = len(clinic.azure.arm.requests)
    machine = "/subscriptions/a/resourceGroups/b/providers/Microsoft.Web/sites/c"
    clinic.azure.events.publish(
        {"id": "a", "eventType": WRITE, "subject": machine, "data": {}},
        {"id": "b", "eventType": "Microsoft.Resources.ResourceWriteFailure", "subject": machine},
    )
    clinic.quiet()

    assert len(clinic.rows("dropped")) == recorded
    assert len(clinic.azure.arm.requests) == asked


def test_a_broken_event_does_not_affect_a_valid_one(clinic: Clinic) -> None:
    account = clinic.account(networkAcls={"defaultAction": "Allow"})
    good = {"id": "good", "eventType": WRITE, "subject": account, "data": {}}
    answer = clinic.post(
        json.dumps([{"id": "bad", "eventType": WRITE, "subject": SECRET}, good]),
        aeg_event_type="Notification",
    )
    clinic.wait(lambda: "splunk Drift" in clinic.told(account))

    assert answer.status == 202


@pytest.mark.parametrize(
    ("body", "headers"),
    [("{", {"aeg_event_type": "Notification"}), ("[]", {})],
    ids=["not JSON", "no header"],
)
def test_what_is_no_delivery_is_refused(clinic: Clinic, body: str, headers: dict[str, str]) -> None:
    assert clinic.post(body, **headers).status == 400
