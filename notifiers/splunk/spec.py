"""The channel Splunk."""

from typing import Final

from drift.config.secret import Secret
from drift.ports import Channel
from notifiers.spec import ChannelSpec, Tools
from notifiers.splunk import settings
from notifiers.splunk.notifier import SplunkNotifier
from notifiers.splunk.settings import Splunk


def _build(values: Splunk, tools: Tools) -> Channel:
    return SplunkNotifier(values, tools.sessions)


SPEC: Final = ChannelSpec[Splunk](
    name=SplunkNotifier.name,
    title="Splunk",
    setting_names=settings.NAMES,
    read=settings.read,
    build=_build,
    address=lambda values: Secret(values.url),
    remedy="SPLUNK_HEC_TOKEN must be an enabled token, and SPLUNK_HEC_URL the whole address of "
    "the event collector",
)
