"""A line of whole numbers cut where rules begin and end: which of them apply at the same number."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable

from detectors.ip.intervals import IntervalSet


class Axis:
    """Returns which of its sets contain a number; a selection of sets is an integer used as bits."""

    def __init__(self, sets: Iterable[IntervalSet]) -> None:
        turns: dict[int, int] = defaultdict(int)
        for index, each in enumerate(sets):
            for bound in each.bounds:
                turns[bound] ^= 1 << index
        self._cuts = sorted(turns)
        self._holding = [0]
        for cut in self._cuts:
            self._holding.append(self._holding[-1] ^ turns[cut])

    def holding(self, chosen: IntervalSet) -> set[int]:
        """Return every combination of sets that contain the same one of the chosen numbers."""
        found: set[int] = set()
        for start, end in chosen.intervals():
            found.update(
                self._holding[bisect_right(self._cuts, start) : bisect_left(self._cuts, end) + 1]
            )
        return found
