"""Read the table ``timing`` of monitor.toml."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from drift.config.model import Timing
from drift.config.toml_table import TomlTable

_DAY: Final = 86_400.0
_TIMING: Final[Mapping[str, tuple[float, float]]] = {
    "settle_seconds": (0, 3600),
    "context_seconds": (0, _DAY),
    "flap_minutes": (0, 1440),
    "poll_minutes": (0.01, 1440),
    "related_minutes": (0, 1440),
    "retry_seconds": (0.1, _DAY),
    "blind_seconds": (0, _DAY),
    "unknown_seconds": (0, _DAY),
    "deleted_seconds": (0, 3600),
    "deliver_retry_seconds": (0.1, _DAY),
    "channel_outage_seconds": (0, _DAY),
    "held_seconds": (0.1, _DAY),
    "held_hours": (0, 720),
    "requeue_seconds": (1, _DAY),
    "claim_seconds": (45, 3600),  # two sends take 40; with a shorter claim they could overlap
    "reads_per_minute": (1, 60),
    "sweep_overdue_hours": (1, 1000),
}
"""The smallest and the largest value of each delay."""


def timing_of(table: TomlTable) -> Timing:
    """Return the delays that the table chooses, the defaults elsewhere; problems are noted in the table."""
    default = Timing()
    chosen = {
        each.name: _delay(table, each.name, getattr(default, each.name)) for each in fields(default)
    }
    table.close()
    return Timing(**chosen)


def _delay(table: TomlTable, name: str, default: Any) -> Any:
    low, high = _TIMING[name]
    if isinstance(default, tuple):
        may_be_empty = name == "context_seconds"  # empty: the log is never queried
        return table.numbers(name, default, low=low, high=high, empty=may_be_empty)
    if name == "reads_per_minute":
        return table.whole(name, default, int(low), int(high))
    return table.number(name, default, low, high)
