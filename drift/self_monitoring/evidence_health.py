"""Report that the evidence log cannot be written or signed, as MONITOR-CHANNEL: its records wait.

Each refused partition has a row. All are checked together every 15 minutes, so there is one
incident, with at most one update in 15 minutes. Alerts do not wait for this.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from drift.clock import bounds
from drift.codec import check_schema, decode, encode, versioned
from drift.controls.monitor_controls import EVIDENCE_LOG
from drift.errors import Conflict, EvidenceUnavailable, NotUnderstood
from drift.estate import Scope
from drift.extensible import Extensible
from drift.fixes import Fix
from drift.model import Evidence, Outcome, Verdict, sentence
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues.messages import ChannelMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.self_monitoring.monitor_channel import channel_id
from drift.services import Services
from drift.state import due_rows, keys
from drift.state.keys import RowKind

NAME: Final = "evidence"
"""Stands for the name of a channel."""

SUBJECT: Final = channel_id(NAME)

EVERY: Final = timedelta(minutes=15)
"""How often the refusals are checked while there is one."""

_KEY: Final = keys.row_key(RowKind.LOG, "refused")
_HOME: Final = keys.partition(SUBJECT)
_THEN: Final = "Then run phidrift doctor: it writes to the log and signs with its key."
_COUNTED: Final = 1000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PHI: Final = Scope(None, "the records that wait may be about PHI")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRefusal(Extensible):
    """Since when the log of a partition cannot be written or signed; the last reason and its remedy."""

    since: datetime
    why: str
    remedy: str = ""


def note_refusal(store: Store, shard: str, error: EvidenceUnavailable, now: datetime) -> None:
    """Store that the log of a partition is refused; ``on_evidence_health`` reports it if that lasts."""
    row, why = store.get(shard, _KEY), str(error)
    try:
        known = _understood(row) if row else EvidenceRefusal(since=now, why="")
    except NotUnderstood:
        return  # the version that noted it keeps it; it is reported all the same
    if (known.why, known.remedy) == (why, error.remedy):
        return
    refusal = replace(known, why=why, remedy=error.remedy)
    store.commit(_HOME, [_check(_next_turn(now))])
    with suppress(Conflict):  # another process notes it
        etag = row.etag if row else ""
        store.commit(shard, [Put(_KEY, versioned(encode(refusal)), etag)])


def end_refusal(store: Store, shard: str, now: datetime) -> None:
    """Store that the log of a partition is written again after a refusal."""
    row = store.get(shard, _KEY)
    if row is None:
        return
    with suppress(Conflict):  # refused again just now
        store.commit(shard, [Delete(_KEY, row.etag)])
        store.commit(_HOME, [_check(now, took=True)])


def refusals(store: Store) -> tuple[EvidenceRefusal, ...]:
    """Return the refusal of each partition that has one; a refusal of another version counts as old."""
    rows = (store.get(each, _KEY) for each in keys.PARTITIONS)
    return tuple(_refusal_in(row) for row in rows if row)


def on_evidence_health(services: Services, message: ChannelMessage) -> Outbound:
    """Open, update or close the incident of the evidence log, and check again while it is refused."""
    timing, now = services.config.timing, services.clock()
    outage = timedelta(seconds=timing.channel_outage_seconds)
    found = refusals(services.store)
    done: list[Write] = [Delete(message.due)] if message.due else []
    if found and not message.took and services.evidence is not None:
        counts_from = min(each.since for each in found) + outage
        done.append(_check(_next_turn(max(now, counts_from))))

    def assess() -> Report | None:
        return _report(services, outage, took=message.took)

    return SelfReporter.of(services).apply(SUBJECT, EVIDENCE_LOG, assess, done=done)


def _report(services: Services, outage: timedelta, *, took: bool) -> Report | None:
    """Return the state of the log, None while a refusal is too recent to report."""
    if services.evidence is None:
        why = "No evidence log is kept: EVIDENCE_STORE names none."
        return Report(Verdict(Outcome.NOT_APPLICABLE, why), _PHI)
    found = refusals(services.store)
    if not found:
        why = "The evidence log is written again, including all records that waited."
        return Report(Verdict(Outcome.PASS, why), _PHI)
    counted = [each for each in found if bounds.later(each.since, outage) <= services.clock()]
    if took or not counted:
        return None
    return Report(_refused(counted, services.store), _PHI, accumulates=False)


def _refused(counted: Sequence[EvidenceRefusal], store: Store) -> Verdict:
    """Return since when and why the log is refused, and where its records wait."""
    oldest = min(counted, key=lambda each: each.since)
    number = sum(
        len(store.range(shard, *keys.below(RowKind.EVIDENCE), _COUNTED))
        for shard in keys.PARTITIONS
    )
    return Verdict(
        Outcome.FAIL,
        f"The evidence log cannot be written or signed since {oldest.since:%Y-%m-%d %H:%M:%S} UTC: "
        f"{sentence(oldest.why)} {_waiting(number)} Alerts are sent as before.",
        (Evidence("evidence", oldest.why, "written and signed"),),
        fix=Fix(note=f"{sentence(oldest.remedy)} {_THEN}") if oldest.remedy else None,
    )


def _waiting(number: int) -> str:
    if number == 0:
        return "All records are written, but the last ones are not signed yet."
    wait = "1 record waits" if number == 1 else f"{number} records wait"
    return f"{wait} in the state until it is repaired."


def _refusal_in(row: Row) -> EvidenceRefusal:
    try:
        return _understood(row)
    except NotUnderstood:
        return EvidenceRefusal(since=_EPOCH, why="another version noted why")


def _understood(row: Row) -> EvidenceRefusal:
    check_schema(row.data)
    return decode(EvidenceRefusal, row.data)


def _check(at: datetime, *, took: bool = False) -> Put:
    message = ChannelMessage(channel=NAME, home=SUBJECT, took=took)
    return due_rows.due_put(message, at, keys.digest(SUBJECT))


def _next_turn(at: datetime) -> datetime:
    """Return the next time at which refusals are checked: the same for all, so that they share it."""
    return at + EVERY - (at - _EPOCH) % EVERY
