"""The app settings of PagerDuty: the integration key of Events API v2, and where it answers."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from drift.config.env_values import Values
from drift.config.secret import Secret

ROUTING_KEY: Final = "PAGERDUTY_ROUTING_KEY"
EVENTS_URL: Final = "PAGERDUTY_EVENTS_URL"

NAMES: Final = (ROUTING_KEY, EVENTS_URL)

_KEY: Final = re.compile(r"[0-9A-Za-z]{32}")
"""https://developer.pagerduty.com/docs/send-an-event-events-api-v2"""

_DEFAULT_URL: Final = "https://events.pagerduty.com"


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """Events v2: ``url`` is the whole address that events are posted to."""

    routing_key: Secret
    url: str


def read(values: Values, _cloud: str) -> PagerDuty | None:
    """Read the two settings of PagerDuty; None where neither is set."""
    key = values.token(ROUTING_KEY)
    url = values.endpoint(EVENTS_URL, _DEFAULT_URL)
    if not key:
        if values.text(EVENTS_URL):
            values.refuse(ROUTING_KEY, f"is not set, but {EVENTS_URL} is")
        return None
    if not _KEY.fullmatch(key):
        values.refuse(ROUTING_KEY, "is not an integration key: it has 32 letters and digits")
    return PagerDuty(Secret(key), url if urlsplit(url).path else f"{url}/v2/enqueue")
