"""The sweep: it finds what no event reported, once, within its read budget, after any crash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from detectors import DETECTORS
from detectors.phi import tag
from detectors.storage import firewall
from drift import ids
from drift.estate import Estate
from drift.model import Outcome, Resource, Severity, Verdict
from drift.notices import Change, Closure, Found
from drift.ports import Page
from drift.state import sweep_state
from drift.sweep.scan import scan_subscription
from tests.drift.sweep.sweeping import OPENED, RESOLVED, swept
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, PHI, broken, toy
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Graph, Rig


def with_rules(**rules: Any) -> dict[str, Any]:
    """Return an account with these rules in its firewall."""
    lists = ("ipRules", "ipv6Rules", "virtualNetworkRules", "resourceAccessRules")
    acls = {"defaultAction": "Deny", "bypass": "AzureServices", **{each: [] for each in lists}}
    return {
        "tags": {"dataClassification": "phi"},
        "properties": {"publicNetworkAccess": "Enabled", "networkAcls": {**acls, **rules}},
    }


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
        scan_subscription(clinic.services, clinic.graph, SUBSCRIPTION, pause=lambda *_: None)
    )
    swept(clinic)
    state, _ = sweep_state.find_sweep(clinic.store, SUBSCRIPTION)

    assert state is not None
    assert state.visited == len(scanned_too)
    assert sum(each.row_id == network for each in scanned_too) == 4


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


def test_a_vault_written_just_before_a_sweep_finds_its_account_is_read_again(watched: Rig) -> None:
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"

    def relies_on_it(resource: Resource, estate: Estate) -> Verdict:
        found = estate.get(vault)
        is_open = found is not None and found.flag("properties.open")
        return Verdict(Outcome.FAIL if is_open else Outcome.PASS, f"the vault is open: {is_open}")

    watched.only(toy("TOY-SHARED", relies_on_it))
    watched.arm.put(vault, tags={}, properties={"open": False})
    watched.arm.lag(vault, seconds=40)
    watched.arm.set(vault, open=True)
    watched.write(vault)
    open_account.place(watched, account=f"{ACCOUNT}2")
    swept(watched)

    assert watched.splunk.changes == ["TOY-SHARED opened"] * 2
