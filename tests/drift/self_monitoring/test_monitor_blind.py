"""MONITOR-BLIND: one incident for all unreadable resources, updated, and closed at the end."""

from collections.abc import Sequence

import pytest

from drift import ids
from drift.config.model import Config
from drift.estate import Estate
from drift.model import Outcome, Resource, Severity, Verdict
from drift.notices import Closure
from drift.ports import Put, Row
from drift.state import keys
from tests.support import open_account
from tests.support.memory_store import MemoryStore
from tests.support.open_account import CONTAINER, CONTAINERS, OPEN
from tests.support.rig import ACCOUNT, GROUP, NSG, SUBSCRIPTION, Rig

OPENED = "MONITOR-BLIND opened"
UPDATED = "MONITOR-BLIND updated"
RESOLVED = "MONITOR-BLIND resolved"
STORAGE = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.storage"


class CountingStore(MemoryStore):
    """A store that counts the rows of affected resources that are read."""

    blind_rows = 0

    def range(self, partition: str, first: str, end: str, limit: int = 1000) -> Sequence[Row]:
        found = super().range(partition, first, end, limit)
        self.blind_rows += len(found) if first.startswith("blind|") else 0
        return found


def account(number: int) -> str:
    return f"{ACCOUNT}{number}"


def refuse(rig: Rig, *accounts: str) -> None:
    for each in accounts:
        rig.arm.refuse(each, 403)
        rig.write(each)


def answer(rig: Rig, *accounts: str, phi: bool = True) -> None:
    for each in accounts:
        open_account.place(rig, account=each, phi=phi)


def see(rig: Rig, *accounts: str, phi: bool = True) -> None:
    """Have accounts seen in order."""
    answer(rig, *accounts, phi=phi)
    for each in accounts:
        rig.write(each)
    rig.later(minutes=3)


def test_three_hundred_blind_resources_are_one_incident(known: Rig) -> None:
    accounts = [account(number) for number in range(300)]
    refuse(known, *accounts)
    known.later(minutes=9)

    assert known.teams.changes == [OPENED]
    assert known.splunk.changes.count(OPENED) == 1
    assert "300 resources" in known.teams.told[0][0].reason
    assert known.monitor.health()["blind"] == [STORAGE]

    answer(known, *accounts)
    known.later(minutes=75)

    assert known.teams.changes == [OPENED, RESOLVED]
    assert known.monitor.health()["status"] == "ok"


def test_a_newly_affected_phi_resource_is_one_update(known: Rig) -> None:
    see(known, account(1), account(2))
    refuse(known, account(1))
    known.later(minutes=7)
    refuse(known, account(2))
    known.later(minutes=20)

    assert known.teams.changes == [OPENED, UPDATED]
    assert "records2" in known.teams.told[-1][0].reason


def test_a_newly_affected_resource_without_phi_is_no_update(known: Rig) -> None:
    see(known, account(1))
    see(known, account(2), phi=False)
    refuse(known, account(1))
    known.later(minutes=7)
    refuse(known, account(2))
    known.later(minutes=20)

    assert known.teams.changes == [OPENED]


def test_phi_behind_what_hid_none_raises_the_severity_in_one_update(known: Rig) -> None:
    see(known, account(1), phi=False)
    see(known, account(2))
    refuse(known, account(1))
    known.later(minutes=7)
    refuse(known, account(2))
    known.later(minutes=20)
    severities = [notice.severity for notice, _ in known.teams.told]

    assert known.teams.changes == [OPENED, UPDATED]
    assert severities == [Severity.MEDIUM, Severity.HIGH]


def test_each_dependency_has_an_incident_of_its_own(known: Rig) -> None:
    known.only(OPEN, CONTAINER, open_account.toy("TOY-SETTINGS", _needs_settings))
    known.arm.refuse(CONTAINERS, 403)
    known.arm.refuse(open_account.SETTINGS, 503)
    known.write(ACCOUNT)
    known.later(minutes=8)

    assert known.teams.changes == [OPENED, OPENED]
    assert {notice.resource_name for notice, _ in known.teams.told} == {
        "microsoft.storage",
        "microsoft.insights",
    }


def _needs_settings(resource: Resource, azure: Estate) -> Verdict:
    found = azure.extensions(open_account.BLOBS, "Microsoft.Insights/diagnosticSettings")
    return Verdict(Outcome.PASS, str(len(found)))


def test_a_failure_of_less_than_five_minutes_opens_nothing(known: Rig) -> None:
    refuse(known, ACCOUNT)
    known.later(minutes=3)
    answer(known, ACCOUNT)
    known.write(ACCOUNT)
    known.later(minutes=30)

    assert known.splunk.changes == []


def test_it_does_not_end_while_another_is_hidden_for_a_short_time_only(known: Rig) -> None:
    see(known, account(1), account(2))
    refuse(known, account(1))
    known.later(minutes=10)
    answer(known, account(1))
    refuse(known, account(2))
    known.write(account(1))
    known.later(minutes=1)

    assert RESOLVED not in known.teams.changes

    answer(known, account(2))
    known.later(minutes=75)

    assert known.teams.changes[-1] == RESOLVED


def test_a_refused_resource_that_is_deleted_hides_nothing_any_more(known: Rig) -> None:
    refuse(known, ACCOUNT)
    known.later(minutes=8)
    del known.arm.documents[ids.key(ACCOUNT)]
    known.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    known.later(minutes=2)

    assert known.teams.changes == [OPENED, RESOLVED]
    assert known.monitor.health()["status"] == "ok"


def test_a_read_refused_in_between_goes_on_being_the_same_failure(known: Rig) -> None:
    """Reads fail for six minutes in all, each time another one of the account's."""
    known.only(OPEN, CONTAINER)
    known.arm.refuse(CONTAINERS, 403)
    known.write(ACCOUNT)
    known.later(minutes=4)
    body = known.arm.body(ACCOUNT)
    known.arm.refuse(ACCOUNT, 403)
    known.write(ACCOUNT)
    known.later(minutes=2)
    known.arm.documents[ids.key(ACCOUNT)] = body

    assert known.teams.changes == [OPENED]


def test_new_rules_do_not_end_what_is_said_of_the_monitor_itself(known: Rig) -> None:
    known.arm.put(STORAGE, properties={})
    refuse(known, ACCOUNT)
    known.later(minutes=8)
    known.configure(digest="second")
    known.change(facts=known.facts("second"))
    known.later(minutes=3)

    assert known.teams.changes == [OPENED]


def test_monitor_blind_that_is_disabled_is_not_reported(known: Rig) -> None:
    refuse(known, ACCOUNT)
    known.later(minutes=8)
    known.switch_off("MONITOR-BLIND")
    known.later(minutes=3)
    notice, _ = known.teams.told[-1]

    assert known.teams.changes == [OPENED, "MONITOR-BLIND closed"]
    assert notice.closure is Closure.NO_LONGER_REQUIRED
    assert known.monitor.health()["blind"] == [STORAGE]


def test_the_operator_chooses_how_bad_it_is_to_be_blind(known: Rig) -> None:
    known.change(config=Config(severities={"MONITOR-BLIND": Severity.CRITICAL}, digest="first"))
    refuse(known, ACCOUNT)
    known.later(minutes=8)

    assert known.pagerduty.changes == [OPENED]


def test_a_row_that_a_dead_process_left_behind_hides_nothing(known: Rig) -> None:
    since = known.clock.now.isoformat()
    row = {"resource": ACCOUNT, "dependency": STORAGE, "since": since, "phi": True}
    names = keys.digest(STORAGE), keys.digest(ACCOUNT)
    at = keys.stamp(known.clock.now)
    known.store.commit(
        keys.partition(STORAGE),
        [
            Put(keys.row_key("blind", *names), row),
            Put(
                keys.row_key("due", at, "blind", *names),
                {"kind": "blind", "dependency": STORAGE, "resource": ACCOUNT},
            ),
        ],
    )
    known.later(minutes=10)

    assert known.teams.changes == []
    assert known.monitor.health()["status"] == "ok"


def test_a_message_sent_early_by_a_fast_clock_is_evaluated_again_when_due(known: Rig) -> None:
    refuse(known, ACCOUNT)
    known.later(minutes=4)
    known.clock.advance(seconds=59)
    ahead = known.ahead(seconds=5)
    known.run(ahead.tick())

    assert known.teams.changes == []

    known.later(minutes=3)

    assert known.teams.changes == [OPENED]


@pytest.mark.parametrize("status", [0, 401, 403, 404, 429, 500, 503])
def test_any_refusal_is_unknown_at_once_and_blind_in_the_end(known: Rig, status: int) -> None:
    known.arm.absent = "SubscriptionNotFound"
    known.arm.refuse(ACCOUNT, status)
    known.write(ACCOUNT)

    assert known.monitor.health()["unknown"] == 1

    known.later(minutes=8)

    assert known.teams.changes == [OPENED]


def test_a_group_that_cannot_be_read_hides_no_verdict_but_is_said(known: Rig) -> None:
    known.arm.put(NSG, tags={}, properties={})
    open_account.place(known, phi=False)
    known.arm.refuse(GROUP, 403)
    known.write(ACCOUNT)
    known.later(minutes=8)

    assert known.monitor.health()["unknown"] == 0
    assert known.teams.changes == [OPENED]
    assert known.teams.told[0][0].resource_name == "microsoft.resources"


def test_resources_that_fail_one_after_another_are_one_update_in_a_quarter_of_an_hour(
    known: Rig,
) -> None:
    accounts = [account(number) for number in range(100)]
    see(known, *accounts)
    for each in accounts:
        refuse(known, each)
        known.later(seconds=40)
    known.later(minutes=20)

    assert known.teams.changes[0] == OPENED
    assert 1 <= known.teams.changes.count(UPDATED) <= 6  # in 87 minutes
    assert "100 resources" in known.teams.told[-1][0].reason


def test_the_affected_resources_are_read_few_times_however_many_they_are(known: Rig) -> None:
    accounts = [account(number) for number in range(40)]
    store = CountingStore()
    known.use(store)
    refuse(known, *accounts)
    known.later(minutes=9)

    assert known.teams.changes == [OPENED]
    assert store.blind_rows < 5 * len(accounts)
