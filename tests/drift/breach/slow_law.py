"""The days of 45 CFR 164.404 to 164.412, counted one by one and by trying every case: slow, and independent.

It has a calendar of its own and nothing of the product but the names of its data. A date is (year, month,
day).
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from drift.breach.clock import Knower, Knowledge
from drift.breach.deadlines import Counts, LawEnforcementDelay, NoticeRules, Role

Day = tuple[int, int, int]
Due = tuple[str, str, Day, bool, str]
"""The rule, a recipient, the last day, whether that is certain, and the State that it is about."""

OFFSETS = {"UTC": 0, "Etc/GMT+5": -5, "Etc/GMT-14": 14, "Etc/GMT+12": -12}
"""Hours that the local time of these zones is ahead of UTC, all year."""

ELSEWHERE = ("(a State that is not named)", "(another one)")
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def following(day: Day) -> Day:
    """Return the next day of the Gregorian calendar."""
    year, month, number = day
    is_leap = year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)
    length = 29 if month == 2 and is_leap else _MONTHS[month - 1]
    if number < length:
        return year, month, number + 1
    return (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)


def after(day: Day, count: int) -> Day:
    for _ in range(count):
        day = following(day)
    return day


def day_of(at: date) -> Day:
    return at.year, at.month, at.day


def local(at: datetime, zone: str) -> Day:
    """Return the local date of a moment in UTC, by the hour alone."""
    day, hour = day_of(at), at.hour + OFFSETS[zone]
    if hour >= 24:
        return following(day)
    if hour >= 0:
        return day
    return next(each for each in _from_a_month_before(day) if following(each) == day)


def _from_a_month_before(day: Day) -> Iterator[Day]:
    year, month, _ = day
    each = (year, month - 1, 1) if month > 1 else (year - 1, 12, 1)
    while each < day:
        yield each
        each = following(each)


def discovered(alert: datetime, known: Sequence[Knowledge]) -> datetime:
    """Return the first moment at which the organization knew: 164.404(a)(2), 164.410(a)(2)."""
    first = alert
    for each in known:
        if each.by in (Knower.WORKFORCE, Knower.AGENT) and each.at < first:
            first = each.at
    return first


def delayed(due: Day, delays: Sequence[LawEnforcementDelay]) -> Day:
    """Return the first day from the due one on for which no statement asks to wait: 164.412.

    Only the first oral statement counts, for at most 30 days from it; a statement that comes when the
    notice is already late asks for nothing.
    """
    oral = sorted((each for each in delays if not each.written), key=lambda each: each.stated_on)
    counting = [each for each in delays if each.written] + oral[:1]
    is_moved = True
    while is_moved:
        is_moved = False
        for each in counting:
            ends = _end(each)
            if day_of(each.stated_on) <= due < ends:
                due, is_moved = ends, True
    return due


def _end(delay: LawEnforcementDelay) -> Day:
    longest = after(day_of(delay.stated_on), 30)
    named = day_of(delay.until) if delay.until else longest
    return named if delay.written else min(named, longest)


def completions(counts: Counts, states: Sequence[str]) -> Iterator[dict[str, int]]:
    """Yield what may turn out: how many of each State, with the extreme ways to place who is not placed."""
    placed = dict(counts.by_state or {})
    known = sum(placed.values())
    totals = [counts.total] if counts.total is not None else [known, known + 1, known + 499, 5000]
    for total in totals:
        left = total - known
        for place in {*placed, *states, *ELSEWHERE}:
            yield {**placed, place: placed.get(place, 0) + left}


def due(
    day: Day, rules: NoticeRules, counts: Counts, delays: Sequence[LawEnforcementDelay]
) -> set[Due]:
    """Return every notice that is due in each completion (certain), or in one of them at least.

    Media of a State for which that is not certain are one line, without a State.
    """
    shorter = [each for each, days in rules.state_days.items() if days < 60]
    cases = [set(_due_in(case, day, rules, delays)) for case in completions(counts, shorter)]
    always, found = set.intersection(*cases), set()
    for rule, recipient, last, state in set.union(*cases):
        is_certain = (rule, recipient, last, state) in always
        is_named = is_certain or recipient != "media"
        found.add((rule, recipient, last, is_certain, state if is_named else ""))
    return found


def _due_in(
    case: dict[str, int], day: Day, rules: NoticeRules, delays: Sequence[LawEnforcementDelay]
) -> Iterator[tuple[str, str, Day, str]]:
    """Yield the notices where so many residents of each State are affected, and nobody else."""
    sixty = delayed(after(day, 60), delays)
    if rules.role in (Role.BUSINESS_ASSOCIATE, Role.AGENT):
        by_contract = after(day, rules.contract_days) if rules.contract_days < 60 else sixty
        yield "164.410(b)", "covered_entity", by_contract, ""
    if rules.role is Role.BUSINESS_ASSOCIATE:
        return
    yield "164.404(b)", "individuals", sixty, ""
    for state, days in rules.state_days.items():
        if days < 60 and case.get(state):
            yield "State law", "individuals", after(day, days), state
    for state, residents in case.items():
        if residents >= 501:
            yield "164.406", "media", sixty, state
    if sum(case.values()) >= 500:
        yield "164.408(b)", "hhs", sixty, ""
    else:
        yield "164.408(c)", "hhs", delayed(after((day[0], 12, 31), 60), delays), ""
