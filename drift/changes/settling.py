"""Decide when to read once more, because a replica that is behind may have answered."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from drift.changes.evaluation import Evaluation, shows_change
from drift.incidents.decision import Decision
from drift.incidents.lifecycle import Transition
from drift.services import Services
from drift.state import due_rows
from drift.state.resource_record import Record


def settle_at(
    services: Services, record: Record, evaluation: Evaluation, decisions: Sequence[Decision]
) -> datetime | None:
    """Return when to read once more because a lagging replica may have answered, or None."""
    times = list(_settle_times(services, evaluation, decisions))
    waiting = record.due.get(due_rows.SETTLE)
    if waiting and (waiting > services.clock() or not evaluation.is_settling):
        times.append(waiting)
    return max(times, default=None)


def _settle_times(
    services: Services, evaluation: Evaluation, decisions: Sequence[Decision]
) -> Iterable[datetime]:
    """Yield when each doubt that this look leaves will be over."""
    settle = timedelta(seconds=services.config.timing.settle_seconds)
    now, observation = services.clock(), evaluation.observation
    if observation.gone:  # a replica may not know it yet; that it is gone takes longer to believe
        patience = timedelta(seconds=services.config.timing.deleted_seconds)
        yield min(now + settle, (evaluation.taken.gone_at or observation.began) + patience)
    if observation.properties is None:
        return
    for each in decisions:
        if each.step is Transition.UNSETTLED and each.state.failed_at:
            yield each.state.failed_at + settle
        if each.step is Transition.OPENED and _ended_just_now(evaluation, each.control_id, settle):
            yield now + settle
    if _is_news_for_none(evaluation, decisions):
        yield now + settle
    if not evaluation.is_settling and (
        observation.moving or evaluation.taken.deletion or _misses_something(evaluation)
    ):
        yield now + settle


def _is_news_for_none(evaluation: Evaluation, decisions: Sequence[Decision]) -> bool:
    """Tell whether an event was answered that may not show yet: nothing new was seen, or only one."""
    return evaluation.first_seen > (1 if shows_change(evaluation, decisions) else 0)


def _misses_something(evaluation: Evaluation) -> bool:
    """Tell whether a related thing was missing, or not done, right after a write: it may be that one."""
    return evaluation.first_seen > 0 and not all(
        each.is_final for each in evaluation.observation.asked.values()
    )


def _ended_just_now(evaluation: Evaluation, control_id: str, settle: timedelta) -> bool:
    """Tell whether it passed so short a while ago that this failure may be the older news."""
    before = evaluation.taken.controls.get(control_id)
    ended = before.closed_at if before else None
    return ended is not None and evaluation.observation.began - ended < settle
