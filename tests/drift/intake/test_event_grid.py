"""Intake: the messages that an Event Grid body becomes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drift.intake.event_grid import parse_delivery
from tests.drift.intake.deliveries import (
    ACCOUNT,
    CLAIMS,
    EXPECTED,
    NOW,
    SUB,
    WATCHED,
    WRITE,
    cloud,
    data,
    grid,
    only,
    parsed,
)


@pytest.mark.parametrize("event", [grid(), cloud()], ids=["event grid", "cloudevents"])
def test_a_write_is_understood_in_both_schemas(event: dict[str, Any]) -> None:
    assert only(event) == EXPECTED


@pytest.mark.parametrize("event", [grid(), cloud()], ids=["event grid", "cloudevents"])
def test_an_array_gives_a_message_for_each_event(event: dict[str, Any]) -> None:
    messages = parsed([event, {**event, "id": "event-2"}])

    assert messages == (EXPECTED, replace(EXPECTED, id="event-2"))


def test_an_empty_array_asks_for_nothing() -> None:
    assert parsed([]) == ()


@pytest.mark.parametrize(
    "event",
    [
        grid(data=json.dumps(data())),
        grid(data=data(claims=json.dumps(CLAIMS), authorization=json.dumps({"action": "x"}))),
        grid(eventType=WRITE.upper()) | {"type": "ignored"},
        {name.upper(): value for name, value in grid().items()},
        {name: value for name, value in cloud().items() if name != "specversion"},
        {name: value for name, value in cloud(topic=SUB).items() if name != "source"},
        grid(data={name.lower(): value for name, value in data().items()}),
        grid(subject=ACCOUNT[1:]),
        grid(subject=f" {ACCOUNT}/ "),
        grid(subject=""),
        grid(subject=None),
        grid(subject="not an id"),
        grid(subject=7),
        grid(subject="", data=data(resourceUri="")),
        grid(subject="", data=data(resourceUri=f"https://management.azure.com{ACCOUNT}?x=1")),
    ],
    ids=[
        "data as text",
        "claims and authorization as text",
        "type in capitals",
        "names in capitals",
        "no specversion",
        "topic for source",
        "data in lower case",
        "no first slash",
        "slash at the end",
        "empty subject",
        "null subject",
        "subject of another kind",
        "subject a number",
        "only the scope",
        "an address for an id",
    ],
)
def test_oddly_written_events_mean_the_same(event: dict[str, Any]) -> None:
    assert replace(only(event), type=WRITE) == EXPECTED


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert parse_delivery("\ufeff" + json.dumps(grid()), WATCHED, NOW) == (EXPECTED,)


@pytest.mark.parametrize("missing", [None, "", "not JSON", [], 3, {}])
def test_an_event_without_data_still_names_its_resource(missing: object) -> None:
    event = only(grid(data=missing))

    assert (event.target, event.actor, event.operation, event.correlation_id) == (
        ACCOUNT,
        None,
        "",
        "",
    )


def test_an_event_without_a_data_field_raises_no_error() -> None:
    event = grid()
    del event["data"]

    assert only(event).target == ACCOUNT


def test_the_spelling_of_an_id_is_kept() -> None:
    spelt = ACCOUNT.replace("resourceGroups", "resourcegroups").replace("storage", "STORAGE")

    event = only(grid(subject=spelt))

    assert (event.subject, event.target) == (spelt, spelt)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2026-11-22T11:00:00Z", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T11:00:00+00:00", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T12:00:00+01:00", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T05:30:00-05:30", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T11:00:00", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22t11:00:00z", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T11:00:00.1Z", datetime(2026, 11, 22, 11, 0, 0, 100000, tzinfo=UTC)),
        ("2026-11-22T11:00:00.123456789Z", datetime(2026, 11, 22, 11, 0, 0, 123456, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", NOW),
        ("9999-12-31T23:59:59Z", NOW),
        ("2026-11-22T12:00:03Z", NOW + timedelta(seconds=3)),
        ("2026-11-22T12:00:31Z", NOW),
        ("yesterday", NOW),
        ("", NOW),
        (None, NOW),
        (1795348800, NOW),
    ],
)
def test_the_time_of_the_write_is_utc_and_never_far_in_the_future(
    told: object, expected: datetime
) -> None:
    at = only(grid(eventTime=told)).at

    assert (at, at.utcoffset()) == (expected, timedelta(0))
