"""The configuration in monitor.toml as data; ``drift.config.monitor_toml`` reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drift.breach.deadlines import NoticeRules
from drift.breach.reminders import ReminderDays
from drift.estate import Baseline
from drift.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Every delay, in the unit that its name states; docs/settings.md explains each."""

    settle_seconds: float = 60
    context_seconds: tuple[float, ...] = (600, 1800)
    flap_minutes: float = 15
    poll_minutes: float = 15
    related_minutes: float = 15
    retry_seconds: tuple[float, ...] = (15, 60, 120, 300, 600, 3600)
    blind_seconds: float = 300
    unknown_seconds: float = 900
    deleted_seconds: float = 60
    deliver_retry_seconds: tuple[float, ...] = (10, 20, 40, 80, 300)
    channel_outage_seconds: float = 900
    held_seconds: float = 3600
    held_hours: float = 24
    requeue_seconds: float = 600
    claim_seconds: float = 60
    reads_per_minute: int = 3
    sweep_overdue_hours: float = 30

    @property
    def requeue(self) -> timedelta:
        """Return after how long a message counts as lost, so that it is sent again."""
        return timedelta(seconds=self.requeue_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long ended incidents are kept; no verdict depends on it."""

    state_days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """What the organization is under the Breach Notification Rule; no verdict depends on it.

    ``time_zone`` is the time zone of its days: discovery is a local date. ``reminders`` are the
    days on which reminders of due notices are sent.
    """

    rules: NoticeRules = field(default_factory=NoticeRules)
    time_zone: str = "UTC"
    reminders: ReminderDays = field(default_factory=ReminderDays)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhiScope:
    """The marks of PHI: a tag with one of the values, or a listed subscription or group.

    All ids are in lower case. ``released`` are ids of resources that no longer hold PHI, including
    everything below them.
    """

    tag_names: tuple[str, ...] = ("dataClassification",)
    tag_values: tuple[str, ...] = ("phi", "ephi")
    subscriptions: tuple[str, ...] = ()
    resource_groups: tuple[str, ...] = ()
    released: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """An approved exception for a control on a resource and all below it, until it expires."""

    control: str
    resource_id: str
    reason: str
    approved_by: str
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The channels that get failures of these controls (empty: all) of at least this severity."""

    channels: tuple[str, ...]
    severity: Severity = Severity.LOW
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole of monitor.toml; ``digest`` is a hash of its meaning, even if all values are defaults.

    ``retention`` and ``breach`` are not part of it: if they change, nothing is evaluated again.
    """

    phi: PhiScope = field(default_factory=PhiScope)
    baseline: Baseline = field(default_factory=Baseline)
    timing: Timing = field(default_factory=Timing)
    retention: Retention = field(default_factory=Retention)
    breach: Breach = field(default_factory=Breach)
    disabled: frozenset[str] = frozenset()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    digest: str = ""
