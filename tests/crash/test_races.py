"""Two processes; the second runs after any call of the first: each message is sent once and is correct.

One host is stopped after each of its calls, looks at the store included (in ``make test`` after every
fourth), until another has done its own work from start to end. What is left must be as if they had
taken turns.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from drift import ids
from drift.errors import DeliveryRejected
from drift.notices import Change
from drift.queues.outbound import Outbound
from tests.crash.dying_host import DyingHost
from tests.crash.estate_scenarios import WHILE
from tests.crash.points import methods_of
from tests.crash.scenarios import in_memory, place
from tests.support.extent import part
from tests.support.rig import ACCOUNT, GROUP, Rig

Act = Callable[[], None]
Race = Callable[[DyingHost], tuple[Act, Act]]
"""Sets the scene, and returns what the two do."""

ENDED = frozenset({Change.RESOLVED, Change.CLOSED})
AT_ONCE = 8
CHANNELS = ("teams", "pagerduty", "splunk")


def broken(host: DyingHost) -> Act:
    def act() -> None:
        host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
        host.write(ACCOUNT)

    return act


def mended(host: DyingHost) -> Act:
    def act() -> None:
        host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
        host.write(ACCOUNT)

    return act


def ticked(host: DyingHost) -> Act:
    """Tick a little later, before the claim of the sender or the reader expires."""

    def act() -> None:
        host.rig.clock.advance(seconds=25)
        host.tick()

    return act


def the_same_event_twice(host: DyingHost) -> tuple[Act, Act]:
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    event = host.rig.event(ACCOUNT)
    return lambda: host.deliver(event), lambda: host.deliver(event)


def two_events(host: DyingHost) -> tuple[Act, Act]:
    return broken(host), broken(host)


def mended_while_it_opens(host: DyingHost) -> tuple[Act, Act]:
    return broken(host), mended(host)


def the_same_end_twice(host: DyingHost) -> tuple[Act, Act]:
    broken(host)()
    host.later(minutes=WHILE)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")
    event = host.rig.event(ACCOUNT)
    return lambda: host.deliver(event), lambda: host.deliver(event)


def broken_while_it_ends(host: DyingHost) -> tuple[Act, Act]:
    broken(host)()
    host.later(minutes=WHILE)
    return mended(host), broken(host)


def a_tick_while_it_opens(host: DyingHost) -> tuple[Act, Act]:
    return broken(host), ticked(host)


def mended_while_it_settles(host: DyingHost) -> tuple[Act, Act]:
    stale = host.rig.arm.body(ACCOUNT)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.rig.arm.answer_once(ACCOUNT, stale)
    host.write(ACCOUNT)
    host.rig.clock.advance(minutes=2)
    return ticked(host), mended(host)


def two_ticks(host: DyingHost) -> tuple[Act, Act]:
    host.rig.teams.refusal = DeliveryRejected("gone")
    broken(host)()
    host.later(minutes=WHILE)
    host.rig.teams.refusal, host.rig.teams.fingerprint = None, "repaired"
    return ticked(host), ticked(host)


def tagged_while_it_opens(host: DyingHost) -> tuple[Act, Act]:
    host.rig.arm.documents[ids.key(ACCOUNT)] = {**host.rig.arm.body(ACCOUNT), "tags": {}}
    host.write(ACCOUNT)
    host.later(minutes=WHILE)

    def tagged() -> None:
        host.rig.arm.put(GROUP, tags={"dataClassification": "phi"})
        host.write(f"{GROUP}/providers/Microsoft.Resources/tags/default")

    return broken(host), tagged


def named_while_it_is_told(host: DyingHost) -> tuple[Act, Act]:
    event = host.rig.event(ACCOUNT)
    host.rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    host.rig.clock.advance(seconds=20)
    nameless = host.rig.event(ACCOUNT, claims={})
    return lambda: host.deliver(nameless), lambda: host.deliver(event)


def sees_again_while_it_reads(host: DyingHost) -> tuple[Act, Act]:
    body = host.rig.arm.body(ACCOUNT)
    host.rig.arm.refuse(ACCOUNT, 403)
    host.write(ACCOUNT)
    host.later(minutes=10)
    host.rig.arm.documents[ids.key(ACCOUNT)] = body
    host.rig.clock.advance(minutes=70)
    return ticked(host), mended(host)


RACES: tuple[Race, ...] = (
    the_same_event_twice,
    two_events,
    mended_while_it_opens,
    the_same_end_twice,
    broken_while_it_ends,
    a_tick_while_it_opens,
    mended_while_it_settles,
    two_ticks,
    tagged_while_it_opens,
    named_while_it_is_told,
    sees_again_while_it_reads,
)


@dataclass(frozen=True, slots=True)
class Raced:
    """The result of a race; ``began`` and ``ended`` count the points before and after."""

    began: int
    ended: int
    point: str
    wrong: tuple[str, ...]


def raced(race: Race, folder: Path, cuts_in_after: int | None) -> Raced:
    """Have the second act after so many calls of the first, or after all of them."""
    folder.mkdir()
    rig = Rig(folder)
    try:
        in_memory(rig)
        place(rig)
        host = DyingHost(rig, calls=methods_of)
        first, second = race(host)
        began = len(host.passed)
        if cuts_in_after is not None:
            host.cut_in(began + cuts_in_after, second)
        first()
        ended = len(host.passed)
        if cuts_in_after is None:
            second()
        point = host.passed[began + (cuts_in_after or 1) - 1]
        host.later(minutes=WHILE)
        return Raced(began, ended, point, tuple(_wrongs(host)))
    finally:
        rig.close()


def _wrongs(host: DyingHost) -> Iterator[str]:
    """Yield what is not true in the end, or was told twice or out of order."""
    rig = host.rig
    broken_now = rig.arm.body(ACCOUNT)["properties"]["minimumTlsVersion"] == "TLS1_0"
    for channel in (rig.teams, rig.pagerduty, rig.splunk):
        notices = [notice for notice, _ in channel.told]
        uids = Counter(each.uid for each in notices)
        if twice := [uid for uid, times in uids.items() if times > 1]:
            yield f"{channel.name} heard {len(twice)} things twice: {channel.changes}"
        for incident in dict.fromkeys(each.incident_id for each in notices):
            about = [each for each in notices if each.incident_id == incident]
            if [each.sequence for each in about] != sorted(each.sequence for each in about):
                yield f"{channel.name} heard out of order: {channel.changes}"
        own = [each for each in notices if each.control_id == "STORAGE-TLS"]
        says_broken = bool(own) and own[-1].change not in ENDED
        if says_broken != broken_now:
            yield f"{channel.name} was left with what is not so: {channel.changes}"
    health = rig.monitor.health()
    if health["status"] != "ok" or health["due"] or host.waiting:
        yield f"it does not stand well: {health}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("race", RACES, ids=lambda each: each.__name__)
def test_two_processes_that_interleave_at_any_call_deliver_each_message_once_and_true(
    race: Race, tmp_path: Path
) -> None:
    apart = raced(race, tmp_path / "apart", None)
    wrong = {}
    calls = range(1, apart.ended - apart.began + 1)
    for after in part(calls, one_in=4, of=race.__name__):
        found = raced(race, tmp_path / f"{after}", after)
        if found.wrong:
            wrong[f"{after}: {found.point}"] = found.wrong

    assert apart.wrong == ()
    assert wrong == {}


def all_at_once(rig: Rig, step: Callable[[str], Outbound], text: str) -> Outbound:
    """Have several threads take the same step at the same moment."""
    gate = threading.Barrier(AT_ONCE)

    def act(_: int) -> Outbound:
        gate.wait()
        return step(text)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(act, range(AT_ONCE)), Outbound())


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    place(rig)
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")
    yield rig
    rig.close()


def test_threads_with_the_same_event_read_once_and_deliver_once(rig: Rig) -> None:
    (text,) = rig.monitor.intake(rig.body(ACCOUNT))
    rig.run(all_at_once(rig, rig.monitor.evaluate, text))

    assert rig.arm.reads == {ids.key(ACCOUNT): 1}
    assert rig.teams.changes == ["STORAGE-TLS opened"]


def test_threads_with_the_same_delivery_send_once(rig: Rig) -> None:
    (text,) = rig.monitor.intake(rig.body(ACCOUNT))
    for each in rig.monitor.evaluate(text).deliveries:
        rig.run(all_at_once(rig, rig.monitor.deliver, each))
    rig.later(minutes=15)

    assert [each.changes for each in (rig.teams, rig.pagerduty, rig.splunk)] == [
        ["STORAGE-TLS opened"]
    ] * len(CHANNELS)


def test_threads_that_tick_enqueue_each_due_row_once(rig: Rig) -> None:
    (text,) = rig.monitor.intake(rig.body(ACCOUNT))
    rig.monitor.evaluate(text)
    rig.clock.advance(minutes=2)
    (spread,) = all_at_once(rig, lambda _: rig.monitor.tick(), "").deliveries

    assert len(rig.monitor.deliver(spread).deliveries) == len(CHANNELS)
