"""The rows that count the deliveries that a channel does not accept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drift.codec import time_in
from drift.errors import NotUnderstood


def is_counted(row: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether a ``held`` row counts as undelivered: a rejection counts at once, a failure if it lasts.

    A row of another version counts.
    """
    try:
        return not row.get("counts_from") or time_in(row, "counts_from") <= now
    except NotUnderstood:
        return True
