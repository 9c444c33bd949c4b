"""The breach clock of an incident in words and as JSON: stage, factors, dates, steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cli.explanation.layout import for_terminal
from cli.incident_list.breach_dates import NOT_ADVICE, RECIPIENTS, deadline_data, notice_text
from drift.breach.clock import Clock, Factor, NoticeMade
from drift.breach.deadlines import Counts, Deadline
from drift.breach.local_days import local_day
from drift.breach.still_due import deadlines_of, still_due
from drift.breach_clock.record import Action, ClockRecord, ClockStep
from drift.codec import encode
from drift.config.model import Breach

FACTORS: Final = {
    Factor.NATURE_AND_EXTENT: "nature and extent of the PHI (45 CFR 164.402, breach (2)(i))",
    Factor.UNAUTHORIZED_PERSON: "the unauthorized person (45 CFR 164.402, breach (2)(ii))",
    Factor.ACQUIRED_OR_VIEWED: "whether PHI was acquired or viewed (45 CFR 164.402, breach (2)(iii))",
    Factor.MITIGATION: "the extent of mitigation (45 CFR 164.402, breach (2)(iv))",
}


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock with its dates on the day of the organization that is ``today``."""

    record: ClockRecord
    clock: Clock
    today: date
    time_zone: str
    deadlines: tuple[Deadline, ...]
    left: tuple[Deadline, ...]

    @property
    def next_day(self) -> date | None:
        """Return the first day on which a notice is due, None if none is."""
        return min((each.day for each in self.left), default=None)


def clock_view(record: ClockRecord, breach: Breach, today: date) -> ClockView:
    """Return the data to show of a clock; raise NotUnderstood."""
    clock, rules, zone = record.clock, breach.rules, breach.time_zone
    every = deadlines_of(clock, rules, zone)
    return ClockView(record, clock, today, zone, every, still_due(clock, rules, zone))


def stage_text(view: ClockView) -> str:
    """Return the stage in one line, with the next day on which a notice is due."""
    stage = view.clock.stage.value.replace("_", " ")
    if view.next_day is None:
        return stage
    return f"{stage}, next notice by {view.next_day} ({distance(view.next_day, view.today)})"


def distance(day: date, today: date) -> str:
    """Return the distance to a last day."""
    days = (day - today).days
    if days == 0:
        return "today"
    unit = "day" if abs(days) == 1 else "days"
    return f"in {days} {unit}" if days > 0 else f"{-days} {unit} overdue"


def clock_lines(view: ClockView) -> Iterator[str]:
    """Yield the clock in words."""
    clock = view.clock
    yield f"Stage: {stage_text(view)}"
    if clock.discovered_at and clock.basis:
        day = local_day(clock.discovered_at, view.time_zone)
        yield (
            f"Discovered on {day} ({view.time_zone}), access {clock.basis} (45 CFR 164.404(a)(2))"
        )
        yield f"Individuals: {counts_text(clock.counts)}"
    for delay in clock.delays:
        form = "written" if delay.written else "oral"
        official = for_terminal(delay.official)
        yield f"Delay until {delay.ends_on()}: {form} statement by {official} (45 CFR 164.412)"
    for each in view.deadlines:
        yield f"{each.day}  {notice_text(each)}: {_answer(each, view)}"
    if clock.discovered_at:
        yield from _factor_lines(clock)
    for step in view.record.steps:
        yield f"{step.at:%Y-%m-%d %H:%M} UTC  {step_text(step)}"
    yield NOT_ADVICE


def counts_text(counts: Counts) -> str:
    """Return how many individuals are affected, as far as it is known."""
    total = "not counted yet" if counts.total is None else str(counts.total)
    states = ", ".join(f"{state} {number}" for state, number in (counts.by_state or {}).items())
    return f"{total}{f' ({states})' if states else ''}"


def step_text(step: ClockStep) -> str:
    """Return one step in words."""
    what = f"{step.action.value.replace('_', ' ')}{_said(step)}"
    return f"{what}, by {for_terminal(step.by)}: {for_terminal(step.reason)}"


def clock_data(view: ClockView) -> Mapping[str, Any]:
    """Return the clock as one JSON object; docs/commands.md lists its fields."""
    clock = view.clock
    findings = {each.factor: each for each in clock.findings}
    left = set(view.left)
    day = local_day(clock.discovered_at, view.time_zone) if clock.discovered_at else None
    return {
        "stage": clock.stage.value,
        "discovered": day.isoformat() if day else None,
        "timeZone": view.time_zone,
        "basis": clock.basis.value if clock.basis else None,
        "individuals": {"total": clock.counts.total, "byState": encode(clock.counts.by_state)},
        "delays": [{**encode(each), "endsOn": each.ends_on().isoformat()} for each in clock.delays],
        "deadlines": [{**deadline_data(each), "open": each in left} for each in view.deadlines],
        "factors": [
            {
                "factor": each.value,
                "finding": findings[each].text if each in findings else None,
                "evidence": list(findings[each].evidence) if each in findings else [],
            }
            for each in Factor
        ],
        "notices": encode(clock.notices),
        "steps": [_step_data(each) for each in view.record.steps],
        "note": NOT_ADVICE,
    }


def _step_data(step: ClockStep) -> Mapping[str, Any]:
    """Return what a step says, without its empty fields."""
    return {name: value for name, value in encode(step).items() if value not in (None, "", [])}


def _answer(deadline: Deadline, view: ClockView) -> str:
    made = next((each for each in view.clock.notices if each.covers(deadline)), None)
    if made:
        return f"notified on {made.day}{_late(made, deadline)}"
    return distance(deadline.day, view.today) if deadline in view.left else "not due any more"


def _late(made: NoticeMade, deadline: Deadline) -> str:
    return ", after the last day" if made.day > deadline.day else ""


def _factor_lines(clock: Clock) -> Iterator[str]:
    findings = {each.factor: each for each in clock.findings}
    for factor, text in FACTORS.items():
        found = findings.get(factor)
        if found is None:
            yield f"Factor, {text}: not assessed yet"
            continue
        evidence = "; ".join(map(for_terminal, found.evidence)) or "none"
        yield f"Factor, {text}: {for_terminal(found.text)} Evidence: {evidence}"


def _said(step: ClockStep) -> str:
    """Return what a step says beside its name and its reason."""
    if step.outcome:
        return f" {step.outcome.replace('_', ' ')}"
    if step.recipient:
        named = RECIPIENTS.get(step.recipient, step.recipient)
        return f" {named}{f' of {step.state}' if step.state else ''} on {step.notified_on}"
    if step.factor:
        return f" {step.factor.replace('_', ' ')}"
    if step.basis:
        known = f", known at {step.known_at:%Y-%m-%d %H:%M %Z}" if step.known_at else ""
        return f" {step.basis}{known}"
    if step.action is Action.COUNT:
        return f" {counts_text(Counts(step.total, step.by_state))}"
    return ""
