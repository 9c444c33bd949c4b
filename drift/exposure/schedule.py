"""When it is asked who used an exposed resource: soon after the alert, and until the answer is final."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from drift.exposure.callers import Exposes
from drift.exposure.window import Window, has_ended, window_of
from drift.ports import Put
from drift.queues.messages import InvestigateMessage
from drift.state import due_rows, keys
from drift.state.incident_record import Incident

EXPOSING: Final = {
    "STORAGE-PUBLIC-ACCESS": Exposes.ANONYMOUS,
    "STORAGE-FIREWALL": Exposes.NETWORK,
}
"""The controls whose failure lets others in, and whom."""

_FIRST: Final = timedelta(seconds=15)
"""The alert goes first: by then it has been sent."""

_AFTER: Final = (
    _FIRST,
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=24),
    timedelta(hours=48),
    timedelta(hours=72),
)
"""When it is asked after an opening, and again after its end. Rows of a log arrive within minutes as a rule;
the last two times are for sources that did not answer before."""

_DAILY: Final = timedelta(hours=24)
"""How often it is asked while the resource stays open."""


def investigation_rows(incidents: Iterable[Incident], *, is_asked: bool) -> list[Put]:
    """Return the first due row of each incident that a decision opened or ended.

    ``is_asked``: there is a log or a metric to ask.
    """
    exposing = (each for each in incidents if is_asked and each.control_id in EXPOSING)
    return [
        investigation_row(each, window_of(each), at=(each.closed_at or each.opened_at) + _FIRST)
        for each in exposing
        if each.closure is None or has_ended(each)
    ]


def investigation_row(incident: Incident, window: Window, *, at: datetime, step: int = 0) -> Put:
    """Return the due row of one time that it is asked; an opening and its end each have one row."""
    message = InvestigateMessage(
        resource=incident.resource_id,
        control=incident.control_id,
        number=incident.number,
        opened_at=window.opened_at,
        since=window.since,
        until=window.until,
        step=step,
    )
    names = keys.digest(incident.resource_id), incident.control_id, keys.numbered(incident.number)
    phase = "ended" if window.until else "open"
    return due_rows.due_put(message, at, *names, keys.stamp(window.opened_at), phase)


def next_row(
    incident: Incident, window: Window, *, step: int, now: datetime, is_final: bool
) -> list[Put]:
    """Return the due row of the next time, [] where no later answer can differ or all times are over."""
    start = window.until or window.opened_at
    later = step + 1
    if is_final or (window.until is None and incident.closure is not None):
        return []
    if later < len(_AFTER):
        at = max(start + _AFTER[later], now + _FIRST)
        return [investigation_row(incident, window, at=at, step=later)]
    if window.until is None:
        return [investigation_row(incident, window, at=now + _DAILY, step=step)]
    return []
