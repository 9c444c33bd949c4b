"""The app settings of an Event Grid topic: its endpoint, and a key if the identity does not sign in."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from drift.config.env_values import Values
from drift.config.secret import Secret

ENDPOINT: Final = "FINDINGS_TOPIC_ENDPOINT"
KEY: Final = "FINDINGS_TOPIC_KEY"

NAMES: Final = (ENDPOINT, KEY)

SCOPE: Final = "https://eventgrid.azure.net/.default"
"""The scope that Microsoft's own client requests, in every cloud."""

_PATH: Final = "/api/events"


@dataclass(frozen=True, slots=True)
class Topic:
    """An Event Grid topic: ``endpoint`` is the whole address; without a key the identity signs in."""

    endpoint: str
    key: Secret | None
    scope: str = SCOPE


def read(values: Values, _cloud: str) -> Topic | None:
    """Read the settings of the topic; None where none is set."""
    endpoint = values.endpoint(ENDPOINT, "")
    key = values.token(KEY)
    if key and not values.text(ENDPOINT):
        values.refuse(ENDPOINT, f"is not set, but {KEY} is")
    if not endpoint:
        return None
    whole = endpoint if urlsplit(endpoint).path else endpoint + _PATH
    return Topic(whole, Secret(key) if key else None)
