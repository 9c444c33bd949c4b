"""The first sweep of a subscription: findings to SIEMs, one digest to people."""

from drift import ids
from drift.model import Severity
from drift.notices import Change, Found, Standing
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
