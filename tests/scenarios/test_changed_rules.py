"""Changes of the operator's rules: severities, routes, exceptions, disabled controls."""

from datetime import UTC, datetime, timedelta

import pytest

from drift import ids
from drift.config.model import Exemption, PhiScope
from drift.controls.retired import RetiredControl
from drift.estate import Baseline, Estate
from drift.model import Outcome, Resource, Severity, Verdict
from drift.notices import Closure
from tests.scenarios.rules import OPENED, adopt
from tests.support import open_account
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, GROUP, Rig

CLOSED = "TOY-OPEN closed"


def asks_more_of_phi(resource: Resource, azure: Estate) -> Verdict:
    return Verdict(Outcome.PASS if azure.phi is False else Outcome.FAIL, "it is as it is")


PHI_ONLY = open_account.toy("TOY-PHI", asks_more_of_phi)


def exemption(expires: datetime, resource_id: str = ACCOUNT) -> Exemption:
    return Exemption(
        control="TOY-OPEN",
        resource_id=resource_id,
        reason="a public site",
        approved_by="Robin",
        expires=expires,
    )


def keeps_long_enough(resource: Resource, azure: Estate) -> Verdict:
    short = azure.baseline.soft_delete_days > 30
    return Verdict(Outcome.FAIL if short else Outcome.PASS, "kept for 30 days")


def test_an_exception_granted_closes_in_its_own_words(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    adopt(known, "second", exemptions=(exemption(known.clock.now + timedelta(days=2)),))
    known.later(minutes=2)
    notice, _ = known.teams.told[-1]

    assert known.teams.changes == [OPENED, CLOSED]
    assert notice.closure is Closure.EXCEPTED
    assert notice.outcome is Outcome.EXCEPTED
    assert "Robin" in notice.reason
    assert notice.changed_by is None


def test_what_is_excepted_from_the_start_is_told_to_machines_once(known: Rig) -> None:
    adopt(known, "second", exemptions=(exemption(known.clock.now + timedelta(days=2), GROUP),))
    broken(known)
    for _ in range(2):
        known.write(ACCOUNT)
        known.later(minutes=10)
    [(notice, opening)] = known.splunk.told

    assert (notice.outcome, opening) == (Outcome.EXCEPTED, True)
    assert (known.teams.told, known.pagerduty.told) == ([], [])
    assert known.monitor.health()["status"] == "ok"


@pytest.mark.parametrize("seen_before", [True, False])
def test_an_exception_that_expires_opens_by_itself(known: Rig, seen_before: bool) -> None:
    expires = known.clock.now + timedelta(hours=2)
    if seen_before:
        broken(known)
        known.write(ACCOUNT)
    adopt(known, "second", exemptions=(exemption(expires),))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=110)
    told = list(known.teams.changes)
    known.later(minutes=15)

    assert OPENED not in told[1:]
    assert known.teams.changes == [*told, OPENED]


def test_an_exception_that_expires_while_reads_are_refused_opens_later(known: Rig) -> None:
    expires = known.clock.now + timedelta(hours=2)
    adopt(known, "second", exemptions=(exemption(expires),))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=115)
    body = known.arm.body(ACCOUNT)
    known.arm.refuse(ACCOUNT, 503)
    known.later(minutes=10)
    known.arm.documents[ids.key(ACCOUNT)] = body
    known.later(minutes=20)

    assert OPENED in known.teams.changes


def test_a_control_switched_off_closes_and_switched_on_opens_at_the_next_look(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.switch_off("TOY-OPEN")
    known.later(minutes=2)
    adopt(known, "third", disabled=frozenset())
    known.later(minutes=20)
    known.write(ACCOUNT)

    assert known.teams.changes == [OPENED, CLOSED, OPENED]


def test_a_control_that_a_new_version_has_retired_is_ended_and_another_control_is_evaluated(
    known: Rig,
) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.only(open_account.toy("TOY-NEW", open_account.is_open))
    known.change(retired=(RetiredControl("TOY-OPEN", "TOY-OPEN held"),))
    known.write(ACCOUNT)

    assert known.teams.changes == [OPENED, "TOY-NEW opened", CLOSED]


def test_new_rules_that_a_pass_rests_on_are_no_fix_though_it_must_settle(known: Rig) -> None:
    known.only(open_account.toy("TOY-DAYS", keeps_long_enough))
    adopt(known, "second", baseline=Baseline(soft_delete_days=60))
    known.write(ACCOUNT)
    known.later(seconds=5)
    adopt(known, "third", baseline=Baseline(soft_delete_days=7))
    known.later(seconds=10)
    known.later(seconds=10)

    assert known.teams.changes == ["TOY-DAYS opened"]

    known.later(minutes=5)
    notice, _ = known.teams.told[-1]

    assert known.teams.changes == ["TOY-DAYS opened", "TOY-DAYS closed"]
    assert notice.closure is Closure.NO_LONGER_REQUIRED


def test_new_rules_that_a_pass_rests_on_are_no_fix_though_it_was_unknown_meanwhile(
    known: Rig,
) -> None:
    def asking(resource: Resource, azure: Estate) -> Verdict:
        azure.children(resource.id, "blobServices/default/containers")
        return keeps_long_enough(resource, azure)

    known.only(open_account.toy("TOY-DAYS", asking))
    adopt(known, "second", baseline=Baseline(soft_delete_days=60))
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.refuse(open_account.CONTAINERS, 503)
    known.later(minutes=20)
    adopt(known, "third", baseline=Baseline(soft_delete_days=7))
    known.later(minutes=12)
    del known.arm.documents[ids.key(open_account.CONTAINERS)]
    known.later(minutes=70)
    told = [notice for notice, _ in known.teams.told if notice.control_id == "TOY-DAYS"]
    opened, closed = told

    assert opened.closure is None
    assert closed.closure is Closure.NO_LONGER_REQUIRED


def test_a_fix_under_new_rules_is_a_fix(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    mended(known)
    adopt(known, "second", baseline=Baseline(soft_delete_days=7))
    known.write(ACCOUNT)
    notice, _ = known.teams.told[-1]

    assert notice.closure is Closure.FIXED


def test_the_operators_severity_counts_for_every_resource(known: Rig) -> None:
    known.configure(severities={"TOY-OPEN": Severity.MEDIUM})
    broken(known)
    known.write(ACCOUNT)
    notice, _ = known.teams.told[0]

    assert notice.severity is Severity.MEDIUM
    assert known.pagerduty.changes == []


@pytest.mark.parametrize(
    "expires",
    [datetime(2027, 3, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)],
)
def test_an_exception_that_is_taken_back_opens_at_once(known: Rig, expires: datetime) -> None:
    adopt(known, "second", exemptions=(exemption(expires),))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=10)

    assert known.teams.changes == []

    adopt(known, "third", exemptions=())
    known.later(minutes=3)

    assert known.teams.changes == [OPENED]
    assert known.store_rows("excepted|") == 0


def test_an_excepted_resource_that_is_mended_is_excepted_no_more(known: Rig) -> None:
    adopt(known, "second", exemptions=(exemption(known.clock.now + timedelta(days=99)),))
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)

    assert known.store_rows("excepted|") == 1

    mended(known)
    known.write(ACCOUNT)

    assert known.store_rows("excepted|") == 0
    assert known.splunk.changes == ["TOY-OPEN updated"]


def test_an_incident_that_closes_for_lack_of_phi_is_not_called_fixed(known: Rig) -> None:
    """The tags of its group could not be read at first, so it counted as PHI."""
    open_account.place(known, phi=False)
    known.change(detectors=(PHI_ONLY,))
    known.arm.refuse(GROUP, 403)
    known.configure(phi=PhiScope(released=(ids.key(ACCOUNT),)))
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.arm.put(GROUP, tags={})
    known.later(minutes=5)
    notice, _ = known.splunk.told[-1]

    assert known.splunk.changes == ["TOY-PHI opened", "TOY-PHI closed"]
    assert notice.closure is Closure.NO_LONGER_REQUIRED
    assert "No PHI tag on it" in notice.reason
