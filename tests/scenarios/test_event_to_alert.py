"""One write becomes one read and one alert, and later one all-clear."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from detectors.storage import tls
from drift import ids
from drift.notices import Closure, Standing
from tests.support.rig import ACCOUNT, GROUP, SUBSCRIPTION, Rig

OPENED = "STORAGE-TLS opened"
RESOLVED = "STORAGE-TLS resolved"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    rig.arm.put(
        ACCOUNT,
        kind="StorageV2",
        tags={"dataClassification": "phi"},
        properties={
            "provisioningState": "Succeeded",
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": True,
        },
    )
    rig.arm.put(GROUP, tags={})
    rig.arm.put(f"/subscriptions/{SUBSCRIPTION}", tags={})
    rig.only(tls)
    yield rig
    rig.close()


@pytest.fixture
def watched(rig: Rig) -> Rig:
    """Return a monitor that has seen the account in order, and settled."""
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    rig.arm.reads.clear()
    return rig


def break_it(rig: Rig) -> None:
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_0")


def mend_it(rig: Rig) -> None:
    rig.arm.set(ACCOUNT, minimumTlsVersion="TLS1_2")


def test_a_visible_write_costs_one_read_and_a_confirmation_and_tells_once(watched: Rig) -> None:
    break_it(watched)
    watched.write(ACCOUNT)
    watched.later(minutes=10)

    assert watched.teams.changes == [OPENED]
    assert watched.arm.reads == {ids.key(ACCOUNT): 2}


def test_the_same_event_again_reads_nothing(watched: Rig) -> None:
    break_it(watched)
    event = watched.write(ACCOUNT)
    for _ in range(5):
        watched.deliver(event)

    assert watched.arm.reads == {ids.key(ACCOUNT): 1}
    assert watched.teams.changes == [OPENED]


def test_an_older_event_is_covered_by_the_read_after_it(watched: Rig) -> None:
    older = watched.event(ACCOUNT)
    watched.clock.advance(seconds=30)
    watched.write(ACCOUNT)
    reads = watched.arm.reads.total()
    watched.deliver(older)

    assert watched.arm.reads.total() == reads


def test_an_alert_says_what_changed_who_did_it_and_how_to_mend_it(watched: Rig) -> None:
    break_it(watched)
    watched.write(ACCOUNT)
    notice, opening = watched.teams.told[0]

    assert opening
    assert [(each.before, each.after) for each in notice.differences] == [("TLS1_2", "TLS1_0")]
    assert notice.changed_by is not None
    assert notice.changed_by.name == "dana@clinic.example"
    assert notice.standing is Standing.LIKELY
    assert notice.fix_command is not None
    assert "--min-tls-version TLS1_2" in notice.fix_command


def test_the_last_writer_is_not_called_the_cause_of_a_failure_found_in_the_first_read(
    rig: Rig,
) -> None:
    break_it(rig)
    rig.write(ACCOUNT)
    notice, _ = rig.teams.told[0]

    assert notice.changed_by is not None
    assert not notice.is_cause
    assert notice.differences == ()


def test_a_stale_first_answer_still_alerts_after_settling(watched: Rig) -> None:
    stale = watched.arm.body(ACCOUNT)
    break_it(watched)
    watched.arm.answer_once(ACCOUNT, stale)
    watched.write(ACCOUNT)

    assert watched.teams.changes == []

    watched.later(minutes=2)

    assert watched.teams.changes == [OPENED]
    assert watched.teams.told[0][0].standing is Standing.LIKELY


def test_a_stale_pass_right_after_the_alert_closes_nothing(watched: Rig) -> None:
    stale = watched.arm.body(ACCOUNT)
    break_it(watched)
    watched.write(ACCOUNT)
    watched.arm.answer_once(ACCOUNT, stale)
    watched.clock.advance(seconds=10)
    watched.write(ACCOUNT)
    watched.later(minutes=5)

    assert watched.teams.changes == [OPENED]


def test_a_fix_is_reported_after_the_confirmation_read_agrees(watched: Rig) -> None:
    break_it(watched)
    watched.write(ACCOUNT)
    watched.clock.advance(seconds=10)
    mend_it(watched)
    watched.write(ACCOUNT)

    assert watched.teams.changes == [OPENED]

    watched.later(minutes=2)
    notice, _ = watched.teams.told[-1]

    assert watched.teams.changes == [OPENED, RESOLVED]
    assert notice.closure is Closure.FIXED
    assert notice.changed_by is not None


def test_a_fix_long_after_the_failure_is_told_at_once(watched: Rig) -> None:
    break_it(watched)
    watched.write(ACCOUNT)
    watched.later(minutes=30)
    mend_it(watched)
    watched.write(ACCOUNT)

    assert watched.teams.changes == [OPENED, RESOLVED]


def test_a_storm_of_writes_folds_into_three_reads_and_one_more(watched: Rig) -> None:
    break_it(watched)
    for _ in range(20):
        watched.write(ACCOUNT)
        watched.clock.advance(seconds=1)

    assert watched.arm.reads[ids.key(ACCOUNT)] == 3

    watched.later(minutes=1)

    assert watched.arm.reads[ids.key(ACCOUNT)] <= 3 + 1 + 2  # at once, trailing, quick
    assert watched.teams.changes == [OPENED]


def test_a_refused_read_opens_nothing_closes_nothing_and_is_tried_again(watched: Rig) -> None:
    break_it(watched)
    watched.write(ACCOUNT)
    body = watched.arm.documents[ids.key(ACCOUNT)]
    watched.arm.refuse(ACCOUNT, 403)
    watched.clock.advance(minutes=2)
    watched.write(ACCOUNT)

    assert watched.teams.changes == [OPENED]
    assert watched.monitor.health()["unknown"] == 1

    watched.arm.documents[ids.key(ACCOUNT)] = body
    mend_it(watched)
    watched.later(minutes=3)

    assert watched.teams.changes == [OPENED, RESOLVED]
    assert watched.monitor.health()["status"] == "ok"


def test_a_read_refused_for_five_minutes_opens_one_blind_incident_until_it_answers(
    watched: Rig,
) -> None:
    body = watched.arm.documents[ids.key(ACCOUNT)]
    watched.arm.refuse(ACCOUNT, 403)
    watched.write(ACCOUNT)
    watched.later(minutes=4)

    assert watched.teams.changes == []

    watched.later(minutes=3)

    assert watched.teams.changes == ["MONITOR-BLIND opened"]
    assert "records" in watched.teams.told[0][0].reason

    watched.arm.documents[ids.key(ACCOUNT)] = body
    watched.later(minutes=70)

    assert watched.teams.changes == ["MONITOR-BLIND opened", "MONITOR-BLIND resolved"]


def test_what_stays_unknown_goes_to_the_siem_once(watched: Rig) -> None:
    watched.arm.set(ACCOUNT, minimumTlsVersion="TLS9_9")
    watched.write(ACCOUNT)
    watched.later(minutes=14)

    assert watched.splunk.changes == []

    watched.later(minutes=60)

    assert watched.splunk.changes == ["STORAGE-TLS unknown"]
    assert watched.teams.changes == []


def test_a_deleted_resource_closes_in_its_own_words(watched: Rig) -> None:
    break_it(watched)
    watched.write(ACCOUNT)
    del watched.arm.documents[ids.key(ACCOUNT)]
    watched.clock.advance(seconds=1)
    watched.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")

    assert watched.teams.changes == [OPENED, "STORAGE-TLS closed"]
    assert watched.teams.told[-1][0].closure is Closure.DELETED


def test_a_404_without_a_delete_event_needs_a_second_look(watched: Rig) -> None:
    break_it(watched)
    watched.write(ACCOUNT)
    del watched.arm.documents[ids.key(ACCOUNT)]
    watched.clock.advance(minutes=2)
    watched.write(ACCOUNT)

    assert watched.teams.changes == [OPENED]

    watched.later(minutes=2)

    assert watched.teams.changes == [OPENED, "STORAGE-TLS closed"]


def test_a_404_with_the_subscription_unreadable_is_never_taken_for_a_deletion(
    watched: Rig,
) -> None:
    break_it(watched)
    watched.write(ACCOUNT)
    del watched.arm.documents[ids.key(ACCOUNT)]
    watched.arm.refuse(f"/subscriptions/{SUBSCRIPTION}", 403)
    watched.clock.advance(minutes=20)
    watched.write(ACCOUNT, kind="Microsoft.Resources.ResourceDeleteSuccess")
    watched.later(minutes=10)

    assert "STORAGE-TLS closed" not in watched.teams.changes


def test_a_group_that_becomes_phi_raises_the_severity_and_whom_it_reaches(rig: Rig) -> None:
    body = rig.arm.body(ACCOUNT)
    rig.arm.documents[ids.key(ACCOUNT)] = {**body, "tags": {}}
    break_it(rig)
    rig.write(ACCOUNT)

    assert rig.splunk.changes == [OPENED]
    assert rig.teams.changes == []

    rig.clock.advance(minutes=2)
    rig.arm.put(GROUP, tags={"dataClassification": "phi"})
    rig.write(f"{GROUP}/providers/Microsoft.Resources/tags/default")
    notice, opening = rig.teams.told[0]

    assert rig.splunk.changes == [OPENED, "STORAGE-TLS updated"]
    assert [each.split(":")[0] for each in notice.news] == [
        "The severity is now medium; it was low.",
        "The PHI status has changed",
    ]
    assert rig.teams.changes == ["STORAGE-TLS updated"]
    assert opening


def test_an_unreadable_scope_is_judged_as_phi_and_says_so(rig: Rig) -> None:
    body = rig.arm.body(ACCOUNT)
    rig.arm.documents[ids.key(ACCOUNT)] = {**body, "tags": {}}
    rig.arm.refuse(GROUP, 403)
    break_it(rig)
    rig.write(ACCOUNT)
    notice, _ = rig.teams.told[0]

    assert notice.phi is None
    assert "cannot be read" in notice.phi_reason


def test_new_rules_close_what_they_no_longer_require(watched: Rig) -> None:
    break_it(watched)
    watched.write(ACCOUNT)
    watched.later(minutes=5)
    watched.switch_off("STORAGE-TLS")
    watched.later(minutes=2)

    assert watched.teams.changes == [OPENED, "STORAGE-TLS closed"]
    assert watched.teams.told[-1][0].closure is Closure.NO_LONGER_REQUIRED


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"kind": "wake"}', '{"kind": 7}', "\x00"])
def test_a_message_of_an_unknown_sender_is_recorded_and_completed(watched: Rig, text: str) -> None:
    assert watched.monitor.evaluate(text).changes == ()
    assert watched.monitor.deliver(text).changes == ()
