"""Evaluate a resource, store the result, and repeat this while events wait."""

import secrets
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from drift import ids
from drift.changes import decision_log, dependents
from drift.changes.admission import LeaseRequest, count_read, is_leased, next_read, take_lease
from drift.changes.confirmation import documents_to_confirm
from drift.changes.evaluation import Evaluation
from drift.changes.first_failures import FirstFailures
from drift.changes.proof import doubtful_below
from drift.changes.read_plan import plan_read
from drift.changes.read_share import may_refresh
from drift.changes.transaction import Transaction, build_transaction
from drift.errors import Conflict
from drift.observation.observation import Observation
from drift.observation.observe import OnSlow, observe, oldest_valid
from drift.observation.related_cache import CachedReads, load_cached_reads, polled
from drift.ports import Store, Write
from drift.queues.outbound import Outbound
from drift.self_monitoring import monitor_blind
from drift.services import Services
from drift.state import keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import RECOVER, wake_at
from drift.state.resource_record import Record, StoredRecord, load_record
from drift.state.update import retry_on_conflict

HOLD: Final = timedelta(seconds=60)
"""How long one reader may hold a resource; after that it counts as dead."""


def evaluate_now(
    services: Services, resource_id: str, reason: str, cached: CachedReads | None = None
) -> Outbound:
    """Evaluate a resource that no event named, unless another process reads it now.

    ``cached`` has related documents that were read a moment ago.
    """

    def take() -> tuple[StoredRecord, LeaseRequest] | None:
        stored, reads = load_record(services.store, resource_id), lease_request(services)
        if is_leased(stored.record, reads.now):
            return None
        record, writes = wake_at(take_lease(stored.record, reads), reason, reads.until)
        return store_and_reload(services.store, replace(stored, record=record), writes), reads

    taken = retry_on_conflict(resource_id, take)
    if taken is None:
        return Outbound()
    return evaluate_until_served(services, *taken, frozenset({reason}), fresh=cached or {})


def store_observation(
    services: Services,
    stored: StoredRecord,
    observation: Observation,
    reason: str,
    *,
    is_repeated: bool,
) -> Outbound:
    """Store an observation of a resource that was not read from ARM, unless another process was faster.

    ``is_repeated``: everything is read again soon, so documents that are new need no proof.
    """
    noted = _noted(services, stored.record, observation)
    evaluation = Evaluation(
        taken=stored.record,
        observation=observation,
        reasons=frozenset({reason}),
        noted={} if is_repeated else noted,
    )
    try:
        return commit_evaluation(services, stored, evaluation).outbound
    except Conflict:
        return Outbound()


def lease_request(services: Services) -> LeaseRequest:
    """Return a request to read now."""
    now = services.clock()
    return LeaseRequest(token=secrets.token_hex(8), now=now, until=now + HOLD)


def store_and_reload(store: Store, stored: StoredRecord, writes: list[Write]) -> StoredRecord:
    """Store a record with its rows, and return it as stored; raise Conflict."""
    store_record(store, stored, writes)
    return load_record(store, stored.record.id)


def store_record(store: Store, stored: StoredRecord, writes: list[Write]) -> None:
    """Store a record with its rows; raise Conflict if it has changed."""
    store.commit(keys.partition(stored.record.id), one_write_per_key([*writes, stored.put()]))


def evaluate_until_served(
    services: Services,
    stored: StoredRecord,
    reads: LeaseRequest,
    reasons: frozenset[str],
    *,
    fresh: CachedReads = MappingProxyType({}),
) -> Outbound:
    """Evaluate a resource until every event is answered; store each evaluation before the next."""
    total = Outbound()
    while True:
        first = FirstFailures(services, stored.record, reasons)
        evaluation = _evaluate(services, stored.record, reasons, fresh, on_slow=first)
        total += first.outbound
        transaction = _committed(services, evaluation, reads.token)
        if transaction is None:
            return total
        total += transaction.outbound
        again = _again(services, stored.record.id)
        if again is None:
            return total
        stored, reads = again
        reasons, fresh = frozenset(), {}


def _evaluate(
    services: Services,
    taken: Record,
    reasons: frozenset[str],
    fresh: CachedReads,
    *,
    on_slow: OnSlow,
) -> Evaluation:
    """Read the documents of the plan, and store on which documents the resource depends."""
    to_confirm = documents_to_confirm(taken, services.clock(), services.config.timing)
    plan = plan_read(taken, reasons, to_confirm)
    owner = ids.key(taken.id)
    cached = {**load_cached_reads(services.store, taken), **fresh}
    again = (plan.documents | polled(cached, reasons, services.is_watched)) - fresh.keys()
    own = cached.pop(owner, None)
    oldest = oldest_valid(services, services.clock())
    is_remembered = not plan.is_first and owner not in again and own is not None
    refreshes = plan.is_first and may_refresh(
        services.store, taken, [*_older(cached, oldest, again)], now=services.clock()
    )
    own = own if is_remembered and own is not None and own.read > oldest else None
    observation = observe(
        services,
        taken,
        cached,
        own=own,
        again=again,
        keeps_old=not refreshes,
        on_slow=on_slow,
    )
    noted = _noted(services, taken, observation)
    return Evaluation(
        taken=taken, observation=observation, reasons=reasons, purpose=plan.purpose, noted=noted
    )


def _noted(services: Services, record: Record, observation: Observation) -> dict[str, datetime]:
    """Store on which documents a resource depends; return those that need a proof, and since when."""
    elsewhere = dependents.note_dependents(services.store, services.clock, record, observation)
    return elsewhere | doubtful_below(record, observation)


def _older(cached: CachedReads, oldest: datetime, again: Collection[str]) -> Iterator[str]:
    """Yield the related documents that are read again only because of their age."""
    return (name for name, each in cached.items() if each.read <= oldest and name not in again)


def _committed(services: Services, evaluation: Evaluation, token: str) -> Transaction | None:
    """Store the result of an evaluation; return None if another process has taken the resource since."""

    def commit() -> Transaction | None:
        stored = load_record(services.store, evaluation.taken.id)
        if stored.record.reader != token:
            return None
        return commit_evaluation(services, stored, evaluation)

    return retry_on_conflict(evaluation.taken.id, commit)


def commit_evaluation(
    services: Services, stored: StoredRecord, evaluation: Evaluation
) -> Transaction:
    """Store the result of an evaluation as one batch; raise Conflict if the record has changed."""
    transaction = build_transaction(services, stored, evaluation)
    blind = monitor_blind.note_blindness(
        services.store,
        stored.record,
        transaction.record,
        now=services.clock(),
        timing=services.config.timing,
    )
    services.store.commit(keys.partition(stored.record.id), transaction.writes)
    decision_log.trace_evaluation(
        evaluation,
        transaction.decisions,
        app=services.facts,
        timing=services.config.timing,
        before=stored.record,
        after=transaction.record,
    )
    return replace(transaction, outbound=transaction.outbound + blind)


def _again(services: Services, resource_id: str) -> tuple[StoredRecord, LeaseRequest] | None:
    """Take the resource for one more read if events came during the last one; otherwise return None.

    If the limit per minute is used up, the stored trailing read answers these events.
    """

    def take() -> tuple[StoredRecord, LeaseRequest] | None:
        stored, reads = load_record(services.store, resource_id), lease_request(services)
        record = stored.record
        if record.wanted <= record.served or is_leased(record, reads.now):
            return None
        if next_read(record, reads.now, services.config.timing) > reads.now:
            return None
        record, writes = wake_at(
            count_read(take_lease(record, reads), reads.now), RECOVER, reads.until
        )
        return store_and_reload(services.store, replace(stored, record=record), writes), reads

    return retry_on_conflict(resource_id, take)
