"""The sources of a report's figures: the store, since when, and how long data is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import bootstrap
from cli.incident_list.breach_dates import NOT_ADVICE
from cli.reporting.values import time_data
from drift.config.app_settings import Settings
from drift.config.model import Config
from drift.errors import NotUnderstood
from drift.ports import Store
from drift.state.watched_subscriptions import find_watched


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The sources of a report made at ``now``.

    ``watched`` is since when each subscription is watched, empty if that is not stored;
    ``kept_since`` is the time before which ended incidents may be deleted.
    """

    now: datetime
    version: str
    store: str
    watched: Mapping[str, datetime]
    state_days: int
    time_zone: str

    @property
    def known_since(self) -> datetime | None:
        """Return since when anything is watched, None if that is not stored."""
        return min(self.watched.values(), default=None)

    @property
    def kept_since(self) -> datetime:
        """Return the time before which incidents that have ended may be gone."""
        return self.now - timedelta(days=self.state_days)

    @property
    def data(self) -> Mapping[str, Any]:
        """Return it as JSON."""
        return {
            "generatedAt": time_data(self.now),
            "version": self.version,
            "stateStore": self.store,
            "stateKnownSince": time_data(self.known_since),
            "watchedSince": {name: time_data(at) for name, at in sorted(self.watched.items())},
            "retentionDays": self.state_days,
            "endedIncidentsKeptSince": time_data(self.kept_since),
            "timeZone": self.time_zone,
            "note": f"{NOT_ADVICE} It attests no compliance.",
        }


def about(store: Store, settings: Settings, config: Config, now: datetime) -> About:
    """Return the sources of a report; raise StoreUnavailable."""
    account = settings.state_account
    try:
        watched, _ = find_watched(store)
    except NotUnderstood:
        watched = None
    return About(
        now=now,
        version=bootstrap.version(),
        store=f"Azure Tables, {account.host}"
        if account
        else f"SQLite, {Path(settings.state_path).name}",
        watched=watched.since if watched else {},
        state_days=config.retention.state_days,
        time_zone=config.breach.time_zone,
    )
