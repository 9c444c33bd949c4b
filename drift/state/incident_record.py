"""The stored incident, and its row."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from drift.access.record import Exposure
from drift.codec import check_schema, decode, encode, versioned
from drift.extensible import Extensible
from drift.model import Actor, Evidence, Severity
from drift.notices import Access, Closure, Difference, Found, Standing
from drift.ports import Put, Store
from drift.state import keys, packing
from drift.state.attribution_record import Attribution, PossibleCause
from drift.state.keys import RowKind

_MOST_EXPOSURES: Final = 20
"""Maximum number of answers stored for one incident: a row of a table holds 1 MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(Extensible):
    """One opening of one control on one resource, from its first failure to its end.

    ``attributions`` say who can have made its changes: the first is for the opening. From them
    follow ``opened_by``, ``changed_by`` and ``is_cause`` (of the last change), and ``event_id``,
    ``event_at`` and ``correlation_id`` (of the write that opened it). ``closing`` is the
    attribution of its end, from which ``closed_by`` follows. ``channels`` are those to which it was
    routed so far: they get its end. ``found`` is how it was found, ``context`` are the lines
    already sent. ``fingerprint`` identifies the failure, ``evidence`` is as much of its evidence as
    can be stored. ``exposures`` say whether the resource was used while it was exposed, one for
    each opening under this number. ``first_opened_at`` is the first opening under this number if it
    ended and opened again soon after; None: it is ``opened_at``, or an earlier version wrote the
    incident.
    """

    resource_id: str
    control_id: str
    number: int
    sequence: int
    opened_at: datetime
    severity: Severity
    reason: str
    evidence: tuple[Evidence, ...]
    fingerprint: str = ""
    fix_command: str | None = None
    fix_note: str = ""
    differences: tuple[Difference, ...] = ()
    opened_by: Actor | None = None
    changed_by: Actor | None = None
    is_cause: bool = False
    event_id: str = ""
    event_at: datetime | None = None
    correlation_id: str = ""
    channels: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    phi: bool | None = None
    phi_reason: str = ""
    config_hash: str = ""
    found: Found = Found.EVENT
    closed_at: datetime | None = None
    closure: Closure | None = None
    closed_by: Actor | None = None
    attributions: tuple[Attribution, ...] = ()
    closing: Attribution | None = None
    exposures: tuple[Exposure, ...] = ()
    first_opened_at: datetime | None = None

    def numbered(self, sequence: int, **changes: Any) -> "Incident":
        """Return the incident after one more change."""
        return replace(self, sequence=sequence, **changes)

    @property
    def is_likely(self) -> bool:
        """Tell whether the actor of the latest change is known, and not yet proven."""
        return bool(self.attributions) and self.attributions[-1].standing is Standing.LIKELY

    @property
    def last_writer(self) -> PossibleCause | None:
        """Return the write that is named as the latest change, None where none is."""
        return next(iter(self.attributions[-1].writers), None) if self.attributions else None

    @property
    def exposure(self) -> Exposure | None:
        """Return the answer to report: the most severe, of equal ones the newest; None if there is none."""
        return max(self.exposures, key=_gravity, default=None)

    def exposed(self, exposure: Exposure) -> "Incident":
        """Return the incident with an answer in place of the earlier one for the same opening.

        If a resource opens many times, the most severe answers are kept, of equal ones the newest.
        """
        others = [each for each in self.exposures if each.opened_at != exposure.opened_at]
        kept = sorted(others, key=_gravity)[1 - _MOST_EXPOSURES :]
        return replace(self, exposures=(*sorted(kept, key=lambda each: each.opened_at), exposure))

    def attributed(self, attributions: tuple[Attribution, ...]) -> "Incident":
        """Return the incident with other attributions, and what follows from them."""
        if not attributions:
            return self
        first, last = attributions[0], attributions[-1]
        opening = first.writers[0] if first.writers else None
        return replace(
            self,
            attributions=attributions,
            opened_by=opening.actor if opening else None,
            changed_by=next(iter(last.actors), None),
            is_cause=last.standing is Standing.PROVEN,
            event_id=opening.event_id if opening else self.event_id,
            event_at=opening.at if opening else self.event_at,
            correlation_id=opening.correlation_id if opening else self.correlation_id,
        )


def _gravity(exposure: Exposure) -> tuple[int, datetime]:
    """Return a sort key for answers, the most severe last; unknown answers of a later version come last."""
    order = (Access.EXCLUDED, Access.POSSIBLE, Access.PRESUMED, Access.CONFIRMED)
    rank = order.index(exposure.access) if exposure.access in order else len(order)
    return rank, exposure.opened_at


def incident_key(resource_id: str, control_id: str, number: int) -> str:
    """Return the row key of an incident."""
    return keys.row_key(
        RowKind.INCIDENT, keys.digest(resource_id), control_id, keys.numbered(number)
    )


def incident_put(incident: Incident) -> Put:
    """Return the write that stores an incident."""
    key = incident_key(incident.resource_id, incident.control_id, incident.number)
    named = versioned({"resource": incident.resource_id, "control": incident.control_id})
    return Put(key, {**named, **packing.pack(encode(incident), "incident")})


def load_incident(store: Store, resource_id: str, control_id: str, number: int) -> Incident | None:
    """Return an incident, None where there is none; raise NotUnderstood."""
    row = store.get(keys.partition(resource_id), incident_key(resource_id, control_id, number))
    if row is None:
        return None
    check_schema(row.data)
    return decode(Incident, packing.unpack(row.data, "incident"))
