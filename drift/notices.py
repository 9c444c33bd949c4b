"""The notice that every channel gets: one change of one incident, complete and immutable."""

import enum
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from drift import ids
from drift.codec import is_known
from drift.errors import NotUnderstood
from drift.extensible import Extensible
from drift.model import Actor, Evidence, Outcome, Severity

HEARTBEAT: Final = "MONITOR-HEARTBEAT"
"""Stands for the control in the rows of a heartbeat, which has none."""


class Change(enum.StrEnum):
    """The change of an incident that a notice reports."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Closure(enum.StrEnum):
    """Why an incident closed; only FIXED is reported as resolved."""

    FIXED = "fixed"
    DELETED = "deleted"
    MOVED = "moved"
    NO_LONGER_REQUIRED = "no longer required"
    UNWATCHED = "no longer watched"
    EXCEPTED = "excepted"


class Found(enum.StrEnum):
    """How a failure was found; MISSED: in a sweep, although an event should have reported it."""

    EVENT = "event"
    MISSED = "sweep"
    FIRST_CONTACT = "first contact"


class Standing(enum.StrEnum):
    """How certain it is that a named actor made a change."""

    PROVEN = "proven"
    LIKELY = "most likely"
    SEVERAL = "one of several"
    LAST_WRITER = "last writer"
    UNKNOWN = "unknown"


class Access(enum.StrEnum):
    """Whether anyone without permission had access while an incident exposed a resource.

    POSSIBLE: no access was seen, but it cannot be excluded. PRESUMED: the log makes access likely,
    or nothing can disprove it. EXCLUDED: proven for the whole window.
    """

    POSSIBLE = "possible"
    CONFIRMED = "confirmed"
    PRESUMED = "presumed"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Difference(Extensible):
    """A watched property before and after a change; None where it was absent or not read."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One change of one incident, with everything that a channel may report about it.

    ``uid`` identifies this change (a repeated delivery has the same); ``sequence`` counts the changes
    of the incident from 1; ``changed_by`` is the actor to name, and the proven cause only if
    ``is_cause``. ``standing`` says what is known of the actor (None: written by a version without
    it), ``others`` are further actors who can have made the change. ``access`` says whether anybody
    used the resource from ``exposed_since`` until ``exposed_until``, and ``exposure`` says it in one line
    (None and "": it was not asked). ``severity`` is None where the
    outcome is unknown. ``news`` are the lines in which an update differs from the change before it.
    ``read_at`` is a time by Azure's clock, ``decided_at`` and ``opened_at`` by ours; all times are UTC.
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
    news: tuple[str, ...] = ()
    standing: Standing | None = None
    others: tuple[Actor, ...] = ()
    runbook_url: str = ""
    access: Access | None = None
    exposure: str = ""
    exposed_since: datetime | None = None
    exposed_until: datetime | None = None

    @property
    def part(self) -> Standing:
        """Return how certain the actor is; an unknown value of another version claims the least."""
        if self.changed_by is None:
            return Standing.UNKNOWN
        if self.standing and is_known(self.standing) and self.standing is not Standing.UNKNOWN:
            return self.standing
        return Standing.PROVEN if self.is_cause else Standing.LAST_WRITER

    @property
    def for_channels(self) -> "Notice":
        """Return the notice in values that this version knows; raise NotUnderstood if it cannot.

        An unknown change or closure of a newer version may be an opening or an all-clear, so it is
        not sent as either. Other unknown values are sent as an unknown outcome and the highest
        severity, and a line of context names them.
        """
        for each in (self.change, *([self.closure] if self.closure else [])):
            if not is_known(each):
                raise NotUnderstood(type(each).__name__.lower(), "this version has no such value")
        others = [each for each in (self.outcome, self.severity, self.found) if each]
        unknown = tuple(
            f"{type(each).__name__} {each.value!r} is unknown to this version of the monitor."
            for each in others
            if not is_known(each)
        )
        if not unknown:
            return self
        return replace(
            self,
            outcome=self.outcome if is_known(self.outcome) else Outcome.UNKNOWN,
            severity=_known_severity(self.severity),
            found=self.found if is_known(self.found) else Found.EVENT,
            context=(*self.context, *unknown),
        )

    @property
    def resource_name(self) -> str:
        """Return the last segment of the resource's id."""
        return ids.name_of(self.resource_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One hourly message that the monitor is alive, with how much it watches.

    ``uid`` is the same in every repeat. ``watched`` counts the resources that are known,
    ``last_event`` is when the last event of them arrived, None where none has. ``checkpoints`` are
    the signed notes with which a SIEM can later detect that the evidence log was cut or recomputed.
    """

    uid: str
    at: datetime
    watched: int
    last_event: datetime | None
    version: str
    checkpoints: tuple[str, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """Return the content for every channel, as JSON data."""
        last = self.last_event.isoformat() if self.last_event else None
        data = {"watched": self.watched, "lastEvent": last, "version": self.version}
        return {**data, "checkpoints": list(self.checkpoints)} if self.checkpoints else data


def _known_severity(severity: Severity | None) -> Severity | None:
    """Return the severity, CRITICAL in place of one that this version does not know."""
    return severity if severity is None or is_known(severity) else Severity.CRITICAL
