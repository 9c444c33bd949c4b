"""Report a dependency that cannot be read: one incident for all resources that it affects."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from drift.codec import versioned
from drift.controls.monitor_controls import BLIND
from drift.estate import Scope
from drift.model import Evidence, Outcome, Verdict
from drift.ports import Delete, Put, Row, Write
from drift.queues import outbound
from drift.queues.messages import BlindMessage
from drift.queues.outbound import Work
from drift.self_monitoring.incident import Report, publish
from drift.services import Parts
from drift.state import due_rows, keys, paging
from drift.state.keys import RowKind
from drift.state.resource_record import Record, load

_NAMED: Final = 20
"""Resources named in one message; the rest are counted."""


def note(parts: Parts, before: Record, after: Record) -> Work:
    """Store, before a verdict is stored, which dependencies began or ceased to fail for its resource.

    A process that dies before it stores the verdict leaves one row too many or too few. The next
    failing read adds the missing row, and ``on_blind`` deletes a row that no record confirms.
    """
    total = Work()
    for dependency in after.failing:
        if dependency not in before.failing or not _is_noted(parts, dependency, after.id):
            parts.store.commit(keys.partition(dependency), _failing(parts, after, dependency))
    for dependency in before.failing.keys() - after.failing.keys():
        again = _look_again(dependency, after.id, parts.clock())
        gone = Delete(_key(dependency, after.id))
        parts.store.commit(keys.partition(dependency), [gone, again])
        total += outbound.of_row(again.key, again.data)
    return total


def _is_noted(parts: Parts, dependency: str, resource: str) -> bool:
    return parts.store.get(keys.partition(dependency), _key(dependency, resource)) is not None


def _failing(parts: Parts, record: Record, dependency: str) -> list[Write]:
    since = record.failing[dependency]
    row = {
        "resource": record.id,
        "dependency": dependency,
        "since": since.isoformat(),
        "phi": record.phi is not False,
    }
    again = _look_again(dependency, record.id, since + _patience(parts))
    return [Put(_key(dependency, record.id), versioned(row)), again]


def _patience(parts: Parts) -> timedelta:
    return timedelta(seconds=parts.config.timing.blind_seconds)


def _key(dependency: str, resource: str) -> str:
    return keys.key(RowKind.BLIND, keys.digest(dependency), keys.digest(resource))


def _look_again(dependency: str, resource: str, at: datetime) -> Put:
    names = keys.digest(dependency), keys.digest(resource)
    message = BlindMessage(dependency=dependency, resource=resource)
    return due_rows.due_put(message, at, *names)


def on_blind(parts: Parts, dependency: str, resource: str, due_key: str) -> Work:
    """Open, update or close the incident of a dependency by the resources that it affects now.

    ``resource`` is the one whose row asked for this, "" for none.
    """
    done = [Delete(due_key)] if due_key else []
    if resource and not _is_affected(parts, dependency, resource):
        orphan = Delete(_key(dependency, resource))
        parts.store.commit(keys.partition(dependency), [orphan])

    def look() -> Report | None:
        return _report(parts, dependency)

    return publish(parts, dependency, BLIND, look, done=done)


def _is_affected(parts: Parts, dependency: str, resource: str) -> bool:
    return dependency in load(parts.store, resource).record.failing


def _report(parts: Parts, dependency: str) -> Report | None:
    """Return what is affected; None while that is too recent to report, so that nothing closes."""
    place = keys.below(RowKind.BLIND, keys.digest(dependency))
    rows = list(paging.every(parts.store, keys.partition(dependency), *place))
    lasting = [row for row in rows if _since(row) <= parts.clock() - _patience(parts)]
    if rows and not lasting:
        _look_when_it_lasts(parts, dependency, rows)
        return None
    phi = any(row.data["phi"] for row in lasting)
    why = "PHI resources are affected" if phi else "no PHI resource is affected"
    return Report(_verdict(dependency, lasting), Scope(phi, why))


def _look_when_it_lasts(parts: Parts, dependency: str, rows: Sequence[Row]) -> None:
    """Check again later: the clock of the process that asked may be ahead of ours."""
    first = min(rows, key=_since)
    again = _look_again(dependency, str(first.data["resource"]), _since(first) + _patience(parts))
    parts.store.commit(keys.partition(dependency), [again])


def _since(row: Row) -> datetime:
    return datetime.fromisoformat(row.data["since"])


def _verdict(dependency: str, lasting: list[Row]) -> Verdict:
    """Fail while any resource is affected; only PHI resources are evidence, so only they cause updates."""
    provider = dependency.rpartition("/")[2]
    if not lasting:
        return Verdict(Outcome.PASS, f"{provider} can be read again for every resource")
    names = sorted(str(row.data["resource"]) for row in lasting)
    since = min(_since(row) for row in lasting)
    told = ", ".join(each.rpartition("/")[2] for each in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    phi = sorted(str(row.data["resource"]) for row in lasting if row.data["phi"])
    return Verdict(
        Outcome.FAIL,
        f"the monitor has not been able to read {provider} since {since:%Y-%m-%d %H:%M:%S} UTC; "
        f"{_counted(len(names))} cannot be judged: {told}{more}",
        tuple(Evidence(f"affected[{each}]", "unreadable", "readable") for each in phi),
    )


def _counted(number: int) -> str:
    return f"{number} resource{'' if number == 1 else 's'}"
