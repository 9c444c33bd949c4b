"""The PagerDuty event. Pure: a notice in, JSON-ready data out.

A trigger with the ``dedup_key`` of an open incident adds to its log and pages nobody again; a
resolve ends it. Limits: https://developer.pagerduty.com/docs/send-alert-event
"""

from datetime import UTC
from typing import Any, Final

from drift.model import Severity
from drift.notices import Change, Notice
from notifiers import wording

MAX_SUMMARY: Final = 1024
MAX_DEDUP_KEY: Final = 255

_SENTENCE: Final = 2_000  # bytes, as the others below
_VALUE: Final = 400
_COMMAND: Final = 16_000
_ROWS: Final = 25
_URL: Final = 2_000

_ALWAYS: Final = ("control", "resourceId", "actor", "fix")
"""Details that others look for, empty or not."""

_SEVERITIES: Final = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    None: "warning",
}


def build_event(notice: Notice, routing_key: str, *, opening: bool) -> dict[str, Any]:
    """Return the event that tells one change, far below the 512 KB that are taken."""
    ended = notice.change in (Change.RESOLVED, Change.CLOSED)
    return {
        "routing_key": routing_key,
        "event_action": "resolve" if ended else "trigger",
        "dedup_key": notice.incident_id[:MAX_DEDUP_KEY],
        "client": "PHI Drift Monitor",
        "payload": _payload(notice, opening),
        "links": _links(notice),
    }


def _payload(notice: Notice, opening: bool) -> dict[str, Any]:
    return {
        "summary": _summary(notice, opening),
        "source": _line(notice.resource_id, _SENTENCE) or "unknown",  # a blank one is refused
        "severity": _SEVERITIES[notice.severity],
        "timestamp": notice.decided_at.astimezone(UTC).isoformat(),
        "component": _line(notice.resource_name, _VALUE),
        "group": _line(notice.subscription_id, _VALUE),
        "class": _line(notice.control_id, _VALUE),
        "custom_details": _details(notice),
    }


def _summary(notice: Notice, opening: bool) -> str:
    """Name the control and the resource first: a phone shows little more than that."""
    verb = wording.verb(notice, opening=opening)
    name = _line(notice.resource_name, _VALUE)
    told = f"{verb}: {_line(notice.control_id, _VALUE)} on {name}: {notice.reason}"
    return wording.clipped(wording.plain(told[: MAX_SUMMARY + 1]), MAX_SUMMARY)


def _details(notice: Notice) -> dict[str, Any]:
    details: dict[str, Any] = {
        "control": _line(notice.control_id, _VALUE),
        "title": _line(notice.title, _SENTENCE),
        "resourceId": _line(notice.resource_id, _SENTENCE),
        "reason": _line(notice.reason, _SENTENCE),
        "actor": _line(_actor(notice), _SENTENCE),
        "fix": _fix(notice),
        "fixNote": _line(notice.fix_note, _SENTENCE),
        "phi": f"{wording.phi(notice)}: {_line(notice.phi_reason, _SENTENCE)}",
        "hipaa": [_line(each, _VALUE) for each in notice.hipaa[:_ROWS]],
        "differences": [
            f"{_line(each.path, _VALUE)}: {_value(each.before)} → {_value(each.after)}"
            for each in notice.differences[:_ROWS]
        ],
        "evidence": [
            f"{_line(each.path, _VALUE)} is {_value(each.value)}{_must(each.expected)}"
            for each in notice.evidence[:_ROWS]
        ],
        "context": [_line(each, _SENTENCE) for each in notice.context[:_ROWS]],
        "openedAt": wording.moment(notice.opened_at),
        "changedAt": wording.moment(notice.event_at),
        "decidedAt": wording.moment(notice.decided_at),
    }
    if notice.closure is not None:
        span = wording.lasting(notice.decided_at - notice.opened_at)
        details["ended"] = f"{wording.ending(notice.closure)}, after {span}"
    return {name: value for name, value in details.items() if value or name in _ALWAYS}


def _actor(notice: Notice) -> str:
    """Say who it was, and no more than is proved."""
    told = wording.person(notice.changed_by)
    if notice.closure is not None or notice.is_cause or notice.changed_by is None:
        return told
    return f"first seen; last written by {told}"


def _fix(notice: Notice) -> str:
    """Return the command whole or not at all: half a command must not be pasted."""
    if notice.closure is not None or not notice.fix_command:
        return ""
    command = "\n".join(wording.plain(each) for each in notice.fix_command.splitlines())
    return (
        command
        if wording.json_size(command) <= _COMMAND
        else "run phidrift evaluate on the resource"
    )


def _links(notice: Notice) -> list[dict[str, str]]:
    told = (("Azure portal", notice.portal_url), ("Incident", notice.console_url))
    return [
        {"href": url, "text": text}
        for text, url in told
        if url.startswith("https://") and len(url) <= _URL and wording.plain(url) == url
    ]


def _must(expected: str) -> str:
    return f", must be {_line(expected, _VALUE)}" if expected else ""


def _value(value: Any) -> str:
    return _line(wording.shown(value), _VALUE)


def _line(text: str, limit: int) -> str:
    return wording.clipped(wording.plain(text[: limit + 1]), limit, wording.json_size)
