"""The channel Event Grid topic."""

from collections.abc import Mapping
from typing import Any, Final

from drift.config.clouds import Service
from drift.config.secret import Secret
from drift.ports import Channel
from notifiers.eventgrid_topic import settings
from notifiers.eventgrid_topic.notifier import TopicNotifier
from notifiers.eventgrid_topic.settings import Topic
from notifiers.http import SendBody
from notifiers.spec import AzureRole, ChannelSpec, Tools


def _publish(values: Topic, token: Secret | None, event: Mapping[str, Any], send: SendBody) -> None:
    from notifiers.eventgrid_topic.client import publish

    publish(values, token, event, send)


def _build(values: Topic, tools: Tools) -> Channel:
    return TopicNotifier(values, tools.sessions, tools.tokens, publish=_publish)


def _sign_in(values: Topic) -> Service | None:
    return None if values.key else Service(values.endpoint, values.scope)


SPEC: Final = ChannelSpec[Topic](
    name=TopicNotifier.name,
    title="the Event Grid topic",
    setting_names=settings.NAMES,
    read=settings.read,
    build=_build,
    address=lambda values: Secret(values.endpoint),
    remedy="FINDINGS_TOPIC_ENDPOINT must be the endpoint of a topic with the input schema "
    "CloudEvents, and FINDINGS_TOPIC_KEY one of its current keys, or unset",
    sign_in=_sign_in,
    role=AzureRole("EventGrid Data Sender", "ID_OF_THE_TOPIC"),
)
