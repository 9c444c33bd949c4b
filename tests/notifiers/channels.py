"""Every channel, pointed at one far end with one set of secrets. A new channel is added here."""

from collections.abc import Callable, Mapping
from typing import Final

from drift.ports import Channel
from drift.secret import Secret
from drift.settings import PagerDuty, Splunk
from notifiers.pagerduty.notifier import PagerDutyNotifier
from notifiers.sessions import Sessions
from notifiers.splunk.notifier import SplunkNotifier
from notifiers.teams.notifier import TeamsNotifier

SECRET: Final = "swordfish-5w0rdf15h"

Build = Callable[[str, str, Sessions], Channel]


def _teams(base: str, secret: str, sessions: Sessions) -> Channel:
    return TeamsNotifier(Secret(f"{base}/workflows/{secret}/run?sig={secret}"), sessions)


def _pagerduty(base: str, secret: str, sessions: Sessions) -> Channel:
    return PagerDutyNotifier(PagerDuty(Secret(secret), f"{base}/v2/enqueue"), sessions)


def _splunk(base: str, secret: str, sessions: Sessions) -> Channel:
    return SplunkNotifier(Splunk(f"{base}/services/collector/event", Secret(secret)), sessions)


CHANNELS: Final[Mapping[str, Build]] = {
    "teams": _teams,
    "pagerduty": _pagerduty,
    "splunk": _splunk,
}
