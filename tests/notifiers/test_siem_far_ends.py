"""Sentinel, the topic and the webhook against the sandbox's receivers."""

import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from drift.config.secret import Secret
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.notices import Notice
from notifiers.eventgrid_topic.client import publish
from notifiers.eventgrid_topic.notifier import TopicNotifier
from notifiers.eventgrid_topic.settings import Topic
from notifiers.sentinel.client import upload
from notifiers.sentinel.notifier import SentinelNotifier
from notifiers.sentinel.settings import Sentinel
from notifiers.sessions import Sessions
from notifiers.webhook.notifier import WebhookNotifier
from notifiers.webhook.settings import Webhook
from sandbox.channels import sentinel as channels_sentinel
from sandbox.channels import topic, webhook
from sandbox.core.people import MONITOR
from sandbox.identity import identity
from tests.notifiers.identity import Identity
from tests.notifiers.notices import DELETED, EVERY, OPENED, RESOLVED, UPDATED

EVENT_GRID = "https://eventgrid.azure.net"
MONITOR_LOGS = "https://monitor.azure.com"

every_notice = pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def tokens() -> identity.Tokens:
    return identity.Tokens(now)


@pytest.fixture
def rule(tls: ssl.SSLContext, tokens: identity.Tokens) -> Iterator[channels_sentinel.Ingestion]:
    with closing(channels_sentinel.Ingestion(now, tokens, tls=tls)) as far_end:
        far_end.start()
        yield far_end


@pytest.fixture
def findings(tls: ssl.SSLContext, tokens: identity.Tokens) -> Iterator[topic.Topic]:
    with closing(topic.Topic(now, tokens, tls=tls)) as far_end:
        far_end.start()
        yield far_end


@pytest.fixture
def receiver(tls: ssl.SSLContext) -> Iterator[webhook.Webhook]:
    with closing(webhook.Webhook(now, tls=tls)) as far_end:
        far_end.start()
        yield far_end


@pytest.fixture
def sentinel(
    rule: channels_sentinel.Ingestion, tokens: identity.Tokens, sessions: Sessions
) -> SentinelNotifier:
    settings = Sentinel(rule.url, rule.rule_id, rule.stream, f"{MONITOR_LOGS}/.default")
    signed_in = Identity(tokens.issue(MONITOR, MONITOR_LOGS)[0])
    return SentinelNotifier(settings, sessions, signed_in, upload=upload)


def by_identity(findings: topic.Topic, sessions: Sessions, *tokens: str) -> TopicNotifier:
    return TopicNotifier(Topic(findings.url, None), sessions, Identity(*tokens), publish=publish)


def by_key(findings: topic.Topic, sessions: Sessions) -> TopicNotifier:
    settings = Topic(findings.url, Secret(findings.key))
    return TopicNotifier(settings, sessions, Identity(), publish=publish)


def signing(receiver: webhook.Webhook, sessions: Sessions) -> WebhookNotifier:
    return WebhookNotifier(Webhook(Secret(receiver.url), Secret(receiver.secret)), sessions)


@every_notice
def test_sentinel_takes_every_notice_whole(
    notice: Notice, rule: channels_sentinel.Ingestion, sentinel: SentinelNotifier
) -> None:
    sentinel.send(notice, opening=True)

    assert (len(rule.accepted), rule.rejected, rule.lost) == (1, [], [])


@every_notice
def test_the_topic_takes_every_notice(
    notice: Notice, findings: topic.Topic, sessions: Sessions
) -> None:
    by_key(findings, sessions).send(notice, opening=True)

    assert (len(findings.accepted), findings.rejected) == (1, [])


@every_notice
def test_the_webhook_receiver_verifies_every_notice(
    notice: Notice, receiver: webhook.Webhook, sessions: Sessions
) -> None:
    signing(receiver, sessions).send(notice, opening=True)

    assert (len(receiver.accepted), receiver.rejected) == (1, [])


def test_a_repeat_carries_the_same_uid_everywhere(
    rule: channels_sentinel.Ingestion,
    sentinel: SentinelNotifier,
    findings: topic.Topic,
    receiver: webhook.Webhook,
    sessions: Sessions,
) -> None:
    for channel in (sentinel, by_key(findings, sessions), signing(receiver, sessions)):
        for _ in range(2):
            channel.send(OPENED, opening=True)

    assert {row["EventUid"] for row in rule.bodies()} == {OPENED.uid}
    assert {event["id"] for event in findings.bodies()} == {OPENED.uid}
    assert set(receiver.ids) == {OPENED.uid}


def test_an_incident_opens_changes_and_ends_in_each(
    rule: channels_sentinel.Ingestion,
    sentinel: SentinelNotifier,
    findings: topic.Topic,
    receiver: webhook.Webhook,
    sessions: Sessions,
) -> None:
    for channel in (sentinel, by_key(findings, sessions), signing(receiver, sessions)):
        for notice in (OPENED, UPDATED, RESOLVED, DELETED):
            channel.send(notice, opening=notice is OPENED)

    assert [row["ActivityId"] for row in rule.bodies()] == [1, 2, 3, 3]
    assert [row["Status"] for row in rule.bodies()] == ["New", "New", "Resolved", "Archived"]
    assert [each["type"].removeprefix("PhiDrift.Finding.") for each in findings.bodies()] == [
        *("Opened", "Updated", "Resolved", "Resolved")
    ]
    assert [each["activity_id"] for each in receiver.bodies()] == [1, 2, 3, 3]


def test_sentinel_needs_the_role_and_says_so(
    rule: channels_sentinel.Ingestion, sentinel: SentinelNotifier
) -> None:
    rule.granted = False
    with pytest.raises(DeliveryRejected, match="HTTP 403 \\(OperationFailed: ") as caught:
        sentinel.send(OPENED, opening=True)
    assert "Monitoring Metrics Publisher" in caught.value.remedy
    rule.granted = True
    sentinel.send(OPENED, opening=True)

    assert len(rule.requests) == 2


def test_sentinel_names_a_rule_or_stream_that_is_not_there(
    rule: channels_sentinel.Ingestion, sentinel: SentinelNotifier
) -> None:
    rule.stream = "Custom-Other_CL"
    with pytest.raises(DeliveryRejected, match="HTTP 404 \\(NotFound: ") as caught:
        sentinel.send(OPENED, opening=True)

    assert "SENTINEL_RULE_ID" in caught.value.remedy


def test_a_token_that_was_replaced_meanwhile_costs_one_more_try(
    findings: topic.Topic, tokens: identity.Tokens, sessions: Sessions
) -> None:
    old = tokens.issue(MONITOR, EVENT_GRID)[0]
    tokens.revoke()
    fresh = tokens.issue(MONITOR, EVENT_GRID)[0]
    by_identity(findings, sessions, old, fresh).send(OPENED, opening=True)

    assert [each.status for each in findings.requests] == [401, 200]


def test_the_topic_by_identity_needs_the_role_and_says_so(
    findings: topic.Topic, tokens: identity.Tokens, sessions: Sessions
) -> None:
    findings.granted = False
    channel = by_identity(findings, sessions, tokens.issue(MONITOR, EVENT_GRID)[0])
    with pytest.raises(DeliveryRejected, match="HTTP 403") as caught:
        channel.send(OPENED, opening=True)

    assert "EventGrid Data Sender" in caught.value.remedy
    assert len(findings.requests) == 1


def test_a_rotated_key_of_the_topic_needs_a_repair(
    findings: topic.Topic, sessions: Sessions
) -> None:
    channel = by_key(findings, sessions)
    findings.rotate()
    with pytest.raises(DeliveryRejected, match="eventgrid_topic: HTTP 401") as caught:
        channel.send(OPENED, opening=True)

    assert "FINDINGS_TOPIC_KEY" in caught.value.remedy
    assert len(findings.requests) == 1


def test_a_rotated_secret_of_the_webhook_needs_a_repair(
    receiver: webhook.Webhook, sessions: Sessions
) -> None:
    channel = signing(receiver, sessions)
    receiver.rotate()
    with pytest.raises(DeliveryRejected, match="webhook: HTTP 401"):
        channel.send(OPENED, opening=True)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_rule_is_asked_again_when_it_says(
    status: int, rule: channels_sentinel.Ingestion, sentinel: SentinelNotifier
) -> None:
    rule.fail(status, retry_after=9)
    with pytest.raises(DeliveryFailed, match=f"sentinel: HTTP {status}") as caught:
        sentinel.send(OPENED, opening=True)

    assert (caught.value.retry_after, len(rule.requests)) == (9, 1)


def test_a_row_travels_packed(
    rule: channels_sentinel.Ingestion, sentinel: SentinelNotifier
) -> None:
    sentinel.send(OPENED, opening=True)
    (seen,) = rule.requests

    assert seen.request.headers["content-encoding"] == "gzip"
    assert int(seen.request.headers["content-length"]) < len(seen.request.body) / 2
