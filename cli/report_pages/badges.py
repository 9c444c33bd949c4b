"""Severity, PHI and access as words in a frame: the colour only repeats the word."""

from cli.report_pages.markup import Markup, badge
from cli.reporting.values import UNKNOWN
from drift.notices import Access

_SEVERE = {"critical": "bad", "high": "bad", "medium": "warn", "low": "plain"}

_ACCESS = {
    Access.CONFIRMED.value: "bad",
    Access.PRESUMED.value: "bad",
    Access.POSSIBLE.value: "warn",
    Access.EXCLUDED.value: "good",
}


def severity_badge(severity: str | None) -> Markup:
    """Return a severity in its colour; the word says it too."""
    return badge(severity or UNKNOWN, _SEVERE.get(severity or "", "bad"))


def phi_badge(phi: bool | None) -> Markup:
    """Return whether a resource holds PHI."""
    if phi is None:
        return badge("PHI not ruled out", "warn")
    return badge("PHI", "bad") if phi else badge("no PHI", "plain")


def access_badge(access: str) -> Markup:
    """Return one of the four answers; one of another version is not known."""
    return badge(f"access {access}", _ACCESS.get(access, "warn"))
