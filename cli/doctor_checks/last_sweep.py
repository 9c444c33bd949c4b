"""The last sweep of each subscription, from the state."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from cli.doctor_checks.azure_refusals import remedy
from cli.doctor_checks.check import Check, ok, warn
from drift import ids
from drift.errors import NotUnderstood, SourceUnavailable
from drift.notices import Found
from drift.ports import Store
from drift.state import keys, paging
from drift.state.keys import RowKind
from drift.state.sweep_state import Phase, Sweep, find_sweep

_DOING: Final[Mapping[Phase, str]] = {
    Phase.CONTAINERS: "it reads the resource groups and the subscription",
    Phase.RESOURCES: "it reads resources",
    Phase.GONE: "it checks resources that are no longer listed",
    Phase.DIGEST: "all resources are read; the digest of the first scan follows",
}

_ROLE: Final = "check the monitor's role, or wait until it is effective"


def swept(
    store: Store, subscriptions: Iterable[str], now: datetime, overdue: timedelta
) -> Iterator[Check]:
    """Yield the progress of each subscription's last sweep, and how many open findings it found.

    ``overdue`` is how old the last one may be.
    """
    for each in subscriptions:
        name = f"sweep of {each}"
        try:
            sweep, _ = find_sweep(store, each)
        except NotUnderstood as error:
            yield warn(
                name,
                f"another version of the monitor wrote its progress: {error}",
                "the next sweep begins anew, or deploy that version again",
            )
            continue
        is_late = sweep is not None and now - (sweep.finished or sweep.started) > overdue
        yield _sweep_check(name, sweep, _missed(store, each), is_late=is_late)


def _sweep_check(name: str, sweep: Sweep | None, missed: int, *, is_late: bool) -> Check:
    if sweep is None:
        return ok(name, "none yet; the first one runs when SWEEP_SCHEDULE says")
    finding = f"begun {sweep.started:%Y-%m-%d %H:%M} UTC, resources seen: {sweep.visited}"
    if sweep.finished:
        finding = f"done, {finding}"
    else:
        doing = _DOING.get(sweep.phase, "a phase of another version")
        finding = f"under way, {finding}: {doing}"
    if doubt := _doubt(sweep):
        return warn(name, f"{finding}; {doubt}", _step(sweep))
    if missed:
        finding = f"{finding}; open findings that no event had reported: {missed}"
    if is_late:
        return warn(
            name, finding, "check that the functions run, and how often SWEEP_SCHEDULE is due"
        )
    return ok(name, finding)


def _doubt(sweep: Sweep) -> str:
    """Return why the sweep does not see everything, "" if it does."""
    if sweep.failing_since:
        return f"refused since {sweep.failing_since:%Y-%m-%d %H:%M} UTC: {sweep.failure}"
    return " ".join(sweep.gaps or sweep.gaps_before).rstrip(".")


def _step(sweep: Sweep) -> str:
    """Return what to do about a sweep that waits for a source, or that has gaps."""
    if not sweep.failing_since:
        return _ROLE
    return remedy(SourceUnavailable("sweep", sweep.failing_status), _ROLE)


def _missed(store: Store, subscription: str) -> int:
    """Count the open findings that a sweep found and no event had reported."""
    return sum(
        row.data.get("found") == Found.MISSED.value
        and ids.subscription_of(str(row.data.get("resource", ""))) == subscription
        for shard in keys.PARTITIONS
        for row in paging.all_rows(store, shard, *keys.below(RowKind.OPEN))
    )
