"""Median, 90th percentile and maximum of many spans. Pure."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any


def spread(seconds: Sequence[float], *, missing: int) -> Mapping[str, Any]:
    """Return the figures in seconds, null without a span; ``missing`` counts those that are not known.

    The 90th percentile is the nearest rank: the smallest span that at least 90 % do not exceed.
    """
    ordered = sorted(seconds)
    rank = math.ceil(0.9 * len(ordered)) - 1
    return {
        "count": len(ordered),
        "median": round(statistics.median(ordered), 3) if ordered else None,
        "p90": ordered[rank] if ordered else None,
        "max": ordered[-1] if ordered else None,
        "notKnown": missing,
    }
