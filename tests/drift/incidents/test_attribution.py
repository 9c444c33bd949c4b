"""The actor of a change: named when known, called the cause only if that is proved."""

from drift import ids
from drift.estate import Baseline, Estate
from drift.model import Outcome, Resource, Verdict
from drift.ports import ActivityAnswer
from tests.drift.incidents.actors import NOBODY, OPENED, UPDATED, asked, claims
from tests.support import open_account
from tests.support.open_account import CONTAINER, broken, mended
from tests.support.rig import ACCOUNT, GROUP, Rig

POLICY = "Microsoft.PolicyInsights.PolicyStateChanged"


def test_a_covered_event_names_who_did_it_where_the_alert_could_not(known: Rig) -> None:
    event = known.event(ACCOUNT)
    broken(known)
    known.clock.advance(seconds=20)
    known.write(ACCOUNT, claims=NOBODY)
    known.deliver(event)
    notice, opening = known.teams.told[-1]

    assert known.teams.changes == [OPENED, UPDATED]
    assert [notice.news for notice, _ in known.teams.told] == [
        (),
        ("An event now names the actor. Most likely changed by dana@clinic.example.",),
    ]
    assert not opening
    assert notice.changed_by is not None
    assert not notice.is_cause
    assert notice.event_id == event["id"]


def test_an_event_too_close_to_the_read_to_be_covered_names_who_did_it_too(known: Rig) -> None:
    event = known.event(ACCOUNT)
    broken(known)
    known.clock.advance(seconds=1)
    known.write(ACCOUNT, claims=NOBODY)
    known.clock.advance(seconds=1)
    known.deliver(event)
    notice, _ = known.teams.told[-1]

    assert known.teams.changes == [OPENED, UPDATED]
    assert notice.changed_by is not None


def test_who_did_it_is_told_once(known: Rig) -> None:
    event = known.event(ACCOUNT)
    broken(known)
    known.clock.advance(seconds=20)
    known.write(ACCOUNT, claims=NOBODY)
    known.deliver(event)
    known.deliver(event)
    known.later(minutes=5)

    assert known.teams.changes == [OPENED, UPDATED]


def test_an_event_before_the_last_read_that_passed_names_nobody(known: Rig) -> None:
    event = known.event(ACCOUNT)
    known.later(minutes=18)
    known.write(ACCOUNT, claims=NOBODY)
    known.later(minutes=2)
    broken(known)
    known.write(ACCOUNT, claims=NOBODY)
    known.deliver(event)

    assert known.teams.changes == [OPENED]


def test_what_is_told_later_carries_the_time_of_the_read_and_not_of_the_telling(
    known: Rig,
) -> None:
    event = known.event(ACCOUNT)
    broken(known)
    known.clock.advance(seconds=20)
    read_at = known.clock.now
    known.write(ACCOUNT, claims=NOBODY)
    known.clock.advance(seconds=300)
    known.deliver(event)
    notice, _ = known.teams.told[-1]

    assert notice.read_at == read_at
    assert notice.decided_at == known.clock.now


def test_two_writes_before_one_read_have_no_proved_cause(known: Rig) -> None:
    known.write(ACCOUNT, claims=claims("first"))
    known.clock.advance(seconds=1)
    broken(known)
    known.write(ACCOUNT, claims=claims("second"))
    notice, _ = known.teams.told[0]

    assert notice.changed_by is not None
    assert notice.changed_by.name == "second"
    assert not notice.is_cause


def test_the_newest_event_that_names_somebody_is_whom_the_alert_names(known: Rig) -> None:
    for _ in range(3):
        known.write(ACCOUNT)
    broken(known)
    known.write(ACCOUNT, claims=claims("morgan"))
    known.clock.advance(seconds=1)
    known.write(ACCOUNT, kind=POLICY, claims=NOBODY)
    known.later(minutes=2)
    notice, _ = known.teams.told[0]

    assert notice.changed_by is not None
    assert notice.changed_by.name == "morgan"


def test_a_writer_at_the_time_of_new_rules_is_not_the_cause(known: Rig) -> None:
    known.only(open_account.toy("TOY-DAYS", keeps_long_enough))
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.configure(baseline=Baseline(soft_delete_days=60), digest="second")
    known.write(ACCOUNT)
    notice, _ = known.teams.told[0]

    assert notice.changed_by is not None
    assert not notice.is_cause


def keeps_long_enough(resource: Resource, azure: Estate) -> Verdict:
    short = azure.baseline.soft_delete_days > 30
    return Verdict(Outcome.FAIL if short else Outcome.PASS, "kept for 30 days")


def test_a_fix_names_who_fixed_it(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT, claims=claims("dana"))
    known.later(minutes=3)
    mended(known)
    event = known.write(ACCOUNT, claims=claims("morgan"))
    notice, _ = known.teams.told[-1]

    assert notice.changed_by is not None
    assert notice.changed_by.name == "morgan"
    assert notice.event_id == event["id"]
    assert notice.event_at == known.clock.now


def test_a_fix_that_no_event_told_of_names_nobody_and_no_event(known: Rig) -> None:
    known.only(open_account.CONTAINER)
    known.write(open_account.container(known, "scans", "Container"))
    known.later(minutes=3)
    open_account.container(known, "scans", "None")
    known.later(minutes=20)
    notice, _ = known.teams.told[-1]

    assert notice.change == "resolved"
    assert notice.changed_by is None
    assert notice.event_at is None


def test_nobody_is_named_for_what_new_rules_closed(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    known.switch_off("TOY-OPEN")
    known.write(ACCOUNT, claims=claims("bystander"))
    notice, _ = known.teams.told[-1]

    assert notice.change == "closed"
    assert notice.changed_by is None


def test_who_wrote_is_told_though_what_he_changed_could_not_be_read_for_a_while(
    known: Rig,
) -> None:
    known.only(open_account.CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=3)
    open_account.container(known, "scans", "Container")
    known.arm.refuse(open_account.CONTAINERS, 503)
    known.write(scans, claims=claims("morgan"))
    known.later(minutes=10)
    del known.arm.documents[ids.key(open_account.CONTAINERS)]
    known.later(minutes=15)
    (notice,) = [each for each, _ in known.teams.told if each.control_id == "TOY-CONTAINER"]

    assert notice.changed_by is not None
    assert notice.changed_by.name == "morgan"


def test_who_wrote_before_a_read_that_showed_it_in_order_is_not_the_cause(known: Rig) -> None:
    """His event is remembered, since a read around the account fails; the change had no event."""
    open_account.place(known, phi=False)
    known.only(CONTAINER)
    open_account.container(known, "scans", "None")
    known.arm.refused[ids.key(GROUP)] = 403
    known.write(ACCOUNT)
    known.later(minutes=5)
    open_account.container(known, "scans", "Container")
    known.later(minutes=20)
    [notice] = [each for each, _ in known.teams.told if each.control_id == "TOY-CONTAINER"]

    assert not notice.is_cause


def test_who_wrote_after_it_opened_is_not_named(known: Rig) -> None:
    log = asked(known, ActivityAnswer(True, ()))
    broken(known)
    known.deliver(known.event(ACCOUNT, claims=None))
    known.clock.advance(seconds=30)
    known.write(ACCOUNT)
    known.later(minutes=60)
    notice, _ = known.teams.told[-1]

    assert notice.changed_by is None
    assert log.correlations == []
