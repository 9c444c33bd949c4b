"""The latest time at which the monitor must report a failure that events announce, as docs/events.md says.

If a write causes a lasting failure and its event is delivered, the monitor reports the failure within
``settle_seconds`` + 5 s + 2 ticks, or within 2 x ``settle_seconds`` + 2 ticks if events about other writes of
the same document came meanwhile. A killed process adds up to 10 min, in which its messages are invisible. If
ARM refused a read, the time counts from the next read.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

SETTLE: Final = timedelta(seconds=60)
TICK: Final = timedelta(seconds=10)
SOON: Final = SETTLE + timedelta(seconds=5) + 2 * TICK
LATEST: Final = 2 * SETTLE + 2 * TICK
LEASE: Final = timedelta(minutes=10)
"""How long the messages of a killed process are invisible."""


@dataclass(frozen=True, eq=False)
class Reported:
    """A write that events report, and whose failures must be reported; ``at`` is the time of the write."""

    document: str
    at: datetime
    fails: frozenset[str]


@dataclass(eq=False)
class Expected:
    """A failure that must be reported; the time counts from ``start``, when an event was delivered."""

    finding: str
    write: Reported
    start: datetime
    put_off: timedelta = timedelta()
    is_refused: bool = False


@dataclass
class Deadlines:
    """The failures that must be reported, and until when."""

    writes: dict[str, Reported] = field(default_factory=dict)
    expected: list[Expected] = field(default_factory=list)
    named: list[tuple[datetime, Reported]] = field(default_factory=list)
    kills: list[datetime] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)

    def deliver(self, event_id: str, at: datetime, findings: Collection[str]) -> None:
        """Record that an event was delivered: these failures by its write must be reported.

        Only the first delivery of an event counts, and a payload event of the same write is no other event.
        """
        if event_id in self.arrived:
            return
        self.arrived.add(event_id)
        write = self.writes[event_id]
        self.named.append((at, write))
        self.expected += [Expected(each, write, at) for each in write.fails & set(findings)]

    def put_off(self, span: timedelta) -> None:
        """Note that no function ran for so long."""
        for each in self.expected:
            each.put_off += span

    def refuse(self) -> None:
        """Note that ARM refuses reads now."""
        for each in self.expected:
            each.is_refused = True

    def answer(self, next_read: Callable[[str], datetime]) -> None:
        """Note that ARM refuses nothing; ``next_read`` has when a finding's account is read again."""
        for each in self.expected:
            if each.is_refused:
                each.is_refused, each.start = False, next_read(each.finding)

    def end(self, expected: Expected) -> datetime:
        """Return until when a failure must be reported."""
        kills = [at for at in self.kills if at >= expected.start - LEASE]
        start, more = expected.start, expected.put_off + len(kills) * LEASE
        others = (
            at
            for at, write in self.named
            if write is not expected.write and write.document == expected.write.document
        )
        is_named_again = any(start < at <= start + SOON + more for at in others)
        return start + (LATEST if is_named_again else SOON) + more

    def late(
        self, now: datetime, failing: Mapping[str, datetime], told: Collection[str]
    ) -> Iterator[str]:
        """Yield what should have been told by now and is not; ``failing`` has since when each fails."""
        for each in list(self.expected):
            since, end = failing.get(each.finding), self.end(each)
            if since and since <= each.write.at and (each.is_refused or now <= end):
                continue
            self.expected.remove(each)
            if since and since <= each.write.at and each.finding not in told:
                yield f"{each.finding} not told by {end}, as since {each.start}"
