"""Update the record after an evaluation that read the resource, found it deleted, or read nothing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from drift import ids
from drift.changes.admission import newest_of
from drift.changes.confirmation import quick_times, settle_span
from drift.changes.dependents import documents_elsewhere
from drift.changes.evaluation import Evaluation, is_deleted
from drift.changes.proof import Proof, contents_of, documents_showing, with_doubt, with_owed
from drift.clock import bounds
from drift.config.model import Timing
from drift.incidents.decision import Decision
from drift.incidents.lifecycle import Transition
from drift.observation.read_estate import EVERYTHING
from drift.observation.throttle_gate import dependency_of
from drift.state.resource_record import Owed, Record

T = TypeVar("T")

_NAMES: Final = timedelta(hours=1)
"""How long an event is stored because a later read may show its change."""


def remembered(
    record: Record,
    evaluation: Evaluation,
    decisions: Sequence[Decision],
    *,
    config_hash: str,
    timing: Timing,
    now: datetime,
) -> Record:
    """Return the record after an evaluation; ``record`` is the stored one, with events that came meanwhile.

    ``config_hash`` is that of the configuration in force.
    """
    states = {each.control_id: each.state for each in decisions}
    rules = _rules(config_hash, record, decisions) if evaluation.observation.results else ""
    after = replace(
        record,
        served=evaluation.taken.wanted,
        reader="",
        reading_until=None,
        lost=0,
        controls={**record.controls, **states},
        failing=_failing(record, evaluation, now),
        config_hash=rules or record.config_hash,
    )
    if is_deleted(evaluation, timing):
        return _after_deletion(after, evaluation)
    if evaluation.saw:
        return _after_sight(after, evaluation, decisions, settle=settle_span(timing), now=now)
    return _after_nothing(after, evaluation, now)


def _after_deletion(record: Record, evaluation: Evaluation) -> Record:
    """Return the record of a deleted resource: only events that came meanwhile are still owed."""
    known = evaluation.taken.owed
    return replace(
        record,
        looked=evaluation.taken.wanted,
        pending=_without(record.pending, evaluation.taken.pending),
        suspects=_without(record.suspects, evaluation.taken.suspects),
        owed={name: each for name, each in record.owed.items() if known.get(name) != each},
        documents={},
        contents={},
        unfinished=(),
        unfinished_reads=0,
        quick=(),
        quick_at=(),
        view="",
        phi_tag="",
        phi_because="",
        links=None,
        moved_to="",
        deletion=record.deletion and not evaluation.taken.deletion,
        gone_at=None,
        absent_at=evaluation.observation.at,
        ended_at=record.ended_at or evaluation.observation.began,
        leaving=_leaving(record, evaluation),
    )


def _leaving(record: Record, evaluation: Evaluation) -> tuple[str, ...]:
    """Return the other documents on which a resource depends by the state, with those of this evaluation."""
    observation = evaluation.observation
    named = (*record.documents, *evaluation.taken.documents, *observation.asked)
    used = documents_elsewhere(record.id, (*named, *observation.refused))
    return tuple(dict.fromkeys((*record.leaving, *used)))


def _after_nothing(record: Record, evaluation: Evaluation, now: datetime) -> Record:
    """Return the record after an evaluation that did not read the resource: everything is still owed.

    If ARM answers 404, the resource may be too new for the replica that answered.
    """
    observation, taken = evaluation.observation, evaluation.taken
    gone_at = (taken.gone_at or observation.began) if observation.gone else None
    if not observation.gone:
        return replace(record, gone_at=None)
    own = (ids.key(taken.id),)
    return _with_quick(replace(record, gone_at=gone_at), evaluation, own, now)


def _after_sight(
    record: Record,
    evaluation: Evaluation,
    decisions: Sequence[Decision],
    *,
    settle: timedelta,
    now: datetime,
) -> Record:
    """Return the record after an evaluation that read the resource, with the events that still need proof."""
    observation, taken = evaluation.observation, evaluation.taken
    evidence = evaluation.evidence(settle)
    owed = evidence.still_owed(_owed(record, evaluation, decisions, settle))
    is_done = not owed and not observation.failures
    unfinished = any(evidence.proof(name, each) is Proof.UNFINISHED for name, each in owed.items())
    after = replace(
        record,
        looked=taken.wanted,
        suspects=_without(record.suspects, taken.suspects),
        owed=owed,
        deletion=record.deletion and not (taken.deletion and _is_disproved(record, owed)),
        documents=observation.documents,
        contents=contents_of(evidence.answers),
        unfinished=tuple(name for name, each in evidence.answers.items() if not each.is_final),
        unfinished_reads=record.unfinished_reads + 1 if unfinished else 0,
        view=evaluation.view,
        phi=observation.scope.phi if observation.scope else record.phi,
        phi_tag=observation.phi.tag if observation.phi else record.phi_tag,
        phi_because=observation.phi.because if observation.phi else record.phi_because,
        links=record.links if observation.links is None else observation.links,
        moved_to="",
        gone_at=None,
        absent_at=None,
        ended_at=None,
    )
    after = _with_pending(after, taken, now, is_done=is_done)
    return _with_quick(after, evaluation, _showing_nothing_new(after, evaluation), now)


def _is_disproved(record: Record, owed: Collection[str]) -> bool:
    """Tell whether the resource is proved to exist after the announced deletion or move."""
    return ids.key(record.id) not in owed and EVERYTHING not in owed


def _owed(
    record: Record, evaluation: Evaluation, decisions: Sequence[Decision], settle: timedelta
) -> dict[str, Owed]:
    """Return what was owed before the evaluation, and what its own verdicts do not prove."""
    owed = dict(record.owed)
    for document, at in evaluation.noted.items():
        if not _is_listed(evaluation, document):
            owed = with_owed(owed, document, at)
    for document, at in _doubted(evaluation, decisions, settle):
        owed = with_doubt(owed, document, at)
    return owed


def _is_listed(evaluation: Evaluation, document: str) -> bool:
    """Tell whether Resource Graph showed a document: then the next read of it is its first."""
    answer = evaluation.observation.asked.get(document)
    return answer is not None and answer.listed


def _doubted(
    evaluation: Evaluation, decisions: Iterable[Decision], settle: timedelta
) -> Iterator[tuple[str, datetime]]:
    """Yield each document whose answer may come from a replica that is behind, and its time.

    This is possible if a control passes soon after it failed, or fails soon after its incident
    ended.
    """
    new, answers = evaluation.new_answers, evaluation.answers
    for since in filter(None, (_contradicted(evaluation, each) for each in decisions)):
        for document, answer in answers.items():
            may_be_behind = document in new or answer.at > since
            if may_be_behind and answer.at < bounds.later(since, settle):
                yield document, since


def _contradicted(evaluation: Evaluation, decision: Decision) -> datetime | None:
    before = evaluation.taken.controls.get(decision.control_id)
    if decision.step is Transition.UNSETTLED:
        return decision.state.failed_at
    has_opened = before is not None and decision.state.open and not before.open
    return before.closed_at if before and has_opened else None


def _showing_nothing_new(record: Record, evaluation: Evaluation) -> tuple[str, ...]:
    """Return the documents that new events name, that are still owed, and that have not changed."""
    answers = evaluation.answers
    owner, read = ids.key(record.id), {*answers, *evaluation.observation.refused}
    return tuple(
        document
        for subject in evaluation.taken.suspects
        if subject in record.owed and subject != EVERYTHING
        for document in documents_showing(subject, owner, read)
        if document in answers and _is_unchanged(record, evaluation.taken, document)
    )


def _is_unchanged(record: Record, before: Record, document: str) -> bool:
    """Tell whether a document is unchanged; False for one that only Resource Graph showed."""
    known = before.contents.get(document)
    return known == record.contents.get(document) if known else document in before.documents


def _with_quick(
    record: Record, evaluation: Evaluation, documents: Sequence[str], now: datetime
) -> Record:
    """Return the record with the documents to read again in 5 and 20 s: they showed nothing new."""
    taken = evaluation.taken
    is_first = evaluation.has_new_events or (evaluation.saw and taken.wanted > taken.looked)
    fresh = tuple(documents) if is_first else ()
    left = (each for each in record.quick if not evaluation.saw or _is_same(record, taken, each))
    times = quick_times(now) if fresh else tuple(each for each in record.quick_at if each > now)
    quick = tuple(dict.fromkeys((*fresh, *left))) if times else ()
    return replace(record, quick=quick, quick_at=times if quick else ())


def _is_same(record: Record, before: Record, document: str) -> bool:
    return record.contents.get(document) == before.contents.get(document)


def _with_pending(record: Record, taken: Record, now: datetime, *, is_done: bool) -> Record:
    """Return the record with the events that may name who made a change that a later read shows."""
    oldest = now - _NAMES
    old = [each for each in taken.pending if not is_done and each.at < oldest]
    pending = tuple(
        each
        for each in record.pending
        if each not in taken.pending or (not is_done and each.at >= oldest)
    )
    return replace(record, pending=pending, forgotten=newest_of(record.forgotten, old))


def _without(all_of: tuple[T, ...], done: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(each for each in all_of if each not in done)


def _rules(config_hash: str, record: Record, decisions: Iterable[Decision]) -> str:
    """Return the hash of the configuration by which all open verdicts were decided."""
    undecided = any(
        each.state.open and each.step in (Transition.UNSETTLED, Transition.CANNOT_TELL)
        for each in decisions
    )
    return record.config_hash if undecided else config_hash


def _failing(record: Record, evaluation: Evaluation, now: datetime) -> dict[str, datetime]:
    """Return since when each dependency fails; an evaluation that read nothing removes none."""
    failures = evaluation.observation.failures
    failing = {dependency_of(each.what) for each in failures}
    since = {each: record.failing.get(each, now) for each in failing}
    return {**record.failing, **since} if failures and not evaluation.saw else since
