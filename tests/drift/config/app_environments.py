"""Environments of the app."""

import pytest

from drift.config.app_settings import Settings
from drift.errors import BadSettings
from notifiers.channels import CHANNELS

ACCOUNT = "AccountName=records;AccountKey=swordfish123"
SUBSCRIPTION = "00000000-0000-0000-0000-00000000000a"
GOOD = {"MONITORED_SUBSCRIPTIONS": SUBSCRIPTION, "TEAMS_WEBHOOK_URL": "https://teams.example/w?s=1"}


def problems(**env: str) -> str:
    with pytest.raises(BadSettings) as refused:
        Settings.from_env(GOOD | env, CHANNELS)
    return "\n".join(refused.value.problems)
