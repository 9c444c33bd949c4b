"""Write the waiting records of a partition to its log, each exactly once, even if a process dies.

A batch is announced in the head, appended, and ended; the commit that ends it also deletes its
rows. If a process dies in between, the announcement stays. The next process appends the same bytes
at the same offset, skips bytes that are already there, and ends the batch. If two processes write
the same batch, both write the same bytes, and one of them gets a conflict.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from drift.errors import Conflict, EvidenceUnavailable, NotUnderstood
from drift.evidence.merkle import leaf_hash
from drift.evidence.ports import EvidenceLog
from drift.evidence_log.head import EvidenceBatch, StoredHead, load_head
from drift.evidence_log.signing import checkpoint_row, is_checkpoint_due, sign
from drift.outbox.evidence_rows import EVERY, line_of
from drift.ports import Delete, Row, Store, Write
from drift.queues.messages import EvidenceMessage
from drift.self_monitoring.evidence_health import end_refusal, note_refusal
from drift.state import due_rows, keys, paging
from drift.state.keys import RowKind
from drift.trace import trace_at

log: Final = logging.getLogger("drift.evidence_log")

_MOST_RECORDS: Final = 50
"""Maximum number of records in a batch: a commit holds 100 writes."""

_MOST_BYTES: Final = 2 * 1024 * 1024
"""Maximum size of a batch in bytes; an append blob takes 4 MiB at once."""

_BUDGET: Final = timedelta(seconds=5)
"""How long one message writes; another one continues."""

_RETRY: Final = timedelta(minutes=1)
"""The time until the next try if the log cannot be written."""


def write_records(
    store: Store,
    evidence: EvidenceLog | None,
    message: EvidenceMessage,
    clock: Callable[[], datetime],
) -> None:
    """Write the waiting records, sign if it is due, and delete the due row.

    A refused log is noted, so that it is reported if that lasts.
    """
    if evidence is None:  # the records wait until EVIDENCE_STORE names a log again
        _end(store, message)
        return
    try:
        is_done = _Writer(store, evidence, clock, message.shard).run()
    except EvidenceUnavailable as error:
        trace_at(log, logging.WARNING, "evidence-refused", shard=message.shard, reason=str(error))
        note_refusal(store, message.shard, error, clock())
        _again(store, message, clock() + _RETRY)
        return
    if is_done:
        end_refusal(store, message.shard, clock())
        _end(store, message)
    else:
        _again(store, message, clock() + EVERY)


def _end(store: Store, message: EvidenceMessage) -> None:
    if message.due:
        store.commit(message.shard, [Delete(message.due)])


def _again(store: Store, message: EvidenceMessage, at: datetime) -> None:
    put = due_rows.due_put(EvidenceMessage(shard=message.shard), at)
    writes: list[Write] = [put]
    if message.due and message.due != put.key:
        writes.append(Delete(message.due))
    store.commit(message.shard, writes)


@dataclass(frozen=True, slots=True)
class _Writer:
    """The writer of one partition's log."""

    store: Store
    evidence: EvidenceLog
    clock: Callable[[], datetime]
    shard: str

    def run(self) -> bool:
        """Write and sign; tell whether nothing is left. Raise EvidenceUnavailable."""
        until = self.clock() + _BUDGET
        while self.clock() < until:
            try:
                if not self._turn():
                    return True
            except Conflict:  # another process has written: go on from the head that it left
                continue
        return False

    def _turn(self) -> bool:
        """Do the next step; False where there is none. Raise Conflict, EvidenceUnavailable."""
        stored = load_head(self.store, self.shard)
        if stored.head.batch:
            self._write(stored, stored.head.batch)
            return True
        if rows := self._waiting():
            self._announce(stored, rows)
            return True
        now = self.clock()
        if is_checkpoint_due(stored.head, now):
            self.store.commit(
                self.shard, [stored.put(sign(self.evidence, stored, self.shard, now))]
            )
        return False

    def _waiting(self) -> list[Row]:
        """Return the oldest waiting records, as many as fit into one batch.

        A record that another version wrote waits until a version understands it.
        """
        chosen: list[Row] = []
        left = _MOST_BYTES
        for row in paging.all_rows(self.store, self.shard, *keys.below(RowKind.EVIDENCE)):
            try:
                left -= len(line_of(row)) + 1
            except NotUnderstood:
                continue
            if len(chosen) == _MOST_RECORDS or (left < 0 and chosen):
                break
            chosen.append(row)
        return chosen

    def _announce(self, stored: StoredHead, rows: Sequence[Row]) -> None:
        head, today = stored.head, self.clock().date().isoformat()
        day = max(today, head.day)  # a clock that is behind continues the newest file
        offset = head.offset if day == head.day else 0
        batch = EvidenceBatch(day=day, offset=offset, rows=tuple(row.key for row in rows))
        self.store.commit(self.shard, [stored.put(replace(head, batch=batch))])

    def _write(self, stored: StoredHead, batch: EvidenceBatch) -> None:
        """Append an announced batch and end it."""
        lines = [self._line(key) for key in batch.rows]
        data = b"".join(line + b"\n" for line in lines)
        head = stored.head
        self.evidence.append(head.files(self.shard).day(batch.day), batch.offset, data)
        tree = head.frontier
        for line in lines:
            tree = tree.append(leaf_hash(line))
        ended = replace(
            head,
            size=tree.size,
            peaks=tuple(each.hex() for each in tree.peaks),
            day=batch.day,
            offset=batch.offset + len(data),
            batch=None,
            is_asked=head.is_asked or any(map(_ends_incident, lines)),
        )
        deletes = [Delete(key) for key in batch.rows]
        self.store.commit(
            self.shard, [stored.put(ended), *deletes, *checkpoint_row(ended, self.shard)]
        )

    def _line(self, key: str) -> bytes:
        """Return a record of an announced batch; raise Conflict where it was ended meanwhile."""
        row = self.store.get(self.shard, key)
        if row is None:
            raise Conflict(f"{self.shard}|{key} was written by another process")
        return line_of(row)


def _ends_incident(line: bytes) -> bool:
    return bool(json.loads(line).get("closure"))
