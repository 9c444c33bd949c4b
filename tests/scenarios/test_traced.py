"""Trace lines of events, refused reads and refused messages."""

import json
import logging
from collections.abc import Iterator

import pytest

from drift.errors import DeliveryFailed, DeliveryRejected
from tests.support import open_account
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

OTHER = "/subscriptions/99999999-2222-3333-4444-555555555555/resourceGroups/g"
WEB = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/clinic/providers/Microsoft.Web/sites/portal"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Return the log of the domain, from INFO."""
    with caplog.at_level(logging.INFO, logger="drift"):
        yield caplog


def named(log: pytest.LogCaptureFixture, event: str) -> list[str]:
    """Return the lines of one event, without its name."""
    return [each.partition(" ")[2] for each in log.messages if each.split(" ")[0] == event]


def test_an_accepted_event_is_traced(clinic: Rig, log: pytest.LogCaptureFixture) -> None:
    event = clinic.write(ACCOUNT)

    (line,) = named(log, "event-accepted")
    assert line == (
        f"event={event['id']} type={event['eventType']} "
        f"operation=microsoft.storage/storageaccounts/write resource={ACCOUNT} "
        "at=2026-11-20T03:00:00.000Z messages=1"
    )


@pytest.mark.parametrize(
    ("resource", "kind", "reason"),
    [
        (f"{OTHER}/providers/Microsoft.Storage/storageAccounts/a", "", "not monitored"),
        (WEB, "", "No control watches"),
        (ACCOUNT, "Microsoft.Storage.BlobCreated", "does not use events of this type"),
    ],
)
def test_an_event_that_is_left_out_is_traced_with_its_reason(
    clinic: Rig, log: pytest.LogCaptureFixture, resource: str, kind: str, reason: str
) -> None:
    details = {"kind": kind} if kind else {}
    messages = clinic.monitor.intake(json.dumps(clinic.event(resource, **details)))

    (line,) = named(log, "event-left-out")
    assert messages == ()
    assert reason in line


def test_a_fan_out_is_traced_with_what_it_finds_also_where_that_is_nothing(
    known: Rig, log: pytest.LogCaptureFixture
) -> None:
    tags = f"{ACCOUNT.partition('/providers/')[0]}/providers/Microsoft.Resources/tags/default"
    known.write(tags)
    known.arm.documents[ACCOUNT.lower()] = {**known.arm.body(ACCOUNT), "tags": {}}
    known.write(ACCOUNT)
    known.write(tags)

    nothing, found = named(log, "event-fanned-out")
    assert ' messages=0 reason="no stored verdict depends on this resource" ' in nothing
    assert " messages=1 " in found


def test_an_event_of_another_type_is_traced_without_its_subject(
    clinic: Rig, log: pytest.LogCaptureFixture
) -> None:
    blob = f"{ACCOUNT}/blobServices/default/containers/in/blobs/swordfish.pdf"
    clinic.monitor.intake(json.dumps(clinic.event(blob, kind="Microsoft.Storage.BlobCreated")))

    assert "swordfish" not in log.text


def test_an_event_that_cannot_be_understood_is_traced_when_it_comes_and_when_it_is_recorded(
    clinic: Rig, log: pytest.LogCaptureFixture
) -> None:
    clinic.deliver({"id": "x", "data": "swordfish"})

    assert named(log, "event-dropped") == ['event=x reason="The event has no event type."']
    (recorded,) = named(log, "message-dropped")
    assert recorded.endswith('reason="The event has no event type."')
    assert "swordfish" not in log.text


def test_a_read_that_azure_refuses_is_traced_by_its_dependency(
    known: Rig, log: pytest.LogCaptureFixture
) -> None:
    known.arm.refuse(ACCOUNT, 429)
    known.arm.retry_after = 30
    known.write(ACCOUNT)

    dependency = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.storage"
    (line,) = named(log, "read-failed")
    assert line.startswith(f"dependency={dependency} resource={ACCOUNT} status=429")
    assert line.endswith("retry_after=30")
    (closed,) = named(log, "gate-closed")
    assert closed.startswith(f"dependency={dependency} until=2026-11-20T03:")


@pytest.mark.parametrize(
    ("refusal", "event", "words"),
    [
        (
            DeliveryRejected("teams: HTTP 400", status=400),
            "delivery-rejected",
            'status=400 reason="teams: HTTP 400"',
        ),
        (
            DeliveryFailed("teams: HTTP 429", retry_after=7),
            "delivery-failed",
            'retry_after=7 reason="teams: HTTP 429"',
        ),
    ],
)
def test_a_message_that_a_channel_refuses_is_traced_with_its_words(
    known: Rig,
    log: pytest.LogCaptureFixture,
    refusal: DeliveryFailed | DeliveryRejected,
    event: str,
    words: str,
) -> None:
    known.teams.refusal = refusal
    known.arm.set(ACCOUNT, open=True)
    known.write(ACCOUNT)

    control = open_account.OPEN.CONTROL.id
    line = named(log, event)[0]
    assert line.startswith(f"channel=teams control={control} resource=")
    assert line.endswith(words)
