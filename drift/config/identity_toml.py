"""Read what monitor.toml says of a tenant's directory: roles, applications and accounts."""

from dataclasses import replace
from typing import Final

from drift.config.env_values import is_guid
from drift.config.toml_table import TomlTable
from drift.estate import Baseline

_MOST_DAYS: Final = 3650


def with_identities(
    baseline: Baseline,
    *,
    approved: TomlTable,
    controls: TomlTable,
    phi: TomlTable,
    break_glass: TomlTable,
    reviews: TomlTable,
) -> Baseline:
    """Return the baseline with these; the given tables stay open, except the last two."""
    found = replace(
        baseline,
        administrative_roles=_ids(controls, "administrative_roles", baseline.administrative_roles),
        phi_applications=_ids(phi, "applications", baseline.phi_applications),
        break_glass_accounts=_ids(break_glass, "accounts", baseline.break_glass_accounts),
        reviewed_roles=_ids(reviews, "roles", baseline.reviewed_roles),
        access_review_days=reviews.whole("days", baseline.access_review_days, 1, _MOST_DAYS),
        global_administrator_review_days=reviews.whole(
            "global_administrator_days", baseline.global_administrator_review_days, 1, _MOST_DAYS
        ),
        held_access_reviews=tuple(_held(each) for each in reviews.tables("held")),
        break_glass_drills=break_glass.dates("drills"),
        break_glass_drill_days=break_glass.whole(
            "drill_days", baseline.break_glass_drill_days, 1, _MOST_DAYS
        ),
        break_glass_runbooks=tuple(_runbook(each) for each in break_glass.tables("runbooks")),
        mfa_exempt_accounts=_ids(approved, "mfa_exempt_accounts", baseline.mfa_exempt_accounts),
    )
    break_glass.close()
    reviews.close()
    return found


def _runbook(table: TomlTable) -> tuple[str, str]:
    name = table.word("id", lambda _: "")
    until = table.moment("expires")
    table.close()
    return name, f"{until:%Y-%m-%d}"


def _held(table: TomlTable) -> tuple[str, str]:
    role, on = table.word("role", _guid), table.moment("on")
    table.close()
    return role.lower(), f"{on:%Y-%m-%d}"


def _ids(table: TomlTable, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each.lower() for each in table.words(key, default, _guid))


def _guid(text: str) -> str:
    return "" if is_guid(text) else "must be the id (GUID) of an object of the directory"
