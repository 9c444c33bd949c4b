"""Summarise samples: median, 95th percentile and maximum, as a table or as data."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Table = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a series of samples."""

    count: int
    median: float
    p95: float
    maximum: float


def figures(samples: Sequence[float]) -> Figures:
    """Return the figures of at least one sample; the 95th percentile is one of the samples."""
    ordered = sorted(samples)
    rank = math.ceil(0.95 * len(ordered))
    return Figures(len(ordered), statistics.median(ordered), ordered[rank - 1], ordered[-1])


def print_table(title: str, head: Sequence[str], rows: Table) -> None:
    """Print a table: the first column to the left, figures to the right."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    print(f"\n{title}")
    for row in (head, *rows):
        first, *others = (
            each.ljust(width) if at == 0 else each.rjust(width)
            for at, (each, width) in enumerate(zip(row, widths, strict=True))
        )
        print(f"  {first}  {'  '.join(others)}")
