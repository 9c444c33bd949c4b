"""The channel PagerDuty."""

from typing import Final

from drift.config.secret import Secret
from drift.ports import Channel
from notifiers.pagerduty import settings
from notifiers.pagerduty.notifier import PagerDutyNotifier
from notifiers.pagerduty.settings import PagerDuty
from notifiers.spec import ChannelSpec, Tools


def _build(values: PagerDuty, tools: Tools) -> Channel:
    return PagerDutyNotifier(values, tools.sessions)


SPEC: Final = ChannelSpec[PagerDuty](
    name=PagerDutyNotifier.name,
    title="PagerDuty",
    setting_names=settings.NAMES,
    read=settings.read,
    build=_build,
    address=lambda values: Secret(values.url),
    remedy="PAGERDUTY_ROUTING_KEY must be the integration key of an Events API v2 integration, "
    "and PAGERDUTY_EVENTS_URL must be the address of its service region",
)
