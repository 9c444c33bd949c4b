"""The sweep: it finds what no event reported, once, within its read budget, after any crash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from detectors import DETECTORS
from detectors.phi import tag
from detectors.storage import firewall
from drift import ids
from drift.errors import SourceUnavailable
from drift.estate import Estate
from drift.model import Outcome, Resource, Severity, Verdict
from drift.notices import Change, Closure, Found, Notice, Standing
from drift.ports import Audience, Page
from drift.queues.outbound import Outbound
from drift.state import keys, sweep_state
from drift.state.sweep_state import Phase
from drift.sweep.lanes import enter_lane, leave_lane
from drift.sweep.scan import scan_subscription
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, PHI, broken
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Clock, Graph, Rig

OPENED = "TOY-OPEN opened"
RESOLVED = "TOY-OPEN resolved"
DIGEST = "MONITOR-FIRST-CONTACT opened"


def accounts(rig: Rig, count: int, *, is_open: bool = False) -> list[str]:
    """Put so many accounts there, in a group that holds PHI."""
    names = [f"{ACCOUNT}{number:04}" for number in range(count)]
    for each in names:
        open_account.place(rig, account=each)
        rig.arm.set(each, open=is_open)
    return names


def swept(rig: Rig, *, minutes: int = 5) -> None:
    """Sweep, and let the minutes pass that it may take."""
    rig.run(rig.monitor.sweep())
    rig.later(minutes=minutes)


def with_rules(**rules: Any) -> dict[str, Any]:
    """Return an account with these rules in its firewall."""
    lists = ("ipRules", "ipv6Rules", "virtualNetworkRules", "resourceAccessRules")
    acls = {"defaultAction": "Deny", "bypass": "AzureServices", **{each: [] for each in lists}}
    return {
        "tags": {"dataClassification": "phi"},
        "properties": {"publicNetworkAccess": "Enabled", "networkAcls": {**acls, **rules}},
    }


def is_done(rig: Rig) -> bool:
    state, _ = sweep_state.find_sweep(rig.store, SUBSCRIPTION)
    return state is not None and state.phase is Phase.DONE


@pytest.fixture
def watched(known: Rig) -> Rig:
    """Return a monitor that has swept the estate before, and found it in order."""
    swept(known)
    known.arm.reads.clear()
    return known


def test_what_no_event_told_of_is_found_and_counted_as_missed(watched: Rig) -> None:
    broken(watched)
    swept(watched)
    [(notice, _)] = watched.teams.told

    assert (notice.change, notice.found) == (Change.OPENED, Found.MISSED)
    assert notice.changed_by is None
    assert [each.path for each in notice.differences] == ["properties.open"]
    assert watched.pagerduty.changes == [OPENED]


def test_an_end_that_no_event_told_of_is_found_too(watched: Rig) -> None:
    broken(watched)
    watched.write(ACCOUNT)
    watched.later(minutes=5)
    watched.arm.set(ACCOUNT, open=False)
    swept(watched)

    assert watched.teams.changes == [OPENED, RESOLVED]


def test_what_became_worse_without_an_event_is_told(watched: Rig) -> None:
    watched.only(firewall)
    one = [{"value": "8.8.8.8", "action": "Allow"}]
    watched.arm.put(ACCOUNT, **with_rules(ipRules=one))
    watched.write(ACCOUNT)
    watched.later(minutes=5)
    watched.arm.put(ACCOUNT, **with_rules(ipRules=one, defaultAction="Allow"))
    swept(watched)
    swept(watched)

    assert [(each.change, each.severity) for each, _ in watched.teams.told] == [
        (Change.OPENED, Severity.HIGH),
        (Change.UPDATED, Severity.CRITICAL),
    ]
    assert watched.pagerduty.changes == ["STORAGE-FIREWALL updated"]


def test_what_fails_as_it_is_known_to_is_not_read(watched: Rig) -> None:
    watched.only(firewall)
    watched.arm.put(ACCOUNT, **with_rules(defaultAction="Allow"))
    watched.write(ACCOUNT)
    watched.later(minutes=5)
    watched.arm.reads.clear()
    swept(watched)

    perimeters = ids.key(f"{ACCOUNT}/networkSecurityPerimeterConfigurations")
    assert set(watched.arm.reads) <= {perimeters}  # no row shows them, and they may override


def test_what_is_as_it_is_known_to_be_is_not_read(watched: Rig) -> None:
    swept(watched)

    assert watched.arm.reads == {}
    assert watched.splunk.told == []


def test_what_was_told_already_is_not_told_again(watched: Rig) -> None:
    broken(watched)
    watched.write(ACCOUNT)
    watched.later(minutes=5)
    watched.arm.reads.clear()
    swept(watched)

    assert watched.splunk.changes == [OPENED]
    assert watched.arm.reads == {}


def test_a_row_that_is_behind_opens_and_closes_nothing(watched: Rig) -> None:
    """Resource Graph shows it open still; ARM, which is asked, knows that it is closed."""
    broken(watched)
    row = watched.graph.page(SUBSCRIPTION, (open_account.TYPE,)).rows
    watched.arm.set(ACCOUNT, open=False)
    watched.change(inventory=Frozen(watched.graph, row))
    swept(watched)

    assert watched.splunk.told == []
    assert watched.arm.reads[ids.key(ACCOUNT)] == 1


def test_a_deletion_that_no_event_told_of_is_found(watched: Rig) -> None:
    broken(watched)
    watched.write(ACCOUNT)
    watched.later(minutes=5)
    del watched.arm.documents[ids.key(ACCOUNT)]
    swept(watched, minutes=10)
    notice, _ = watched.teams.told[-1]

    assert notice.closure is Closure.DELETED
    assert watched.store_rows("known|") == 0


def test_what_resource_graph_does_not_list_for_once_is_not_gone(watched: Rig) -> None:
    broken(watched)
    watched.write(ACCOUNT)
    watched.later(minutes=5)
    watched.graph.missing.add(ids.key(ACCOUNT))
    swept(watched, minutes=10)

    assert watched.teams.changes == [OPENED, "MONITOR-BLIND opened"]
    assert watched.store_rows("known|") == 1


def test_a_first_scan_sends_each_finding_to_siems_and_one_digest_to_people(clinic: Rig) -> None:
    names = accounts(clinic, 12, is_open=True)
    clinic.arm.put(names[0], tags={}, properties={"open": True})
    swept(clinic)
    [(digest, _)] = clinic.teams.told

    assert clinic.splunk.changes == [OPENED] * 12
    assert {notice.found for notice, _ in clinic.splunk.told} == {Found.FIRST_CONTACT}
    assert clinic.teams.changes == [DIGEST]
    assert digest.reason == "The first scan found 12 existing failures: 11 critical, 1 high."
    assert [(each.path, each.value) for each in digest.evidence] == [
        ("TOY-OPEN (critical)", 11),
        ("TOY-OPEN (high)", 1),
    ]
    assert len(digest.context) == 10


def test_in_a_first_scan_only_critical_phi_findings_page(clinic: Rig) -> None:
    first, second = accounts(clinic, 2, is_open=True)
    clinic.arm.put(first, tags={}, properties={"open": True})
    clinic.configure(severities={"TOY-OPEN": Severity.CRITICAL})
    swept(clinic)

    assert [notice.resource_id for notice, _ in clinic.pagerduty.told] == [second]


def test_the_end_of_an_incident_from_the_first_scan_goes_to_people(clinic: Rig) -> None:
    [name] = accounts(clinic, 1, is_open=True)
    swept(clinic)
    clinic.arm.set(name, open=False)
    clinic.write(name)
    clinic.later(minutes=3)

    assert clinic.teams.changes == [DIGEST, RESOLVED]


def test_a_second_sweep_is_not_a_first_scan(clinic: Rig) -> None:
    swept(clinic)
    [name] = accounts(clinic, 1, is_open=True)
    swept(clinic)

    assert [notice.resource_id for notice, _ in clinic.teams.told] == [name]
    assert clinic.teams.changes == [OPENED]


def test_a_first_scan_stores_passing_results(clinic: Rig) -> None:
    """So the next write can be held against it, and its writer be called the cause."""
    swept(clinic)
    broken(clinic)
    clinic.write(ACCOUNT)
    [(notice, _)] = clinic.teams.told

    assert notice.standing is Standing.LIKELY


def test_a_group_that_has_lost_its_tag_is_found(watched: Rig) -> None:
    watched.only(OPEN, tag)
    watched.arm.put(GROUP, tags=PHI)
    swept(watched)
    watched.arm.put(GROUP, tags={})
    swept(watched)

    assert [notice.resource_id for notice, _ in watched.teams.told] == [GROUP]


def test_a_phi_tag_that_the_rows_of_the_first_sweep_lack_is_known_when_it_goes(
    clinic: Rig,
) -> None:
    """It was set just before the first sweep, so no event reports it, and Resource Graph is behind."""
    clinic.only(OPEN, tag)
    open_account.place(clinic, phi=False)
    row = clinic.graph.page(SUBSCRIPTION, (open_account.TYPE,)).rows
    open_account.place(clinic, phi=True)
    clinic.change(inventory=Frozen(clinic.graph, row))
    swept(clinic, minutes=10)
    clinic.change(inventory=clinic.graph)
    clinic.later(minutes=20)
    open_account.place(clinic, phi=False)
    clinic.write(ACCOUNT)

    assert clinic.teams.changes == ["PHI-TAG opened"]


def test_a_sweep_counts_each_resource_as_a_scan_does_also_what_stands_in_its_parents_row(
    clinic: Rig,
) -> None:
    network = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/ward"
    subnets = [{"name": name, "properties": {"addressPrefix": "10.0.0.0/24"}} for name in "abc"]
    clinic.change(detectors=DETECTORS)
    clinic.arm.put(network, properties={"subnets": subnets})
    for each in subnets:
        clinic.arm.put(f"{network}/subnets/{each['name']}", **each)
    scanned_too = list(
        scan_subscription(clinic.services, clinic.graph, SUBSCRIPTION, pause=lambda _: None)
    )
    swept(clinic)
    state, _ = sweep_state.find_sweep(clinic.store, SUBSCRIPTION)

    assert state is not None
    assert state.visited == len(scanned_too)
    assert sum(each.row_id == network for each in scanned_too) == 4


def test_pages_follow_each_other_to_the_end(clinic: Rig) -> None:
    accounts(clinic, 250, is_open=True)
    swept(clinic, minutes=10)

    assert clinic.splunk.changes == [OPENED] * 250
    assert is_done(clinic)


def test_it_reads_no_more_in_a_minute_than_its_ration(clinic: Rig) -> None:
    accounts(clinic, 250, is_open=True)
    clinic.run(clinic.monitor.sweep())
    first = sum(clinic.arm.reads.values())
    clinic.later(minutes=2)
    second = sum(clinic.arm.reads.values())
    clinic.later(minutes=5)

    assert (first, second) == (80, 160)
    assert clinic.splunk.changes == [OPENED] * 250


def test_it_waits_for_a_resource_graph_that_refuses(clinic: Rig) -> None:
    clinic.graph.failing = SourceUnavailable("graph", 429, retry_after=100)
    broken(clinic)
    swept(clinic, minutes=4)
    refused = list(clinic.splunk.told)
    clinic.graph.failing = None
    clinic.later(minutes=4)

    assert refused == []
    assert clinic.splunk.changes == [OPENED]


def test_a_sweep_under_way_is_not_begun_anew(clinic: Rig) -> None:
    accounts(clinic, 250, is_open=True)
    clinic.run(clinic.monitor.sweep())
    clinic.run(clinic.monitor.sweep())
    clinic.later(minutes=10)

    assert clinic.splunk.changes == [OPENED] * 250
    state, _ = sweep_state.find_sweep(clinic.store, SUBSCRIPTION)
    assert state is not None
    assert state.run == 1


def test_a_lost_message_is_replaced(clinic: Rig) -> None:
    broken(clinic)
    clinic.monitor.sweep()
    clinic.later(minutes=6)

    assert clinic.splunk.changes == [OPENED]
    assert is_done(clinic)


def test_a_sweep_whose_process_died_continues_from_its_last_page(clinic: Rig) -> None:
    accounts(clinic, 250, is_open=True)
    [message] = clinic.monitor.sweep().background

    def die(name: str) -> None:
        if clinic.arm.reads.total() > 30:
            raise KeyboardInterrupt

    clinic.arm.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        clinic.run(Outbound(background=(message,)))
    clinic.arm.meanwhile = lambda _: None
    clinic.later(minutes=25)
    told = [notice.finding_uid for notice, _ in clinic.splunk.told]

    assert is_done(clinic)
    assert len(set(told)) == len(told) == 250


def test_a_message_that_comes_twice_is_done_once(clinic: Rig) -> None:
    accounts(clinic, 3, is_open=True)
    work = clinic.monitor.sweep()
    clinic.run(work + work)
    clinic.later(minutes=20)

    assert clinic.splunk.changes == [OPENED] * 3
    assert clinic.store_rows("due|") == 0


def test_only_so_many_subscriptions_are_swept_at_once(clinic: Rig) -> None:
    others = tuple(SUBSCRIPTION[:-1] + each for each in "67")
    facts = replace(clinic.services.facts, subscriptions=(SUBSCRIPTION, *others))
    clinic.change(facts=facts)
    inside: list[int] = []

    def count(_: str) -> None:
        rows = clinic.store.range(keys.META, "lane|", "lane|~")
        inside.append(len(rows))

    clinic.arm.meanwhile = count
    for each in (SUBSCRIPTION, *others):
        open_account.place(clinic, account=ACCOUNT.replace(SUBSCRIPTION, each))
        clinic.arm.set(ACCOUNT.replace(SUBSCRIPTION, each), open=True)
    swept(clinic)

    assert set(inside) == {1}
    assert len(clinic.splunk.changes) == 3
    assert clinic.store_rows("lane|") == 0


def test_a_third_sweep_waits_until_a_lane_is_free(clinic: Rig) -> None:
    broken(clinic)
    lanes = [enter_lane(clinic.store, "another", now=clinic.clock()) for _ in range(3)]
    swept(clinic, minutes=4)
    waiting = list(clinic.splunk.told)
    for each in lanes[:2]:
        assert each is not None
        leave_lane(clinic.store, each)
    clinic.later(minutes=3)

    assert lanes[2] is None
    assert waiting == []
    assert clinic.splunk.changes == [OPENED]


def test_what_a_sweep_sees_while_an_event_waits_for_its_proof_is_told_and_not_as_missed(
    watched: Rig,
) -> None:
    watched.write(ACCOUNT)
    broken(watched)
    watched.run(watched.monitor.sweep())
    [(at_once, _)] = watched.splunk.told
    watched.later(minutes=3)

    assert at_once.found is Found.EVENT
    assert len(watched.splunk.told) == 1


def test_what_stricter_rules_make_of_it_is_not_missed(watched: Rig) -> None:
    watched.only(OPEN, CONTAINER)
    open_account.container(watched, "scans", "Container")
    watched.change(facts=watched.facts("second"))
    swept(watched)
    [(notice, _)] = watched.splunk.told

    assert (notice.control_id, notice.found) == ("TOY-CONTAINER", Found.EVENT)


@dataclass
class Frozen:
    """A Resource Graph that shows the rows of an earlier moment."""

    graph: Graph
    rows: tuple[Mapping[str, Any], ...]

    def page(
        self, subscription: str, types: Sequence[str], *, after: str = "", size: int = 200
    ) -> Page:
        page = self.graph.page(subscription, types, after=after, size=size)
        return replace(page, rows=self.rows) if open_account.TYPE in types else page

    def groups(self, subscription: str) -> Sequence[str]:
        return self.graph.groups(subscription)

    def tags(self, subscription: str, groups: Sequence[str]) -> Page:
        return self.graph.tags(subscription, groups)


def test_a_first_scan_finding_after_the_digest_is_sent_by_itself(clinic: Rig) -> None:
    broken(clinic)
    clinic.arm.refused[ids.key(ACCOUNT)] = 503
    swept(clinic, minutes=10)
    before = [each.control_id for each, _ in clinic.teams.told]
    clinic.arm.refused.clear()
    clinic.later(minutes=30)
    told = [each for each, _ in clinic.teams.told if each.control_id == "TOY-OPEN"]

    assert before == ["MONITOR-BLIND"]
    assert [(each.change, each.found) for each in told] == [(Change.OPENED, Found.FIRST_CONTACT)]


def test_what_a_new_control_finds_in_a_later_sweep_is_told_to_people(watched: Rig) -> None:
    watched.only(OPEN, CONTAINER)
    open_account.container(watched, "scans", "Container")
    swept(watched)
    [(notice, _)] = watched.teams.told

    assert (notice.control_id, notice.found) == ("TOY-CONTAINER", Found.FIRST_CONTACT)


def test_one_resource_that_takes_more_than_a_minutes_ration_does_not_stop_the_sweep(
    clinic: Rig,
) -> None:
    nics = [f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic{at}" for at in range(500)]

    def reads_much(resource: Resource, around: Estate) -> Verdict:
        found = [around.get(each) for each in nics if resource.id == ACCOUNT]
        return Verdict(Outcome.FAIL if found else Outcome.PASS, "it is before interfaces")

    for each in nics:
        clinic.arm.put(each)
    accounts(clinic, 3)
    clinic.only(open_account.toy("TOY-MUCH", reads_much))
    swept(clinic, minutes=15)

    assert is_done(clinic)
    assert clinic.splunk.changes == ["TOY-MUCH opened"]


@dataclass(frozen=True)
class Slow:
    """A SIEM that takes as long as it may for each message."""

    clock: Clock
    name: str = "splunk"
    audience: Audience = Audience.SIEM
    fingerprint: str = "as installed"

    def send(self, notice: Notice, *, opening: bool) -> None:
        self.clock.advance(seconds=20)


def test_deliveries_that_a_slow_channel_does_not_take_in_time_stay_in_the_queue(
    clinic: Rig,
) -> None:
    broken(clinic)
    clinic.only(*(open_account.toy(f"TOY-{number}", open_account.is_open) for number in range(6)))
    clinic.change(channels=(Slow(clinic.clock),))
    began = clinic.clock()
    [message] = clinic.monitor.sweep().background
    [message] = clinic.monitor.background(message).background
    left = clinic.monitor.background(message)

    assert (clinic.clock() - began).total_seconds() == 80
    assert len(left.deliveries) == 2
