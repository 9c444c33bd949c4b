"""Sets of whole numbers kept as intervals: exact, and quick with thousands of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain


@dataclass(frozen=True, slots=True)
class IntervalSet:
    """An immutable set of integers.

    ``bounds`` are the sorted starts and ends of its half-open intervals, none empty and none
    touching the next: so equal sets have equal bounds, and a number is in the set exactly if an
    odd count of bounds is at or below it.
    """

    bounds: tuple[int, ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[tuple[int, int]]) -> "IntervalSet":
        """Return the union of half-open intervals, in any order, overlapping or not."""
        bounds: list[int] = []
        for start, end in sorted(intervals):
            if bounds and start <= bounds[-1]:
                bounds[-1] = max(bounds[-1], end)
            elif start < end:
                bounds += (start, end)
        return cls(tuple(bounds))

    def intervals(self) -> Iterator[tuple[int, int]]:
        """Yield the half-open intervals in order."""
        return zip(self.bounds[::2], self.bounds[1::2], strict=True)

    def __bool__(self) -> bool:
        return bool(self.bounds)

    def __len__(self) -> int:
        return len(self.bounds) // 2

    def __contains__(self, number: int) -> bool:
        return bisect_right(self.bounds, number) % 2 == 1

    def __or__(self, other: "IntervalSet") -> "IntervalSet":
        larger, smaller = (self, other) if len(self) >= len(other) else (other, self)
        if not smaller or smaller == larger:
            return larger
        return _painted(larger, smaller, on=True)

    def __and__(self, other: "IntervalSet") -> "IntervalSet":
        larger, smaller = (self, other) if len(self) >= len(other) else (other, self)
        return _seen_through(smaller, larger, inside=True)

    def __sub__(self, other: "IntervalSet") -> "IntervalSet":
        if not self or not other:
            return self
        if len(other) <= len(self):
            return _painted(self, other, on=False)
        return _seen_through(self, other, inside=False)


def _painted(canvas: IntervalSet, strokes: IntervalSet, *, on: bool) -> IntervalSet:
    """Add (``on``) or remove each stroke; the cost follows the number of strokes."""
    bounds = list(canvas.bounds)
    for start, end in strokes.intervals():
        first, last = bisect_left(bounds, start), bisect_right(bounds, end)
        # A stroke's edge becomes a bound only where the canvas changes there: an even count of
        # bounds below means outside, an odd one inside.
        edges = [edge for edge, at in ((start, first), (end, last)) if at % 2 != on]
        bounds[first:last] = edges
    return IntervalSet(tuple(bounds))


def _seen_through(windows: IntervalSet, view: IntervalSet, *, inside: bool) -> IntervalSet:
    """Keep what of the view (``inside``) or of its complement shows through the windows."""
    bounds = view.bounds
    pieces: list[tuple[int, ...]] = []
    for start, end in windows.intervals():
        first, last = bisect_right(bounds, start), bisect_left(bounds, end)
        if first % 2 == inside:
            pieces.append((start,))
        pieces.append(bounds[first:last])
        if last % 2 == inside:
            pieces.append((end,))
    return IntervalSet(tuple(chain.from_iterable(pieces)))
