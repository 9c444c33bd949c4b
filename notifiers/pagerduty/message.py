"""The PagerDuty event. Pure: a notice in, JSON-ready data out.

A trigger with the ``dedup_key`` of an open incident adds to its log and does not page again; a
resolve ends it. Limits: https://developer.pagerduty.com/docs/send-alert-event
"""

from typing import Any, Final

from drift import ids
from drift.clock import bounds
from drift.controls.citations import citation_with_rule
from drift.model import Evidence, Severity
from drift.notices import Change, Notice
from notifiers import wording
from notifiers.guides import guide_of
from notifiers.headline import is_about_monitor, start, subject

MAX_SUMMARY: Final = 1024
MAX_DEDUP_KEY: Final = 255

_SENTENCE: Final = 2_000  # bytes, as the others below
_VALUE: Final = 400
_COMMAND: Final = 16_000
_ROWS: Final = 25
_URL: Final = 2_000
_SHORT: Final = 8  # digits of the incident id: enough to find it among those that are open

_ALWAYS: Final = ("control", "resourceId", "actor", "fix")
"""Details that are always sent, empty or not."""

_SEVERITIES: Final = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
    None: "warning",
}


def build_event(notice: Notice, routing_key: str, *, opening: bool) -> dict[str, Any]:
    """Return the event of one change, far below the limit of 512 KB."""
    ended = notice.change in (Change.RESOLVED, Change.CLOSED) or notice.closure is not None
    return {
        "routing_key": routing_key,
        "event_action": "resolve" if ended else "trigger",
        "dedup_key": notice.incident_id[:MAX_DEDUP_KEY],
        "client": "PHI Drift Monitor",
        **({"client_url": notice.console_url} if _is_sound(notice.console_url) else {}),
        "payload": _payload(notice, opening),
        "links": _links(notice),
    }


def _payload(notice: Notice, opening: bool) -> dict[str, Any]:
    return {
        "summary": _summary(notice, opening),
        "source": _line(ids.key(notice.resource_id), _SENTENCE)
        or "unknown",  # a blank one is refused
        "severity": _SEVERITIES[notice.severity],
        "timestamp": bounds.in_utc(notice.decided_at).isoformat(),
        "component": _line(notice.resource_name, _VALUE),
        "group": _line(notice.subscription_id, _VALUE),
        "class": _line(notice.control_id, _VALUE),
        "custom_details": _details(notice, opening),
    }


def _summary(notice: Notice, opening: bool) -> str:
    """Name the control and the resource first, because a phone shows little more.

    With the code at the end the incident can be found from PagerDuty's webhooks, which have no
    dedup_key.
    """
    code = f" [{_line(notice.incident_id[:_SHORT], _VALUE)}]"
    control, what = _line(notice.control_id, _VALUE), _line(subject(notice), _VALUE)
    text = f"{start(notice, opening=opening)}: {control} on {what}: {notice.reason}"
    return wording.clipped(wording.plain(text[:MAX_SUMMARY]), MAX_SUMMARY - len(code)) + code


def _details(notice: Notice, opening: bool) -> dict[str, Any]:
    details: dict[str, Any] = {
        "control": _line(notice.control_id, _VALUE),
        "title": _line(notice.title, _SENTENCE),
        "resource": _line(subject(notice), _VALUE),
        "resourceId": _line(ids.key(notice.resource_id), _SENTENCE),
        "reason": _line(notice.reason, _SENTENCE),
        "new": [] if opening else [_line(each, _SENTENCE) for each in notice.news[:_ROWS]],
        "found": wording.how_found(notice.found),
        "actor": _line(wording.people(notice), _SENTENCE),
        "fix": _fix(notice),
        "runbook": _runbook(notice),
        "fixNote": _line(notice.fix_note, _SENTENCE),
        "access": _line(wording.access(notice), _SENTENCE),
        "phi": f"{wording.phi(notice)}: {_line(notice.phi_reason, _SENTENCE)}",
        "hipaa": [_line(citation_with_rule(each), _VALUE) for each in notice.hipaa[:_ROWS]],
        "differences": [
            f"{_line(each.path, _VALUE)}: {_value(each.before)} → {_value(each.after)}"
            for each in notice.differences[:_ROWS]
        ],
        "evidence": [_evidence(notice, each) for each in notice.evidence[:_ROWS]],
        "context": [_line(each, _SENTENCE) for each in notice.context[:_ROWS]],
        "openedAt": wording.moment(notice.opened_at),
        "changedAt": wording.moment(notice.event_at),
        "decidedAt": wording.moment(notice.decided_at),
    }
    if notice.closure is not None:
        span = wording.lasting(notice.decided_at - notice.opened_at)
        details["ended"] = f"{wording.ending(notice.closure)}, after {span}"
    return {name: value for name, value in details.items() if value or name in _ALWAYS}


def _evidence(notice: Notice, evidence: Evidence) -> str:
    """Return the found value and, for a resource of the customer, the required value."""
    statement = f"{_line(evidence.path, _VALUE)} is {_value(evidence.value)}"
    if is_about_monitor(notice) or not evidence.expected:
        return statement
    return f"{statement}, must be {_line(evidence.expected, _VALUE)}"


def _fix(notice: Notice) -> str:
    """Return the complete command or none: nobody must paste half a command."""
    if notice.closure is not None or not notice.fix_command:
        return ""
    command = "\n".join(wording.plain(each) for each in notice.fix_command.splitlines())
    return (
        command
        if wording.json_size(command) <= _COMMAND
        else "run phidrift evaluate on the resource"
    )


def _runbook(notice: Notice) -> str:
    """Return what to read while the incident is open: Microsoft's page if the console has none."""
    if notice.closure is not None:
        return ""
    return notice.runbook_url if _is_sound(notice.runbook_url) else guide_of(notice.control_id)


def _links(notice: Notice) -> list[dict[str, str]]:
    links = [("Azure portal", notice.portal_url), ("Incident", notice.console_url)]
    if notice.closure is None:
        links += [("Runbook", notice.runbook_url), ("Guide", guide_of(notice.control_id))]
    return [{"href": url, "text": text} for text, url in links if _is_sound(url)]


def _is_sound(url: str) -> bool:
    return url.startswith("https://") and len(url) <= _URL and wording.plain(url) == url


def _value(value: Any) -> str:
    return _line(wording.shown(value), _VALUE)


def _line(text: str, limit: int) -> str:
    return wording.clipped(wording.plain(text[: limit + 1]), limit, wording.json_size)
