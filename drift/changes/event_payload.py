"""Evaluate a resource as an event shows it: failures are reported even while ARM refuses reads.

The event shows the state after its own write. It can only open an incident or raise the severity of
an open one: a property that it does not show is not absent, and only a read of ARM closes an
incident. If it shows no failure, and there was none before, no read is needed.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from drift import ids
from drift.arm.cached_read import CachedRead
from drift.arm.relations import LINKS
from drift.changes.admission import is_repeated
from drift.changes.confirmation import settle_span
from drift.changes.first_failures import store_failures
from drift.changes.proof import answered_at, is_proved
from drift.config.model import PhiScope
from drift.controls.engine import evaluate_controls
from drift.controls.result import ControlResult
from drift.detector import Detectors, detectors_of
from drift.errors import Unreadable
from drift.estate import Scope
from drift.events import Event
from drift.incidents.comparison import severity_of
from drift.incidents.decision import DecisionInput
from drift.incidents.read_times import ReadTimes
from drift.model import Outcome, Resource
from drift.observation.observe import read_estate_of
from drift.observation.read_estate import NoReader
from drift.observation.related_cache import load_cached_reads
from drift.observation.snapshot import snapshot
from drift.outbox.entry import Moment
from drift.phi.resolver import LazyScopeResolver, PriorScope
from drift.phi.scope import is_released, listed, own_tag
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state.due_rows import SETTLE
from drift.state.incident_record import Incident, load_incident
from drift.state.resource_record import Record, StoredRecord, load_record
from drift.state.update import retry_on_conflict

_NEVER_SHOWN: Final = ("kind", "sku")
"""Members of a document that the ``resourceInfo`` of an event lacks: it has only id, tags and
properties. https://learn.microsoft.com/azure/event-grid/event-schema-resources"""


class PayloadMeaning(enum.StrEnum):
    """Whether the event of a payload still needs a read, and why."""

    IGNORED = "it came before, or there is already a read at least settle_seconds after it"
    READ = "it shows a failure, or not enough to decide every control: a read is needed"
    COMPLIANT = "it shows no failure, and there was none before: no read is needed"
    CONFIRMED_LATER = "it shows no failure: the confirmation read that is due decides"


def on_payload(services: Services, event: Event) -> tuple[Outbound, PayloadMeaning]:
    """Report the failures that the event shows, and return whether the event needs a read."""
    return retry_on_conflict(event.target, lambda: _on_payload(services, event))


def _on_payload(services: Services, event: Event) -> tuple[Outbound, PayloadMeaning]:
    stored = load_record(services.store, event.target)
    settle = settle_span(services.config.timing)
    is_known = is_repeated(stored.record, event)
    if is_known or is_proved(stored.record, event.subject, event.at, settle):
        return Outbound(), PayloadMeaning.IGNORED
    shown = _shown(services, stored.record, event)
    incidents = _open(services, stored.record, shown.failures)
    fresh = [each for each in shown.failures if _is_worse(incidents, each)]
    if fresh:
        known = {name: each for name, each in incidents.items() if each}
        inputs = _inputs_of(services, stored, event, known)
        return store_failures(services, stored, inputs, fresh), PayloadMeaning.READ
    if shown.failures or not shown.is_whole:
        return Outbound(), PayloadMeaning.READ
    return Outbound(), _compliant(stored.record)


def _compliant(record: Record) -> PayloadMeaning:
    """Return what follows if every control passes on the payload."""
    if not record.documents or record.reader or record.wanted > record.served:
        return PayloadMeaning.READ
    if any(each.unknown_since for each in record.controls.values()):
        return PayloadMeaning.READ
    if not any(each.open for each in record.controls.values()):
        return PayloadMeaning.COMPLIANT
    return PayloadMeaning.CONFIRMED_LATER if SETTLE in record.due else PayloadMeaning.READ


def _open(
    services: Services, record: Record, failures: Iterable[ControlResult]
) -> dict[str, Incident | None]:
    """Return the open incidents of the failing controls."""
    names = [each.control.id for each in failures]
    open_now = [(name, each) for name, each in record.controls.items() if each.open]
    return {
        name: load_incident(services.store, record.id, name, state.number)
        for name, state in open_now
        if name in names
    }


def _is_worse(incidents: Mapping[str, Incident | None], result: ControlResult) -> bool:
    """Tell whether a failure is new or more severe than the stored one.

    The read reports other differences, because an event may spell the same value differently.
    """
    if result.control.id not in incidents:
        return True
    current = incidents[result.control.id]
    return current is not None and severity_of(result).rank > current.severity.rank


@dataclass(frozen=True, slots=True)
class _Shown:
    """The failures that an event shows, and whether it shows enough to decide every control."""

    failures: tuple[ControlResult, ...]
    is_whole: bool


def _shown(services: Services, record: Record, event: Event) -> _Shown:
    """Evaluate the payload with the cached related reads; a control that needs more is unknown here.

    Failing controls are evaluated again with the resource's PHI scope, which may need a read of its
    group.
    """
    cached = load_cached_reads(services.store, record)
    body = {**_never_shown(cached.get(ids.key(record.id))), **(event.payload or {})}
    resource = Resource(event.target, ids.type_of(event.target), body, whole=False)
    around = read_estate_of(replace(services, reader=NoReader()), record, cached, services.clock())
    scoping = _AsRecorded(resource, record, services.config.phi)
    detectors = tuple(detectors_of(services.detectors, resource.type))
    first = evaluate_controls(detectors, resource, around, scoping=scoping, config=services.config)
    failing = {each.control.id for each in first if each.verdict.outcome is Outcome.FAIL}
    again = tuple(each for each in detectors if each.CONTROL.id in failing)
    unknown = any(each.verdict.outcome is Outcome.UNKNOWN for each in first)
    is_whole = not unknown and resource.type not in LINKS
    return _Shown(_scoped(services, record, resource, again) if again else (), is_whole)


def _never_shown(own: CachedRead | None) -> dict[str, object]:
    """Return the members of a resource that no event shows, as ARM last showed them."""
    body = own.bodies[0] if own and own.bodies else {}
    return {name: body[name] for name in _NEVER_SHOWN if name in body}


def _scoped(
    services: Services, record: Record, resource: Resource, detectors: Detectors
) -> tuple[ControlResult, ...]:
    estate = read_estate_of(
        services, record, load_cached_reads(services.store, record), services.clock()
    )
    before = PriorScope(record.phi_tag, record.phi_because)
    scoping = LazyScopeResolver(resource, estate, services.config.phi, before)
    found = evaluate_controls(detectors, resource, estate, scoping=scoping, config=services.config)
    return tuple(each for each in found if each.verdict.outcome is Outcome.FAIL)


def _inputs_of(
    services: Services, stored: StoredRecord, event: Event, incidents: Mapping[str, Incident]
) -> DecisionInput:
    """Return the data with which the failures are compared; properties that the event lacks are unchanged."""
    record, before = stored.record, stored.snapshot
    resource = Resource(event.target, ids.type_of(event.target), event.payload or {})
    controls = [each.CONTROL for each in detectors_of(services.detectors, resource.type)]
    return DecisionInput(
        resource_id=record.id,
        states=record.controls,
        open=incidents,
        events=(*record.pending, event),
        before=before,
        after={**(before or {}), **snapshot(resource, (), controls)},
        rules_changed=False,
        moment=Moment(
            read_at=event.at, decided_at=services.clock(), event_id=event.id, event_at=event.at
        ),
        began=services.clock(),
        answered=(event.at,),
        reads=ReadTimes(
            owner=ids.key(record.id),
            settle=settle_span(services.config.timing),
            at=event.at,
            now={ids.key(record.id): event.at},
            before=answered_at(record),
            forgotten=record.forgotten,
            announced=True,
        ),
        numbers_after=record.numbers_after,
    )


class _AsRecorded:
    """The last known scope, for a first evaluation of a payload."""

    def __init__(self, resource: Resource, record: Record, phi: PhiScope) -> None:
        self._resource = resource
        self._phi = phi
        self._known = Scope(record.phi, "as it was last known")
        self.former_tag = "" if is_released(record.id, phi) else record.phi_tag

    @property
    def tagged(self) -> Scope:
        """Return whether lists or its own tags say PHI; if they no longer do, only ARM can decide."""
        if why := listed(self._resource.id, self._phi):
            return Scope(True, why, listed=True)
        try:
            tag = own_tag(self._resource, self._phi)
        except Unreadable:
            return Scope(None, "its tags are not shown")
        if tag:
            return Scope(True, f"the resource itself is tagged {tag}")
        return Scope(None if self.former_tag else False, "the event shows no PHI tag")

    def scope(self) -> Scope:
        """Return the value from before the event."""
        return self._known

    def so_far(self) -> Scope:
        """Return the value from before the event."""
        return self._known

    def holds_phi(self, _: Resource, /) -> bool | None:
        """Return None: nothing around the event was read."""
        return None
