"""Every decision is one line of the log, with its reason; the lines alone tell a whole story."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from drift.changes.admission import Admission
from drift.changes.proof import Proof
from drift.config.model import Exemption
from drift.incidents.lifecycle import Transition
from drift.state import incident_ids, keys
from tests.support import open_account
from tests.support.log_lines import Lines, shown
from tests.support.open_account import broken, container, mended
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

CONTROL = open_account.OPEN.CONTROL.id
INCIDENT = incident_ids.incident_id(CONTROL, ACCOUNT, 1)
STORAGE = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.storage"


def excepted(rig: Rig) -> None:
    """Let an exception cover the failure of the account."""
    expires = rig.clock.now + timedelta(days=1)
    covering = Exemption(
        control=CONTROL, resource_id=ACCOUNT, reason="agreed", approved_by="lee", expires=expires
    )
    rig.configure(exemptions=(covering,))


def opened(rig: Rig) -> None:
    broken(rig)
    rig.write(ACCOUNT)


def tolerated(rig: Rig) -> None:
    excepted(rig)
    opened(rig)


def still_open(rig: Rig) -> None:
    opened(rig)
    rig.clock.advance(minutes=5)
    rig.write(ACCOUNT)


def passes_soon(rig: Rig) -> None:
    opened(rig)
    rig.clock.advance(seconds=10)
    mended(rig)
    rig.write(ACCOUNT)


def ended(rig: Rig) -> None:
    opened(rig)
    rig.clock.advance(minutes=5)
    mended(rig)
    rig.write(ACCOUNT)


def covered_by_exception(rig: Rig) -> None:
    opened(rig)
    rig.clock.advance(minutes=5)
    excepted(rig)
    rig.write(ACCOUNT)


def unreadable(rig: Rig) -> None:
    rig.arm.refuse(ACCOUNT, 403)
    rig.write(ACCOUNT)


def fine(rig: Rig) -> None:
    rig.write(ACCOUNT)


@pytest.mark.parametrize(
    ("story", "transition", "outcome"),
    [
        (opened, Transition.OPENED, "fail"),
        (still_open, Transition.STILL_OPEN, "fail"),
        (passes_soon, Transition.UNSETTLED, "pass"),
        (ended, Transition.ENDED, "pass"),
        (covered_by_exception, Transition.EXCEPTED, "excepted"),
        (tolerated, Transition.TOLERATED, "excepted"),
        (unreadable, Transition.CANNOT_TELL, "unknown"),
        (fine, Transition.STILL_FINE, "pass"),
    ],
)
def test_each_decision_about_a_control_is_one_line_with_its_reason(
    known: Rig, log: Lines, story: Callable[[Rig], None], transition: Transition, outcome: str
) -> None:
    story(known)

    name = transition.name.lower().replace("_", "-")
    line = log.only("decision", control=CONTROL, transition=name)
    assert line["reason"] == transition.value
    assert line["outcome"] == outcome
    assert line["resource"] == ACCOUNT
    assert line["hash"] == keys.digest(ACCOUNT)
    assert str(line["event"]).startswith("event-")


def test_a_failure_that_changes_is_one_line_with_its_new_sequence(known: Rig, log: Lines) -> None:
    known.only(open_account.CONTAINER)
    container(known, "scans", "Container")
    known.write(ACCOUNT)
    known.clock.advance(minutes=5)
    second = container(known, "letters", "Container")
    known.write(second)

    line = log.only("decision", transition="changed")
    assert line["reason"] == Transition.CHANGED.value
    assert (line["control"], line["sequence"]) == ("TOY-CONTAINER", 2)


def test_an_evaluation_names_the_purpose_of_its_read_and_what_it_proves(
    known: Rig, log: Lines
) -> None:
    opened(known)
    first, doubt = log.only("evaluation"), log.only("proof")
    log.clear()
    known.later(minutes=2)

    assert (first["purpose"], doubt["proof"]) == ("first", "too_early")
    assert (doubt["document"], doubt["reason"]) == (ACCOUNT.lower(), Proof.TOO_EARLY.value)
    confirmed = [each["purpose"] for each in log.of("evaluation", reasons="settle")]
    assert (confirmed, log.only("proof", proof="proved")["newest"]) == (
        ["confirmation"],
        doubt["newest"],
    )


def test_an_opened_incident_names_what_its_decision_rests_on(known: Rig, log: Lines) -> None:
    at = shown(known)
    opened(known)

    line = log.only("decision", transition="opened")
    assert line["incident"] == INCIDENT
    assert (line["read_at"], line["failed_at"], line["opened_at"]) == (at, at, at)
    assert (line["sequence"], line["severity"]) == (1, "critical")
    assert line["channels"] == "teams,pagerduty,splunk"


def test_an_evaluation_names_its_reason_its_reads_and_its_versions(known: Rig, log: Lines) -> None:
    at = shown(known)
    opened(known)

    line = log.only("evaluation")
    assert line["reasons"] == "event"
    assert (line["event_at"], line["began"], line["read_at"]) == (at, at, at)
    assert (line["answer"], line["failing"], line["phi"]) == ("read", CONTROL, True)
    assert (line["version"], line["config"]) == ("1", "first")
    assert (line["resource"], line["hash"]) == (ACCOUNT, keys.digest(ACCOUNT))


@pytest.mark.parametrize(
    ("status", "answer"),
    [(403, "unreadable"), (404, "absent")],
)
def test_an_evaluation_that_reads_nothing_says_what_azure_answered(
    known: Rig, log: Lines, status: int, answer: str
) -> None:
    known.arm.refuse(ACCOUNT, status)
    known.write(ACCOUNT)

    line = log.only("evaluation")
    assert (line["answer"], line["unknown"]) == (answer, CONTROL)


def test_an_event_that_is_read_at_once_says_so(known: Rig, log: Lines) -> None:
    event = known.write(ACCOUNT)

    line = log.only("event-admitted")
    assert (line["event"], line["admission"]) == (event["id"], "read")
    assert (line["event_at"], line["resource"]) == (shown(known), ACCOUNT)


def test_a_duplicate_says_so(known: Rig, log: Lines) -> None:
    event = known.write(ACCOUNT)
    known.deliver(event)

    assert log.only("event-admitted", admission="duplicate")["event"] == event["id"]
    assert len(log.of("evaluation")) == 1


def test_a_proved_event_names_the_read_that_proves_it(known: Rig, log: Lines) -> None:
    late = known.event(ACCOUNT)
    known.clock.advance(minutes=5)
    known.write(ACCOUNT)
    read_at = known.clock.now - timedelta(seconds=5)
    log.clear()
    known.deliver(late)

    line = log.only("event-admitted", event=late["id"])
    assert line["admission"] == "proved"
    assert str(line["last_read"]).startswith(f"{read_at:%Y-%m-%dT%H:%M:%S}")
    assert log.of("evaluation") == []


def test_an_event_that_was_read_too_soon_says_when_it_is_confirmed(known: Rig, log: Lines) -> None:
    late = known.event(ACCOUNT)
    known.clock.advance(seconds=20)
    known.write(ACCOUNT)
    known.deliver(late)

    line = log.only("event-admitted", event=late["id"])
    assert (line["admission"], line["reason"]) == ("covered", Admission.COVERED.value)
    assert log.of("reread-due", due="settle", resource=ACCOUNT)


def test_an_event_beyond_the_reads_of_a_minute_says_when_the_trailing_read_is_due(
    known: Rig, log: Lines
) -> None:
    for _ in range(4):
        known.write(ACCOUNT)

    assert len(log.of("event-admitted", admission="read")) == 3
    assert len(log.of("event-admitted", admission="trailing")) == 1
    due = log.only("reread-due", due="trailing")
    assert str(due["at"]) > shown(known)
    assert "trailing read" in str(due["reason"])


def test_an_event_that_comes_during_a_read_names_the_lease(known: Rig, log: Lines) -> None:
    inner = known.event(ACCOUNT)
    pending = [inner]

    def meanwhile(_: str) -> None:
        if pending:
            known.deliver(pending.pop())

    known.arm.meanwhile = meanwhile
    known.write(ACCOUNT)

    line = log.only("event-admitted", event=inner["id"])
    until = known.clock.now + timedelta(seconds=60)
    assert line["admission"] == "folded"
    assert str(line["reading_until"]).startswith(f"{until:%Y-%m-%dT%H:%M:%S}")


def test_a_read_that_fails_says_when_it_is_tried_again(known: Rig, log: Lines) -> None:
    known.arm.refuse(ACCOUNT, 503)
    known.write(ACCOUNT)

    due = log.only("reread-due", due="retry")
    assert due["at"] == "2026-11-20T03:05:15.000Z"
    assert due["reason"] == "retry: the last read failed"


def test_a_read_that_a_gate_stops_says_until_when(known: Rig, log: Lines) -> None:
    known.arm.refuse(ACCOUNT, 429)
    known.arm.retry_after = 40
    known.write(ACCOUNT)
    assert log.of("read-gated") == []

    known.write(ACCOUNT)

    line = log.only("read-gated")
    assert (line["dependency"], line["until"]) == (STORAGE, "2026-11-20T03:05:40.000Z")
    assert (line["reason"], line["resource"]) == ("the source asked to wait", ACCOUNT)


def test_a_pass_that_is_not_believed_yet_says_until_when(known: Rig, log: Lines) -> None:
    passes_soon(known)

    line = log.only("decision", transition="unsettled")
    assert line["until"] == "2026-11-20T03:06:00.000Z"
    due = log.of("reread-due", due="settle", resource=ACCOUNT)[-1]
    assert str(due["at"]) >= str(line["until"])


def test_an_actor_that_becomes_known_later_is_one_line(known: Rig, log: Lines) -> None:
    known.arm.set(ACCOUNT, open=True)
    nameless = known.event(ACCOUNT, claims={})
    known.deliver(nameless)
    late = known.event(ACCOUNT)
    late["eventTime"] = (known.clock.now - timedelta(seconds=10)).isoformat()
    known.deliver(late)

    line = log.only("incident-enriched")
    assert (line["incident"], line["sequence"]) == (INCIDENT, 2)


def test_no_line_claims_what_was_not_stored(known: Rig, log: Lines) -> None:
    """Another instance takes the resource while this one reads: its answer is thrown away."""
    broken(known)
    before = known.event(ACCOUNT)

    def take(_: str) -> None:
        known.arm.meanwhile = lambda _: None
        known.clock.advance(seconds=61)
        known.write(ACCOUNT)

    known.arm.meanwhile = take
    known.deliver(before)

    assert len(log.of("decision", transition="opened")) == 1
    assert len(log.of("evaluation")) == len({str(each) for each in log.of("evaluation")})
    assert known.teams.changes == [f"{CONTROL} opened"]


def test_no_line_carries_the_name_of_an_object(
    known: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="drift"):
        container = f"{open_account.CONTAINERS}/scans"
        known.write(f"{container}/blobs/swordfish.pdf")
        known.write(container)

    assert "swordfish" not in caplog.text


def test_the_log_alone_says_why_an_all_clear_came_late(known: Rig, log: Lines) -> None:
    """Drift; it is fixed while a replica lags; the all-clear comes with the confirmation read."""
    opened(known)
    known.clock.advance(seconds=20)
    known.arm.lag(ACCOUNT, seconds=25)
    mended(known)
    fix = known.write(ACCOUNT)
    known.later(minutes=3)

    cleared = log.only("delivery-sent", channel="teams", change="resolved")
    story = {"control": CONTROL, "incident": cleared["incident"]}
    ended = log.only("decision", transition="ended", sequence=cleared["sequence"], **story)
    (read,) = log.of("evaluation", read_at=ended["read_at"])
    stale = log.of("decision", transition="still-open", event=fix["id"], **story)[0]
    due = log.of("reread-due", due=read["reasons"])[-1]

    assert cleared["event"] == fix["id"]
    assert cleared["decided_at"] == ended["closed_at"]
    assert cleared["since_event"] == 80.0
    assert stale["read_at"] == log.only("event-admitted", event=fix["id"])["event_at"]
    assert read["reasons"] == "settle"
    assert "a replica of ARM may have been behind" in str(due["reason"])
    assert str(stale["read_at"]) < str(due["at"]) <= str(read["began"])
