"""The breach clock: what starts it, what it needs to stop, and what opens it again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.breach.clock import (
    Basis,
    Clock,
    Factor,
    FactorFinding,
    HumanDecision,
    Knower,
    Knowledge,
    Stage,
    assessed,
    decided,
    discovered,
    discovery,
)

ALERT = datetime(2026, 11, 22, 9, 4, tzinfo=UTC)
EARLIER = ALERT - timedelta(days=3)
RUNNING = discovered(Clock(), ALERT, Basis.PRESUMED)
TIMES = st.integers(-9000, 50_000).map(lambda days: ALERT + timedelta(days=days))


def decision(stage: Stage) -> HumanDecision:
    return HumanDecision(stage, "R. Ortiz", "see the assessment", ALERT)


def with_findings(clock: Clock, *, evidence: tuple[str, ...] = ("row 17",)) -> Clock:
    for each in Factor:
        clock = assessed(clock, FactorFinding(each, "seen in the logs", evidence))
    return clock


@given(TIMES, st.lists(st.builds(Knowledge, st.sampled_from(Knower), TIMES)))
def test_discovery_is_never_later_than_the_first_alert(
    alert: datetime, known: list[Knowledge]
) -> None:
    assert discovery(alert, known) <= alert


@pytest.mark.parametrize(
    ("by", "found"),
    [(Knower.WORKFORCE, EARLIER), (Knower.AGENT, EARLIER), (Knower.OTHER_ASSOCIATE, ALERT)],
)
def test_what_workforce_or_an_agent_knew_is_discovery(by: Knower, found: datetime) -> None:
    assert discovery(ALERT, [Knowledge(by, EARLIER)]) == found


def test_a_suspicion_runs_no_clock_and_discovery_starts_it() -> None:
    assert not Clock().runs
    assert RUNNING.runs
    assert (RUNNING.stage, RUNNING.discovered_at) == (Stage.DISCOVERED, ALERT)


@given(st.lists(st.tuples(TIMES, st.sampled_from(Basis)), min_size=1))
def test_discovery_moves_only_earlier_and_what_is_confirmed_stays_confirmed(
    steps: list[tuple[datetime, Basis]],
) -> None:
    clock = Clock()
    for at, basis in steps:
        clock = discovered(clock, at, basis)

    assert clock.discovered_at == min(at for at, _ in steps)
    assert (clock.basis is Basis.CONFIRMED) == any(b is Basis.CONFIRMED for _, b in steps)


def test_a_finding_begins_the_assessment_and_the_last_one_for_a_factor_stands() -> None:
    first = assessed(RUNNING, FactorFinding(Factor.MITIGATION, "closed", ()))
    second = assessed(first, FactorFinding(Factor.MITIGATION, "closed at 09:40", ("row 3",)))

    assert second.stage is Stage.ASSESSING
    assert [each.text for each in second.findings] == ["closed at 09:40"]


def test_a_low_probability_needs_evidence_for_all_four_factors() -> None:
    complete = with_findings(RUNNING)
    one_missing = replace(complete, findings=complete.findings[:3])

    with pytest.raises(ValueError, match="without evidence: mitigation"):
        decided(one_missing, decision(Stage.LOW_PROBABILITY))
    with pytest.raises(ValueError, match="without evidence: nature_and_extent"):
        decided(with_findings(RUNNING, evidence=(" ",)), decision(Stage.LOW_PROBABILITY))
    assert not decided(complete, decision(Stage.LOW_PROBABILITY)).runs


def test_a_breach_runs_until_the_notices_are_made_and_keeps_every_decision() -> None:
    breach = decided(RUNNING, decision(Stage.BREACH))
    notified = decided(breach, decision(Stage.NOTIFIED))

    assert breach.runs
    assert not notified.runs
    assert [each.stage for each in notified.decisions] == [Stage.BREACH, Stage.NOTIFIED]


def test_access_confirmed_after_a_low_probability_opens_the_assessment_again() -> None:
    stopped = decided(with_findings(RUNNING), decision(Stage.LOW_PROBABILITY))
    confirmed = discovered(stopped, ALERT + timedelta(days=1), Basis.CONFIRMED)

    assert not discovered(stopped, ALERT, Basis.PRESUMED).runs
    assert (confirmed.stage, confirmed.discovered_at) == (Stage.ASSESSING, ALERT)
    assert confirmed.decisions == stopped.decisions


@pytest.mark.parametrize(
    ("clock", "to"),
    [
        (Clock(), Stage.LOW_PROBABILITY),
        (RUNNING, Stage.NOTIFIED),
        (RUNNING, Stage.SUSPECTED),
        (Clock(Stage.NOTIFIED), Stage.BREACH),
    ],
)
def test_a_decision_that_does_not_follow_from_the_stage_is_refused(clock: Clock, to: Stage) -> None:
    with pytest.raises(ValueError, match="cannot become"):
        decided(clock, decision(to))


def test_nothing_is_recorded_without_a_name_a_reason_or_a_text() -> None:
    with pytest.raises(ValueError, match="name and a reason"):
        decided(RUNNING, replace(decision(Stage.BREACH), by=" "))
    with pytest.raises(ValueError, match="name and a reason"):
        decided(RUNNING, replace(decision(Stage.BREACH), reason=""))
    with pytest.raises(ValueError, match="empty"):
        assessed(RUNNING, FactorFinding(Factor.MITIGATION, " ", ("row 3",)))
    with pytest.raises(ValueError, match="accepts no finding"):
        assessed(Clock(), FactorFinding(Factor.MITIGATION, "closed", ()))
