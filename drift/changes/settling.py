"""Decide when to read once more, because a replica that is behind may have answered."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from drift.changes.evaluation import Look, saw_change
from drift.incidents.decision import Ruling
from drift.incidents.lifecycle import Step
from drift.services import Parts
from drift.state import due_rows
from drift.state.resource_record import Record


def settle_at(
    parts: Parts, record: Record, look: Look, rulings: Sequence[Ruling]
) -> datetime | None:
    """Return when to read once more because a lagging replica may have answered, or None."""
    times = list(_settle_times(parts, look, rulings))
    waiting = record.due.get(due_rows.SETTLE)
    if waiting and (waiting > parts.clock() or not look.is_settling):
        times.append(waiting)
    return max(times, default=None)


def _settle_times(parts: Parts, look: Look, rulings: Sequence[Ruling]) -> Iterable[datetime]:
    """Yield when each doubt that this look leaves will be over."""
    settle = timedelta(seconds=parts.config.timing.settle_seconds)
    now, sight = parts.clock(), look.sight
    if sight.gone:  # a replica may not know it yet; that it is gone takes longer to believe
        patience = timedelta(seconds=parts.config.timing.deleted_seconds)
        yield min(now + settle, (look.taken.gone_at or sight.began) + patience)
    if sight.properties is None:
        return
    for each in rulings:
        if each.step is Step.UNSETTLED and each.state.failed_at:
            yield each.state.failed_at + settle
        if each.step is Step.OPENED and _ended_just_now(look, each.control_id, settle):
            yield now + settle
    if _is_news_for_none(look, rulings):
        yield now + settle
    if not look.is_settling and (sight.moving or look.taken.deletion or _misses_something(look)):
        yield now + settle


def _is_news_for_none(look: Look, rulings: Sequence[Ruling]) -> bool:
    """Tell whether an event was answered that may not show yet: nothing new was seen, or only one."""
    return look.first_seen > (1 if saw_change(look, rulings) else 0)


def _misses_something(look: Look) -> bool:
    """Tell whether a related thing was missing, or not done, right after a write: it may be that one."""
    return look.first_seen > 0 and not all(each.is_final for each in look.sight.asked.values())


def _ended_just_now(look: Look, control_id: str, settle: timedelta) -> bool:
    """Tell whether it passed so short a while ago that this failure may be the older news."""
    before = look.taken.controls.get(control_id)
    ended = before.closed_at if before else None
    return ended is not None and look.sight.began - ended < settle
