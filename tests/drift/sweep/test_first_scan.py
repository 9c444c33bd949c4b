"""The first sweep of a subscription: findings to SIEMs, one digest to people."""

from drift import ids
from drift.model import Severity
from drift.notices import Change, Found, Standing
from drift.outbox.first_pages import AT_MOST
from drift.state import keys
from drift.state.keys import RowKind
from tests.drift.sweep.sweeping import OPENED, RESOLVED, accounts, swept
from tests.support import open_account
from tests.support.open_account import CONTAINER, OPEN, broken
from tests.support.rig import ACCOUNT, Rig

DIGEST = "MONITOR-FIRST-CONTACT opened"


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


def test_of_many_critical_phi_findings_of_a_first_scan_a_few_page_alone_and_one_page_counts_the_others(
    clinic: Rig,
) -> None:
    names = accounts(clinic, 30, is_open=True)
    swept(clinic)
    *alone, (page, _) = clinic.pagerduty.told
    paged = {notice.resource_id for notice, _ in alone}

    assert clinic.pagerduty.changes == [*[OPENED] * AT_MOST, DIGEST]
    assert clinic.splunk.changes == [OPENED] * 30
    assert (page.severity, page.closure) == (Severity.CRITICAL, None)
    assert page.reason.startswith(
        "The first scan found 25 more critical failures where PHI may be held."
    )
    assert [(each.path, each.value) for each in page.evidence] == [("TOY-OPEN (critical)", 25)]
    assert len(set(page.context)) == 25
    assert page.context[-1] == "and 1 more: the SIEM has each"
    assert not any(f" on storageAccounts/{ids.name_of(each)}" in page.context for each in paged)
    assert paged < set(names)


def test_later_sweeps_page_nothing_again_and_a_finding_that_changes_pages_by_itself(
    clinic: Rig,
) -> None:
    names = accounts(clinic, 30, is_open=True)
    swept(clinic, minutes=60)
    before = clinic.pagerduty.changes
    paged = {notice.resource_id for notice, _ in clinic.pagerduty.told}
    quiet = next(each for each in names if each not in paged)
    clinic.arm.set(quiet, open=False)
    clinic.write(quiet)
    clinic.later(minutes=30)
    clinic.arm.set(quiet, open=True)
    clinic.write(quiet)

    assert before == [*[OPENED] * AT_MOST, DIGEST]
    assert clinic.pagerduty.changes == [*before, OPENED]
    assert clinic.teams.changes == [DIGEST, RESOLVED, OPENED]


def test_what_is_repaired_before_the_end_of_a_first_scan_is_not_in_its_page(clinic: Rig) -> None:
    names = accounts(clinic, AT_MOST + 1, is_open=True)
    clinic.run(clinic.monitor.sweep())
    paged = {notice.resource_id for notice, _ in clinic.pagerduty.told}
    [quiet] = set(names) - paged
    clinic.arm.set(quiet, open=False)
    clinic.write(quiet)
    clinic.later(minutes=10)

    assert clinic.pagerduty.changes == [OPENED] * AT_MOST
    assert not any(clinic.store.range(each, *keys.below(RowKind.PAGED)) for each in keys.PARTITIONS)


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
