"""What the records of an archive are about, and which may be missing. Pure.

The manifest is not signed. So its selection is a claim, and the records themselves must show it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from drift.evidence.log_names import ShardLog
from drift.evidence.placed_record import PlacedRecord, time_of
from drift.evidence.verification import Verification

NOT_COUNTED: Final = (
    "that no delivery, answer or step of the breach clock is missing at the end: the archive "
    "counts only changes up to the end of the incident"
)
"""What an archive of an incident can never prove."""

NOT_SIGNED: Final = (
    "that this time is the one that was asked for, and that no other partition has records of it: "
    "the selection in the manifest is not signed"
)
"""What an archive of a time can never prove."""

_KINDS: Final = ("change", "delivery", "answer", "step")


@dataclass(frozen=True, slots=True)
class _Range:
    """The records of one log in the archive, from ``first`` to ``last``; ``size`` records are signed."""

    log: ShardLog
    first: int
    last: int
    size: int
    gaps: tuple[tuple[int, int], ...]

    @property
    def absent(self) -> int:
        """Return how many records between the first and the last are not there."""
        return sum(end - begin + 1 for begin, end in self.gaps)

    @property
    def words(self) -> str:
        """Return which records of the log the archive has, counted from 1."""
        span = f"records {self.first + 1} to {self.last + 1} of {self.size} signed"
        absent = f"{self.absent} between them are not here" if self.absent else "without a gap"
        return f"{self.log.origin}: {span}, {absent}"


def archive_scope(
    records: Sequence[PlacedRecord], selection: object, sizes: Mapping[ShardLog, int]
) -> Verification:
    """Return what the records are about, and what is missing by the manifest's selection.

    ``sizes`` has the number of signed records of each log.
    """
    ranges = [_range(log, records, sizes[log]) for log in sorted({each.log for each in records})]
    found = Verification(shows=(_about(records), *(each.words for each in ranges)))
    chosen = selection if isinstance(selection, dict) else {}
    if isinstance(chosen.get("incident"), str):
        return found + _of_incident(records, chosen["incident"], ranges)
    since, until = time_of(chosen.get("from")), time_of(chosen.get("to"))
    if since and until:
        return found + _of_time(records, (since, until), ranges)
    return found + Verification(
        problems=("the manifest names no incident and no time: it is not known what is missing",)
    )


def _range(log: ShardLog, records: Iterable[PlacedRecord], size: int) -> _Range:
    indexes = {each.index for each in records if each.log == log}
    first, last = min(indexes), max(indexes)
    return _Range(log, first, last, size, tuple(_gaps(indexes, first, last)))


def _gaps(present: Collection[int], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the first and the last number of each gap between two numbers, which need not be present.

    The numbers are not counted one by one: a forged record may have a very high one.
    """
    inside = sorted(each for each in present if first <= each <= last)
    for before, after in pairwise((first - 1, *inside, last + 1)):
        if after - before > 1:
            yield before + 1, after - 1


def _missing(one: str, many: str, gap: tuple[int, int], of: str = "") -> str:
    """Return that what a gap leaves out is missing."""
    begin, end = gap
    if begin == end:
        return f"{one} {begin}{of} is missing"
    return f"{many} {begin} to {end}{of} are missing"


def _about(records: Sequence[PlacedRecord]) -> str:
    """Return the incidents and the kinds of the records, as these say it."""
    incidents = sorted({each.incident for each in records})
    kinds = [each.kind for each in records]
    counts = ", ".join(
        f"{kinds.count(each)} of kind {each}" for each in _KINDS if kinds.count(each)
    )
    of = f"incident {incidents[0]}" if len(incidents) == 1 else f"{len(incidents)} incidents"
    return f"the records are of {of}: {counts or 'of no known kind'}"


def _of_time(
    records: Sequence[PlacedRecord], span: tuple[datetime, datetime], ranges: Iterable[_Range]
) -> Verification:
    """Return which records are missing in between, and where more records of the time may be."""
    problems: list[str] = []
    limits = [NOT_SIGNED]
    for each in ranges:
        name = each.log.origin
        gaps = ((begin + 1, end + 1) for begin, end in each.gaps)
        problems += [f"{name}: {_missing('record', 'records', gap)}" for gap in gaps]
        if not any(span[0] <= one.at < span[1] for one in records if one.log == each.log):
            problems.append(f"{name}: no record is of the time that the manifest names")
        if around := " or ".join(_around(each)):
            limits.append(f"{name}: that no record {around} is of this time")
    return Verification(problems=tuple(problems), limits=tuple(limits))


def _around(found: _Range) -> Iterator[str]:
    if found.first:
        yield f"before record {found.first + 1}"
    if found.last + 1 < found.size:
        yield f"after record {found.last + 1}"


def _of_incident(
    records: Sequence[PlacedRecord], incident: str, ranges: Iterable[_Range]
) -> Verification:
    others = [each for each in records if each.incident != incident]
    problems = [
        f"{each.log.origin}: record {each.index + 1} is of another incident" for each in others
    ]
    own = [each for each in records if each.incident == incident]
    changes = [each for each in own if each.kind == "change"]
    numbers = {each.sequence for each in changes}
    recorded = numbers | {each.sequence for each in own if each.kind == "delivery"}
    named = {each.sequence for each in own if _counts(each, numbers)}
    gaps = _gaps(numbers, min(recorded, default=1), max(named, default=0))
    problems += [_missing("change", "changes", each, " of the incident") for each in gaps]
    steps = {each.step for each in own if each.kind == "step"}
    gaps = _gaps(steps, min(steps, default=1), max(steps, default=0))
    problems += [_missing("step", "steps", each, " of the breach clock") for each in gaps]
    limits = [NOT_COUNTED, *map(_between, (each for each in ranges if each.absent))]
    if numbers and min(recorded) > 1:
        limits.append(f"what the first {min(recorded) - 1} changes of the incident were: no record")
    if steps and min(steps) > 1:
        limits.append(f"what the first {min(steps) - 1} steps of the breach clock were: no record")
    if not changes or not max(changes, key=lambda each: each.sequence).is_end:
        limits.append("that the incident has no later record: its end is not in this archive")
    return Verification(problems=tuple(problems), limits=tuple(limits))


def _between(found: _Range) -> str:
    """Return what a gap between the records of an incident leaves open."""
    return (
        f"{found.log.origin}: that the {found.absent} records between them are of other "
        "incidents: a delivery or an answer may be missing there"
    )


def _counts(record: PlacedRecord, changes: Collection[int]) -> bool:
    """Tell whether the change that a record names must have a record itself.

    A delivery is recorded only where its change is; answers and steps are recorded by themselves.
    """
    return bool(changes) or record.kind == "delivery"
