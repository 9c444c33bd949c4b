"""The channels whose settings are there, built; the SDKs of those that need one are handed in late."""

from dataclasses import dataclass

from drift.config.app_settings import Settings
from drift.ports import Channel
from notifiers.eventgrid_topic.notifier import Publish, TopicNotifier
from notifiers.pagerduty.notifier import PagerDutyNotifier
from notifiers.sentinel.notifier import SentinelNotifier, Upload
from notifiers.sessions import Sessions
from notifiers.splunk.notifier import SplunkNotifier
from notifiers.teams.notifier import TeamsNotifier
from notifiers.tokens import Tokens
from notifiers.webhook.notifier import WebhookNotifier


@dataclass(frozen=True, slots=True)
class Late:
    """What is imported with the first message that needs it."""

    tokens: Tokens
    upload: Upload
    publish: Publish


def assembled(settings: Settings, sessions: Sessions, late: Late) -> tuple[Channel, ...]:
    """Return the channels that are set, in the order in which people rely on them."""
    found: list[Channel] = []
    if settings.teams_webhook:
        found.append(TeamsNotifier(settings.teams_webhook, sessions))
    if settings.pagerduty:
        found.append(PagerDutyNotifier(settings.pagerduty, sessions))
    if settings.splunk:
        found.append(SplunkNotifier(settings.splunk, sessions))
    if settings.sentinel:
        rows = SentinelNotifier(settings.sentinel, sessions, late.tokens, upload=late.upload)
        found.append(rows)
    if settings.topic:
        found.append(TopicNotifier(settings.topic, sessions, late.tokens, publish=late.publish))
    if settings.webhook:
        found.append(WebhookNotifier(settings.webhook, sessions))
    return tuple(found)
