"""The app settings of Splunk: the address of the HTTP Event Collector, and its token."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from drift.config.env_values import Values
from drift.config.secret import Secret

HEC_URL: Final = "SPLUNK_HEC_URL"
HEC_TOKEN: Final = "SPLUNK_HEC_TOKEN"  # noqa: S105 - the setting's name

NAMES: Final = (HEC_URL, HEC_TOKEN)


@dataclass(frozen=True, slots=True)
class Splunk:
    """The HTTP Event Collector: ``url`` is the whole address that events are posted to."""

    url: str
    token: Secret


def read(values: Values, _cloud: str) -> Splunk | None:
    """Read the two settings of Splunk; None where neither is set."""
    url, token = values.https(HEC_URL), values.token(HEC_TOKEN)
    if url and not urlsplit(url).path.strip("/"):
        values.refuse(HEC_URL, "has no path: use https://HOST:8088/services/collector/event")
    values.all_or_none(*NAMES)
    return Splunk(url, Secret(token)) if url and token else None
