"""Unknown results neither open nor close an incident, hide no failure, and are reported once."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from detectors.storage import logging, public_access
from drift import ids
from drift.estate import Estate
from drift.model import Resource, Verdict
from drift.notices import Change
from drift.queues.outbound import Outbound
from tests.support import open_account
from tests.support.open_account import CONTAINER, CONTAINERS, OPEN, broken, mended
from tests.support.rig import ACCOUNT, GROUP, Rig

EVERYTHING_LOGGED = {
    "workspaceId": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/audit",
    "logs": [{"categoryGroup": "allLogs", "enabled": True}],
}
UNKNOWN = "TOY-OPEN unknown"
OPENED = "TOY-OPEN opened"


def obscured(rig: Rig) -> None:
    """Let ARM show an unknown value."""
    rig.arm.set(ACCOUNT, open="perhaps")


def in_turn(rig: Rig, *changes: Callable[[Rig], None]) -> None:
    """Make each change three minutes after the one before, and report it by an event."""
    for number, change in enumerate(changes):
        if number:
            rig.later(minutes=3)
        change(rig)
        rig.write(ACCOUNT)


def raising(resource: Resource, azure: Estate) -> Verdict:
    raise ZeroDivisionError(resource.id)


def test_an_unknown_result_is_counted_in_health_until_it_is_known(known: Rig) -> None:
    obscured(known)
    known.write(ACCOUNT)

    assert known.monitor.health()["unknown"] == 1
    assert known.monitor.health()["status"] == "degraded"

    mended(known)
    known.write(ACCOUNT)

    assert known.monitor.health()["unknown"] == 0
    assert known.monitor.health()["status"] == "ok"


def test_a_lasting_unknown_goes_to_the_siem_once_per_occurrence(known: Rig) -> None:
    obscured(known)
    known.write(ACCOUNT)
    known.later(minutes=40)

    assert known.splunk.changes == [UNKNOWN]

    mended(known)
    known.write(ACCOUNT)
    known.later(minutes=5)
    obscured(known)
    known.write(ACCOUNT)
    known.later(minutes=40)
    notices = [notice for notice, _ in known.splunk.told]

    assert known.splunk.changes == [UNKNOWN, UNKNOWN]
    assert len({each.uid for each in notices}) == 2
    assert {each.change for each in notices} == {Change.UNKNOWN}
    assert {each.severity for each in notices} == {None}
    assert known.teams.changes == []


def test_a_lasting_unknown_is_reported_without_another_event_or_read(known: Rig) -> None:
    obscured(known)
    known.write(ACCOUNT)
    known.later(minutes=2)
    known.clock.advance(minutes=14)
    known.later(minutes=1)

    assert known.splunk.changes == [UNKNOWN]


def test_an_unknown_between_two_failures_sends_no_message(known: Rig) -> None:
    in_turn(known, broken, obscured, broken)
    known.later(minutes=3)

    assert known.teams.changes == [OPENED]


def test_unknown_between_failure_and_fix_does_not_hide_the_fix(known: Rig) -> None:
    in_turn(known, broken, obscured, mended)

    assert known.teams.changes == [OPENED, "TOY-OPEN resolved"]


def test_the_writer_before_an_unknown_result_is_not_called_the_cause(known: Rig) -> None:
    in_turn(known, obscured, broken)
    notice, _ = known.teams.told[0]

    assert not notice.is_cause


def test_a_control_that_raises_is_unknown_for_itself_only(known: Rig) -> None:
    known.only(open_account.toy("TOY-RAISES", raising), OPEN)
    broken(known)
    known.write(ACCOUNT)

    assert known.teams.changes == [OPENED]
    assert known.monitor.health()["unknown"] == 1

    known.later(minutes=20)

    assert "TOY-RAISES unknown" in known.splunk.changes


def test_the_error_of_a_control_shows_no_content_of_the_resource(
    known: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    known.only(open_account.toy("TOY-RAISES", raising))
    known.write(ACCOUNT)
    known.later(minutes=20)
    notice, _ = known.splunk.told[0]

    assert "ZeroDivisionError" in caplog.text
    assert "records" not in caplog.text + notice.reason


def test_a_related_read_that_is_refused_hides_only_its_own_control(known: Rig) -> None:
    known.only(OPEN, CONTAINER)
    known.arm.refuse(CONTAINERS, 403)
    broken(known)
    known.write(ACCOUNT)

    assert known.teams.changes == [OPENED]
    assert known.monitor.health()["unknown"] == 1


def test_a_refused_related_read_closes_nothing_that_rested_on_it(known: Rig) -> None:
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "Container")
    known.write(scans)
    known.later(minutes=20)
    known.arm.refuse(CONTAINERS, 403)
    known.write(scans)
    known.later(minutes=40)

    assert known.teams.changes[:1] == ["TOY-CONTAINER opened"]
    assert "TOY-CONTAINER resolved" not in known.teams.changes


def test_a_disabled_control_is_no_longer_unknown(known: Rig) -> None:
    obscured(known)
    known.write(ACCOUNT)
    known.switch_off("TOY-OPEN")
    known.later(minutes=2)

    assert known.monitor.health()["unknown"] == 0

    known.later(minutes=30)

    assert known.splunk.changes == []


def test_failed_reads_are_retried_with_growing_delays(known: Rig) -> None:
    known.arm.refuse(ACCOUNT, 503)
    known.write(ACCOUNT)
    known.later(minutes=60 * 5)

    assert 9 <= known.arm.reads[ids.key(ACCOUNT)] <= 11


def test_a_retry_after_of_arm_is_respected_by_all_reads_of_the_provider(known: Rig) -> None:
    known.arm.retry_after = 200
    known.arm.answer_once(ACCOUNT, 429)
    broken(known)
    known.write(ACCOUNT)
    asked = known.arm.reads.total()
    for _ in range(3):
        known.later(minutes=1)
        known.write(ACCOUNT)

    assert known.arm.reads.total() == asked

    known.later(minutes=2)

    assert known.teams.changes == [OPENED]


def test_a_message_that_crashed_every_time_counts_as_a_failed_read(known: Rig) -> None:
    broken(known)
    (text,) = known.monitor.intake(known.body(ACCOUNT))
    known.run(known.monitor.poisoned("changes", text))

    assert known.monitor.health()["unknown"] == 1

    known.later(minutes=3)
    notice, _ = known.teams.told[0]

    assert known.teams.changes == [OPENED]
    assert notice.changed_by is not None


def test_a_message_that_crashed_every_time_is_read_with_what_its_event_named(known: Rig) -> None:
    known.only(CONTAINER)
    scans = open_account.container(known, "scans", "None")
    known.write(ACCOUNT)
    known.later(minutes=3)
    open_account.container(known, "scans", "Container")
    (text,) = known.monitor.intake(known.body(scans))
    known.run(known.monitor.poisoned("changes", text))
    known.later(minutes=3)

    assert known.teams.changes == ["TOY-CONTAINER opened"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"kind": "wake"}', '{"kind": "context"}', "x"])
def test_a_poisoned_message_of_an_unknown_sender_is_recorded(known: Rig, text: str) -> None:
    known.monitor.poisoned("changes", text)
    known.monitor.poisoned("deliveries", text)

    assert known.monitor.health()["unknown"] == 0


def test_a_list_that_is_refused_for_a_while_takes_nothing_from_what_is_open(known: Rig) -> None:
    """The account proves less than its open container did, and that is refused now."""
    known.only(public_access)
    known.arm.put(ACCOUNT, kind="StorageV2", properties={"allowBlobPublicAccess": True})
    open_account.container(known, "scans", "Container")
    known.write(ACCOUNT)
    known.later(minutes=5)
    known.arm.refused[ids.key(CONTAINERS)] = 503
    known.write(ACCOUNT)
    known.later(minutes=20)
    known.arm.refused.clear()
    known.later(minutes=20)

    told = [each for each in known.teams.changes if each.startswith("STORAGE")]
    assert told == known.pagerduty.changes == ["STORAGE-PUBLIC-ACCESS opened"]


def test_a_worse_failure_is_reported_while_a_list_is_refused(known: Rig) -> None:
    known.only(logging)
    known.arm.put(ACCOUNT, kind="StorageV2", properties={})
    blobs = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
    known.arm.put(f"{blobs}/all", properties=EVERYTHING_LOGGED)
    known.write(ACCOUNT)
    known.later(minutes=5)
    queues = ids.key(blobs.replace("blobServices", "queueServices"))
    known.arm.refused[queues] = 503
    del known.arm.documents[ids.key(f"{blobs}/all")]
    known.write(f"{blobs}/all", kind="Microsoft.Resources.ResourceDeleteSuccess")
    known.later(minutes=3)

    assert known.teams.changes[:2] == ["STORAGE-LOGGING opened", "STORAGE-LOGGING updated"]


def test_a_resource_whose_evaluation_always_crashes_is_unknown_and_retried(known: Rig) -> None:
    def die(_: str) -> None:
        raise OSError("no certificates")

    known.arm.meanwhile = die
    [message] = known.monitor.intake(known.body(ACCOUNT))
    for _ in range(12):
        with suppress(OSError):
            known.run(Outbound(changes=(message,)))
        known.clock.advance(minutes=1)
        for text in known.monitor.tick().changes:
            with suppress(OSError):
                known.run(Outbound(changes=(text,)))
    unknown = known.monitor.health()
    known.arm.meanwhile = lambda _: None
    broken(known)
    known.later(minutes=70)

    assert (unknown["status"], unknown["unknown"]) == ("degraded", 1)
    assert OPENED in known.teams.changes
