"""The rows that count the deliveries that a channel does not take."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def is_counted(row: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether a ``held`` row counts as undelivered: a rejection at once, a failure once it lasts."""
    since = row.get("counts_from", "")
    return not since or datetime.fromisoformat(since) <= now
