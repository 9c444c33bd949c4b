"""Every channel, pointed at one far end with one set of secrets. A new channel is added here."""

from collections.abc import Callable, Mapping
from typing import Final

from drift.config.secret import Secret
from drift.ports import Channel
from notifiers.eventgrid_topic.client import publish
from notifiers.eventgrid_topic.notifier import TopicNotifier
from notifiers.eventgrid_topic.settings import Topic
from notifiers.pagerduty.notifier import PagerDutyNotifier
from notifiers.pagerduty.settings import PagerDuty
from notifiers.sentinel.client import upload
from notifiers.sentinel.notifier import SentinelNotifier
from notifiers.sentinel.settings import Sentinel
from notifiers.sessions import Sessions
from notifiers.splunk.notifier import SplunkNotifier
from notifiers.splunk.settings import Splunk
from notifiers.teams.notifier import TeamsNotifier
from notifiers.webhook.notifier import WebhookNotifier
from notifiers.webhook.settings import Webhook
from tests.notifiers.identity import Identity

SECRET: Final = "swordfish-5w0rdf15h"

Build = Callable[[str, str, Sessions], Channel]


def _teams(base: str, secret: str, sessions: Sessions) -> Channel:
    return TeamsNotifier(Secret(f"{base}/workflows/{secret}/run?sig={secret}"), sessions)


def _pagerduty(base: str, secret: str, sessions: Sessions) -> Channel:
    return PagerDutyNotifier(PagerDuty(Secret(secret), f"{base}/v2/enqueue"), sessions)


def _splunk(base: str, secret: str, sessions: Sessions) -> Channel:
    return SplunkNotifier(Splunk(f"{base}/services/collector/event", Secret(secret)), sessions)


def _sentinel(base: str, secret: str, sessions: Sessions) -> Channel:
    settings = Sentinel(base, f"dcr-{secret}", "Custom-PhiDrift_CL", f"https://{secret}/.default")
    return SentinelNotifier(settings, sessions, Identity(secret), upload=upload)


def _topic(base: str, secret: str, sessions: Sessions) -> Channel:
    settings = Topic(f"{base}/api/events", Secret(secret))
    return TopicNotifier(settings, sessions, Identity("unasked"), publish=publish)


def _topic_by_identity(base: str, secret: str, sessions: Sessions) -> Channel:
    settings = Topic(f"{base}/{secret}/api/events", None)
    return TopicNotifier(settings, sessions, Identity(secret), publish=publish)


def _webhook(base: str, secret: str, sessions: Sessions) -> Channel:
    settings = Webhook(Secret(f"{base}/hook?code={secret}"), Secret(secret))
    return WebhookNotifier(settings, sessions)


CHANNELS: Final[Mapping[str, Build]] = {
    "teams": _teams,
    "pagerduty": _pagerduty,
    "splunk": _splunk,
    "sentinel": _sentinel,
    "eventgrid_topic": _topic,
    "eventgrid_topic by identity": _topic_by_identity,
    "webhook": _webhook,
}
"""By name, and where a channel signs in in more than one way, by that too."""
