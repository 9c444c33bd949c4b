"""The last sweep of each subscription, as the state has it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from cli.doctor_checks.check import Check, ok, warn
from drift import ids
from drift.notices import Found
from drift.ports import Store
from drift.state import keys, paging
from drift.state.keys import RowKind
from drift.state.sweep_state import Sweep, find_sweep

_LATE: Final = timedelta(days=2)
"""A daily sweep that is older than this does not run."""


def swept(store: Store, subscriptions: Iterable[str], now: datetime) -> Iterator[Check]:
    """Yield how far the last sweep of each subscription is, and how many open findings it found."""
    for each in subscriptions:
        sweep, _ = find_sweep(store, each)
        yield _sweep_check(f"sweep of {each}", sweep, _missed(store, each), now)


def _sweep_check(name: str, sweep: Sweep | None, missed: int, now: datetime) -> Check:
    if sweep is None:
        return ok(name, "none yet; the first one runs when SWEEP_SCHEDULE says")
    begun = f"begun {sweep.started:%Y-%m-%d %H:%M} UTC, resources seen: {sweep.visited}"
    if sweep.finished is None:
        finding, is_late = f"under way, {begun}: {sweep.phase}", now - sweep.started > _LATE
    else:
        finding, is_late = f"done, {begun}", now - sweep.finished > _LATE
    if doubt := _doubt(sweep):
        return warn(
            name, f"{finding}; {doubt}", "check the monitor's role, or wait until it is effective"
        )
    if missed:
        finding = f"{finding}; open findings that no event had reported: {missed}"
    if is_late:
        return warn(name, finding, "check that SWEEP_SCHEDULE is daily and that the functions run")
    return ok(name, finding)


def _doubt(sweep: Sweep) -> str:
    """Return why the sweep does not see everything, "" where it does."""
    if sweep.failing_since:
        return f"refused since {sweep.failing_since:%Y-%m-%d %H:%M} UTC: {sweep.failure}"
    return " ".join(sweep.gaps or sweep.gaps_before).rstrip(".")


def _missed(store: Store, subscription: str) -> int:
    """Count the open findings that a sweep found and no event had reported."""
    return sum(
        row.data.get("found") == Found.MISSED.value
        and ids.subscription_of(str(row.data["resource"])) == subscription
        for shard in keys.PARTITIONS
        for row in paging.all_rows(store, shard, *keys.below(RowKind.OPEN))
    )
