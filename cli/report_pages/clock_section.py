"""The breach clock in the report of an incident: stage, last days, the four factors, every step."""

from collections.abc import Mapping
from typing import Any

from cli.incident_list.breach_dates import RECIPIENTS
from cli.incident_list.clock_view import FACTORS
from cli.report_pages.markup import (
    Markup,
    bullets,
    element,
    facts,
    joined,
    lines,
    section,
    table,
    whole,
)
from cli.reporting.values import UNKNOWN, time_text, words

_OWN = "The incident is about the monitor itself, or concerns no PHI: it has no breach clock."
_NOT_READ = (
    "There is a breach clock, and another version of the monitor wrote it: it is not shown here."
)
_NAMES = {each.value: name for each, name in RECIPIENTS.items()}


def clock_section(report: Mapping[str, Any]) -> Markup:
    """Return the clock, or the days that would follow if the incident were a breach."""
    clock, dates = report["breachClock"], report["ifBreach"]
    if clock:
        return section("Breach clock (45 CFR 164.400 to 164.414)", _running(clock))
    if report["breachClockNotRead"]:
        return section("Breach clock", element("p", _NOT_READ))
    if dates is None:
        return section("Breach clock", element("p", _OWN))
    return section(
        "Breach clock (45 CFR 164.400 to 164.414)",
        element(
            "p", "Nobody has taken a step, so no clock runs. The four factors are not assessed."
        ),
        element(
            "p",
            f"If it is a breach, it was discovered on {dates['discovered']} ({dates['timeZone']}) at the "
            "latest, and these are the last days:",
        ),
        _deadlines(dates["deadlines"], today=None),
        element("p", dates["note"], css="note"),
    )


def _running(clock: Mapping[str, Any]) -> Markup:
    individuals = clock["individuals"]
    total = individuals["total"]
    by_state = ", ".join(
        f"{name} {number}" for name, number in (individuals["byState"] or {}).items()
    )
    return joined(
        facts(
            [
                ("Stage", words(clock["stage"])),
                ("Discovered", f"{clock['discovered'] or UNKNOWN} ({clock['timeZone']})"),
                ("Access", clock["basis"] or UNKNOWN),
                (
                    "Individuals",
                    f"{'not counted yet' if total is None else total}{f' ({by_state})' if by_state else ''}",
                ),
                *(("Delay", _delay(each)) for each in clock["delays"]),
            ]
        ),
        element("h3", "Last days of the notices"),
        _deadlines(clock["deadlines"], today=clock["today"]),
        element("h3", "The four factors of the risk assessment"),
        _factors(clock["factors"]),
        element("h3", "Notices that were made"),
        _notices(clock["notices"]),
        element("h3", "Steps, as they were recorded"),
        _steps(clock["steps"]),
        element("p", clock["note"], css="note"),
    )


def _delay(each: Mapping[str, Any]) -> str:
    form = "written" if each["written"] else "oral"
    return f"until {each['endsOn']}: {form} statement by {each['official']} (45 CFR 164.412)"


def _deadlines(deadlines: list[Mapping[str, Any]], *, today: str | None) -> Markup:
    rows = [
        (
            whole(each["day"]),
            _recipient(each),
            each["citation"],
            "yes" if each["certain"] else "depends on who is affected",
            _due(each, today),
        )
        for each in deadlines
    ]
    heads = ("Last day", "Who is notified", "Rule", "Certain", "State")
    return table(heads, rows, none="No notice is due while access is only suspected.")


def _recipient(each: Mapping[str, Any]) -> str:
    name = _NAMES.get(each["recipient"], each["recipient"])
    return f"{name} of {each['state']}" if each["state"] else str(name)


def _due(each: Mapping[str, Any], today: str | None) -> str:
    if today is None:
        return "no clock runs"
    if not each["open"]:
        return "notified, or not due any more"
    return "OVERDUE" if each["day"] < today else "due"


def _factors(factors: list[Mapping[str, Any]]) -> Markup:
    texts = {each.value: text for each, text in FACTORS.items()}
    rows = [
        (
            texts.get(each["factor"], each["factor"]),
            "not assessed yet" if each["finding"] is None else each["finding"],
            lines(*each["evidence"]) if each["evidence"] else "none",
        )
        for each in factors
    ]
    return table(("Factor", "Finding", "Evidence"), rows, none="Not assessed.")


def _notices(notices: list[Mapping[str, Any]]) -> Markup:
    made = [f"{each['day']}: {_recipient(each)}" for each in notices]
    return bullets(made) if made else element("p", "None is recorded.", css="none")


def _steps(steps: list[Mapping[str, Any]]) -> Markup:
    named = ("action", "at", "by", "reason")
    rows = [
        (
            whole(time_text(each["at"])),
            whole(words(each["action"])),
            each["by"],
            each["reason"],
            ", ".join(
                f"{words(name)}: {_said(each[name])}"
                for name in each
                if name not in named and each[name]
            ),
        )
        for each in steps
    ]
    return table(("Time", "Step", "By", "Reason", "Says"), rows, none="No step is recorded.")


def _said(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    return "yes" if value is True else words(str(value))
