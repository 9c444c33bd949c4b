"""A log line gives the reason of this decision: how an incident closed, or what is new."""

from collections.abc import Callable

import pytest

from drift import ids
from drift.errors import SourceUnavailable
from drift.ports import Activity, ActivityAnswer
from tests.drift.incidents.actors import asked
from tests.scenarios.decisions import CONTROL, opened
from tests.scenarios.test_decision_log import tolerated
from tests.support.log_lines import Lines
from tests.support.open_account import broken
from tests.support.rig import ACCOUNT, Rig

DELETED = "Microsoft.Resources.ResourceDeleteSuccess"


def deleted(rig: Rig) -> None:
    del rig.arm.documents[ids.key(ACCOUNT)]
    rig.write(ACCOUNT, kind=DELETED)


def disabled(rig: Rig) -> None:
    rig.switch_off(CONTROL)
    rig.write(ACCOUNT)


@pytest.mark.parametrize(
    ("end", "closure", "reason"),
    [
        (deleted, "deleted", "the resource was deleted"),
        (
            disabled,
            "no longer required",
            "the control no longer requires it, or no longer applies",
        ),
    ],
)
def test_an_incident_that_closes_without_a_pass_is_not_said_to_pass(
    known: Rig, log: Lines, end: Callable[[Rig], None], closure: str, reason: str
) -> None:
    opened(known)
    known.later(minutes=5)
    end(known)

    line = log.only("decision", control=CONTROL, transition="ended")
    assert (line["closure"], line["reason"]) == (closure, reason)


def test_a_verdict_that_is_unknown_for_long_says_that_the_siem_is_informed(
    known: Rig, log: Lines
) -> None:
    known.arm.refuse(ACCOUNT, 403)
    known.write(ACCOUNT)
    known.later(minutes=40)

    stored, sent = log.only("notice-stored"), log.only("delivery-sent", change="unknown")
    assert (stored["channels"], stored["change"]) == ("splunk", "unknown")
    assert stored["reason"] == "the verdict has been unknown for a long time"
    assert (stored["incident"], stored["sequence"]) == (sent["incident"], sent["sequence"])


def test_an_exception_from_the_start_says_that_the_siem_is_informed(known: Rig, log: Lines) -> None:
    tolerated(known)

    line = log.only("notice-stored")
    assert (line["control"], line["change"], line["channels"]) == (CONTROL, "updated", "splunk")
    assert line["reason"] == log.only("decision", transition="tolerated")["reason"]


def test_the_digest_of_a_first_scan_is_a_line_before_it_is_sent(clinic: Rig, log: Lines) -> None:
    broken(clinic)
    clinic.run(clinic.monitor.sweep())
    clinic.later(minutes=15)

    line = log.only("notice-stored", control="MONITOR-FIRST-CONTACT")
    assert line["reason"] == "the first scan of the subscription is complete"
    assert log.only("delivery-sent", channel="teams")["incident"] == line["incident"]


def test_what_else_an_actor_wrote_is_the_reason_of_its_update(known: Rig, log: Lines) -> None:
    written = Activity(known.clock.now, "microsoft.compute/disks/write", "/x/disk", succeeded=True)
    asked(known, ActivityAnswer(True, (written,), 1))
    opened(known)
    known.later(minutes=60)

    line = log.only("incident-enriched")
    assert line["reason"] == "the activity log was asked what else the same actor changed"


def test_a_log_that_refuses_says_when_it_is_asked_again(known: Rig, log: Lines) -> None:
    class Refusing:
        def writes_by(self, *_: object, **__: object) -> ActivityAnswer:
            raise SourceUnavailable("the activity log", 429, retry_after=40)

    known.change(activity_log=Refusing())
    opened(known)
    known.later(minutes=20)

    first, second = log.of("log-query-failed")[:2]
    assert first["incident"] == log.only("decision", transition="opened")["incident"]
    assert str(first["due"]) > "2026-11-20T03:05:40"
    assert str(first["due"]) < str(second["due"])
