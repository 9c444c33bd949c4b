"""An Event Grid topic, by Microsoft's own client: the one module here that imports it."""

import logging
from collections.abc import Mapping
from typing import Any

from azure.core.credentials import AzureKeyCredential
from azure.eventgrid import EventGridPublisherClient

from drift.config.secret import Secret
from notifiers.azure_client import Hook, Token, sent
from notifiers.eventgrid_topic.settings import Topic
from notifiers.http import SendBody

# It also passes the options of a call to the event, and warns about each option that is not part of
# an event.
logging.getLogger("azure.eventgrid").setLevel(logging.ERROR)


def publish(
    settings: Topic, token: Secret | None, event: Mapping[str, Any], send: SendBody
) -> None:
    """Send one event by the topic's key, else with a token; raise DeliveryFailed or DeliveryRejected."""

    def ask(hook: Hook) -> None:
        client = EventGridPublisherClient(settings.endpoint, _credential(settings, token))
        client.send(dict(event), raw_request_hook=hook, retry_total=0)

    sent(ask, send, channel="eventgrid_topic")


def _credential(settings: Topic, token: Secret | None) -> AzureKeyCredential | Token:
    if token is not None:
        return Token(token)
    return AzureKeyCredential(settings.key.reveal() if settings.key else "")
