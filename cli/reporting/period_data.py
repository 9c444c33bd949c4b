"""The report of a period as JSON; docs/reports.md lists its fields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cli.incident_list.found import id_of
from cli.reporting import coverage
from cli.reporting.about import About
from cli.reporting.clock_rows import clock_line, lacks_clock
from cli.reporting.incident_rows import (
    Line,
    concerns,
    counts_of,
    line_of,
    sorted_lines,
    times_of,
)
from cli.reporting.kept import every_incident
from cli.reporting.period import Period
from cli.reporting.posture import posture_data, posture_of
from cli.reporting.values import number, time_data, time_text
from drift.breach.local_days import local_day, zone_of
from drift.config.model import Breach, Config
from drift.model import Control
from drift.ports import Store

FORMAT: Final = "phidrift.report-period/1"
"""The format of the JSON; a field is added without a new number, and none is renamed or removed."""

_MOST_NAMED: Final = 20
_NO_TARGETS: Final = (
    "monitor.toml has no targets for the time to fix in this version: the report cannot say "
    "whether a repair is late. Only the last days of the breach clock can be overdue here."
)


@dataclass
class Incidents:
    """The data of all incidents, collected in one pass: a line for each that concerns the period."""

    lines: list[Line] = field(default_factory=list)
    clocks: list[Mapping[str, Any]] = field(default_factory=list)
    without_clock: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def period_report(
    store: Store,
    config: Config,
    *,
    subscriptions: Sequence[str],
    controls: Sequence[Control],
    period: Period,
    about: About,
) -> Mapping[str, Any]:
    """Return the whole report; raise StoreUnavailable."""
    found = _incidents(store, config.breach, period, about)
    lines = sorted_lines(found.lines)
    posture = posture_data(posture_of(store, controls), controls, config.disabled, about.now)
    swept = coverage.sweeps(store, subscriptions, about.watched, period)
    unknown = coverage.unknown_now(store)
    not_known = (
        *_period_not_known(period, about),
        *_incidents_not_known(found),
        *_sweeps_not_known(swept),
        *_now_not_known(posture, unknown),
    )
    return {
        "format": FORMAT,
        "about": about.data,
        "period": _period(period, about),
        "notKnown": list(not_known),
        "counts": counts_of(lines),
        "times": times_of(lines, period),
        "incidents": lines,
        "overdue": {"targets": None, "note": _NO_TARGETS},
        "breachClocks": sorted(found.clocks, key=lambda each: each["nextDay"] or "9999"),
        "withoutBreachClock": found.without_clock,
        "posture": posture,
        "sweeps": swept,
        "unknown": unknown,
        "notUnderstood": found.refused,
    }


def _period(period: Period, about: About) -> Mapping[str, Any]:
    return {
        "from": time_data(period.since),
        "to": time_data(period.until),
        "fromLocal": _local(period.since, about),
        "toLocal": _local(period.until, about),
        "isOver": period.until <= about.now,
    }


def _local(at: datetime, about: About) -> str:
    return at.astimezone(zone_of(about.time_zone)).isoformat(timespec="seconds")


def _incidents(store: Store, breach: Breach, period: Period, about: About) -> Incidents:
    today, found = local_day(about.now, breach.time_zone), Incidents()
    for kept in every_incident(store):
        if isinstance(kept, str):
            found.refused.append(kept)
            continue
        found.refused += kept.refused
        if line := clock_line(kept, breach, period, today):
            found.clocks.append(line)
        if concerns(kept, period):
            found.lines.append(line_of(kept, period))
            found.without_clock += [id_of(kept.incident)] if lacks_clock(kept) else []
    return found


def _period_not_known(period: Period, about: About) -> Iterator[str]:
    if period.until > about.now:
        now = time_text(time_data(about.now))
        yield f"The end of the period: it is not over. The figures are those until {now}."
    if period.since < about.kept_since:
        kept = time_text(time_data(about.kept_since))
        yield (
            f"Incidents that ended before {kept}: they are deleted "
            f"{number(about.state_days, 'day')} after "
            "their end unless they have a breach clock. How many there were is not known, and all "
            "figures leave them out."
        )
    if about.known_since is None:
        yield "Since when anything is watched: the state has no note of it."
    for name, since in sorted(about.watched.items()):
        if since > period.since:
            yield f"Subscription {name} before {time_text(time_data(since))}: it was not watched yet."
    yield (
        "The posture at any earlier time: the state holds only the last verdicts, and which "
        "subscriptions are watched now."
    )


def _incidents_not_known(found: Incidents) -> Iterator[str]:
    count = len(found.refused)
    if count:
        named = ", ".join(found.refused[:_MOST_NAMED])
        more = f" and {count - _MOST_NAMED} more" if count > _MOST_NAMED else ""
        yield f"What another version of the monitor wrote into {number(count, 'row')}: {named}{more}."
    own = [each for each in found.lines if each["aboutTheMonitor"]]
    if own:
        yield (
            "What happened while the monitor itself was impaired: the list has "
            f"{number(len(own), 'incident')} about the monitor, such as a source that it could not "
            "read."
        )
    others = [each for each in found.lines if not each["aboutTheMonitor"]]
    asked = [each for each in others if each["access"]]
    if len(asked) < len(others):
        yield (
            f"Whether anybody used the resource, for {len(others) - len(asked)} of {len(others)} "
            "incidents: "
            "it was not asked, or there is no answer yet."
        )
    possible = sum(each["access"] == "possible" for each in others)
    if possible:
        yield f"Whether anybody used the resource, for {possible} more: access cannot be excluded."


def _sweeps_not_known(swept: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not swept:
        yield "Whether the estate was swept: no subscription is watched."
    for each in swept:
        if each["answer"] != coverage.SWEPT:
            yield f"Subscription {each['subscription']}: {each['answer']}."
        if each["gaps"]:
            yield f"Subscription {each['subscription']}: the last sweep did not see everything."


def _now_not_known(posture: Mapping[str, Any], unknown: Mapping[str, Any]) -> Iterator[str]:
    verdicts = sum(each["count"] for each in unknown["verdicts"])
    if verdicts:
        yield (
            f"{number(verdicts, 'verdict')} without a result now: the monitor could not read what "
            "decides."
        )
    for each in unknown["blind"]:
        yield (
            f"{number(each['resources'], 'resource')} that cannot be evaluated now, since "
            f"{each['dependency']} fails."
        )
    if posture["notUnderstood"]:
        yield (
            f"{number(posture['notUnderstood'], 'resource')} whose record another version of the "
            "monitor "
            "wrote."
        )
    if unknown["undelivered"]:
        yield (
            f"{number(unknown['undelivered'], 'change')} of the last 30 days that a channel never "
            "got: "
            "fewer changes were delivered than the incidents have."
        )
    late = unknown["notUnderstood"] + unknown["dropped"]
    if late:
        yield f"{number(late, 'message')} that this version did not understand."
