"""Every decision has one log line with its reason; the lines explain a whole story."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from drift.changes.proof import Proof
from drift.config.model import Exemption
from drift.incidents.lifecycle import Transition
from drift.state import incident_ids, keys
from tests.scenarios.decisions import CONTROL, opened, passes_soon
from tests.support import open_account
from tests.support.log_lines import Lines, shown
from tests.support.open_account import broken, container, mended
from tests.support.rig import ACCOUNT, GROUP, Rig

STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts"
INCIDENT = incident_ids.incident_id(CONTROL, ACCOUNT, 1)


def excepted(rig: Rig) -> None:
    """Let an exception cover the failure of the account."""
    expires = rig.clock.now + timedelta(days=1)
    covering = Exemption(
        control=CONTROL, resource_id=ACCOUNT, reason="agreed", approved_by="lee", expires=expires
    )
    rig.configure(exemptions=(covering,))


def tolerated(rig: Rig) -> None:
    excepted(rig)
    opened(rig)


def still_open(rig: Rig) -> None:
    opened(rig)
    rig.clock.advance(minutes=5)
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
    """Another instance takes the resource while this one reads: the answer of this one is dropped."""
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


def test_an_event_names_when_its_resource_was_last_read(known: Rig, log: Lines) -> None:
    opened(known)
    known.later(minutes=2)
    read_at = log.of("evaluation")[-1]["read_at"]
    mended(known)
    fix = known.write(ACCOUNT)

    assert log.only("event-admitted", event=fix["id"])["last_read"] == read_at


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
    assert cleared["since_event"] == 70.0
    assert stale["read_at"] == log.only("event-admitted", event=fix["id"])["event_at"]
    assert read["reasons"] == "settle"
    assert "a replica of ARM may have been behind" in str(due["reason"])
    assert str(stale["read_at"]) < str(due["at"]) <= str(read["began"])


def test_a_confirmation_that_waits_for_its_share_of_reads_says_so_and_until_when(
    clinic: Rig, log: Lines
) -> None:
    for number in range(150):
        open_account.place(clinic, account=f"{STORAGE}/idle{number}")
        clinic.write(f"{STORAGE}/idle{number}")
    clinic.later(minutes=2)

    waits = log.of("read-gated")
    moved = {(each["resource"], each["at"]) for each in log.of("reread-due", due="settle")}
    assert waits
    assert {(each["resource"], each["until"]) for each in waits} <= moved
