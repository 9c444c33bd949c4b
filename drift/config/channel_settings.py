"""Which settings make each channel, and what the operator set for PagerDuty and for Splunk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from drift.config.env_values import Values
from drift.secret import Secret

CHANNELS: Final[Mapping[str, tuple[str, ...]]] = {
    "teams": ("TEAMS_WEBHOOK_URL",),
    "pagerduty": ("PAGERDUTY_ROUTING_KEY", "PAGERDUTY_EVENTS_URL"),
    "splunk": ("SPLUNK_HEC_URL", "SPLUNK_HEC_TOKEN"),
    "sentinel": ("SENTINEL_ENDPOINT", "SENTINEL_RULE_ID", "SENTINEL_STREAM"),
    "eventgrid_topic": ("FINDINGS_TOPIC_ENDPOINT", "FINDINGS_TOPIC_KEY"),
    "webhook": ("FINDINGS_WEBHOOK_URL", "FINDINGS_WEBHOOK_SECRET"),
}
"""Every channel there is, in the order in which people rely on them, and what sets it: first what it
cannot do without."""


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """Events v2: ``url`` is the whole address that events are posted to."""

    routing_key: Secret
    url: str


@dataclass(frozen=True, slots=True)
class Splunk:
    """The HTTP Event Collector: ``url`` is the whole address that events are posted to."""

    url: str
    token: Secret


def silent_channels(env: Mapping[str, str]) -> frozenset[str]:
    """Return the channels of which nothing is set; what is set wrongly is another matter."""
    values = Values(env)
    return frozenset(
        channel for channel, names in CHANNELS.items() if not any(map(values.text, names))
    )


def pagerduty(values: Values) -> PagerDuty | None:
    """Read the two settings of PagerDuty; None where neither is set."""
    key = values.token("PAGERDUTY_ROUTING_KEY")
    url = values.endpoint("PAGERDUTY_EVENTS_URL", "https://events.pagerduty.com")
    if not key:
        if values.text("PAGERDUTY_EVENTS_URL"):
            values.refuse("PAGERDUTY_ROUTING_KEY", "is not set, but PAGERDUTY_EVENTS_URL is")
        return None
    return PagerDuty(Secret(key), url if urlsplit(url).path else f"{url}/v2/enqueue")


def splunk(values: Values) -> Splunk | None:
    """Read the two settings of Splunk; None where neither is set."""
    url, token = values.https("SPLUNK_HEC_URL"), values.token("SPLUNK_HEC_TOKEN")
    for name, other in (("URL", "TOKEN"), ("TOKEN", "URL")):
        if values.text(f"SPLUNK_HEC_{other}") and not values.text(f"SPLUNK_HEC_{name}"):
            values.refuse(f"SPLUNK_HEC_{name}", f"is not set, but SPLUNK_HEC_{other} is")
    return Splunk(url, Secret(token)) if url and token else None
