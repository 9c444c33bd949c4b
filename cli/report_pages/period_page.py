"""The report of a period as a page, for the compliance lead. It shows the data of the JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cli.report_pages.about_section import about_section, not_known
from cli.report_pages.badges import access_badge, phi_badge, severity_badge
from cli.report_pages.markup import (
    Markup,
    badge,
    bullets,
    element,
    facts,
    joined,
    lines,
    page,
    section,
    table,
)
from cli.report_pages.markup import whole as unbroken
from cli.report_pages.posture_section import posture_section
from cli.reporting.values import UNKNOWN, span_text, time_text, words
from drift import ids

_MOST_LISTED: Final = 1000
"""Maximum number of incidents on a page; the JSON has all."""

_SPREADS: Final = (
    ("toDecide", "Change to opening (detection)"),
    (
        "toDecideAtMost",
        "Last answer without the failure to opening, where no event is known (at most)",
    ),
    ("toTell", "Change to first delivery"),
    ("toClose", "Opening to end, of what ended in the period"),
)


def period_page(report: Mapping[str, Any]) -> str:
    """Return the page of a report."""
    limits = f"{time_text(report['period']['from'])} to {time_text(report['period']['to'])}"
    return page(
        f"HIPAA drift report: {limits}",
        _head(report, limits),
        _tiles(report["counts"]),
        not_known(report["notKnown"]),
        _times(report["times"]),
        _overdue(report),
        posture_section(report["posture"]),
        _incidents(
            "Incidents", [each for each in report["incidents"] if not each["aboutTheMonitor"]]
        ),
        _incidents(
            "Incidents about the monitor itself",
            [each for each in report["incidents"] if each["aboutTheMonitor"]],
        ),
        _unknown(report["unknown"]),
        _sweeps(report["sweeps"]),
        about_section(report["about"], report["format"]),
    )


def _head(report: Mapping[str, Any], limits: str) -> Markup:
    local = f"from {report['period']['fromLocal']} to {report['period']['toLocal']}"
    over = "" if report["period"]["isOver"] else badge("the period is not over", "warn")
    return element(
        "header",
        element("p", "Report of a period", css="kind"),
        element("h1", "Drift of resources that hold PHI"),
        element("p", f"From {limits}; the last moment is not part of it. ", over, css="lead"),
        element("p", f"{report['about']['timeZone']}: {local}", css="note"),
        element("p", f"Made {time_text(report['about']['generatedAt'])}.", css="note"),
    )


def _tiles(counts: Mapping[str, Any]) -> Markup:
    shown = (
        ("opened", "opened"),
        ("reopened", "opened again"),
        ("ended", "ended"),
        ("openAtStart", "open at the start"),
        ("openAtEnd", "open at the end"),
    )
    tiles = [
        element("div", element("b", str(counts[name])), text, css="tile") for name, text in shown
    ]
    return section(
        "Incidents in the period",
        element("div", *tiles, css="tiles"),
        facts(
            [
                ("Opened, by severity", _counted(counts["openedBySeverity"])),
                ("Ended as", _counted(counts["endedAs"])),
                ("Access", _counted(counts["access"])),
                (
                    "About the monitor itself",
                    f"{counts['aboutTheMonitor']}, not in the figures above",
                ),
            ]
        ),
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{words(name)} {number}" for name, number in sorted(counts.items())) or "none"


def _times(times: Mapping[str, Any]) -> Markup:
    rows = [
        (
            text,
            str(times[name]["count"]),
            unbroken(span_text(times[name]["median"])),
            unbroken(span_text(times[name]["p90"])),
            unbroken(span_text(times[name]["max"])),
            str(times[name]["notKnown"]),
        )
        for name, text in _SPREADS
    ]
    why = [f"{count}: {text}" for text, count in sorted(times["changeNotKnownWhy"].items())]
    since = times["openAtEndSince"]
    return section(
        "Time to detect and to close",
        table(("Time", "Incidents", "Median", "90 %", "Longest", "Not known"), rows, none=""),
        element("p", "Why the time of a change is not known:", css="note") if why else "",
        bullets(why) if why else "",
        element("p", f"Open longest at the end of the period: since {time_text(since)}.")
        if since
        else "",
    )


def _overdue(report: Mapping[str, Any]) -> Markup:
    rows = [
        (
            element("code", each["id"][:12]),
            f"{each['control']} on {ids.name_of(each['resourceId'])}",
            words(each["stage"]),
            unbroken(each["discovered"] or UNKNOWN),
            _next(each),
            f"{each['factorsAssessed']} of 4",
        )
        for each in report["breachClocks"]
    ]
    without = report["withoutBreachClock"]
    return section(
        "Overdue",
        element("p", report["overdue"]["note"]),
        element("h3", "Breach clocks"),
        table(
            ("Incident", "What", "Stage", "Discovered", "Next last day", "Factors"),
            rows,
            none="No breach clock runs, and none had a step in the period.",
        ),
        joined(
            element("h3", "Access confirmed or presumed, and nobody has taken a step"),
            bullets(without),
        )
        if without
        else "",
    )


def _next(each: Mapping[str, Any]) -> Markup:
    day = each["nextDay"]
    if day is None:
        return unbroken("no notice is due")
    if each["distance"] == "past":
        return lines(unbroken(day), badge("overdue", "bad"))
    return lines(unbroken(day), badge("near", "warn") if each["distance"] == "near" else "")


def _incidents(title: str, listed: Sequence[Mapping[str, Any]]) -> Markup:
    more = len(listed) - _MOST_LISTED
    return section(
        title,
        table(
            ("Incident", "What", "Opened", "Ended", "Detected in", "Told in", "Access"),
            (tuple(_incident(each)) for each in listed[:_MOST_LISTED]),
            none="None is kept for this period.",
        ),
        element("p", f"{more} more are in the JSON of this report.") if more > 0 else "",
    )


def _incident(each: Mapping[str, Any]) -> Iterator[Markup | str]:
    yield element("code", each["id"][:12])
    what = f"{each['control']} on {ids.name_of(each['resourceId'])}"
    yield lines(what, joined(severity_badge(each["severity"]), " ", phi_badge(each["phi"])))
    again = f"opened again {time_text(each['openedAt'])}" if each["reopened"] else ""
    yield lines(unbroken(time_text(each["firstOpenedAt"])), again)
    yield _end(each)
    at_most = each["secondsToDecideAtMost"]
    known = span_text(each["secondsToDecide"])
    yield f"at most {span_text(at_most)}" if at_most is not None else known
    yield span_text(each["secondsToTell"])
    if each["aboutTheMonitor"]:
        yield "none possible"
    else:
        yield access_badge(each["access"]) if each["access"] else "not asked"


def _end(each: Mapping[str, Any]) -> Markup:
    if not each["closedAt"]:
        return badge("still open", "bad")
    later = "after the period" if each["openAtEnd"] else ""
    took = f"{each['closure'] or UNKNOWN}, after {span_text(each['secondsToClose'])}"
    return lines(unbroken(time_text(each["closedAt"])), took, later)


def _unknown(unknown: Mapping[str, Any]) -> Markup:
    verdicts = [
        (each["control"], str(each["count"]), _time(each["oldestSince"]))
        for each in unknown["verdicts"]
    ]
    blind = [
        (element("code", each["dependency"]), str(each["resources"])) for each in unknown["blind"]
    ]
    names = ("undelivered", "held", "notUnderstood", "dropped")
    texts = (
        "Changes that a channel never got (kept for 30 days)",
        "Incidents that a channel does not accept now",
        "Messages that wait for another version",
        "Messages that no version could read (kept for 30 days)",
    )
    return section(
        "Unknown at the time of the report",
        table(
            ("Control", "Unknown verdicts", "Oldest since"),
            verdicts,
            none="No verdict is unknown now.",
        ),
        table(
            ("Source that cannot be read", "Resources"), blind, none="Every source can be read now."
        ),
        facts((text, str(unknown[name])) for name, text in zip(names, texts, strict=True)),
    )


def _time(text: str) -> Markup:
    return unbroken(UNKNOWN if text == UNKNOWN else time_text(text))


def _sweeps(swept: Sequence[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            element("code", each["subscription"]),
            unbroken(time_text(each["watchedSince"])),
            unbroken(time_text(each["lastWholeSweep"])),
            each["answer"],
            lines(*each["gaps"]) if each["gaps"] else "none noted",
        )
        for each in swept
    ]
    heads = (
        "Subscription",
        "Watched since",
        "Last whole sweep",
        "In the period",
        "Not seen by the last sweep",
    )
    return section("Sweeps of the estate", table(heads, rows, none="No subscription is watched."))
