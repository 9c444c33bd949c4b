"""Whether the access log covered a window; if not, missing rows prove nothing. Pure."""

from datetime import datetime, timedelta
from typing import Final

from drift.clock import bounds
from drift.exposure.log_proof import WHOLE, LogProof
from drift.exposure.window import Window
from drift.model import Outcome
from drift.state.resource_record import ControlState

_KEPT: Final = timedelta(days=30)
"""How long a table of the plan Analytics keeps rows at least.
https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure"""

_STARTS: Final = timedelta(minutes=90)
"""How long a new diagnostic setting may take until its first row.
https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings"""

_ARRIVED: Final = timedelta(hours=24)
"""After this time every row has arrived."""


def coverage_of(
    window: Window,
    logging: ControlState | None,
    proof: LogProof,
    *,
    now: datetime,
    of: str = "account",
) -> str:
    """Return WHOLE, or in words why the log may not show every request of the window.

    ``logging`` is the state of the control that requires the log of the resource; ``of`` names the
    type of the resource.
    """
    if window.since is not None and (lack := _lack_of_logging(window.since, logging, of)):
        return lack
    return arrival_of(window, proof, now=now, of=of)


def arrival_of(window: Window, proof: LogProof, *, now: datetime, of: str = "account") -> str:
    """Return WHOLE where rows of the window have arrived, or in words why some may be missing.

    It does not show whether the log was on: rows may never have been written.
    """
    if window.since is None:
        return "the start of the exposure is not known"
    if lack := _lack_of_rows(window.since, proof, now, of):
        return lack
    if window.until is None:
        return f"asked at {now:%H:%M} UTC, while it was open"
    arrived = proof.arrived_until
    if now - window.until < _ARRIVED and (arrived is None or arrived < window.until):
        upto = f"up to {arrived:%H:%M} UTC" if arrived else "so far"
        return f"rows have arrived {upto}"
    return WHOLE


def _lack_of_rows(since: datetime, proof: LogProof, now: datetime, of: str) -> str:
    """Return why the log may lack rows since a time, "" if nothing shows this."""
    if proof.failure:
        return f"the coverage of the log is not known: {proof.failure}"
    if proof.stops:
        return "the workspace stopped taking in logs in that time"
    if now - since > _KEPT:
        return "rows of that time may already be deleted"
    return "" if proof.rows else f"no row shows that the log of this {of} arrives"


def _lack_of_logging(since: datetime, logging: ControlState | None, of: str) -> str:
    """Return why requests may not have been logged since a time, "" if they were logged."""
    if logging is None:
        return f"it is not known whether the {of} logs its requests"
    if logging.open or logging.outcome in (Outcome.FAIL, Outcome.EXCEPTED):
        return "logging was off"
    if logging.outcome is not Outcome.PASS or logging.unknown_since:
        return f"it is not known whether the {of} logs its requests"
    if logging.closed_at and bounds.later(logging.closed_at, _STARTS) > since:
        return "logging was off in a part of that time"
    return ""
