"""Close an incident: the text, and who can have ended it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from drift import ids
from drift.arm.operations import can_write
from drift.clock import bounds
from drift.controls.result import ControlResult
from drift.events import SUCCEEDED, Event
from drift.incidents.attribution import attribution_of, decisive
from drift.incidents.authorship import removes
from drift.incidents.decision import Decision, DecisionContext, DecisionInput
from drift.incidents.lifecycle import Transition
from drift.incidents.read_times import ReadTimes
from drift.intake.targets import is_move
from drift.notices import Change, Closure
from drift.outbox.append import append
from drift.state.attribution_record import Attribution, PossibleCause
from drift.state.resource_record import ControlState
from drift.state.size_limits import LONGEST

_BY_HAND: Final = (Closure.FIXED, Closure.DELETED, Closure.MOVED)
"""Ends that a person caused; rules cause the others."""


def close_incident(
    context: DecisionContext,
    inputs: DecisionInput,
    result: ControlResult,
    *,
    state: ControlState,
    closure: Closure,
) -> Decision:
    """Return the decision that closes an incident; only a fixed one is reported as resolved."""
    current, changed = inputs.open[result.control.id], inputs.differences(result.control)
    by_hand = closure in _BY_HAND or bool(changed)
    closing = _closing(inputs, result, closure) if by_hand else None
    writer = next(iter(closing.writers), None) if closing else None
    incident = current.numbered(
        current.sequence + 1,
        reason=result.verdict.reason[:LONGEST],
        differences=changed,
        closed_at=inputs.moment.decided_at,
        closure=closure,
        closing=closing,
        closed_by=writer.actor if writer else None,
    )
    state = replace(
        state, open=False, sequence=incident.sequence, closed_at=inputs.moment.decided_at
    )
    change = Change.RESOLVED if closure is Closure.FIXED else Change.CLOSED
    moment = inputs.moment.of(writer)
    entry = append(context.app, incident, result, change=change, moment=moment)
    step = Transition.EXCEPTED if closure is Closure.EXCEPTED else Transition.ENDED
    return Decision(result.control.id, step, state, entry.writes, entry, incident)


def _closing(
    inputs: DecisionInput,
    result: ControlResult,
    closure: Closure,
) -> Attribution | None:
    """Return who can have ended an incident, None if nobody can have."""
    match closure:
        case Closure.DELETED:
            return _by(_last_deletions(inputs))
        case Closure.MOVED:
            return _by(each for each in inputs.events if is_move(each))
    if inputs.reads is None:
        return None
    reads = _since_failing(inputs, inputs.reads, result.control.id)
    evidence = inputs.open[result.control.id].evidence
    paths = decisive(inputs.differences(result.control), evidence)
    return attribution_of(reads, result.control, inputs.events, paths=paths, known=True)


def _last_deletions(inputs: DecisionInput) -> Iterator[Event]:
    """Yield the deletions that can be the end, without earlier ones after which the resource existed."""
    owner, events, reads = ids.key(inputs.resource_id), inputs.events, inputs.reads
    deletions = [each for each in events if removes(each, inputs.resource_id)]
    existed = [
        each.at
        for each in events
        if ids.key(each.subject) == owner and each.type.lower() in SUCCEEDED
        if can_write(each.operation) and each not in deletions
    ]
    if reads and owner in reads.before:
        existed.append(bounds.earlier(reads.before[owner], reads.settle))
    return (each for each in deletions if all(at <= each.at for at in existed))


def _since_failing(inputs: DecisionInput, reads: ReadTimes, control_id: str) -> ReadTimes:
    """Return the read times, with the last failing answer as the last one before the end."""
    failed_at = inputs.states[control_id].failed_at if control_id in inputs.states else None
    return replace(reads, before=dict.fromkeys(reads.now, failed_at) if failed_at else reads.before)


def _by(events: Iterable[Event]) -> Attribution | None:
    """Return the attribution of an end that these events report themselves."""
    causes = tuple(
        PossibleCause(event_id=each.id, at=each.at, actor=each.actor)
        for each in events
        if each.actor
    )
    if not causes:
        return None
    newest = max(each.at for each in causes)
    return Attribution(until=newest, paths=("",), is_compared=True, causes=causes)
