"""The app setting of Teams: the address of a Workflows webhook, which carries its own signature."""

from typing import Final

from drift.config.env_values import Values
from drift.secret import Secret

WEBHOOK_URL: Final = "TEAMS_WEBHOOK_URL"

NAMES: Final = (WEBHOOK_URL,)


def read(values: Values, _cloud: str) -> Secret | None:
    """Return the address; None where it is not set."""
    url = values.https(WEBHOOK_URL)
    return Secret(url) if url else None
