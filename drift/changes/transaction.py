"""Turn one look at a resource into everything that follows, as one atomic batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from drift import ids
from drift.changes.evaluation import Look, found_by, is_deleted
from drift.changes.propagation import followed
from drift.changes.reschedule import reschedule
from drift.controls.engine import Judgement
from drift.detector import detectors_of
from drift.estate import Scope
from drift.events import Event
from drift.incidents import activity_context
from drift.incidents.attribution import last_event
from drift.incidents.closing import DELETED, SWITCHED_OFF, ended, moved
from drift.incidents.decide import rule
from drift.incidents.decision import Case, Ruling, opened
from drift.incidents.lifecycle import Step
from drift.model import Outcome, Verdict
from drift.observation.observe import Sight
from drift.observation.related_cache import forget, remember
from drift.observation.snapshot import carried, comparable, view_of
from drift.observation.throttle_gate import dependency_of
from drift.outbox.notice_builder import Moment
from drift.ports import Write
from drift.queues.outbound import Work
from drift.services import Parts
from drift.state import due_rows, known_resources
from drift.state.batch import one_write_per_key
from drift.state.incident_record import load_incident
from drift.state.resource_record import Held, Record

T = TypeVar("T")

_NAMES: Final = timedelta(hours=1)
"""How long an event is remembered for what a read that fails may show of it later."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A batch for the resource's partition, and the messages that follow once it is stored."""

    record: Record
    writes: tuple[Write, ...]
    work: Work


def conclude(parts: Parts, held: Held, look: Look) -> Conclusion:
    """Decide everything that follows from a look; ``held`` is the record as it stands now."""
    seen = _seen(held, look)
    look = replace(look, view=view_of({**(seen or {}), **(look.sight.links or {})}))
    case = _case(parts, held, look, seen)
    rulings = _rulings(parts, case, look)
    record, due = reschedule(parts, held.record, look, rulings)
    touched, follow = followed(parts, held.record, look)
    record = _remembered(parts, record, look, rulings)
    deleted = is_deleted(parts, look)
    if any(each.step is Step.UNSETTLED for each in rulings):
        seen = held.snapshot  # what was before the fix is told when the fix is believed
    writes = [
        *due,
        *([forget(record.id)] if deleted else remember(record.id, look.sight)),
        *(write for each in rulings for write in each.writes),
        *activity_context.asked_later(parts, opened(rulings)),
        *touched,
        *known_resources.follows(
            held.record, seen=look.sight.properties is not None, deleted=deleted
        ),
        Held(record, held.etag, None if deleted else seen).put(),
    ]
    told = sum((each.told.work for each in rulings if each.told), Work())
    return Conclusion(record, tuple(one_write_per_key(writes)), told + follow)


def _case(parts: Parts, held: Held, look: Look, seen: Mapping[str, Any] | None) -> Case:
    record, event = held.record, last_event(look.taken.pending)
    incidents = {
        control_id: load_incident(parts.store, record.id, control_id, state.number)
        for control_id, state in record.controls.items()
        if state.open
    }
    return Case(
        resource_id=record.id,
        states=record.controls,
        open={name: each for name, each in incidents.items() if each},
        events=look.taken.pending,
        before=held.snapshot,
        after=comparable(held.snapshot or {}, seen or {}, record.id, look.taken.documents),
        rules_changed=bool(record.config_hash) and record.config_hash != parts.facts.config_hash,
        moment=Moment(
            read_at=look.sight.at,
            decided_at=parts.clock(),
            event_id=event.id if event else "",
            event_at=event.at if event else None,
        ),
        began=look.sight.began,
        suspects=_suspects(parts, look),
        doubtful=bool(look.sight.failures),
        found=found_by(look),
        origin=record.moved_from,
    )


def _suspects(parts: Parts, look: Look) -> tuple[Event, ...]:
    """Return the events that may have caused what this look shows.

    What was written so long before an earlier look that no replica can have been behind, it showed.
    """
    seen = look.taken.documents.get(ids.key(look.taken.id))
    settle = timedelta(seconds=parts.config.timing.settle_seconds)
    return tuple(each for each in look.taken.pending if seen is None or seen < each.at + settle)


def _seen(held: Held, look: Look) -> Mapping[str, Any] | None:
    """Return the watched properties as last seen: now, or before where this look saw nothing."""
    if look.sight.properties is None:
        return held.snapshot
    return carried(held.snapshot or {}, look.sight.properties, held.record.id, look.sight.asked)


def _rulings(parts: Parts, case: Case, look: Look) -> list[Ruling]:
    if is_deleted(parts, look):
        to = look.taken.moved_to
        return ended(parts, case, case.states, moved(to) if to else DELETED)
    judgements = look.sight.judgements or _unjudged(parts, case.resource_id, look)
    judged = {each.control.id for each in judgements}
    others = [each for each in case.states if each not in judged]
    return [
        *(rule(parts, case, each) for each in judgements),
        *ended(parts, case, others, SWITCHED_OFF),
    ]


def _unjudged(parts: Parts, resource_id: str, look: Look) -> tuple[Judgement, ...]:
    """Return an unknown verdict of every control, for a resource that could not be read."""
    why = "; ".join(str(each) for each in look.sight.failures) or "it answers 404, which may pass"
    scope = Scope(look.taken.phi, "the resource cannot be read")
    return tuple(
        Judgement(each.CONTROL, Verdict(Outcome.UNKNOWN, f"cannot be read: {why}"), None, scope)
        for each in detectors_of(parts.detectors, ids.type_of(resource_id))
        if each.CONTROL.id not in parts.config.disabled
    )


def _remembered(parts: Parts, record: Record, look: Look, rulings: Sequence[Ruling]) -> Record:
    """Return the record after the look; what only a settling read will answer stays pending."""
    sight, taken, deleted = look.sight, look.taken, is_deleted(parts, look)
    saw = sight.properties is not None
    done = deleted or (saw and due_rows.SETTLE not in record.due)
    states = {each.control_id: each.state for each in rulings}
    record = _with_view(record, look) if saw else record
    return replace(
        record,
        served=taken.wanted,
        looked=taken.wanted if saw or deleted else record.looked,
        reader="",
        reading_until=None,
        lost=0,
        pending=_left(record.pending, _answered(parts, look) if done else ()),
        suspects=_left(record.suspects, taken.suspects if done else ()),
        documents={} if deleted else record.documents,
        view="" if deleted else record.view,
        phi_tag="" if deleted else record.phi_tag,
        phi_because="" if deleted else record.phi_because,
        links=None if deleted else record.links,
        moved_to="" if deleted or saw else record.moved_to,
        controls={**record.controls, **states},
        failing=_failing(record, sight, parts.clock()),
        deletion=record.deletion and not (done and taken.deletion),
        gone_at=(taken.gone_at or sight.began) if sight.gone and not deleted else None,
        config_hash=_rules(parts, record, rulings) if sight.judgements else record.config_hash,
    )


def _answered(parts: Parts, look: Look) -> tuple[Event, ...]:
    """Return the events that need not be remembered; while reads fail, one may still name a cause."""
    if not look.sight.failures:
        return look.taken.pending
    oldest = parts.clock() - _NAMES
    return tuple(each for each in look.taken.pending if each.at < oldest)


def _with_view(record: Record, look: Look) -> Record:
    """Return the record with what a look that saw the resource has shown."""
    sight = look.sight
    return replace(
        record,
        documents=sight.documents,
        view=look.view,
        phi=sight.scope.phi if sight.scope else record.phi,
        phi_tag=sight.phi.tag if sight.phi else record.phi_tag,
        phi_because=sight.phi.because if sight.phi else record.phi_because,
        links=record.links if sight.links is None else sight.links,
    )


def _rules(parts: Parts, record: Record, rulings: Iterable[Ruling]) -> str:
    """Return the hash of the rules by which all that is open has been decided."""
    undecided = any(
        each.state.open and each.step in (Step.UNSETTLED, Step.CANNOT_TELL) for each in rulings
    )
    return record.config_hash if undecided else parts.facts.config_hash


def _left(all_of: tuple[T, ...], done: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(each for each in all_of if each not in done)


def _failing(record: Record, sight: Sight, now: datetime) -> dict[str, datetime]:
    """Return since when each dependency fails; a look that saw nothing clears none of them."""
    failing = {dependency_of(each.what) for each in sight.failures}
    since = {each: record.failing.get(each, now) for each in failing}
    blind = sight.failures and sight.properties is None
    return {**record.failing, **since} if blind else since
