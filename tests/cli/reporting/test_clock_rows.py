"""Which breach clocks a report of a period lists, and which are past or near their last day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cli.reporting.clock_rows import clock_line, lacks_clock
from cli.reporting.kept import Kept
from cli.reporting.period import Period
from drift.access.record import Exposure
from drift.breach.clock import Basis, Factor, Stage
from drift.breach_clock.record import Action, ClockRecord, ClockStep, new_clock
from drift.config.model import Breach
from drift.notices import Access
from drift.state.incident_record import Incident
from tests.cli.reporting.test_kept import NOW, incident
from tests.support.rig import ACCOUNT

NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
JANUARY = Period(datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC))
FOUND = incident(ACCOUNT, "TOY", 1)


def step(action: Action, **more: object) -> ClockStep:
    return ClockStep(action=action, by="R. Ortiz", reason="see there", at=NOW, **more)  # type: ignore[arg-type]


def clock(*steps: ClockStep) -> ClockRecord:
    record = new_clock(FOUND)
    for each in steps:
        record = record.stepped(each)
    return record


DISCOVERED = step(Action.DISCOVER, basis=Basis.CONFIRMED)
LOW = (
    DISCOVERED,
    *(step(Action.ASSESS, factor=each, evidence=("record 1",)) for each in Factor),
    step(Action.DECIDE, outcome=Stage.LOW_PROBABILITY),
)


@pytest.mark.parametrize(
    ("today", "distance", "overdue"),
    [
        (date(2026, 11, 21), "later", 0),
        (date(2027, 1, 5), "near", 0),
        (date(2027, 1, 19), "near", 0),
        (date(2027, 1, 20), "past", 3),
    ],
)
def test_a_last_day_is_past_only_after_it(today: date, distance: str, overdue: int) -> None:
    kept = Kept(FOUND, {}, clock(DISCOVERED))
    line = clock_line(kept, Breach(), NOVEMBER, today)

    assert line
    assert (line["nextDay"], line["distance"]) == ("2027-01-19", distance)
    assert len(line["overdue"]) == overdue


def test_a_clock_that_was_decided_is_listed_in_the_period_of_its_steps_alone() -> None:
    kept = Kept(FOUND, {}, clock(*LOW))
    today = date(2027, 2, 1)

    line = clock_line(kept, Breach(), NOVEMBER, today)
    assert line
    assert (line["stage"], line["distance"]) == ("low_probability", "no notice is due")
    assert line["factorsAssessed"] == 4
    assert clock_line(kept, Breach(), JANUARY, today) is None


def test_a_suspicion_that_nobody_followed_stays_listed() -> None:
    kept = Kept(FOUND, {}, clock(step(Action.SUSPECT)))

    assert clock_line(kept, Breach(), JANUARY, date(2027, 2, 1)) is not None


def exposed(access: Access, **more: object) -> Incident:
    exposure = Exposure(opened_at=NOW, access=access, asked_at=NOW + timedelta(minutes=1))
    return replace(FOUND, exposures=(exposure,), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("access", "lacks"),
    [
        (Access.CONFIRMED, True),
        (Access.PRESUMED, True),
        (Access.POSSIBLE, False),
        (Access.EXCLUDED, False),
    ],
)
def test_access_that_was_seen_or_is_presumed_needs_a_clock(access: Access, lacks: bool) -> None:
    assert lacks_clock(Kept(exposed(access), {}, None)) is lacks


def test_a_clock_and_no_phi_need_none() -> None:
    assert not lacks_clock(Kept(exposed(Access.CONFIRMED), {}, clock(DISCOVERED)))
    assert not lacks_clock(Kept(exposed(Access.CONFIRMED, phi=False), {}, None))
    assert not lacks_clock(Kept(exposed(Access.CONFIRMED), {}, None, ("clock|h|TOY|000001",)))
