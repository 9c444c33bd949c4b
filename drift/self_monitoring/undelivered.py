"""Count the undelivered messages for ``health``: those that raise an alarm, and old ones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drift.codec import text_in, time_in
from drift.config.model import Timing
from drift.errors import NotUnderstood
from drift.ports import Row, Store
from drift.self_monitoring import monitor_channel
from drift.state import held_rows


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The deliveries that are ``held`` and not old, how many are undelivered, and how many of them are old.

    Old ones do not degrade the status: they were given up, or their channel lost its settings, at
    least ``timing.held_hours`` ago. A change that was given up is not old while its channel still
    accepts nothing.
    """

    held: tuple[Row, ...]
    count: int
    old: int


def undelivered(
    store: Store,
    channels: Collection[str],
    held: Sequence[Row],
    given_up: Sequence[Row],
    *,
    now: datetime,
    timing: Timing,
) -> Undelivered:
    """Return the undelivered messages, from the rows of held deliveries and of given-up changes.

    ``channels`` are those that have settings.
    """
    before = now - timedelta(hours=timing.held_hours)
    asked = channels if given_up else ()
    refusing = [each for each in asked if monitor_channel.is_reported(store, each)]
    recent = tuple(row for row in held if not _is_old(row, "since", before, channels))
    counted = [row for row in recent if held_rows.is_counted(row.data, now)]
    lost = [row for row in given_up if not _is_old(row, "given_up", before, refusing)]
    old = len(held) - len(recent) + len(given_up) - len(lost)
    return Undelivered(recent, len(counted) + len(lost) + old, old)


def _is_old(row: Row, name: str, before: datetime, channels: Collection[str]) -> bool:
    """Tell whether a row is from before a time, and not of one of these channels."""
    try:
        return text_in(row.data, "channel") not in channels and time_in(row.data, name) <= before
    except NotUnderstood:
        return False
