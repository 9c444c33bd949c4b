"""The days on which notices of a breach are due: year ends, leap years, thresholds, delays."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.breach.deadlines import (
    Counts,
    Deadline,
    LawEnforcementDelay,
    NoticeRules,
    Recipient,
    Role,
    deadlines,
)

DISCOVERED = date(2026, 11, 22)
SIXTY = date(2027, 1, 21)
COVERED = NoticeRules()
UNKNOWN = Counts()
DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))
COUNTS = st.none() | st.integers(0, 2000)


def due(found: tuple[Deadline, ...], recipient: Recipient) -> list[tuple[date, bool, str]]:
    return [(each.day, each.certain, each.state) for each in found if each.recipient is recipient]


@given(DAYS, COUNTS)
def test_individuals_are_notified_60_calendar_days_after_discovery(
    day: date, total: int | None
) -> None:
    found = deadlines(day, rules=COVERED, counts=Counts(total))

    assert due(found, Recipient.INDIVIDUALS) == [(date.fromordinal(day.toordinal() + 60), True, "")]


@given(DAYS)
def test_fewer_than_500_go_to_hhs_on_1_march_or_on_29_february_of_a_leap_year(day: date) -> None:
    [(found, certain, _)] = due(deadlines(day, rules=COVERED, counts=Counts(499)), Recipient.HHS)
    leap = (date(day.year + 1, 3, 1) - timedelta(days=1)).day == 29

    assert certain
    assert found == (date(day.year + 1, 2, 29) if leap else date(day.year + 1, 3, 1))


@given(
    DAYS,
    COUNTS,
    st.integers(0, 90),
    st.dictionaries(st.sampled_from(["TX", "CO"]), st.integers(0, 90)),
)
def test_no_contract_and_no_state_makes_a_notice_later_than_the_law(
    day: date, total: int | None, contract: int, states: dict[str, int]
) -> None:
    rules = NoticeRules(Role.AGENT, contract, states)
    found = deadlines(day, rules=rules, counts=Counts(total))
    sixty = [each for each in found if each.citation != "45 CFR 164.408(c)"]

    assert {Recipient.COVERED_ENTITY, Recipient.INDIVIDUALS, Recipient.HHS} <= {
        each.recipient for each in found
    }
    assert all(day <= each.day <= day + timedelta(days=60) for each in sixty)


@given(DAYS, st.integers(-10, 60), st.integers(0, 400), st.booleans())
def test_a_delay_moves_a_day_only_later_and_an_oral_one_30_days_from_its_statement_at_most(
    day: date, stated: int, length: int, written: bool
) -> None:
    said = day + timedelta(days=stated)
    delay = LawEnforcementDelay("Agent Ito", said, written, said + timedelta(days=length))
    [(moved, *_)] = due(
        deadlines(day, rules=COVERED, counts=UNKNOWN, delays=[delay]), Recipient.INDIVIDUALS
    )
    allowed = length if written else min(length, 30)

    assert moved == max(day + timedelta(days=60), said + timedelta(days=allowed))


@pytest.mark.parametrize(
    ("counts", "hhs", "media"),
    [
        (Counts(500, {"TX": 500}), [(SIXTY, True, "")], []),
        (Counts(501, {"TX": 501}), [(SIXTY, True, "")], [(SIXTY, True, "TX")]),
        (Counts(499), [(date(2027, 3, 1), True, "")], []),
        (Counts(900, {"TX": 450, "CO": 450}), [(SIXTY, True, "")], []),
        (Counts(900, {"TX": 450}), [(SIXTY, True, "")], [(SIXTY, False, "")]),
        (Counts(None, {"TX": 600}), [(SIXTY, True, "")], [(SIXTY, True, "TX"), (SIXTY, False, "")]),
        (UNKNOWN, [(SIXTY, False, ""), (date(2027, 3, 1), False, "")], [(SIXTY, False, "")]),
    ],
)
def test_the_counts_decide_hhs_and_media(
    counts: Counts, hhs: list[tuple[date, bool, str]], media: list[tuple[date, bool, str]]
) -> None:
    found = deadlines(DISCOVERED, rules=COVERED, counts=counts)

    assert sorted(due(found, Recipient.HHS)) == hhs
    assert sorted(due(found, Recipient.MEDIA), key=lambda each: not each[1]) == media


def test_a_business_associate_that_is_no_agent_notifies_the_covered_entity_alone() -> None:
    rules = NoticeRules(Role.BUSINESS_ASSOCIATE, contract_days=10)
    found = deadlines(DISCOVERED, rules=rules, counts=Counts(5000))

    assert [each.recipient for each in found] == [Recipient.COVERED_ENTITY]
    assert found[0].day == date(2026, 12, 2)


def test_a_state_with_fewer_days_is_a_deadline_of_its_own_until_nobody_there_is_affected() -> None:
    rules = NoticeRules(state_days={"CO": 30})
    unknown = deadlines(DISCOVERED, rules=rules, counts=UNKNOWN)
    elsewhere = deadlines(DISCOVERED, rules=rules, counts=Counts(7, {"TX": 7}))

    assert due(unknown, Recipient.INDIVIDUALS)[0] == (date(2026, 12, 22), False, "CO")
    assert due(elsewhere, Recipient.INDIVIDUALS) == [(SIXTY, True, "")]


def test_a_delay_moves_neither_the_day_of_a_state_nor_the_day_of_a_contract() -> None:
    rules = NoticeRules(Role.AGENT, 10, {"CO": 30})
    delay = LawEnforcementDelay("Agent Ito", DISCOVERED, written=True, until=date(2027, 6, 1))
    found = deadlines(DISCOVERED, rules=rules, counts=Counts(3, {"CO": 3}), delays=[delay])

    assert due(found, Recipient.COVERED_ENTITY) == [(date(2026, 12, 2), True, "")]
    assert due(found, Recipient.INDIVIDUALS) == [
        (date(2026, 12, 22), True, "CO"),
        (date(2027, 6, 1), True, ""),
    ]


@pytest.mark.parametrize(
    "delays",
    [
        [LawEnforcementDelay("Agent Ito", SIXTY + timedelta(days=1), written=False)],
        [
            LawEnforcementDelay("Agent Ito", DISCOVERED, written=False),
            LawEnforcementDelay("Agent Ito", SIXTY, written=False),
        ],
    ],
    ids=["made after the day", "a second oral one"],
)
def test_a_statement_that_does_not_count_moves_no_day(delays: list[LawEnforcementDelay]) -> None:
    found = deadlines(DISCOVERED, rules=COVERED, counts=UNKNOWN, delays=delays)

    assert due(found, Recipient.INDIVIDUALS) == [(SIXTY, True, "")]


def test_numbers_and_statements_that_do_not_meet_the_rule_are_refused() -> None:
    with pytest.raises(ValueError, match="more than the total"):
        Counts(5, {"TX": 6})
    with pytest.raises(ValueError, match="0 or more"):
        Counts(-1)
    with pytest.raises(ValueError, match="0 or more"):
        NoticeRules(state_days={"CO": -1})
    with pytest.raises(ValueError, match="official"):
        LawEnforcementDelay(" ", DISCOVERED, written=False)
    with pytest.raises(ValueError, match="written statement"):
        LawEnforcementDelay("Agent Ito", DISCOVERED, written=True)
