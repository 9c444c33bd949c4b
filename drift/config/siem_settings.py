"""What the operator set for Sentinel, for an Event Grid topic and for a signed webhook."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from drift.config.env_values import Values
from drift.secret import Secret

INGESTION_SCOPES: Final[Mapping[str, str]] = {
    "AzurePublic": "https://monitor.azure.com/.default",
    "AzureUSGovernment": "https://monitor.azure.us/.default",
    "AzureChina": "https://monitor.azure.cn/.default",
}
"""https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview"""

TOPIC_SCOPE: Final = "https://eventgrid.azure.net/.default"
"""The one that Microsoft's own client asks for, in every cloud."""

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how Standard Webhooks marks a secret, not one itself

_RULE: Final = re.compile(r"dcr-[0-9a-z]{1,64}", re.IGNORECASE)
_STREAM: Final = re.compile(r"Custom-[A-Za-z0-9_-]{1,100}")
_TOPIC_PATH: Final = "/api/events"


@dataclass(frozen=True, slots=True)
class Sentinel:
    """The Logs Ingestion API: the stream of a data collection rule, and the scope of its tokens."""

    endpoint: str
    rule_id: str
    stream: str
    scope: str


@dataclass(frozen=True, slots=True)
class Topic:
    """An Event Grid topic: ``endpoint`` is the whole address; without a key the identity signs in."""

    endpoint: str
    key: Secret | None
    scope: str = TOPIC_SCOPE


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of Standard Webhooks; its address may carry a key of its own."""

    url: Secret
    secret: Secret


def sentinel(values: Values, cloud: str) -> Sentinel | None:
    """Read the three settings of Sentinel; None where none is set."""
    endpoint = values.endpoint("SENTINEL_ENDPOINT", "")
    rule, stream = values.text("SENTINEL_RULE_ID"), values.text("SENTINEL_STREAM")
    if rule and not _RULE.fullmatch(rule):
        values.refuse("SENTINEL_RULE_ID", "is not the immutable id of a rule (dcr-…)")
    if stream and not _STREAM.fullmatch(stream):
        values.refuse("SENTINEL_STREAM", "is not the name of a custom stream (Custom-…)")
    if not _all_or_none(values, "SENTINEL_ENDPOINT", "SENTINEL_RULE_ID", "SENTINEL_STREAM"):
        return None
    return Sentinel(endpoint, rule, stream, INGESTION_SCOPES[cloud])


def topic(values: Values) -> Topic | None:
    """Read the settings of the topic; None where none is set."""
    endpoint = values.endpoint("FINDINGS_TOPIC_ENDPOINT", "")
    key = values.token("FINDINGS_TOPIC_KEY")
    if key and not values.text("FINDINGS_TOPIC_ENDPOINT"):
        values.refuse("FINDINGS_TOPIC_ENDPOINT", "is not set, but FINDINGS_TOPIC_KEY is")
    if not endpoint:
        return None
    whole = endpoint if urlsplit(endpoint).path else endpoint + _TOPIC_PATH
    return Topic(whole, Secret(key) if key else None)


def webhook(values: Values) -> Webhook | None:
    """Read the two settings of the webhook; None where none is set."""
    url, secret = values.https("FINDINGS_WEBHOOK_URL"), values.token("FINDINGS_WEBHOOK_SECRET")
    if secret.startswith(SECRET_PREFIX) and not signing_key(Secret(secret)):
        values.refuse("FINDINGS_WEBHOOK_SECRET", f"has no base64 after {SECRET_PREFIX}")
    if not _all_or_none(values, "FINDINGS_WEBHOOK_URL", "FINDINGS_WEBHOOK_SECRET"):
        return None
    return Webhook(Secret(url), Secret(secret))


def signing_key(secret: Secret) -> bytes:
    """Return the bytes that sign: what the base64 after ``whsec_`` stands for, else the text's own.

    b"" where there is no base64.
    """
    value = secret.reveal()
    if not value.startswith(SECRET_PREFIX):
        return value.encode(errors="surrogatepass")
    text = value.removeprefix(SECRET_PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""


def _all_or_none(values: Values, *names: str) -> bool:
    """Refuse what is set in part; tell whether all is set."""
    there = [name for name in names if values.text(name)]
    for name in names:
        if there and name not in there:
            values.refuse(name, f"is not set, but {there[0]} is")
    return len(there) == len(names)
