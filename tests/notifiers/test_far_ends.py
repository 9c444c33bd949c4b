"""Every channel against the sandbox's receivers, which check messages as the real ones do."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from drift.config.secret import Secret
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.notices import Notice
from notifiers.pagerduty.notifier import PagerDutyNotifier
from notifiers.pagerduty.settings import PagerDuty
from notifiers.sessions import Sessions
from notifiers.splunk.notifier import SplunkNotifier
from notifiers.splunk.settings import Splunk
from notifiers.teams.notifier import TeamsNotifier
from sandbox.channels import pagerduty, splunk, teams
from tests.notifiers.notices import EVERY, OPENED, RESOLVED, UPDATED

every_notice = pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def flow(tls: ssl.SSLContext) -> Iterator[teams.Teams]:
    far_end = teams.Teams(now, tls=tls)
    far_end.start()
    yield far_end
    far_end.close()


@pytest.fixture
def integration(tls: ssl.SSLContext) -> Iterator[pagerduty.PagerDuty]:
    far_end = pagerduty.PagerDuty(now, tls=tls)
    far_end.start()
    yield far_end
    far_end.close()


@pytest.fixture
def collector(tls: ssl.SSLContext) -> Iterator[splunk.Splunk]:
    far_end = splunk.Splunk(now, tls=tls)
    far_end.start()
    yield far_end
    far_end.close()


def pager(integration: pagerduty.PagerDuty, key: str, sessions: Sessions) -> PagerDutyNotifier:
    return PagerDutyNotifier(PagerDuty(Secret(key), f"{integration.url}/v2/enqueue"), sessions)


@every_notice
def test_teams_takes_every_notice(notice: Notice, flow: teams.Teams, sessions: Sessions) -> None:
    TeamsNotifier(Secret(flow.url), sessions).send(notice, opening=True)

    assert (len(flow.cards), flow.rejected) == (1, [])


@every_notice
def test_pagerduty_takes_every_notice(
    notice: Notice, integration: pagerduty.PagerDuty, sessions: Sessions
) -> None:
    pager(integration, integration.routing_key, sessions).send(notice, opening=True)

    assert (len(integration.accepted), integration.rejected) == (1, [])


@every_notice
def test_splunk_takes_every_notice_whole(
    notice: Notice, collector: splunk.Splunk, sessions: Sessions
) -> None:
    settings = Splunk(collector.url, Secret(collector.token))
    SplunkNotifier(settings, sessions).send(notice, opening=True)

    assert (len(collector.events), collector.rejected, collector.truncated) == (1, [], [])


def test_pagerduty_holds_one_incident_from_opening_to_end(
    integration: pagerduty.PagerDuty, sessions: Sessions
) -> None:
    channel = pager(integration, integration.routing_key, sessions)
    for notice in (OPENED, UPDATED, RESOLVED):
        channel.send(notice, opening=notice is OPENED)

    [incident] = integration.incidents.values()
    assert (incident.dedup_key, incident.openings) == (OPENED.incident_id, 1)
    assert not incident.open


def test_splunk_is_told_when_it_was_told(collector: splunk.Splunk, sessions: Sessions) -> None:
    told = datetime(2026, 11, 22, 3, 14, 9, tzinfo=UTC)
    settings = Splunk(collector.url, Secret(collector.token))
    SplunkNotifier(settings, sessions, host="func-1", clock=lambda: told).send(OPENED, opening=True)

    [envelope] = collector.bodies()
    assert envelope["host"] == "func-1"
    assert envelope["event"]["unmapped"]["times"]["told"] == "2026-11-22T03:14:09+00:00"


def test_a_rotated_signature_or_a_deleted_flow_needs_a_repair(
    flow: teams.Teams, sessions: Sessions
) -> None:
    channel = TeamsNotifier(Secret(flow.url), sessions)
    flow.delete()
    with pytest.raises(DeliveryRejected, match="teams: HTTP 404"):
        channel.send(OPENED, opening=True)
    flow.restore()
    flow.rotate()
    with pytest.raises(DeliveryRejected, match="teams: HTTP 401"):
        channel.send(OPENED, opening=True)


def test_a_key_that_pagerduty_does_not_know_needs_a_repair(
    integration: pagerduty.PagerDuty, sessions: Sessions
) -> None:
    with pytest.raises(DeliveryRejected, match="pagerduty: HTTP 400"):
        pager(integration, uuid4().hex, sessions).send(OPENED, opening=True)


def test_a_token_that_splunk_does_not_know_needs_a_repair(
    collector: splunk.Splunk, sessions: Sessions
) -> None:
    settings = Splunk(collector.url, Secret("not the token"))
    with pytest.raises(
        DeliveryRejected, match=r"splunk: HTTP 403 \(code 4: Invalid token\)"
    ) as caught:
        SplunkNotifier(settings, sessions).send(OPENED, opening=True)

    assert "SPLUNK_HEC_TOKEN" in caught.value.remedy


def test_a_busy_collector_is_asked_again_when_it_says(
    collector: splunk.Splunk, sessions: Sessions
) -> None:
    collector.fail(503, retry_after=9)
    settings = Splunk(collector.url, Secret(collector.token))
    with pytest.raises(
        DeliveryFailed, match=r"splunk: HTTP 503 \(code 9: Server is busy\)"
    ) as caught:
        SplunkNotifier(settings, sessions).send(OPENED, opening=True)

    assert caught.value.retry_after == 9
