"""When to ask who used an exposed resource: soon after the alert, and until the answer is final."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from drift.clock import bounds
from drift.exposure.case import FIRST, Investigation
from drift.exposure.openings import has_ended, window_of
from drift.exposure.registry import investigation_of
from drift.exposure.window import Window
from drift.ports import Put
from drift.queues.messages import InvestigateMessage
from drift.state import due_rows, keys
from drift.state.incident_record import Incident

_DAILY: Final = timedelta(hours=24)
"""How often to ask while the resource stays open."""


def investigation_rows(incidents: Iterable[Incident], *, is_asked: bool) -> list[Put]:
    """Return the first due row of each incident that a decision opened or ended.

    ``is_asked``: there is a log or a metric to ask.
    """
    exposing = (each for each in incidents if is_asked and _investigation(each))
    return [
        investigation_row(
            each, window_of(each), at=bounds.later(each.closed_at or each.opened_at, FIRST)
        )
        for each in exposing
        if each.closure is None or has_ended(each)
    ]


def investigation_row(incident: Incident, window: Window, *, at: datetime, step: int = 0) -> Put:
    """Return the due row of one query time; an opening and its end each have one row."""
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
    """Return the due row of the next time, [] if no later answer can differ or all times are over."""
    start = window.until or window.opened_at
    later, investigation = step + 1, _investigation(incident)
    if is_final or investigation is None or (window.until is None and incident.closure is not None):
        return []
    if later < len(investigation.asked_after):
        at = max(bounds.later(start, bounds.nth_of(investigation.asked_after, later)), now + FIRST)
        return [investigation_row(incident, window, at=at, step=later)]
    if window.until is None:
        return [investigation_row(incident, window, at=now + _DAILY, step=step)]
    return []


def _investigation(incident: Incident) -> Investigation | None:
    return investigation_of(incident.control_id, incident.resource_id)
