"""The heartbeat on the wire of every SIEM channel, and on no other."""

import gzip
import json
import ssl
from datetime import UTC, datetime
from typing import Any

import pytest

from drift.notices import Heartbeat
from drift.ports import Audience, takes_heartbeats
from notifiers.sessions import Sessions
from tests.notifiers.channels import CHANNELS, SECRET
from tests.notifiers.wire import Wire, answering

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
DATA = {"watched": 12, "lastEvent": "2026-11-20T03:00:00+00:00", "version": "1.2.0"}
HEARTBEAT = Heartbeat(uid="beat-1", at=AT, watched=12, last_event=AT, version="1.2.0")


def sent(name: str, sessions: Sessions, tls: ssl.SSLContext) -> Any:
    """Return the JSON that a channel posts for a heartbeat."""
    body = b'{"text": "Success", "code": 0}'
    with Wire(tls, answering(200, body=body)) as wire:
        channel = CHANNELS[name](f"https://{wire.address}", SECRET, sessions)
        assert takes_heartbeats(channel)
        channel.send_heartbeat(HEARTBEAT)
    _, raw = wire.requests[0]
    return json.loads(gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw)


@pytest.mark.parametrize("name", CHANNELS)
def test_the_channels_of_programs_and_no_others_take_heartbeats(
    name: str, sessions: Sessions
) -> None:
    channel = CHANNELS[name]("https://127.0.0.1:1", SECRET, sessions)

    assert takes_heartbeats(channel) == (channel.audience is Audience.SIEM)


def test_splunk_gets_a_source_type_of_its_own(sessions: Sessions, tls: ssl.SSLContext) -> None:
    event = sent("splunk", sessions, tls)

    assert event["sourcetype"] == "phidrift:heartbeat"
    assert event["event"] == DATA
    assert event["time"] == AT.timestamp()


def test_sentinel_gets_a_row_that_is_no_finding(sessions: Sessions, tls: ssl.SSLContext) -> None:
    [row] = sent("sentinel", sessions, tls)

    assert (row["ControlId"], row["ActivityId"]) == ("MONITOR-HEARTBEAT", 99)
    assert row["EventUid"] == "beat-1"
    assert row["Finding"] == DATA
    assert row["TimeGenerated"] == "2026-11-20T03:00:00.000000Z"


def test_a_topic_gets_a_cloud_event(sessions: Sessions, tls: ssl.SSLContext) -> None:
    [event] = sent("eventgrid_topic", sessions, tls)

    assert event["type"] == "PhiDrift.Heartbeat"
    assert event["id"] == "beat-1"
    assert event["data"] == DATA


def test_a_webhook_gets_a_type_that_no_finding_has(sessions: Sessions, tls: ssl.SSLContext) -> None:
    event = sent("webhook", sessions, tls)

    assert event == {"type": "PhiDrift.Heartbeat", "timestamp": AT.isoformat(), "data": DATA}
