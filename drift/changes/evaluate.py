"""Look at a resource, store what follows, and look again as long as somebody wants to know more."""

import secrets
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from drift.changes import dependents
from drift.changes.admission import Reads, counted, is_held, next_read, take
from drift.changes.evaluation import Look
from drift.changes.transaction import Conclusion, conclude
from drift.errors import Conflict
from drift.observation.observe import Sight, look
from drift.observation.related_cache import Memories, recall
from drift.ports import Write
from drift.queues.outbound import Work
from drift.self_monitoring import monitor_blind
from drift.services import Parts
from drift.state import keys
from drift.state.batch import one_write_per_key
from drift.state.due_rows import RECOVER, wake_at
from drift.state.resource_record import Held, load

HOLD: Final = timedelta(seconds=60)
"""How long one reader may hold a resource; whoever has not come back by then is taken for dead."""


def look_now(
    parts: Parts, resource_id: str, reason: str, remembered: Memories | None = None
) -> Work:
    """Look at a resource that no event named, unless somebody does just now.

    ``remembered`` is what was read around it a moment ago.
    """
    while True:
        held, reads = load(parts.store, resource_id), reads_of(parts)
        if is_held(held.record, reads.now):
            return Work()
        record, writes = wake_at(take(held.record, reads), reason, reads.until)
        try:
            held = kept(parts, replace(held, record=record), writes)
        except Conflict:
            continue
        return read(parts, held, reads, frozenset({reason}), fresh=remembered or {})


def noted(parts: Parts, held: Held, sight: Sight, reason: str) -> Work:
    """Store what was seen of a resource without a read of it, unless somebody was faster."""
    dependents.note(parts, held.record, sight)
    seen = Look(taken=held.record, sight=sight, reasons=frozenset({reason}))
    try:
        return commit(parts, held, seen).work
    except Conflict:
        return Work()


def reads_of(parts: Parts) -> Reads:
    """Return one who asks to read now."""
    now = parts.clock()
    return Reads(token=secrets.token_hex(8), now=now, until=now + HOLD)


def kept(parts: Parts, held: Held, writes: list[Write]) -> Held:
    """Store a record with what belongs to it, and return it as it now stands; raise Conflict."""
    keep(parts, held, writes)
    return load(parts.store, held.record.id)


def keep(parts: Parts, held: Held, writes: list[Write]) -> None:
    """Store a record with what belongs to it; raise Conflict where it has changed."""
    parts.store.commit(keys.partition(held.record.id), one_write_per_key([*writes, held.put()]))


def read(
    parts: Parts,
    held: Held,
    reads: Reads,
    reasons: frozenset[str],
    *,
    fresh: Memories = MappingProxyType({}),
) -> Work:
    """Look at a resource until nobody wants to know more; each look is stored before the next."""
    total = Work()
    while True:
        taken = held.record
        sight = look(parts, taken, {**recall(parts, taken, reasons), **fresh})
        dependents.note(parts, taken, sight)
        seen = Look(taken=taken, sight=sight, reasons=reasons)
        stored = _concluded(parts, seen, reads.token)
        if stored is None:
            return total
        total += stored.work
        again = _again(parts, taken.id)
        if again is None:
            return total
        held, reads = again
        reasons, fresh = frozenset(), {}


def _concluded(parts: Parts, seen: Look, token: str) -> Conclusion | None:
    """Store what follows from a look; None where somebody else has taken the resource since."""
    while True:
        held = load(parts.store, seen.taken.id)
        if held.record.reader != token:
            return None
        try:
            return commit(parts, held, seen)
        except Conflict:
            continue


def commit(parts: Parts, held: Held, seen: Look) -> Conclusion:
    """Store what follows from a look as one batch; raise Conflict where the record has changed."""
    conclusion = conclude(parts, held, seen)
    blind = monitor_blind.note(parts, held.record, conclusion.record)
    parts.store.commit(keys.partition(held.record.id), conclusion.writes)
    return replace(conclusion, work=conclusion.work + blind)


def _again(parts: Parts, resource_id: str) -> tuple[Held, Reads] | None:
    """Take the resource for one more look if events came during the last; None where there is none.

    Beyond the reads a minute allows, the trailing read that was written down answers for them.
    """
    while True:
        held, reads = load(parts.store, resource_id), reads_of(parts)
        record = held.record
        if record.wanted <= record.served or is_held(record, reads.now):
            return None
        if next_read(record, reads.now, parts.config.timing) > reads.now:
            return None
        record, writes = wake_at(counted(take(record, reads), reads.now), RECOVER, reads.until)
        try:
            return kept(parts, replace(held, record=record), writes), reads
        except Conflict:
            continue
