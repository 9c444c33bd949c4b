"""The app setting of Teams: the address of a Workflows webhook, which carries its own signature."""

from typing import Final
from urllib.parse import parse_qs, urlsplit

from drift.config.env_values import Values
from drift.config.secret import Secret

WEBHOOK_URL: Final = "TEAMS_WEBHOOK_URL"

NAMES: Final = (WEBHOOK_URL,)


_RETIRED: Final = (".webhook.office.com", "outlook.office.com", "outlook.office365.com")
"""Office 365 connectors, which Microsoft has retired:
https://devblogs.microsoft.com/microsoft365dev/retirement-of-office-365-connectors-within-microsoft-teams/
"""

_FLOWS: Final = (".logic.azure.com", ".powerplatform.com", ".powerautomate.com")
"""The hosts of flows. An address without a signature requires a token, which the monitor does not send."""


def read(values: Values, _cloud: str) -> Secret | None:
    """Return the address; None where it is not set."""
    url = values.https(WEBHOOK_URL)
    if why := _wrong(url):
        values.refuse(WEBHOOK_URL, why)
    return Secret(url) if url else None


def _wrong(url: str) -> str:
    """Return why no message would arrive at an address, "" if it may."""
    parts = urlsplit(url)
    host = f".{(parts.hostname or '').rstrip('.')}"
    if host.endswith(_RETIRED):
        return (
            "is the address of an Office 365 connector, which Microsoft has retired: make a flow with the "
            "trigger 'When a Teams webhook request is received'"
        )
    if "&amp;" in url:
        return "has &amp; in it where an address has &: copy the address as plain text"
    if host.endswith(_FLOWS) and "sig" not in parse_qs(parts.query):
        return (
            "has no sig= in it: copy the flow's whole address, and let anyone trigger the flow (else its "
            "address has no signature)"
        )
    return ""
