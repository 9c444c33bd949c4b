"""MONITORED_SUBSCRIPTIONS changed: only the incidents that are no longer watched close."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drift import ids
from drift.controls.monitor_controls import CHANNEL
from drift.errors import DeliveryRejected
from drift.estate import Scope
from drift.model import Outcome, Verdict
from drift.notices import Change, Closure
from drift.ports import Delete
from drift.self_monitoring.incident import Report, SelfReporter
from drift.self_monitoring.monitor_channel import channel_id
from drift.state import keys
from drift.state.keys import RowKind
from tests.support import open_account
from tests.support.open_account import broken
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

OTHER = f"{SUBSCRIPTION[:-1]}6"
ELSEWHERE = ACCOUNT.replace(SUBSCRIPTION, OTHER)
OPENED = "TOY-OPEN opened"
WORDS = "removed from MONITORED_SUBSCRIPTIONS"


def monitored(rig: Rig, *subscriptions: str) -> None:
    """Restart the monitor with these in MONITORED_SUBSCRIPTIONS."""
    rig.change(facts=replace(rig.services.facts, subscriptions=subscriptions))


def swept(rig: Rig) -> None:
    rig.run(rig.monitor.sweep())
    rig.later(minutes=5)


@pytest.fixture
def both(known: Rig) -> Rig:
    """Return a monitor of two subscriptions, with an open account in each."""
    monitored(known, SUBSCRIPTION, OTHER)
    open_account.place(known, account=ELSEWHERE)
    known.arm.put(f"/subscriptions/{OTHER}", tags={})
    known.arm.put(ids.group_of(ELSEWHERE), tags={})
    known.later(minutes=1)
    broken(known)
    known.arm.set(ELSEWHERE, open=True)
    known.write(ACCOUNT)
    event = known.event(ELSEWHERE)
    known.deliver({**event, "topic": f"/subscriptions/{OTHER}"})
    known.later(minutes=3)
    return known


def test_what_is_no_longer_watched_closes_in_those_words(both: Rig) -> None:
    monitored(both, SUBSCRIPTION)
    both.later(minutes=1)
    notice, _ = both.teams.told[-1]

    assert both.teams.changes == [OPENED, OPENED, "TOY-OPEN closed"]
    assert (notice.change, notice.closure) == (Change.CLOSED, Closure.UNWATCHED)
    assert ids.key(notice.resource_id) == ids.key(ELSEWHERE)
    assert WORDS in notice.reason
    assert notice.reason.endswith("Whether it still fails is not known.")
    assert notice.decided_at - notice.read_at >= timedelta(minutes=1)
    assert both.store_rows("open|") == 1


def test_what_is_no_longer_watched_is_not_read_again(both: Rig) -> None:
    monitored(both, SUBSCRIPTION)
    both.later(minutes=1)
    both.arm.reads.clear()
    both.later(minutes=120)

    assert both.arm.reads[ids.key(ELSEWHERE)] == 0
    assert both.monitor.health()["status"] == "ok"


def test_a_retry_of_what_is_no_longer_watched_ends_it(both: Rig) -> None:
    both.arm.refuse(ELSEWHERE, 403)
    both.deliver({**both.event(ELSEWHERE), "topic": f"/subscriptions/{OTHER}"})
    both.later(minutes=10)
    monitored(both, SUBSCRIPTION)
    both.later(minutes=20)
    [blind] = [
        each
        for each, _ in both.teams.told
        if each.control_id == "MONITOR-BLIND" and each.change is not Change.OPENED
    ]

    assert blind.change is Change.CLOSED
    assert WORDS in blind.reason
    assert both.monitor.health()["status"] == "ok"
    assert both.monitor.health()["unknown"] == 0


def test_what_is_watched_again_is_a_first_contact(both: Rig) -> None:
    swept(both)
    monitored(both, SUBSCRIPTION)
    both.later(minutes=1)
    monitored(both, SUBSCRIPTION, OTHER)
    before = len(both.teams.told)
    swept(both)

    assert both.teams.changes[before:] == ["MONITOR-FIRST-CONTACT opened"]


def test_each_time_that_it_is_watched_again_people_get_a_digest(both: Rig) -> None:
    """Findings of a first sweep go to no other channel for people."""
    swept(both)
    for _ in range(2):
        monitored(both, SUBSCRIPTION)
        both.later(minutes=1)
        monitored(both, SUBSCRIPTION, OTHER)
        swept(both)
    digests = [each for each in both.teams.changes if each == "MONITOR-FIRST-CONTACT opened"]

    assert len(digests) == 2


def test_a_sweep_of_what_is_no_longer_watched_does_not_go_on(both: Rig) -> None:
    both.monitor.sweep()
    monitored(both, SUBSCRIPTION)
    both.later(minutes=1)
    both.arm.reads.clear()
    both.later(minutes=40)

    assert both.arm.reads[ids.key(ELSEWHERE)] == 0
    assert both.store_rows("due|") == 0


@pytest.mark.parametrize("order", [(OTHER, SUBSCRIPTION), (OTHER,)])
def test_the_order_of_the_subscriptions_changes_nothing_for_a_channel(
    known: Rig, order: tuple[str, ...]
) -> None:
    monitored(known, SUBSCRIPTION, OTHER)
    known.teams.refusal = DeliveryRejected("gone")
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=2)
    monitored(known, *order)
    known.later(minutes=2)
    known.teams.refusal, known.teams.fingerprint = None, "repaired"
    known.later(minutes=10)
    told = [each for each in known.splunk.changes if each.startswith("MONITOR-CHANNEL")]

    assert told == ["MONITOR-CHANNEL opened", "MONITOR-CHANNEL resolved"]
    assert known.monitor.health()["status"] == "ok"


def test_an_incident_of_a_channel_under_its_former_id_ends(known: Rig) -> None:
    """Earlier versions named the first monitored subscription in it."""
    former = f"/subscriptions/{SUBSCRIPTION}{channel_id('teams')}"
    refused = Report(Verdict(Outcome.FAIL, "Teams refuses."), Scope(None, ""))
    known.run(SelfReporter.of(known.services).apply(former, CHANNEL, lambda: refused))
    known.store.commit(keys.META, [Delete(keys.row_key(RowKind.META, "subscriptions"))])
    known.later(minutes=1)
    told = [(each.resource_id, each.change) for each, _ in known.splunk.told]

    assert told == [(former, Change.OPENED), (former, Change.CLOSED)]
    assert known.store_rows("open|") == 0
