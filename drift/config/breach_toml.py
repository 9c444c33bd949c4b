"""Read the table ``breach`` of monitor.toml: what the Breach Notification Rule means for the organization."""

from typing import Final

from drift.breach.deadlines import LONGEST_DAYS, NoticeRules, Role
from drift.breach.local_days import zone_of
from drift.breach.reminders import ReminderDays
from drift.config.model import Breach
from drift.config.toml_table import TomlTable

_LONGEST_REMINDER: Final = 365

STATES: Final = frozenset(
    (
        *("AK", "AL", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "GU", "HI"),
        *("IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MP"),
        *("MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA"),
        *("PR", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY"),
    )
)
"""What 45 CFR 160.103 calls a State, by its postal abbreviation."""


def breach_of(table: TomlTable) -> Breach:
    """Return what the table chooses, the defaults elsewhere; problems are noted in the table."""
    default = Breach()
    role = table.word("role", _role, default.rules.role)
    zone = table.word("time_zone", _zone, default.time_zone)
    contract_days = table.whole("contract_days", default.rules.contract_days, 0, LONGEST_DAYS)
    reminders = _reminders(table, default.reminders)
    state_days = _state_days(table.table("state_days"))
    table.close()
    known = role if not _role(role) else default.rules.role
    return Breach(
        rules=NoticeRules(Role(known), contract_days, state_days),
        time_zone=zone,
        reminders=reminders,
    )


def _reminders(table: TomlTable, default: ReminderDays) -> ReminderDays:
    return ReminderDays(
        before=table.wholes("remind_days_before", default.before, 0, _LONGEST_REMINDER),
        after=table.wholes("remind_days_after", default.after, 1, _LONGEST_REMINDER),
    )


def _state_days(table: TomlTable) -> dict[str, int]:
    days = {}
    for name in table.left():
        if name not in STATES:
            table.refuse(name, "must be the postal abbreviation of a State, such as CA")
        days[name] = table.whole(name, LONGEST_DAYS, 1, LONGEST_DAYS)
    return days


def _role(text: str) -> str:
    return "" if text in set(Role) else f"must be one of {', '.join(Role)}"


def _zone(text: str) -> str:
    try:
        zone_of(text)
    except ValueError:
        return "must be a time zone that this machine knows, such as America/New_York"
    return ""
