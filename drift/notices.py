"""What every channel is told: one change of one incident, complete in itself and never changed."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drift.model import Actor, Evidence, Outcome, Severity


class Change(enum.StrEnum):
    """What happened to the incident."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Closure(enum.StrEnum):
    """Why an incident ended; only FIXED is told as resolved."""

    FIXED = "fixed"
    DELETED = "deleted"
    MOVED = "moved"
    NO_LONGER_REQUIRED = "no longer required"
    EXCEPTED = "excepted"


class Found(enum.StrEnum):
    """How a failure came to light. Missed is only what an event should have told of."""

    EVENT = "event"
    MISSED = "sweep"
    FIRST_CONTACT = "first contact"


@dataclass(frozen=True, slots=True)
class Difference:
    """One watched property before and after; a side is None where it was absent or never read."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One change of one incident, with everything any channel may say about it.

    ``uid`` identifies this change for ever (a repeat carries the same); ``sequence`` counts the
    changes of the incident from 1; ``changed_by`` is who wrote last, the cause only if
    ``is_cause``. ``severity`` is None where the outcome is unknown.
    """

    uid: str
    finding_uid: str
    incident_id: str
    sequence: int
    change: Change
    closure: Closure | None

    control_id: str
    title: str
    service: str
    why: str
    hipaa: tuple[str, ...]

    resource_id: str
    resource_type: str
    subscription_id: str
    phi: bool | None
    phi_reason: str

    outcome: Outcome
    severity: Severity | None
    reason: str
    evidence: tuple[Evidence, ...]
    differences: tuple[Difference, ...]
    fix_command: str | None
    fix_note: str

    changed_by: Actor | None
    is_cause: bool
    context: tuple[str, ...]

    event_id: str
    event_at: datetime | None
    read_at: datetime
    decided_at: datetime
    opened_at: datetime

    cloud: str
    portal_url: str
    console_url: str
    code_version: str
    config_hash: str

    found: Found = Found.EVENT

    @property
    def resource_name(self) -> str:
        """Return the last segment of the resource's id."""
        return self.resource_id.rstrip("/").rsplit("/", 1)[-1]
