"""Report a dependency that cannot be read: one incident for all resources that it affects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from drift import ids
from drift.clock import bounds
from drift.codec import decode, encode, text_in, time_in, versioned
from drift.config.model import Timing
from drift.controls.monitor_controls import BLIND
from drift.errors import NotUnderstood
from drift.estate import Scope
from drift.extensible import Extensible
from drift.incidents.closing import no_longer_watched
from drift.model import Evidence, Outcome, Verdict
from drift.ports import Delete, Put, Row, Store, Write
from drift.queues import outbound
from drift.queues.messages import BlindMessage
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, SelfReporter
from drift.state import due_rows, keys, paging
from drift.state.keys import RowKind
from drift.state.resource_record import Record, load_record

_NAMED: Final = 20
"""How many resources one message names; the rest are counted."""

BETWEEN: Final = timedelta(minutes=15)
"""The shortest time between two counts of the affected resources, so between two updates."""

_TOGETHER: Final = timedelta(minutes=1)
"""Resources that begin to fail within this time after the first one are counted with it."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedCount(Extensible):
    """How many resources a dependency affected when they were last counted, and when that was."""

    dependency: str
    at: datetime
    resources: int
    phi: int


def note_blindness(
    store: Store, before: Record, after: Record, *, now: datetime, timing: Timing
) -> Outbound:
    """Store which dependencies began or ceased to fail for a resource, before its verdict is stored.

    A process that dies before it stores the verdict leaves one row too many or too few. The next
    failing read adds the missing row, and ``on_blind`` deletes a row that no record confirms.
    """
    total = Outbound()
    for dependency in after.failing:
        if dependency not in before.failing or not _is_noted(store, dependency, after.id):
            store.commit(keys.partition(dependency), _failing(after, dependency, timing))
    for dependency in before.failing.keys() - after.failing.keys():
        check = check_put(dependency, after.id, now)
        gone = Delete(affected_key(dependency, after.id))
        store.commit(keys.partition(dependency), [gone, check])
        total += outbound.of_row(check.key, check.data)
    return total


def _is_noted(store: Store, dependency: str, resource: str) -> bool:
    return store.get(keys.partition(dependency), affected_key(dependency, resource)) is not None


def _failing(record: Record, dependency: str, timing: Timing) -> list[Write]:
    """Return the row that lists a resource as affected, and the due row of the check if that lasts."""
    since = record.failing[dependency]
    row = {
        "resource": record.id,
        "dependency": dependency,
        "since": since.isoformat(),
        "phi": record.phi is not False,
    }
    check = check_put(dependency, record.id, bounds.later(since, patience(timing)))
    return [Put(affected_key(dependency, record.id), versioned(row)), check]


def patience(timing: Timing) -> timedelta:
    """Return how long a source must fail before that is reported."""
    return timedelta(seconds=timing.blind_seconds)


def affected_key(dependency: str, resource: str) -> str:
    """Return the key of the row that says that a resource cannot be evaluated because of a dependency."""
    return keys.row_key(RowKind.BLIND, keys.digest(dependency), keys.digest(resource))


def count_key(dependency: str) -> str:
    """Return the key of the row with the last count of a dependency's affected resources."""
    return keys.row_key(RowKind.AFFECTED, keys.digest(dependency))


def check_put(dependency: str, resource: str, at: datetime) -> Put:
    """Return the due row that checks the dependency's incident."""
    names = keys.digest(dependency), keys.digest(resource)
    message = BlindMessage(dependency=dependency, resource=resource)
    return due_rows.due_put(message, at, *names)


def on_blind(
    reporter: SelfReporter, message: BlindMessage, is_watched: Callable[[str], bool]
) -> Outbound:
    """Open, update or close the incident of a dependency by the resources that it affects now.

    They are counted at most once in BETWEEN, also when more resources begin to fail: a row holds the last
    count. The message names the resource whose row asked for this, "" for none.
    """
    store, dependency, now = reporter.store, message.dependency, reporter.clock()
    done: list[Write] = [Delete(message.due)] if message.due else []
    if message.resource and not _is_affected(store, dependency, message.resource):
        orphan = Delete(affected_key(dependency, message.resource))
        store.commit(keys.partition(dependency), [orphan])
    at = next_count(store, dependency)
    if at > now and not message.at_once and _is_any_affected(store, dependency):
        store.commit(keys.partition(dependency), [*done, check_put(dependency, "", at)])
        return Outbound()
    return _count(
        reporter,
        dependency,
        is_watched=is_watched(message.resource),
        done=done,
    )


def _count(
    reporter: SelfReporter, dependency: str, *, is_watched: bool, done: Sequence[Write]
) -> Outbound:
    """Count the affected resources, decide about the incident, and store the count.

    ``is_watched``: the resource whose row asked for this is still watched.
    """
    counted: list[Write] = []

    def assess() -> Report | None:
        counted.clear()
        report = _report(reporter, dependency, counted)
        return report if report is None or is_watched else _unwatched(report, dependency)

    follow_up = reporter.apply(dependency, BLIND, assess, done=done)
    if counted:
        reporter.store.commit(keys.partition(dependency), counted)
    return follow_up


def next_count(store: Store, dependency: str) -> datetime:
    """Return when the affected resources may be counted again."""
    row = store.get(keys.partition(dependency), count_key(dependency))
    try:
        return bounds.later(decode(AffectedCount, row.data).at, BETWEEN) if row else _NEVER
    except NotUnderstood:
        return _NEVER


def _is_any_affected(store: Store, dependency: str) -> bool:
    place = keys.below(RowKind.BLIND, keys.digest(dependency))
    return bool(store.range(keys.partition(dependency), *place, 1))


def _unwatched(report: Report, dependency: str) -> Report:
    """Return the report if the last affected resource was not read again but is no longer watched."""
    if report.verdict.outcome is not Outcome.PASS:
        return report
    why = no_longer_watched(dependency)
    return replace(report, verdict=Verdict(Outcome.NOT_APPLICABLE, why))


def _is_affected(store: Store, dependency: str, resource: str) -> bool:
    return dependency in load_record(store, resource).record.failing


def _report(reporter: SelfReporter, dependency: str, counted: list[Write]) -> Report | None:
    """Return the affected resources; None while the outage is too recent to report, so that nothing closes.

    The row that holds the count is added to ``counted``.
    """
    store, now, timing = reporter.store, reporter.clock(), reporter.config.timing
    place = keys.below(RowKind.BLIND, keys.digest(dependency))
    rows = list(paging.all_rows(store, keys.partition(dependency), *place))
    if not rows:
        counted.append(Delete(count_key(dependency)))
    elif min(map(_since, rows)) > now - patience(timing):
        _check_when_it_lasts(store, dependency, rows, timing)
        return None
    lasting = [row for row in rows if _since(row) <= now - patience(timing) + _TOGETHER]
    phi = [row for row in lasting if row.data.get("phi") is not False]
    if rows:
        count = AffectedCount(dependency=dependency, at=now, resources=len(rows), phi=len(phi))
        counted.append(Put(count_key(dependency), versioned(encode(count))))
    why = "PHI resources are affected" if phi else "no PHI resource is affected"
    return Report(_verdict(dependency, lasting), Scope(bool(phi), why))


def _check_when_it_lasts(
    store: Store, dependency: str, rows: Sequence[Row], timing: Timing
) -> None:
    """Check again later: the clock of the process that asked may be ahead of ours."""
    first = min(rows, key=_since)
    at = _since(first) + patience(timing)
    store.commit(
        keys.partition(dependency), [check_put(dependency, text_in(first.data, "resource"), at)]
    )


def _since(row: Row) -> datetime:
    return time_in(row.data, "since")


def _verdict(dependency: str, lasting: list[Row]) -> Verdict:
    """Fail while any resource is affected; only PHI resources are evidence, so only they cause updates."""
    provider = ids.name_of(dependency)
    if not lasting:
        return Verdict(Outcome.PASS, f"Every affected resource in {provider} can be read again.")
    names = sorted(text_in(row.data, "resource") for row in lasting)
    since = min(_since(row) for row in lasting)
    listed = ", ".join(ids.name_of(each) for each in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    phi = sorted(
        text_in(row.data, "resource") for row in lasting if row.data.get("phi") is not False
    )
    return Verdict(
        Outcome.FAIL,
        f"The monitor has not been able to read {provider} since {since:%Y-%m-%d %H:%M:%S} UTC. "
        f"{_counted(len(names))} cannot be evaluated: {listed}{more}.",
        tuple(Evidence(f"affected[{each}]", "unreadable", "readable") for each in phi),
    )


def _counted(number: int) -> str:
    return f"{number} resource{'' if number == 1 else 's'}"
