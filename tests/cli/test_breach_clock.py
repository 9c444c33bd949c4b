"""The steps of the breach clock in ``phidrift incidents``, beside a monitor that uses the same state."""

import json
from typing import Any

import pytest

from drift.breach_clock.record import new_clock
from drift.state.incident_record import load_incident
from tests.support.incidents_command import Incidents
from tests.support.open_account import broken, mended
from tests.support.rig import ACCOUNT, Rig

NAMED = ("--by", "R. Ortiz", "--reason", "see the assessment")
FACTORS = ("nature-and-extent", "unauthorized-person", "acquired-or-viewed", "mitigation")


@pytest.fixture
def opened(rig: Rig, incidents: Incidents) -> str:
    """Return the id of the one open incident, opened on 2026-11-20."""
    broken(rig)
    rig.write(ACCOUNT)
    found = json.loads(incidents("list", "--json")[1])["incidents"]
    return str(found[0]["id"])


def clock_of(incidents: Incidents, incident: str) -> Any:
    return json.loads(incidents("show", incident, "--json")[1])["breachClock"]


def taken(incidents: Incidents, action: str, incident: str, *options: str) -> None:
    code, _, err = incidents(action, incident, *NAMED, *options)

    assert (code, err) == (0, "")


def test_a_breach_is_led_from_the_suspicion_to_the_last_notice(
    opened: str, incidents: Incidents
) -> None:
    taken(incidents, "suspect", opened)
    taken(incidents, "discover", opened, "--basis", "presumed")
    for each in FACTORS:
        taken(incidents, "assess", opened, "--factor", each, "--evidence", "row 17")
    taken(incidents, "decide", opened, "--outcome", "breach")
    taken(incidents, "count", opened, "--total", "40", "--residents", "CA=40")
    taken(incidents, "notified", opened, "--recipient", "individuals", "--on", "2026-11-21")

    code, _, err = incidents("decide", opened, *NAMED, "--outcome", "notified")

    assert code == 1
    assert "notices that are not recorded as made: hhs" in err

    taken(incidents, "notified", opened, "--recipient", "hhs", "--on", "2026-11-22")
    taken(incidents, "decide", opened, "--outcome", "notified")
    clock = clock_of(incidents, opened)

    assert clock["stage"] == "notified"
    assert [each["action"] for each in clock["steps"]] == [
        *("suspect", "discover", *["assess"] * 4, "decide", "count", "notified", "notified"),
        "decide",
    ]
    assert {each["by"] for each in clock["steps"]} == {"R. Ortiz"}
    assert not any(each["open"] for each in clock["deadlines"])


def test_the_clock_is_shown_with_its_dates_its_rules_and_that_it_is_no_advice(
    opened: str, incidents: Incidents
) -> None:
    taken(incidents, "discover", opened, "--basis", "confirmed")
    _, out, _ = incidents("show", opened)
    _, listed, _ = incidents("list")

    assert "Stage: discovered, next notice by 2027-01-19" in out
    assert "Discovered on 2026-11-20 (UTC), access confirmed (45 CFR 164.404(a)(2))" in out
    assert "2027-01-19  individuals (45 CFR 164.404(b)): " in out
    assert "2027-01-19  HHS (45 CFR 164.408(b)), depending on who is affected" in out
    assert "2027-03-01  HHS (45 CFR 164.408(c)), depending on who is affected" in out
    assert "mitigation (45 CFR 164.402, breach (2)(iv)): not assessed yet" in " ".join(out.split())
    assert "discover confirmed, by R. Ortiz: see the assessment" in out
    assert "This is not legal advice" in out
    assert "Breach clock: discovered, next notice by 2027-01-19" in listed


def test_a_statement_of_law_enforcement_moves_the_dates_and_not_the_discovery(
    opened: str, incidents: Incidents
) -> None:
    taken(incidents, "discover", opened, "--basis", "presumed")
    stated = ("--official", "Agent Lee", "--stated-on", "2026-11-21", "--written")
    taken(incidents, "delay", opened, *stated, "--until", "2027-02-28")
    clock = clock_of(incidents, opened)

    assert clock["discovered"] == "2026-11-20"
    assert clock["deadlines"][0]["day"] == "2027-02-28"


def test_an_incident_that_opens_again_soon_keeps_the_time_of_its_first_opening(
    rig: Rig, opened: str, incidents: Incidents
) -> None:
    first = rig.clock()
    mended(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    broken(rig)
    rig.write(ACCOUNT)
    incident = load_incident(rig.store, ACCOUNT, "TOY-OPEN", 1)

    assert incident is not None
    assert incident.opened_at > first
    assert new_clock(incident).first_alert_at <= first


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("decide", "--outcome", "breach"),
            "has no clock yet accepts no decide; it accepts suspect",
        ),
        (("notified", "--recipient", "hhs", "--on", "2026-11-20"), "accepts no notified"),
    ],
)
def test_a_step_that_is_not_allowed_now_stores_nothing(
    opened: str, incidents: Incidents, arguments: tuple[str, ...], says: str
) -> None:
    code, out, err = incidents(arguments[0], opened, *NAMED, *arguments[1:])

    assert (code, out) == (1, "")
    assert says in err
    assert clock_of(incidents, opened) is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("discover", *NAMED), "are required: --basis"),
        (("suspect", "--by", "R. Ortiz"), "are required: --reason"),
        (("suspect", *NAMED, "--total", "3"), "--total is not an option"),
        (("count", *NAMED), "needs --total or --residents"),
        (("count", *NAMED, "--total", "-3"), "is not a whole number"),
        (("count", *NAMED, "--residents", "Ohio=3"), "postal abbreviation"),
        (("count", *NAMED, "--residents", "OH=3", "--residents", "OH=4"), "OH is given twice"),
        (
            ("discover", *NAMED, "--basis", "presumed", "--known-by", "agent"),
            "--known-by needs --known-at",
        ),
        (
            ("discover", *NAMED, "--basis", "presumed", "--known-at", "2026-11-01"),
            "is not a time with its zone",
        ),
        (
            ("discover", *NAMED, "--basis", "presumed", "--known-at", "2999-01-01T00:00+00:00"),
            "is in the future",
        ),
        (("notified", *NAMED, "--recipient", "hhs", "--on", "2026-02-30"), "is not a date"),
        (("suspect", "--by", " ", "--reason", "x"), "--by: must have 1 to 4000 characters"),
    ],
)
def test_wrong_options_are_refused_with_what_is_wrong(
    opened: str, incidents: Incidents, arguments: tuple[str, ...], says: str
) -> None:
    code, out, err = incidents(arguments[0], opened, *arguments[1:])

    assert (code, out) == (2, "")
    assert says in err


def test_a_list_takes_no_option_of_a_step(opened: str, incidents: Incidents) -> None:
    code, _, err = incidents("list", "--by", "R. Ortiz")

    assert code == 2
    assert "phidrift incidents list: --by is not an option" in err
