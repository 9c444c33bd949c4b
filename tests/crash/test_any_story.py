"""Random stories with crashes at any point: in the end every channel has the true state.

Each seed is a story of its own: writes, fixes, deletions, refused reads, lagging replicas, channels
that fail, events that come late or twice, another instance that cuts in, and several deaths. Then
all is repaired and three hours pass.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drift import ids
from drift.errors import DeliveryFailed, DeliveryRejected
from drift.notices import Change, Notice
from tests.crash.dying_host import DyingHost
from tests.crash.scenarios import in_memory, place
from tests.support.rig import ACCOUNT, GROUP, Channel, Rig

SEEDS = 80
DEADLY = 0.01
"""Of all points passed; a story passes some three hundred."""
LEASES = (timedelta(), timedelta(seconds=30), timedelta(minutes=10))
LONG_AFTER = 200
"""Minutes: work that fails repeatedly is tried once an hour."""

DELETED = "Microsoft.Resources.ResourceDeleteSuccess"
ENDED = frozenset({Change.RESOLVED, Change.CLOSED})


class Tale:
    """One account, and what may happen to it; what cannot happen now is left out."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self.rig = rig
        self.chance = random.Random(seed)
        deaths = [point for point in range(1, 2000) if self.chance.random() < DEADLY]
        self.host = DyingHost(rig, dies_at=deaths, lease=self.chance.choice(LEASES))
        self._channels = (rig.teams, rig.pagerduty, rig.splunk)
        self._body = rig.arm.body(ACCOUNT)
        self._late: list[dict[str, Any]] = []

    def run(self) -> None:
        """Let some of it happen, then repair everything, and wait."""
        happenings = (
            *(self.breaks, self.mends, self.is_written, self.is_deleted, self.comes_back),
            *(self.lags, self.refuses, self.answers, self.throttles),
            *(self.fails, self.rejects, self.takes),
            *(self.comes_twice, self.comes_late, self.is_tagged, self.is_cut_into),
            *(self.waits, self.waits, self.waits),
        )
        for _ in range(self.chance.randint(3, 12)):
            self.chance.choice(happenings)()
        for event in self._late:
            self.host.deliver(event)
        self.answers()
        for each in self._channels:
            each.refusal = None
        self._catches_up()
        self.host.later(minutes=LONG_AFTER)

    def breaks(self) -> None:
        self._sets("TLS1_0")

    def mends(self) -> None:
        self._sets("TLS1_2")

    def is_written(self) -> None:
        nobody: dict[str, Any] = {"claims": {}}
        self.host.write(ACCOUNT, **self.chance.choice(({}, nobody)))

    def is_deleted(self) -> None:
        if self._is_readable():
            del self.rig.arm.documents[ids.key(ACCOUNT)]
            self.host.write(ACCOUNT, kind=DELETED)

    def comes_back(self) -> None:
        if ids.key(ACCOUNT) not in self.rig.arm.documents:
            self.rig.arm.documents[ids.key(ACCOUNT)] = self._body
            self.host.write(ACCOUNT)

    def lags(self) -> None:
        if self._is_readable():
            self.rig.arm.answer_once(ACCOUNT, self.rig.arm.body(ACCOUNT))
            self._sets(self.chance.choice(("TLS1_0", "TLS1_2")))

    def refuses(self) -> None:
        if self._is_readable():
            self._body = self.rig.arm.body(ACCOUNT)
            self.rig.arm.refuse(ACCOUNT, self.chance.choice((401, 403, 500)))
            self.host.write(ACCOUNT)

    def answers(self) -> None:
        if isinstance(self.rig.arm.documents.get(ids.key(ACCOUNT)), int):
            self.rig.arm.documents[ids.key(ACCOUNT)] = self._body

    def throttles(self) -> None:
        if self._is_readable():
            self.rig.arm.retry_after = self.chance.choice((10, 40))
            self.rig.arm.answer_once(ACCOUNT, 429)
            self.host.write(ACCOUNT)

    def fails(self) -> None:
        after = self.chance.choice((None, 5, 100))
        self.chance.choice(self._channels).refusal = DeliveryFailed("busy", retry_after=after)

    def rejects(self) -> None:
        self.chance.choice(self._channels).refusal = DeliveryRejected("gone")

    def takes(self) -> None:
        for each in self._channels:
            each.refusal = None
            each.fingerprint += self.chance.choice(("", "!"))

    def comes_twice(self) -> None:
        event = self.host.write(ACCOUNT)
        self.host.deliver(event)

    def comes_late(self) -> None:
        self._late.append(self.rig.event(ACCOUNT))

    def is_tagged(self) -> None:
        tags = self.chance.choice(({}, {"dataClassification": "phi"}))
        self.rig.arm.put(GROUP, tags=tags)
        self.host.write(f"{GROUP}/providers/Microsoft.Resources/tags/default")

    def is_cut_into(self) -> None:
        event = self.rig.event(ACCOUNT)

        def other() -> None:
            self.host.tick()
            self.host.deliver(event)

        self.host.cut_in(len(self.host.passed) + self.chance.randint(1, 25), other)

    def waits(self) -> None:
        self.rig.clock.advance(seconds=self.chance.randint(0, 59))
        self._catches_up()
        self.host.later(minutes=self.chance.choice((1, 2, 7, 20, 61)))

    def _sets(self, version: str) -> None:
        if self._is_readable():
            self.rig.arm.set(ACCOUNT, minimumTlsVersion=version)
            self.host.write(ACCOUNT)

    def _is_readable(self) -> bool:
        return isinstance(self.rig.arm.documents.get(ids.key(ACCOUNT)), dict)

    def _catches_up(self) -> None:
        """No replica is behind for minutes."""
        self.rig.arm.once.clear()


def wrongs(tale: Tale) -> Iterator[str]:
    """Yield what is not true in the end, what is out of order, and what came twice too often."""
    rig = tale.rig
    body = rig.arm.documents.get(ids.key(ACCOUNT))
    is_broken = isinstance(body, dict) and body["properties"]["minimumTlsVersion"] == "TLS1_0"
    for channel in (rig.teams, rig.pagerduty, rig.splunk):
        notices = [notice for notice, _ in channel.told if notice.change is not Change.UNKNOWN]
        yield from _disorder(channel, notices)
        yield from _repeats(channel, tale.host.died_at)
        if _says_open(notices, lambda each: each.startswith("MONITOR-")):
            yield f"{channel.name} still hears of the monitor: {channel.changes}"
        if _says_open(notices, lambda each: each == "STORAGE-TLS") != is_broken:
            yield f"{channel.name} was left with what is not so: {channel.changes}"
    health = rig.monitor.health()
    if health["status"] != "ok" or health["due"] or tale.host.waiting:
        yield f"it does not stand well: {health}"


def _disorder(channel: Channel, notices: list[Notice]) -> Iterator[str]:
    for incident in dict.fromkeys(each.incident_id for each in notices):
        sequences = [each.sequence for each in notices if each.incident_id == incident]
        if sequences != sorted(sequences):
            yield f"{channel.name} heard out of order: {sequences}"


def _repeats(channel: Channel, died_at: list[str]) -> Iterator[str]:
    times = Counter(notice.uid for notice, _ in channel.told)
    unknowable = sum(f"Channel[{channel.name}].send #" in point for point in died_at)
    if times.total() - len(times) > unknowable:
        yield f"{channel.name} heard too much twice: {channel.changes}"


def _says_open(notices: list[Notice], is_about: Callable[[str], bool]) -> bool:
    """Tell whether the last word on any control among these is not its end."""
    last = {each.control_id: each.change for each in notices if is_about(each.control_id)}
    return any(change not in ENDED for change in last.values())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_channel_ends_with_the_true_state(seed: int, tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    in_memory(rig)
    place(rig)
    tale = Tale(rig, seed)
    try:
        tale.run()
        wrong = list(wrongs(tale))
    finally:
        rig.close()

    assert wrong == [], tale.host.died_at
