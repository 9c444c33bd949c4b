"""Incidents that open again, change, or reach further channels."""

from drift import ids
from drift.config.model import PhiScope, Route
from drift.estate import Estate
from drift.model import Evidence, Outcome, Resource, Severity, Verdict
from drift.notices import Change
from tests.scenarios.rules import OPENED, adopt
from tests.support import open_account
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, GROUP, Rig

UPDATED = "TOY-OPEN updated"
RESOLVED = "TOY-OPEN resolved"


def test_a_severity_raised_by_new_rules_reaches_the_channels_that_got_no_message_before(
    known: Rig,
) -> None:
    known.configure(severities={"TOY-OPEN": Severity.MEDIUM})
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    adopt(known, "second", severities={})
    known.later(minutes=3)
    _, opening = known.pagerduty.told[0]

    assert known.teams.changes == [OPENED, UPDATED]
    assert known.pagerduty.changes == [UPDATED]
    assert opening

    mended(known)
    known.write(ACCOUNT)

    assert known.pagerduty.changes == [UPDATED, RESOLVED]


def test_a_channel_that_got_the_opening_gets_the_end_after_its_route_is_removed(
    known: Rig,
) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    adopt(known, "second", routes=(Route(channels=("splunk",)),))
    mended(known)
    known.write(ACCOUNT)

    assert known.teams.changes == [OPENED, RESOLVED]
    assert known.pagerduty.changes == [OPENED, RESOLVED]


def test_a_reopening_within_the_flap_window_is_the_same_incident_told_as_an_opening(
    known: Rig,
) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    notices = [notice for notice, _ in known.pagerduty.told]

    assert [each.change for each in notices] == [Change.OPENED, Change.RESOLVED] * 2
    assert len({each.incident_id for each in notices}) == 1
    assert [each.sequence for each in notices] == [1, 2, 3, 4]
    assert len({each.uid for each in notices}) == 4


def test_a_reopening_after_the_flap_window_is_another_incident(known: Rig) -> None:
    for _ in range(2):
        broken(known)
        known.write(ACCOUNT)
        known.later(minutes=3)
        mended(known)
        known.write(ACCOUNT)
        known.later(minutes=20)
    notices = [notice for notice, _ in known.teams.told]

    assert known.teams.changes == [OPENED, RESOLVED] * 2
    assert len({each.incident_id for each in notices}) == 2
    assert len({each.finding_uid for each in notices}) == 1


def test_another_failure_of_the_same_control_is_one_update_with_the_difference(
    known: Rig,
) -> None:
    known.only(open_account.CONTAINER)
    known.write(open_account.container(known, "scans", "Container"))
    known.later(minutes=3)
    known.write(open_account.container(known, "letters", "Container"))
    known.later(minutes=20)
    notice, opening = known.teams.told[-1]

    assert known.teams.changes == ["TOY-CONTAINER opened", "TOY-CONTAINER updated"]
    assert not opening
    assert [(each.before, each.after) for each in notice.differences] == [(None, "present")]
    assert not notice.is_cause


def test_another_order_in_arms_answer_is_no_update(known: Rig) -> None:
    values: list[dict[str, object]] = [{"a": 1, "b": (1, 2)}, {"b": [1, 2], "a": 1}]

    def strangely(resource: Resource, azure: Estate) -> Verdict:
        found = Evidence("properties.x", values[0], "none")
        return Verdict(Outcome.FAIL, "it is there", (found,))

    known.only(open_account.toy("TOY-STRANGE", strangely))
    known.write(ACCOUNT)
    known.later(minutes=3)
    values.reverse()
    known.write(ACCOUNT)
    known.later(minutes=3)

    assert known.teams.changes == ["TOY-STRANGE opened"]


def test_a_channel_that_got_the_end_gets_a_reopening_as_an_opening(known: Rig) -> None:
    """It comes back released and less severe, so that nobody is paged; then its group becomes PHI again."""
    open_account.place(known, phi=False)
    known.arm.put(GROUP, tags={"dataClassification": "phi"})
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    mended(known)
    known.write(ACCOUNT)
    known.arm.put(GROUP, tags={})
    adopt(known, "second", phi=PhiScope(released=(ids.key(ACCOUNT),)))
    known.write(f"{GROUP}/providers/Microsoft.Resources/tags/default")
    known.later(minutes=3)
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.arm.put(GROUP, tags={"dataClassification": "phi"})
    known.write(f"{GROUP}/providers/Microsoft.Resources/tags/default")

    assert known.teams.changes == [OPENED, RESOLVED, OPENED, UPDATED]
    assert known.pagerduty.changes == [OPENED, RESOLVED, UPDATED]
    assert [opening for _, opening in known.teams.told] == [True, False, True, False]
    assert [opening for _, opening in known.pagerduty.told] == [True, False, True]
