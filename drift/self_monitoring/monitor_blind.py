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
from drift.queues.outbound import Outbound
from drift.self_monitoring.incident import Report, publish
from drift.services import Services
from drift.state import due_rows, keys, paging
from drift.state.keys import RowKind
from drift.state.resource_record import Record, load_record

_NAMED: Final = 20
"""Resources named in one message; the rest are counted."""


def note_blindness(services: Services, before: Record, after: Record) -> Outbound:
    """Store, before a verdict is stored, which dependencies began or ceased to fail for its resource.

    A process that dies before it stores the verdict leaves one row too many or too few. The next
    failing read adds the missing row, and ``on_blind`` deletes a row that no record confirms.
    """
    total = Outbound()
    for dependency in after.failing:
        if dependency not in before.failing or not _is_noted(services, dependency, after.id):
            services.store.commit(keys.partition(dependency), _failing(services, after, dependency))
    for dependency in before.failing.keys() - after.failing.keys():
        again = _look_again(dependency, after.id, services.clock())
        gone = Delete(_key(dependency, after.id))
        services.store.commit(keys.partition(dependency), [gone, again])
        total += outbound.of_row(again.key, again.data)
    return total


def _is_noted(services: Services, dependency: str, resource: str) -> bool:
    return services.store.get(keys.partition(dependency), _key(dependency, resource)) is not None


def _failing(services: Services, record: Record, dependency: str) -> list[Write]:
    since = record.failing[dependency]
    row = {
        "resource": record.id,
        "dependency": dependency,
        "since": since.isoformat(),
        "phi": record.phi is not False,
    }
    again = _look_again(dependency, record.id, since + _patience(services))
    return [Put(_key(dependency, record.id), versioned(row)), again]


def _patience(services: Services) -> timedelta:
    return timedelta(seconds=services.config.timing.blind_seconds)


def _key(dependency: str, resource: str) -> str:
    return keys.key(RowKind.BLIND, keys.digest(dependency), keys.digest(resource))


def _look_again(dependency: str, resource: str, at: datetime) -> Put:
    names = keys.digest(dependency), keys.digest(resource)
    message = BlindMessage(dependency=dependency, resource=resource)
    return due_rows.due_put(message, at, *names)


def on_blind(services: Services, dependency: str, resource: str, due_key: str) -> Outbound:
    """Open, update or close the incident of a dependency by the resources that it affects now.

    ``resource`` is the one whose row asked for this, "" for none.
    """
    done = [Delete(due_key)] if due_key else []
    if resource and not _is_affected(services, dependency, resource):
        orphan = Delete(_key(dependency, resource))
        services.store.commit(keys.partition(dependency), [orphan])

    def look() -> Report | None:
        return _report(services, dependency)

    return publish(services, dependency, BLIND, look, done=done)


def _is_affected(services: Services, dependency: str, resource: str) -> bool:
    return dependency in load_record(services.store, resource).record.failing


def _report(services: Services, dependency: str) -> Report | None:
    """Return what is affected; None while that is too recent to report, so that nothing closes."""
    place = keys.below(RowKind.BLIND, keys.digest(dependency))
    rows = list(paging.all_rows(services.store, keys.partition(dependency), *place))
    lasting = [row for row in rows if _since(row) <= services.clock() - _patience(services)]
    if rows and not lasting:
        _look_when_it_lasts(services, dependency, rows)
        return None
    phi = any(row.data["phi"] for row in lasting)
    why = "PHI resources are affected" if phi else "no PHI resource is affected"
    return Report(_verdict(dependency, lasting), Scope(phi, why))


def _look_when_it_lasts(services: Services, dependency: str, rows: Sequence[Row]) -> None:
    """Check again later: the clock of the process that asked may be ahead of ours."""
    first = min(rows, key=_since)
    again = _look_again(
        dependency, str(first.data["resource"]), _since(first) + _patience(services)
    )
    services.store.commit(keys.partition(dependency), [again])


def _since(row: Row) -> datetime:
    return datetime.fromisoformat(row.data["since"])


def _verdict(dependency: str, lasting: list[Row]) -> Verdict:
    """Fail while any resource is affected; only PHI resources are evidence, so only they cause updates."""
    provider = dependency.rpartition("/")[2]
    if not lasting:
        return Verdict(Outcome.PASS, f"Every affected resource in {provider} can be read again.")
    names = sorted(str(row.data["resource"]) for row in lasting)
    since = min(_since(row) for row in lasting)
    told = ", ".join(each.rpartition("/")[2] for each in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    phi = sorted(str(row.data["resource"]) for row in lasting if row.data["phi"])
    return Verdict(
        Outcome.FAIL,
        f"The monitor has not been able to read {provider} since {since:%Y-%m-%d %H:%M:%S} UTC. "
        f"{_counted(len(names))} cannot be evaluated: {told}{more}.",
        tuple(Evidence(f"affected[{each}]", "unreadable", "readable") for each in phi),
    )


def _counted(number: int) -> str:
    return f"{number} resource{'' if number == 1 else 's'}"
