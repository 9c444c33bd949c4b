"""Random incidents at the edges of the calendar and of the thresholds, against a slow count of their days."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from drift.breach.clock import Basis, Clock, Knower, Knowledge, discovered, discovery
from drift.breach.deadlines import Counts, Deadline, LawEnforcementDelay, NoticeRules, Role
from drift.breach.still_due import deadlines_of
from tests.drift.breach import slow_law

STATES = ("CA", "CO", "TX")
EDGES = (
    date(2027, 12, 31),
    date(2028, 2, 29),
    date(2028, 3, 1),
    date(2100, 2, 28),
    date(2000, 1, 1),
)
NUMBERS = st.sampled_from([0, 1, 2, 250, 498, 499, 500, 501, 502, 1000]) | st.integers(0, 1200)


def near(edge: date) -> st.SearchStrategy[date]:
    return st.integers(-70, 70).map(lambda days: edge + timedelta(days=days))


DATES = st.one_of(*map(near, EDGES), st.dates(date(1999, 1, 1), date(2410, 12, 31)))
MOMENTS = st.builds(
    lambda day, seconds: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(0, seconds),
    DATES,
    st.sampled_from([0, 86_399]) | st.integers(0, 86_399),
)
RULES = st.builds(
    NoticeRules,
    st.sampled_from(Role),
    st.sampled_from([0, 1, 59, 60, 61]) | st.integers(0, 90),
    st.dictionaries(st.sampled_from(STATES), st.sampled_from([0, 30, 45, 59, 60, 61])),
)


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    """Return counts of at least one person, in all stages of knowing them."""
    by_state = draw(st.none() | st.dictionaries(st.sampled_from(STATES), NUMBERS))
    known = sum((by_state or {}).values())
    at_the_threshold = st.sampled_from([499, 500, 501])
    more = NUMBERS.map(lambda more: known + more)
    total = draw(st.none() | at_the_threshold | NUMBERS | more)
    return Counts(None if total is None else max(1, known, total), by_state)


@st.composite
def delays(draw: st.DrawFn, start: date) -> list[LawEnforcementDelay]:
    """Return statements of law enforcement around the days on which notices are due."""
    found = []
    days_after = st.sampled_from([0, 59, 60, 61]) | st.integers(-20, 480)
    for days in draw(st.lists(days_after, max_size=4, unique=True)):
        stated = start + timedelta(days=days)
        is_written = draw(st.booleans())
        length = draw(st.integers(0, 200) if is_written else st.none() | st.integers(0, 60))
        until = None if length is None else stated + timedelta(days=length)
        found.append(LawEnforcementDelay("Agent Ito", stated, is_written, until))
    return found


def _rule(deadline: Deadline) -> str:
    return deadline.citation.removeprefix("45 CFR ")


@settings(max_examples=300, deadline=None)
@given(
    st.data(),
    MOMENTS,
    st.lists(st.tuples(st.sampled_from(Knower), st.integers(-90, 90)), max_size=3),
    RULES,
    counts(),
    st.sampled_from(sorted(slow_law.OFFSETS)),
)
def test_every_deadline_is_that_of_the_slow_count(
    data: st.DataObject,
    alert: datetime,
    knew: list[tuple[Knower, int]],
    rules: NoticeRules,
    affected: Counts,
    zone: str,
) -> None:
    known = [Knowledge(by, alert + timedelta(hours=7 * hours)) for by, hours in knew]
    asked = data.draw(delays(alert.date()))
    started = discovered(Clock(), discovery(alert, known), Basis.CONFIRMED)
    clock = Clock(
        started.stage, started.discovered_at, started.basis, counts=affected, delays=tuple(asked)
    )
    first = slow_law.local(slow_law.discovered(alert, known), zone)

    found = {
        (_rule(each), str(each.recipient), slow_law.day_of(each.day), each.certain, each.state)
        for each in deadlines_of(clock, rules, zone)
    }
    assert found == slow_law.due(first, rules, affected, asked)
