"""The channel Sentinel."""

from collections.abc import Mapping
from typing import Any, Final

from drift.config.clouds import Service
from drift.config.secret import Secret
from drift.ports import Channel
from notifiers.http import SendBody
from notifiers.sentinel import settings
from notifiers.sentinel.notifier import SentinelNotifier
from notifiers.sentinel.settings import Sentinel
from notifiers.spec import AzureRole, ChannelSpec, Tools


def _upload(values: Sentinel, token: Secret, row: Mapping[str, Any], send: SendBody) -> None:
    from notifiers.sentinel.client import upload

    upload(values, token, row, send)


def _build(values: Sentinel, tools: Tools) -> Channel:
    return SentinelNotifier(values, tools.sessions, tools.tokens, upload=_upload)


SPEC: Final = ChannelSpec[Sentinel](
    name=SentinelNotifier.name,
    title="Microsoft Sentinel",
    setting_names=settings.NAMES,
    read=settings.read,
    build=_build,
    address=lambda values: Secret(values.endpoint),
    remedy="SENTINEL_RULE_ID must be the immutable id of a rule that has the stream "
    "SENTINEL_STREAM, and SENTINEL_ENDPOINT must be the endpoint of that rule or its data "
    "collection endpoint",
    sign_in=lambda values: Service(values.endpoint, values.scope),
    role=AzureRole("Monitoring Metrics Publisher", "ID_OF_THE_DATA_COLLECTION_RULE"),
)
