"""By when people must be notified if an access is a breach, as a sentence of the answer. Pure."""

from datetime import datetime
from typing import Final

from drift.breach.deadlines import Counts, Recipient, deadlines
from drift.breach.local_days import local_day
from drift.config.model import Breach
from drift.notices import Access

_SHOWN: Final = frozenset({Access.CONFIRMED, Access.PRESUMED})
_WHO: Final = {
    Recipient.INDIVIDUALS: "individuals",
    Recipient.COVERED_ENTITY: "the covered entity",
}


def notice_day(access: Access, *, first_alert: datetime, phi: bool | None, breach: Breach) -> str:
    """Return the last day of the first notice that is due, "" while access is not shown or no PHI is there.

    It counts from the first alert, because nothing is discovered later than that. What people record in
    the breach clock, or a State's own law, can make the day earlier: 45 CFR 164.404(a)(2).
    """
    if access not in _SHOWN or phi is False:
        return ""
    day = local_day(first_alert, breach.time_zone)
    due = deadlines(day, rules=breach.rules, counts=Counts())
    first = next((each for each in due if each.certain and each.recipient in _WHO), None)
    if first is None:
        return ""
    return (
        f" If it is a breach, {_WHO[first.recipient]} must be notified by {first.day} at the latest "
        f"({first.citation}; not legal advice)."
    )
