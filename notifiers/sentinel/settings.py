"""The app settings of Sentinel: a stream of a data collection rule in the Logs Ingestion API."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drift.config.env_values import Values

ENDPOINT: Final = "SENTINEL_ENDPOINT"
RULE_ID: Final = "SENTINEL_RULE_ID"
STREAM: Final = "SENTINEL_STREAM"

NAMES: Final = (ENDPOINT, RULE_ID, STREAM)

SCOPES: Final[Mapping[str, str]] = {
    "AzurePublic": "https://monitor.azure.com/.default",
    "AzureUSGovernment": "https://monitor.azure.us/.default",
    "AzureChina": "https://monitor.azure.cn/.default",
}
"""https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview"""

_RULE: Final = re.compile(r"dcr-[0-9a-z]{1,64}", re.IGNORECASE)
_STREAM: Final = re.compile(r"Custom-[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True)
class Sentinel:
    """The Logs Ingestion API: the stream of a data collection rule, and the scope of its tokens."""

    endpoint: str
    rule_id: str
    stream: str
    scope: str


def read(values: Values, cloud: str) -> Sentinel | None:
    """Read the three settings of Sentinel; None where none is set."""
    endpoint = values.endpoint(ENDPOINT, "")
    rule, stream = values.text(RULE_ID), values.text(STREAM)
    if rule and not _RULE.fullmatch(rule):
        values.refuse(RULE_ID, "is not the immutable id of a rule (dcr-…)")
    if stream and not _STREAM.fullmatch(stream):
        values.refuse(STREAM, "is not the name of a custom stream (Custom-…)")
    if not values.all_or_none(*NAMES):
        return None
    return Sentinel(endpoint, rule, stream, SCOPES[cloud])
