"""monitor.toml as a text, and what it means."""

from drift.config import monitor_toml
from drift.config.model import Config

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"


def parse(text: str) -> Config:
    return monitor_toml.parse_config(
        text,
        known_controls=frozenset({"STORAGE-TLS", "NSG-ADMIN-PORTS"}),
        known_channels=frozenset({"teams", "splunk"}),
    )
