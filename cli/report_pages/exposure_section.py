"""Whether a resource was used while it was exposed, in a report: the answer, the callers, the evidence."""

from collections.abc import Mapping
from typing import Any

from cli.report_pages.badges import access_badge
from cli.report_pages.markup import Markup, element, facts, joined, lines, section, table, whole
from cli.reporting.values import UNKNOWN, number, time_text


def exposure_section(exposures: list[Mapping[str, Any]]) -> Markup:
    """Return the section, one part for each opening of the incident that has an answer."""
    if not exposures:
        text = (
            "Not asked, or not answered yet. This does not mean that nobody used the resource: "
            "access is neither confirmed nor excluded."
        )
        return section("Exposure: was it used while it was open?", element("p", text))
    return section("Exposure: was it used while it was open?", *map(_one_exposure, exposures))


def _one_exposure(each: Mapping[str, Any]) -> Markup:
    figures = ("callers", "objects", "reads", "listings")
    counts = ", ".join(
        f"{name} {UNKNOWN if each[name] is None else each[name]}" for name in figures
    )
    since = time_text(each["since"]) if each["since"] else "a time that is not known"
    until = time_text(each["until"]) if each["until"] else "now, as far as is known"
    seen = [
        (
            one["address"] or UNKNOWN,
            one["proof"] or UNKNOWN,
            one["principal"] or "none shown",
            f"{number(one['reads'], 'read')}, {number(one['listings'], 'listing')}",
            lines(whole(time_text(one["first"])), whole(time_text(one["last"]))),
        )
        for one in each["seen"]
    ]
    return joined(
        element("p", access_badge(each["access"]), " ", each["summary"], css="lead"),
        facts(
            [
                ("Exposed", f"from {since} until {until}"),
                ("Counted outside", counts),
                ("Log coverage", each["coverage"] or UNKNOWN),
                ("Answer of", f"{time_text(each['asked_at'])}, {_final(each)}"),
            ]
        ),
        element("h3", "Callers who must not have access"),
        table(
            ("Address", "Proved by", "Object id", "Did", "First, last"), seen, none="None was seen."
        ),
        element("h3", "Evidence of this answer"),
        _inquiries(each["inquiries"]),
    )


def _final(each: Mapping[str, Any]) -> str:
    return "final" if each["is_final"] else "not final: a later answer may differ"


def _inquiries(inquiries: list[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            element("code", one["source"]),
            lines(whole(time_text(one["since"])), whole(time_text(one["until"]))),
            whole(time_text(one["asked_at"])),
            f"no answer: {one['failure']}" if one["failure"] else str(one["rows"]),
            whole(time_text(one["arrived_until"])),
        )
        for one in inquiries
    ]
    heads = ("Question", "Asked for", "Asked at", "Rows", "Source complete until")
    return table(heads, rows, none="No question is stored.")
