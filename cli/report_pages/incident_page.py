"""The report of one incident as a page for auditors. It shows the data of the JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from cli.report_pages import clock_section
from cli.report_pages.about_section import about_section, not_known
from cli.report_pages.badges import phi_badge, severity_badge
from cli.report_pages.exposure_section import exposure_section
from cli.report_pages.markup import (
    Content,
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
    whole,
)
from cli.reporting.values import UNKNOWN, actor_text, number, span_text, time_text, value_text
from drift import ids
from drift.notices import Standing

_STANDING = {
    Standing.PROVEN.value: "proven",
    Standing.LIKELY.value: "most likely",
    Standing.SEVERAL.value: "one of several",
    Standing.LAST_WRITER.value: "last writer, which may not be the cause",
}


def incident_page(report: Mapping[str, Any]) -> str:
    """Return the page of a report."""
    incident = report["incident"]
    name = ids.name_of(incident["resourceId"])
    title = f"{incident['control']} on {name}"
    return page(
        f"Incident report: {title}",
        _head(report, title),
        not_known(report["notKnown"]),
        _in_short(report),
        exposure_section(report["exposures"]),
        _changes(report["changes"]),
        clock_section.clock_section(report),
        _timeline(report["timeline"]),
        _evidence(report["evidence"], incident["id"]),
        about_section(report["about"], report["format"]),
    )


def _head(report: Mapping[str, Any], title: str) -> Markup:
    incident = report["incident"]
    state = (
        badge("open", "bad") if incident["open"] else badge(f"ended: {incident['closure']}", "good")
    )
    return element(
        "header",
        element("p", "Incident report", css="kind"),
        element("h1", title),
        element(
            "p",
            state,
            " ",
            severity_badge(incident["severity"]),
            " ",
            phi_badge(incident["phi"]),
        ),
        element("p", report["control"]["title"], css="lead"),
        element("p", f"Made {time_text(report['about']['generatedAt'])}.", css="note"),
    )


def _in_short(report: Mapping[str, Any]) -> Markup:
    incident, control = report["incident"], report["control"]
    cited = lines(*(each["text"] for each in control["hipaa"]))
    return section(
        "In short",
        facts(
            [
                ("Resource", element("code", incident["resourceId"])),
                ("Incident", element("code", incident["id"])),
                ("What failed", _failure(report)),
                *([] if incident["open"] else [("At its end", incident["reason"])]),
                ("Why it matters", control["why"] or UNKNOWN),
                ("HIPAA", cited if control["hipaa"] else UNKNOWN),
                ("Why PHI", incident["phiReason"] or UNKNOWN),
                *_times(report["times"], is_open=incident["open"]),
                ("Changed by", _who(incident)),
                ("Ended by", actor_text(incident["closedBy"])),
                *_repair(incident),
            ]
        ),
    )


def _failure(report: Mapping[str, Any]) -> str:
    """Return the last reported failure: an ended incident has the reason of its end instead."""
    if report["incident"]["open"]:
        return str(report["incident"]["reason"])
    failures = (each["reason"] for each in reversed(report["changes"]) if each["outcome"] == "fail")
    return next(failures, f"{UNKNOWN}: the changes are no longer kept")


def _times(times: Mapping[str, Any], *, is_open: bool) -> Iterator[tuple[str, Content]]:
    if times["changedAt"]:
        yield "Change", time_text(times["changedAt"])
    else:
        after = times["lastSeenWithout"]
        since = f", after {time_text(after)}, when it was not there yet" if after else ""
        yield "Change", f"{UNKNOWN}{since}: {times['changeNotKnownWhy']}"
    if times["reopened"]:
        yield "Opened first", time_text(times["firstOpenedAt"])
    opened = f"{time_text(times['openedAt'])}{_took(times, 'secondsToDecide')}"
    at_most = times["secondsToDecideAtMost"]
    longest = f" (at most {span_text(at_most)} after the change)" if at_most is not None else ""
    yield "Opened" if not times["reopened"] else "Opened again", f"{opened}{longest}"
    yield "First reported", f"{time_text(times['firstToldAt'])}{_took(times, 'secondsToTell')}"
    closed = times["closedAt"]
    took = f" (open for {span_text(times['secondsToClose'])})" if closed else ""
    yield "Ended", "still open" if is_open else f"{time_text(closed)}{took}"


def _took(times: Mapping[str, Any], name: str) -> str:
    return f" ({span_text(times[name])} after the change)" if times[name] is not None else ""


def _who(incident: Mapping[str, Any]) -> str:
    if incident["changedBy"] is None:
        return UNKNOWN
    standing = _STANDING.get(incident["standing"], UNKNOWN)
    others = "".join(f"; {actor_text(each)}" for each in incident["otherActors"])
    return f"{actor_text(incident['changedBy'])}{others} ({standing})"


def _repair(incident: Mapping[str, Any]) -> Iterator[tuple[str, Content]]:
    if incident["fixCommand"]:
        yield "Repair", element("code", incident["fixCommand"])
    elif incident["fixNote"]:
        yield "Repair", incident["fixNote"]


def _changes(changes: list[Mapping[str, Any]]) -> Markup:
    if not changes:
        return section(
            "Before and after", element("p", "The changes are no longer kept.", css="none")
        )
    return section("Before and after", *map(_one_change, changes))


def _one_change(each: Mapping[str, Any]) -> Markup:
    rows = [
        (
            element("code", one["path"]),
            element("code", value_text(one["before"])),
            element("code", value_text(one["after"])),
        )
        for one in each["differences"]
    ]
    decided = [
        f"{one['path']} is {value_text(one['value'])}"
        + (f", required: {one['expected']}" if one["expected"] else "")
        for one in each["properties"]
    ]
    end = f", {each['closure']}" if each["closure"] else ""
    return joined(
        element(
            "h3",
            f"Change {each['sequence']}: {each['change']}{end}, {time_text(each['decidedAt'])}",
        ),
        element("p", each["reason"]),
        table(
            ("Property", "Before", "After"),
            rows,
            none="No watched property differed in this change.",
        ),
        element("p", "Properties that decided:", css="note") if decided else "",
        bullets(decided) if decided else "",
    )


def _timeline(entries: list[Mapping[str, Any]]) -> Markup:
    rows = [(whole(time_text(each["at"])), whole(each["source"]), each["text"]) for each in entries]
    return section("Timeline", table(("Time", "Known from", "What"), rows, none="Nothing is kept."))


def _record(each: Mapping[str, Any]) -> str:
    sequence = each["sequence"]
    return str(each["kind"]) if sequence is None else f"{each['kind']} {sequence}"


def _evidence(evidence: Mapping[str, Any], incident: str) -> Markup:
    rows = [
        (
            whole(_record(each)),
            whole(time_text(each["at"])),
            lines(element("code", each["file"]), f"record {each['index']}"),
            element("code", each["leafHash"]),
            f"of {each['checkpoint']} records" if each["checkpoint"] else "not signed yet",
        )
        for each in evidence["records"]
    ]
    waiting = evidence["waiting"]
    prove = f"phidrift evidence export --incident {incident[:12]}"
    return section(
        "Evidence",
        table(
            (
                "Record",
                "Time",
                "File and place in the log",
                "Leaf hash (SHA-256)",
                "Signed checkpoint",
            ),
            rows,
            none="No record of this incident is listed.",
        ),
        element("p", f"Not in the log yet: {number(waiting, 'record')}.") if waiting else "",
        element(
            "p",
            "This report proves nothing by itself. An archive with proofs: ",
            element("code", prove),
        ),
    )
