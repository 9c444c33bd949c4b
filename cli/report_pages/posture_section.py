"""The posture by HIPAA section in a report of a period."""

from collections.abc import Mapping
from typing import Any

from cli.report_pages.markup import Content, Markup, badge, element, lines, section, table, whole
from cli.reporting.values import time_text

_HEADS = (
    "Section and control",
    "Judged",
    "of these PHI",
    "Open",
    "of these PHI",
    "Excepted",
    "Unknown",
    "Passed",
)
_COUNTS = ("judged", "judgedPhi", "open", "openPhi", "excepted", "unknown", "passed")
_MARKED = {"open": "bad", "unknown": "warn"}
_MEANS = (
    "The figures count resources. A control checks only a part of what a section requires: a "
    "section without an open finding is not proven to be met. In the line of a section each "
    "resource counts once. It counts as passed only if no control of the section is open, excepted "
    "or unknown. Resources that may hold PHI count as PHI."
)


def posture_section(posture: Mapping[str, Any]) -> Markup:
    """Return every section with its controls, even those that evaluated nothing."""
    rows = [row for each in posture["sections"] for row in _rows(each)]
    oldest = posture["oldestRead"]
    read = f"The oldest verdict is based on a read of {time_text(oldest)}." if oldest else ""
    return section(
        "Posture by HIPAA section, at the time of the report",
        element(
            "p",
            f"As of {time_text(posture['asOf'])}, not of the period. Resources with a stored "
            "verdict: "
            f"{posture['resources']}. {read}",
        ),
        element("p", _MEANS, css="note"),
        table(_HEADS, rows, none="No control is known."),
    )


def _rows(each: Mapping[str, Any]) -> list[tuple[Content, ...]]:
    name = element("strong", each["text"])
    judged = each["resources"]["judged"]
    head = (name, *_figures(each["resources"])) if judged else _nothing(name, "no resource judged")
    return [head, *(_control(one) for one in each["controls"])]


def _control(one: Mapping[str, Any]) -> tuple[Content, ...]:
    title = element("span", one["title"], css="soft")
    name = element("div", lines(one["control"], title), css="within")
    return (name, *_figures(one)) if one["state"] == "judged" else _nothing(name, one["state"])


def _nothing(name: Content, why: str) -> tuple[Content, ...]:
    """Return a row without figures: zeros would look like a result."""
    return (name, element("em", why), *[""] * (len(_COUNTS) - 1))


def _figures(counts: Mapping[str, int]) -> tuple[Content, ...]:
    return tuple(
        badge(str(counts[name]), _MARKED[name])
        if name in _MARKED and counts[name]
        else whole(str(counts[name]))
        for name in _COUNTS
    )
