"""Notices are complete, do not change, and contain only known facts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drift.config.model import Exemption
from drift.errors import DeliveryRejected
from drift.estate import Estate
from drift.fixes import Fix
from drift.model import Outcome, Resource, Verdict
from drift.notices import Change, Closure, Notice, Standing
from tests.support import open_account
from tests.support.open_account import OPEN, broken, mended
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Rig


def last(rig: Rig) -> Notice:
    return rig.splunk.told[-1][0]


def test_an_opening_carries_its_times_its_version_and_its_rules(known: Rig) -> None:
    broken(known)
    written = known.clock.now
    event = known.event(ACCOUNT)
    known.clock.advance(seconds=4)
    known.deliver(event)
    notice = last(known)

    assert notice.event_at == written
    assert notice.read_at == notice.decided_at == notice.opened_at == known.clock.now
    assert (notice.code_version, notice.config_hash) == ("1", "first")
    assert notice.event_id == event["id"]
    assert notice.subscription_id == SUBSCRIPTION
    assert notice.finding_uid == f"TOY-OPEN:{ACCOUNT.lower()}"


def test_the_read_is_timed_by_azures_clock_and_the_decision_by_ours(known: Rig) -> None:
    broken(known)
    ahead = known.ahead(seconds=40)
    for text in ahead.intake(known.body(ACCOUNT)):
        known.run(ahead.evaluate(text))
    notice = last(known)

    assert notice.decided_at - notice.read_at == timedelta(seconds=40)


def is_closed(resource: Resource, _: Estate) -> Verdict:
    """Fail while the account is open, with what to do about it."""
    if resource.flag("properties.open") is True:
        return Verdict(Outcome.FAIL, "Open is True.", fix=Fix(note="Close it."))
    return Verdict(Outcome.PASS, "Open is False.")


def test_a_repair_is_proposed_while_something_fails_and_not_after_its_end(known: Rig) -> None:
    known.only(open_account.toy("TOY-FIX", is_closed, **{open_account.TYPE: ("properties.open",)}))
    broken(known)
    known.write(ACCOUNT)
    opened = last(known)
    known.later(minutes=10)
    mended(known)
    known.write(ACCOUNT)

    assert (opened.change, opened.fix_note) == (Change.OPENED, "Close it.")
    assert (last(known).change, last(known).fix_note) == (Change.RESOLVED, "")


def test_each_end_says_how_it_ended_and_proposes_no_repair_of_what_is_fixed(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    opened = last(known)
    known.later(minutes=10)
    mended(known)
    known.write(ACCOUNT)
    notice = last(known)

    assert (notice.change, notice.closure) == (Change.RESOLVED, Closure.FIXED)
    assert notice.outcome is Outcome.PASS
    assert notice.fix_command is None
    assert not notice.is_cause
    assert notice.opened_at == opened.opened_at
    assert notice.severity is opened.severity
    assert notice.incident_id == opened.incident_id


def test_what_is_excepted_goes_on_failing_and_keeps_its_repair(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    opened = last(known)
    exemption = Exemption(
        control="TOY-OPEN",
        resource_id=GROUP,
        reason="agreed",
        approved_by="Robin",
        expires=known.clock.now + timedelta(days=1),
    )
    known.configure(exemptions=(exemption,), digest="second")
    known.change(facts=known.facts("second"))
    known.later(minutes=3)
    notice = last(known)

    assert (notice.change, notice.closure) == (Change.CLOSED, Closure.EXCEPTED)
    assert notice.outcome is Outcome.EXCEPTED
    assert notice.fix_note == opened.fix_note
    assert notice.config_hash == "second"


def test_a_deleted_resource_passes_nothing(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    known.later(minutes=3)
    del known.arm.documents[ACCOUNT.lower()]
    known.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    notice = last(known)

    assert notice.outcome is Outcome.UNKNOWN
    assert notice.reason == "The resource was deleted."
    assert notice.evidence == ()


def test_unknown_belongs_to_no_incident_and_has_no_severity(known: Rig) -> None:
    broken(known)
    known.write(ACCOUNT)
    opened = last(known)
    known.later(minutes=3)
    known.arm.refuse(ACCOUNT, 403)
    known.write(ACCOUNT)
    known.later(minutes=30)
    unknown = next(each for each, _ in known.splunk.told if each.change is Change.UNKNOWN)

    assert unknown.severity is None
    assert unknown.incident_id != opened.incident_id
    assert unknown.finding_uid == opened.finding_uid
    assert "403" in unknown.reason


def test_a_stale_first_answer_is_told_with_before_and_after_and_its_own_event(
    known: Rig,
) -> None:
    known.arm.lag(ACCOUNT, seconds=20)
    broken(known)
    event = known.write(ACCOUNT)
    known.later(minutes=2)
    notice = last(known)

    assert [(each.before, each.after) for each in notice.differences] == [(False, True)]
    assert notice.event_id == event["id"]
    assert notice.standing is Standing.LIKELY


def test_a_difference_of_the_first_read_has_no_value_before(clinic: Rig) -> None:
    broken(clinic)
    clinic.write(ACCOUNT)
    notice = last(clinic)

    assert notice.differences == ()
    assert not notice.is_cause


def test_no_secret_and_no_content_beyond_what_is_watched_is_told(known: Rig) -> None:
    known.arm.set(ACCOUNT, open=True, keys=["hunter2"], blob="john-doe.pdf")
    known.write(ACCOUNT)
    told = repr([notice for notice, _ in known.splunk.told])

    assert "hunter2" not in told
    assert "john-doe" not in told


@pytest.mark.parametrize(
    ("control", "page", "subscription"),
    [
        (
            "MONITOR-BLIND",
            f"https://portal.azure.com/#resource/subscriptions/{SUBSCRIPTION}",
            SUBSCRIPTION,
        ),
        ("MONITOR-CHANNEL", "", ""),
    ],
)
def test_what_the_monitor_reports_of_itself_links_to_its_subscription_if_it_has_one(
    known: Rig, control: str, page: str, subscription: str
) -> None:
    known.arm.refuse(ACCOUNT, 403)
    known.teams.refusal = DeliveryRejected("gone")
    known.write(ACCOUNT)
    known.later(minutes=10)
    (notice,) = [each for each, _ in known.splunk.told if each.control_id == control]

    assert (notice.portal_url, notice.subscription_id) == (page, subscription)


def test_a_notice_links_the_runbook_of_its_control(known: Rig) -> None:
    facts = replace(known.services.facts, runbooks_url="https://app.example/api/runbooks")
    known.services = replace(known.services, facts=facts)
    broken(known)
    known.write(ACCOUNT)

    assert last(known).runbook_url == "https://app.example/api/runbooks/TOY-OPEN"


def test_every_change_has_a_name_of_its_own_for_ever(known: Rig) -> None:
    for _ in range(3):
        broken(known)
        known.write(ACCOUNT)
        known.later(minutes=3)
        mended(known)
        known.write(ACCOUNT)
        known.later(minutes=10)
    told = [notice for notice, _ in known.splunk.told]

    assert len({each.uid for each in told}) == len(told) == 6
    assert [each.sequence for each in told] == [1, 2, 3, 4, 5, 6]


def test_controls_of_one_resource_do_not_share_an_incident(known: Rig) -> None:
    known.only(OPEN, replace(OPEN, CONTROL=replace(OPEN.CONTROL, id="TOY-TWIN")))
    broken(known)
    known.write(ACCOUNT)
    told = [notice for notice, _ in known.splunk.told]

    assert len({each.incident_id for each in told}) == len({each.uid for each in told}) == 2
