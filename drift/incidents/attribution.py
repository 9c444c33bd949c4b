"""Attribute a change to the actors who can have made it: the writes between the reads around it.

If there is only one, it is most likely at first. It is proven once a read ``settle_seconds`` later
shows that no other event of that time has been reported: see
docs/adr/0020-who-can-have-made-a-change.md.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from drift import ids
from drift.arm.operations import can_write
from drift.clock import bounds
from drift.clock.skew import MARGIN
from drift.events import FAILED, LINKED, Event
from drift.incidents.authorship import can_have_changed, can_matter_to
from drift.incidents.read_times import ReadTimes
from drift.model import Actor, Control, Evidence
from drift.notices import Difference
from drift.state.attribution_record import Attribution, PossibleCause, identity
from drift.state.incident_record import Incident

SECOND: Final = timedelta(seconds=1)
"""An answer's Date has whole seconds: a write in that second may come before the answer."""

_UNKNOWN_START: Final = timedelta(hours=1)
"""How long before the first failing answer a write may lie where no earlier answer is known."""

_MAX_AGE: Final = timedelta(minutes=10)
"""The same for an incident that an older version opened without an actor."""

_MOST: Final = 10
"""Maximum number of possible causes of one change: enough to know that there is more than one."""

_MOST_CHANGES: Final = 5
"""Maximum number of changes of an incident whose attribution is kept: the first and the last ones."""

_REPORTED_LATE: Final = frozenset({"microsoft.compute", "microsoft.network", "microsoft.sql"})
"""Providers that answer a write before it is done: its event has the time at which ARM saw the end."""


def last_event(events: Iterable[Event]) -> Event | None:
    """Return the newest write that names an actor, else the newest event, None without events.

    Of two events of the same time it is the one that arrived last; a failed write counts only if
    none succeeded.
    """
    ordered = sorted(events, key=lambda each: (*_weight(each), each.at))
    return ordered[-1] if ordered else None


def sole_actor(events: Iterable[Event]) -> Actor | None:
    """Return the actor of the last write, None if others also wrote."""
    named = [each.actor for each in events if each.actor and can_write(each.operation)]
    return named[-1] if len({identity(each) for each in named}) == 1 else None


def _weight(event: Event) -> tuple[bool, bool]:
    named = event.actor is not None and can_write(event.operation)
    return named, event.type.lower() not in FAILED


def attribution_of(
    reads: ReadTimes,
    control: Control,
    events: Iterable[Event],
    *,
    paths: Iterable[str],
    known: bool,
    ended_at: datetime | None = None,
) -> Attribution:
    """Return who can have changed these properties between the last evaluation and this one.

    ``known``: an earlier answer showed that the control did not fail, or failed otherwise. ``ended_at``
    is when the control's last failure ended.
    """
    changed = tuple(paths)
    until, settled_at = reads.first_with(changed), ended_at and bounds.later(ended_at, reads.settle)
    after = reads.last_without(changed) if changed and known else None
    lost = reads.forgotten is not None and (after is None or reads.forgotten > after)
    empty = Attribution(
        until=until,
        after=after,
        paths=changed,
        is_compared=bool(changed) and known,
        is_moving=reads.is_moving(changed),
        is_announced=reads.announced,
        is_doubted=lost,
        unsettled_until=settled_at if settled_at and until < settled_at else None,
    )
    return with_events(empty, reads.owner, control, events, settle=reads.settle)


def decisive(differences: Iterable[Difference], evidence: Iterable[Evidence]) -> list[str]:
    """Return the changed properties that a failure rests on; all of them where its evidence names none."""
    changed, shown = [each.path for each in differences], [each.path for each in evidence]
    named = [each for each in changed if any(_is_part(each, other) for other in shown)]
    return named or changed


def _is_part(path: str, other: str) -> bool:
    """Tell whether one of two paths is the other, or lies in it."""
    short, long = sorted((path.lower(), other.lower()), key=len)
    return long == short or long.startswith(tuple(f"{short}{end}" for end in ".[#"))


def with_events(
    attribution: Attribution,
    owner: str,
    control: Control,
    events: Iterable[Event],
    *,
    settle: timedelta,
) -> Attribution:
    """Return the attribution with the events among these that can have made the change."""
    for event in events:
        if not _can_be_author(attribution, owner, control, event):
            continue
        if _is_within(attribution, event):
            attribution = _with(attribution, event)
        elif _may_be_reported_late(attribution, owner, event, settle):
            attribution = replace(attribution, is_doubted=True, is_proven=False)
    return attribution


def _can_be_author(attribution: Attribution, owner: str, control: Control, event: Event) -> bool:
    if attribution.is_compared:
        return any(can_have_changed(event, owner, each) for each in attribution.paths)
    return can_matter_to(event, owner, control)


def _is_within(attribution: Attribution, event: Event) -> bool:
    start = attribution.after or bounds.earlier(attribution.until, _UNKNOWN_START)
    is_open = attribution.is_moving or attribution.unsettled_until is not None
    return start < event.at and (is_open or event.at <= _end(attribution))


def _end(attribution: Attribution) -> datetime:
    return bounds.later(attribution.until, MARGIN if attribution.is_announced else SECOND)


def _may_be_reported_late(
    attribution: Attribution, owner: str, event: Event, settle: timedelta
) -> bool:
    """Tell whether a write with a later time can have made the change, because its end was reported late."""
    if ids.provider_of(owner) not in _REPORTED_LATE or event.actor is None:
        return False
    other = identity(event.actor) not in attribution.people
    return other and _end(attribution) < event.at <= bounds.later(attribution.until, settle)


def _with(attribution: Attribution, event: Event) -> Attribution:
    """Return the attribution with one more possible cause; a write without an actor makes it doubtful."""
    failed = event.type.lower() in FAILED
    if event.actor is None:
        return attribution if failed else replace(attribution, is_doubted=True, is_proven=False)
    exact = attribution.is_moving or event.at <= bounds.later(attribution.until, SECOND)
    cause = PossibleCause(
        event_id=event.id,
        at=event.at,
        actor=event.actor,
        correlation_id=event.correlation_id,
        failed=failed,
        is_sure=exact and event.type != LINKED,
    )
    causes = _merged(attribution.causes, cause)
    added = replace(attribution, causes=causes)
    return added if added.people == attribution.people else replace(added, is_proven=False)


def _merged(causes: tuple[PossibleCause, ...], cause: PossibleCause) -> tuple[PossibleCause, ...]:
    """Return the causes with one more; of equal writes by one actor only the newest is kept."""
    alike = [each for each in causes if (each.actor, each.rank) == (cause.actor, cause.rank)]
    if any(each.at >= cause.at for each in alike):
        return causes
    others = tuple(each for each in causes if each not in alike)
    return (*others, cause) if len(others) < _MOST else causes


def confirmed(attribution: Attribution, as_of: datetime | None, settle: timedelta) -> Attribution:
    """Return the attribution, proven if after settling there is still only one possible actor."""
    writers = attribution.writers
    if not writers or not attribution.is_compared or attribution.is_doubted:
        return attribution
    alone = len(attribution.people) == 1 and writers[0].rank == (True, True)
    if (
        attribution.is_moving
        or not alone
        or as_of is None
        or as_of < bounds.later(attribution.until, settle)
    ):
        return attribution
    return replace(attribution, is_proven=True)


def reviewed(
    incident: Incident, control: Control, events: Iterable[Event], reads: ReadTimes | None
) -> Incident:
    """Return an incident with what an evaluation adds to the attributions of its changes."""
    if reads is None:
        return incident
    known = tuple(events)
    attributions = (
        _seen_again(with_events(each, reads.owner, control, known, settle=reads.settle), reads)
        for each in attributions_of(incident)
    )
    return incident.attributed(tuple(attributions))


def _seen_again(attribution: Attribution, reads: ReadTimes) -> Attribution:
    """Return the attribution after one more answer of ARM; a payload event is not such an answer."""
    as_of = reads.as_of(attribution.paths)
    shown_at, waits = as_of or reads.now.get(reads.owner), attribution.unsettled_until
    if reads.announced or shown_at is None:
        return attribution
    if attribution.is_moving or waits:
        attribution = replace(
            attribution,
            until=shown_at,
            is_moving=reads.is_moving(attribution.paths),
            is_doubted=attribution.is_doubted or waits is not None,
            unsettled_until=waits if waits and shown_at < waits else None,
        )
    return confirmed(attribution, as_of, reads.settle)


def settled(incident: Incident, now: datetime, settle: timedelta) -> Incident:
    """Return an incident that is sent now, with the attributions that are proven by now."""
    return incident.attributed(
        tuple(confirmed(each, now, settle) for each in incident.attributions)
    )


def attributions_of(incident: Incident) -> tuple[Attribution, ...]:
    """Return who can have made the changes of an incident, even if an older version opened it."""
    if incident.attributions:
        return incident.attributions
    opened, last = incident.opened_by, incident.changed_by
    first = _known_before(incident, opened, is_proven=incident.is_cause and opened == last)
    if last in (None, opened):
        return (first,)
    return first, replace(_known_before(incident, last, is_proven=incident.is_cause), after=None)


def _known_before(incident: Incident, actor: Actor | None, *, is_proven: bool) -> Attribution:
    opened = incident.opened_at
    cause = PossibleCause(event_id=incident.event_id, at=incident.event_at or opened, actor=actor)
    return Attribution(
        until=opened,
        after=bounds.earlier(opened, _MAX_AGE),
        is_compared=is_proven,
        is_proven=is_proven,
        causes=(cause,) if actor else (),
    )


def with_changes(incident: Incident, found: tuple[Attribution, ...], *, settle: float) -> Incident:
    """Return the incident with who can have made one more change of it; the first ones are kept.

    Soon after the previous answer, a replica that is behind may show the earlier failure again.
    """
    first, *others = attributions_of(incident)
    hurry = timedelta(seconds=2 * settle)
    doubted = (
        replace(each, is_doubted=True)
        if each.after and each.until < bounds.later(each.after, hurry)
        else each
        for each in found
    )
    kept = [*others, *doubted][1 - _MOST_CHANGES :]
    return incident.attributed((first, *kept)) if found else incident


def names_others(before: Incident, after: Incident) -> bool:
    """Tell whether the possible actors of one of an incident's changes differ from before."""
    named = [each.people for each in attributions_of(before)]
    return named != [each.people for each in attributions_of(after)]
