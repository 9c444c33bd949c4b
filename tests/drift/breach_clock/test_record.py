"""The stored steps of a breach clock: they come back as they were, and the clock follows from them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from drift.breach.clock import Basis, Factor, Knower, Stage
from drift.breach.deadlines import Recipient
from drift.breach_clock.record import KEPT, Action, ClockRecord, ClockStep, clock_in, is_kept
from drift.codec import encode, versioned
from drift.errors import NotUnderstood
from drift.ports import Row
from drift.state import packing
from tests.support.rig import ACCOUNT

ALERT = datetime(2026, 11, 22, 9, 4, tzinfo=UTC)
NEW = ClockRecord(resource_id=ACCOUNT, control_id="TOY-OPEN", number=1, first_alert_at=ALERT)


def step(action: Action, **fields: Any) -> ClockStep:
    return ClockStep(action=action, by="R. Ortiz", reason="see the file", at=ALERT, **fields)


DISCOVERED = NEW.stepped(step(Action.DISCOVER, basis=Basis.PRESUMED))


def assessed(record: ClockRecord) -> ClockRecord:
    for each in Factor:
        record = record.stepped(step(Action.ASSESS, factor=each, evidence=("row 17",)))
    return record


def row(record: ClockRecord) -> Row:
    put = record.put("")
    return Row(put.key, put.data, "1")


def test_a_stored_clock_comes_back_with_its_days() -> None:
    record = DISCOVERED.stepped(
        step(
            Action.DELAY,
            official="Agent Lee",
            stated_on=date(2028, 2, 29),
            written=True,
            until=date(2028, 12, 31),
        )
    )

    assert clock_in(row(record)) == record
    assert clock_in(row(record)).clock.delays[0].until == date(2028, 12, 31)


def test_a_day_that_is_none_is_not_understood() -> None:
    named = {"action": "delay", "by": "R. Ortiz", "reason": "see", "at": ALERT.isoformat()}

    with pytest.raises(NotUnderstood, match=r"ClockStep\.stated_on"):
        clock_in(Row("clock|x", _with_steps([{**named, "stated_on": "2026-02-30"}]), "1"))


def test_what_somebody_knew_earlier_is_the_discovery() -> None:
    earlier = ALERT - timedelta(days=3)
    record = NEW.stepped(
        step(Action.DISCOVER, basis=Basis.CONFIRMED, known_at=earlier, known_by=Knower.AGENT)
    )

    assert record.clock.discovered_at == earlier


@pytest.mark.parametrize(
    ("record", "action", "allowed"),
    [
        (NEW, Action.DECIDE, "suspect, discover"),
        (NEW.stepped(step(Action.SUSPECT)), Action.ASSESS, "discover"),
        (DISCOVERED, Action.NOTIFIED, "discover, assess, count, delay, decide"),
    ],
)
def test_a_step_that_the_stage_does_not_allow_is_refused_with_those_that_it_does(
    record: ClockRecord, action: Action, allowed: str
) -> None:
    with pytest.raises(ValueError, match=f"accepts no {action}; it accepts {allowed}$"):
        record.stepped(step(action))


def test_a_low_probability_needs_evidence_for_each_factor() -> None:
    decision = step(Action.DECIDE, outcome=Stage.LOW_PROBABILITY)

    with pytest.raises(ValueError, match="factors without evidence"):
        DISCOVERED.stepped(decision)
    assert assessed(DISCOVERED).stepped(decision).clock.stage is Stage.LOW_PROBABILITY


def test_a_second_finding_for_a_factor_leaves_the_first_step_as_it_was() -> None:
    once = DISCOVERED.stepped(step(Action.ASSESS, factor=Factor.MITIGATION))
    twice = once.stepped(step(Action.ASSESS, factor=Factor.MITIGATION, evidence=("row 3",)))

    assert twice.steps[:2] == once.steps
    assert twice.clock.findings[0].evidence == ("row 3",)


def test_more_individuals_after_the_notices_make_the_clock_run_again() -> None:
    record = DISCOVERED.stepped(step(Action.DECIDE, outcome=Stage.BREACH))
    record = record.stepped(step(Action.COUNT, total=10))
    record = record.stepped(
        step(Action.NOTIFIED, recipient=Recipient.INDIVIDUALS, notified_on=date(2026, 12, 1))
    )
    ended = record.stepped(step(Action.DECIDE, outcome=Stage.NOTIFIED))

    assert not ended.clock.runs
    assert ended.stepped(step(Action.COUNT, total=9)).clock.stage is Stage.NOTIFIED
    assert ended.stepped(step(Action.COUNT, total=11)).clock.stage is Stage.BREACH


@pytest.mark.parametrize("unknown", [{"action": "novel"}, {"action": "discover", "basis": "novel"}])
def test_a_step_of_another_version_is_not_understood_and_is_kept(unknown: dict[str, str]) -> None:
    named = {"by": "R. Ortiz", "reason": "see", "at": ALERT.isoformat(), **unknown}
    stored = Row("clock|x", _with_steps([named]), "1")

    with pytest.raises(NotUnderstood):
        _ = clock_in(stored).clock
    assert is_kept(stored, ALERT + 10 * KEPT)


def test_a_running_clock_is_kept_and_an_ended_one_for_six_years() -> None:
    ended = assessed(DISCOVERED).stepped(step(Action.DECIDE, outcome=Stage.LOW_PROBABILITY))

    assert is_kept(row(DISCOVERED), ALERT + 10 * KEPT)
    assert is_kept(row(ended), ALERT + timedelta(days=6 * 365 + 2))
    assert not is_kept(row(ended), ALERT + KEPT)


def _with_steps(steps: list[dict[str, str]]) -> dict[str, object]:
    return versioned(packing.pack({**encode(NEW), "steps": steps}, "clock"))
