"""The sections that every report has: what it does not know, and its sources."""

from collections.abc import Mapping, Sequence
from typing import Any

from cli.report_pages.markup import Content, Markup, bullets, element, facts, lines, section
from cli.reporting.values import time_text


def not_known(sentences: Sequence[str]) -> Markup:
    """Return what the report does not know, in a visible frame."""
    body: Content = bullets(sentences)
    if not sentences:
        body = element("p", "The state has everything that this report needs.")
    return section("What this report does not know", body, css="unknown")


def about_section(about: Mapping[str, Any], form: str) -> Markup:
    """Return the sources of the figures."""
    watched = [f"{name}: since {time_text(at)}" for name, at in about["watchedSince"].items()]
    kept = time_text(about["endedIncidentsKeptSince"])
    retention = (
        f"ended incidents are kept for {about['retentionDays']} days, longer with a breach clock: "
        "those "
        f"that ended before {kept} may be gone"
    )
    return section(
        "Sources of this report",
        facts(
            [
                ("Made", f"{time_text(about['generatedAt'])} by phidrift {about['version']}"),
                ("State store", f"{about['stateStore']}; it was only read"),
                ("State known since", time_text(about["stateKnownSince"])),
                ("Watched", lines(*watched) if watched else "not noted yet"),
                ("Retention", retention),
                ("Time zone", f"times are UTC; days are those of {about['timeZone']}"),
                ("Format", form),
            ]
        ),
        element("p", about["note"], css="lead"),
    )
