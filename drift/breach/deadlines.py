"""Compute the last days on which the notices of a breach are due. It is not legal advice."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

from drift.clock import bounds

LONGEST_DAYS: Final = 60
"""Calendar days after discovery: 45 CFR 164.404(b), 164.406(b), 164.410(b). Weekends count."""

ORAL_DELAY_DAYS: Final = 30
"""The longest delay on an oral statement of law enforcement: 45 CFR 164.412(b)."""

MEDIA_ABOVE: Final = 500
"""If more residents of one State than this are affected, the media are notified. 45 CFR 164.406(a)."""

HHS_AT_ONCE_FROM: Final = 500
"""From this many individuals on, HHS is notified with the individuals: 45 CFR 164.408(b)."""


HHS_AFTER_THE_YEAR: Final = "45 CFR 164.408(c)"
"""The rule by which HHS is notified after the end of the year, for fewer individuals."""


class Role(StrEnum):
    """What the organization is under HIPAA; an agent's discovery is the covered entity's."""

    COVERED_ENTITY = "covered_entity"
    BUSINESS_ASSOCIATE = "business_associate"
    AGENT = "business_associate_and_agent"


class Recipient(StrEnum):
    """Who is notified."""

    INDIVIDUALS = "individuals"
    MEDIA = "media"
    HHS = "hhs"
    COVERED_ENTITY = "covered_entity"


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """The rules for the organization: its role, and periods that are shorter than those of the law.

    ``contract_days`` count from discovery to the notice to the covered entity; ``state_days`` are
    the days that a State's own law allows, by State.
    """

    role: Role = Role.COVERED_ENTITY
    contract_days: int = LONGEST_DAYS
    state_days: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a number of days that is negative."""
        if min(self.contract_days, *self.state_days.values(), 0) < 0:
            raise ValueError("days must be 0 or more")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many individuals are affected, in total and by State; ``None`` is not known yet."""

    total: int | None = None
    by_state: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that contradict each other."""
        states = (self.by_state or {}).values()
        if any(each < 0 for each in (*states, self.total or 0)):
            raise ValueError("counts must be 0 or more")
        if self.total is not None and sum(states) > self.total:
            raise ValueError("the counts by State are more than the total")

    def known(self) -> int:
        """Return how many individuals are affected at least."""
        return sum((self.by_state or {}).values()) if self.total is None else self.total


@dataclass(frozen=True, slots=True)
class LawEnforcementDelay:
    """A statement of law enforcement that a notice would impede an investigation: 45 CFR 164.412.

    A written statement names its time: (a). An oral one is documented with the official, and counts
    for 30 days at most: (b).
    """

    official: str
    stated_on: date
    written: bool
    until: date | None = None

    def __post_init__(self) -> None:
        """Refuse a statement that does not meet the rule."""
        if not self.official.strip():
            raise ValueError("name the official who made the statement")
        if self.written and self.until is None:
            raise ValueError("a written statement names the time of the delay")

    def ends_on(self) -> date:
        """Return the last day of the delay."""
        longest = bounds.days_later(self.stated_on, ORAL_DELAY_DAYS)
        if self.until is None:
            return longest
        return self.until if self.written else min(self.until, longest)


Delays: TypeAlias = Collection[LawEnforcementDelay]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of one notice.

    ``certain`` is false where it depends on counts that are not known; ``state`` is empty unless
    the notice concerns the residents of one State.
    """

    recipient: Recipient
    day: date
    citation: str
    certain: bool = True
    state: str = ""


def deadlines(
    discovered: date,
    *,
    rules: NoticeRules,
    counts: Counts,
    delays: Delays = (),
) -> tuple[Deadline, ...]:
    """Return the deadlines that follow from a discovery, the first day first.

    A business associate that is no agent notifies the covered entity alone, whose own days begin
    with that notice: 45 CFR 164.404(a)(2), 164.410(a).
    """
    found: list[Deadline] = []
    if rules.role is not Role.COVERED_ENTITY:
        found.append(_covered_entity(discovered, rules, delays))
    if rules.role is not Role.BUSINESS_ASSOCIATE:
        found += _individuals(discovered, rules, counts, delays)
        found += _media(discovered, counts, delays)
        found += _hhs(discovered, counts, delays)
    return tuple(sorted(found, key=lambda each: (each.day, each.recipient, each.state)))


def _moved(day: date, delays: Delays) -> date:
    """Return the day moved by statements of law enforcement: 45 CFR 164.412.

    This is the stricter reading: the notice is due when the delay ends; the days of the delay are
    not added to the 60. A second oral statement gives no second 30 days. A statement that is made
    after the day has passed has no effect.
    """
    oral_allowed = True
    for each in sorted(delays, key=lambda each: each.stated_on):
        counts = each.written or oral_allowed
        oral_allowed = oral_allowed and each.written
        if counts and each.stated_on <= day:
            day = max(day, each.ends_on())
    return day


def _covered_entity(discovered: date, rules: NoticeRules, delays: Delays) -> Deadline:
    """Return the notice to the covered entity: 45 CFR 164.410(b). A delay does not move a contract's day."""
    day = _moved(_last_day(discovered), delays)
    if rules.contract_days < LONGEST_DAYS:
        day = bounds.days_later(discovered, rules.contract_days)
    return Deadline(Recipient.COVERED_ENTITY, day, "45 CFR 164.410(b)")


def _individuals(
    discovered: date, rules: NoticeRules, counts: Counts, delays: Delays
) -> Iterator[Deadline]:
    """Individuals: 45 CFR 164.404(b), and earlier where a State's law has fewer days.

    A delay under 45 CFR 164.412 moves only the federal day.
    """
    yield Deadline(
        Recipient.INDIVIDUALS, _moved(_last_day(discovered), delays), "45 CFR 164.404(b)"
    )
    by_state = counts.by_state or {}
    complete = counts.by_state is not None and counts.total == sum(by_state.values())
    for state, days in rules.state_days.items():
        affected = by_state.get(state, 0) > 0
        if days < LONGEST_DAYS and (affected or not complete):
            day = bounds.days_later(discovered, days)
            yield Deadline(Recipient.INDIVIDUALS, day, "State law", affected, state)


def _media(discovered: date, counts: Counts, delays: Delays) -> Iterator[Deadline]:
    """Media, if more than 500 residents of one State are affected: 45 CFR 164.406.

    Individuals without a named State may live in any State: while they could bring a State above
    500, one more deadline is uncertain.
    """
    day, citation = _moved(_last_day(discovered), delays), "45 CFR 164.406"
    by_state = counts.by_state or {}
    for state, number in by_state.items():
        if number > MEDIA_ABOVE:
            yield Deadline(Recipient.MEDIA, day, citation, state=state)
    below = max((each for each in by_state.values() if each <= MEDIA_ABOVE), default=0)
    unplaced = None if counts.total is None else counts.total - sum(by_state.values())
    if unplaced is None or (unplaced > 0 and below + unplaced > MEDIA_ABOVE):
        yield Deadline(Recipient.MEDIA, day, citation, certain=False)


def _hhs(discovered: date, counts: Counts, delays: Delays) -> Iterator[Deadline]:
    """HHS: with the individuals from 500 on, 45 CFR 164.408(b); otherwise after the year, (c).

    While the count is not known, both.
    """
    many = counts.known() >= HHS_AT_ONCE_FROM
    certain = many or counts.total is not None
    if many or not certain:
        day = _moved(_last_day(discovered), delays)
        yield Deadline(Recipient.HHS, day, "45 CFR 164.408(b)", certain)
    if not many:
        day = _moved(_last_day(date(discovered.year, 12, 31)), delays)
        yield Deadline(Recipient.HHS, day, HHS_AFTER_THE_YEAR, certain)


def _last_day(start: date) -> date:
    return bounds.days_later(start, LONGEST_DAYS)
