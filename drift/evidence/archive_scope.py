"""What the records of an archive are about, and which may be missing. Pure.

The manifest is not signed. So its selection is a claim, and the records themselves must show it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from drift.evidence.log_names import ShardLog
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


@dataclass(frozen=True, slots=True, order=True)
class PlacedRecord:
    """A record that its proof places in a log."""

    log: ShardLog
    index: int
    content: Mapping[str, Any]

    @property
    def incident(self) -> str:
        """Return the id of its incident."""
        return str(self.content.get("incident"))


@dataclass(frozen=True, slots=True)
class _Range:
    """The records of one log in the archive, from ``first`` to ``last``; ``size`` records are signed."""

    log: ShardLog
    first: int
    last: int
    size: int
    absent: tuple[int, ...]

    @property
    def words(self) -> str:
        """Return which records of the log the archive has, counted from 1."""
        span = f"records {self.first + 1} to {self.last + 1} of {self.size} signed"
        absent = f"{len(self.absent)} between them are not here" if self.absent else "without a gap"
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
    since, until = _time(chosen.get("from")), _time(chosen.get("to"))
    if since and until:
        return found + _of_time(records, (since, until), ranges)
    return found + Verification(
        problems=("the manifest names no incident and no time: it is not known what is missing",)
    )


def _range(log: ShardLog, records: Iterable[PlacedRecord], size: int) -> _Range:
    indexes = {each.index for each in records if each.log == log}
    first, last = min(indexes), max(indexes)
    return _Range(log, first, last, size, tuple(sorted(set(range(first, last)) - indexes)))


def _about(records: Sequence[PlacedRecord]) -> str:
    """Return the incidents and the kinds of the records, as these say it."""
    incidents = sorted({each.incident for each in records})
    kinds = [str(each.content.get("kind")) for each in records]
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
        problems += [f"{name}: record {at + 1} is missing" for at in each.absent]
        if not any(_is_within(one, span) for one in records if one.log == each.log):
            problems.append(f"{name}: no record is of the time that the manifest names")
        if around := " or ".join(_around(each)):
            limits.append(f"{name}: that no record {around} is of this time")
    return Verification(problems=tuple(problems), limits=tuple(limits))


def _around(found: _Range) -> Iterator[str]:
    if found.first:
        yield f"before record {found.first + 1}"
    if found.last + 1 < found.size:
        yield f"after record {found.last + 1}"


def _is_within(record: PlacedRecord, span: tuple[datetime, datetime]) -> bool:
    at = _time(record.content.get("at"))
    return at is not None and span[0] <= at < span[1]


def _time(text: object) -> datetime | None:
    """Return a time with its zone, None for anything else."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _of_incident(
    records: Sequence[PlacedRecord], incident: str, ranges: Iterable[_Range]
) -> Verification:
    others = [each for each in records if each.incident != incident]
    problems = [
        f"{each.log.origin}: record {each.index + 1} is of another incident" for each in others
    ]
    own = [each.content for each in records if each.incident == incident]
    changes = [each for each in own if each.get("kind") == "change"]
    numbers = {int(each["sequence"]) for each in changes}
    recorded = numbers | {int(each["sequence"]) for each in own if each.get("kind") == "delivery"}
    named = {int(each["sequence"]) for each in own if _counts(each, numbers)}
    missing = sorted(set(_all_between(recorded, named)) - numbers)
    problems += [f"change {each} of the incident is missing" for each in missing]
    steps = {int(each["step"]["number"]) for each in own if each.get("kind") == "step"}
    missing = sorted(set(_all_between(steps, steps)) - steps)
    problems += [f"step {each} of the breach clock is missing" for each in missing]
    limits = [NOT_COUNTED, *map(_between, (each for each in ranges if each.absent))]
    if numbers and min(recorded) > 1:
        limits.append(f"what the first {min(recorded) - 1} changes of the incident were: no record")
    if steps and min(steps) > 1:
        limits.append(f"what the first {min(steps) - 1} steps of the breach clock were: no record")
    if not changes or not max(changes, key=lambda each: int(each["sequence"])).get("closure"):
        limits.append("that the incident has no later record: its end is not in this archive")
    return Verification(problems=tuple(problems), limits=tuple(limits))


def _between(found: _Range) -> str:
    """Return what a gap between the records of an incident leaves open."""
    return (
        f"{found.log.origin}: that the {len(found.absent)} records between them are of other "
        "incidents: a delivery or an answer may be missing there"
    )


def _counts(record: Mapping[str, Any], changes: Collection[int]) -> bool:
    """Tell whether the change that a record names must have a record itself.

    A delivery is recorded only where its change is; answers and steps are recorded by themselves.
    """
    return bool(changes) or record.get("kind") == "delivery"


def _all_between(recorded: Collection[int], named: Collection[int]) -> range:
    """Return all numbers from the first that must have a record to the last that is named."""
    return range(min(recorded, default=1), max(named, default=0) + 1)
