"""PagerDuty's Events API v2: checks events as documented and records their incidents."""

import secrets
import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.channels.sink import Sink
from sandbox.http.endpoint import Clock
from sandbox.http.messages import Answer, Refused, Request, json_answer

_SEVERITIES: Final = ("critical", "error", "warning", "info")
_ACTIONS: Final = ("trigger", "acknowledge", "resolve")
_ONE_OF: Final = "must be one of the following"
_MOST_BYTES: Final = 512 * 1024


@dataclass(slots=True)
class Incident:
    """One incident: ``triggers`` counts those that came while it was open, the first included."""

    dedup_key: str
    open: bool = True
    triggers: int = 1
    openings: int = 1
    severity: str = ""


class PagerDuty(Sink):
    """One integration on one service."""

    def __init__(self, clock: Clock, *, tls: ssl.SSLContext) -> None:
        super().__init__(clock, tls=tls)
        self.routing_key = secrets.token_hex(16)
        self.incidents: dict[str, Incident] = {}

    @property
    def url(self) -> str:
        """Return the base address, as ``PAGERDUTY_EVENTS_URL`` has it."""
        return self.base_url

    @property
    def doubled(self) -> list[str]:
        """Return the keys that were triggered again while open."""
        return [key for key, incident in self.incidents.items() if incident.triggers > 1]

    def rotate(self) -> str:
        """Give the integration a new key and return it; the old one gets a 400."""
        self.routing_key = secrets.token_hex(16)
        return self.routing_key

    def refusal(self, refused: Refused) -> Answer:
        """Return a refusal in PagerDuty's form."""
        words = {429: "throttle exceeded", 400: "invalid event"}
        body = {
            "status": words.get(refused.status, "error"),
            "message": refused.message,
            "errors": [refused.message],
        }
        return json_answer(refused.status, body, refused.headers)

    def take(self, request: Request) -> Answer:
        """Answer one event."""
        if request.path != "/v2/enqueue" or request.method != "POST":
            answer = json_answer(404, {"status": "not found", "message": "No such resource"})
            return self.reject(request, answer, "wrong path or method")
        if len(request.body) > _MOST_BYTES:
            answer = json_answer(413, {"status": "payload too large", "message": "over 512 KB"})
            return self.reject(request, answer, "over 512 KB")
        problems = self._problems(request)
        if problems:
            return self.reject(request, _invalid(problems), "; ".join(problems))
        event = request.json()
        key = event.get("dedup_key") or secrets.token_hex(16)
        self._keep(event, key)
        self.accept(request, event)
        accepted = {"status": "success", "message": "Event processed", "dedup_key": key}
        return json_answer(202, accepted)

    def _keep(self, event: dict[str, Any], key: str) -> None:
        severity = str((event.get("payload") or {}).get("severity", ""))
        with self._books:
            incident = self.incidents.get(key)
            match event["event_action"]:
                case "trigger" if incident is None:
                    self.incidents[key] = Incident(key, severity=severity)
                case "trigger" if incident is not None and incident.open:
                    incident.triggers += 1
                    incident.severity = severity
                case "trigger" if incident is not None:
                    incident.open, incident.triggers = True, 1
                    incident.openings += 1
                    incident.severity = severity
                case "resolve" if incident is not None:
                    incident.open = False

    def _problems(self, request: Request) -> list[str]:
        try:
            event = request.json()
        except ValueError:
            return ["Event object is not valid JSON"]
        if not isinstance(event, dict):
            return ["Event object is not an object"]
        found = [*_envelope_problems(event), *_payload_problems(event), *_link_problems(event)]
        if not found and event["routing_key"] != self.routing_key:
            found = ["Invalid routing key"]
        return found


def _envelope_problems(event: dict[str, Any]) -> list[str]:
    key, action = event.get("routing_key"), event.get("event_action")
    dedup = event.get("dedup_key")
    checks = (
        (isinstance(key, str) and bool(key), "'routing_key' is missing or blank"),
        (
            not isinstance(key, str) or len(key) in (0, 32),
            "Length of 'routing_key' is incorrect (should be 32 characters)",
        ),
        (action in _ACTIONS, f"'event_action' is invalid ({_ONE_OF}: {list(_ACTIONS)})"),
        (
            dedup is None or (isinstance(dedup, str) and len(dedup) <= 255),
            "'dedup_key' is longer than 255 characters",
        ),
        (action in (None, "trigger") or bool(dedup), "'dedup_key' is missing or blank"),
    )
    return [problem for fine, problem in checks if not fine]


def _payload_problems(event: dict[str, Any]) -> list[str]:
    if event.get("event_action") != "trigger":
        return []
    payload = event.get("payload")
    if not isinstance(payload, dict):
        return ["'payload' is missing or blank"]
    missing = [
        f"'payload.{name}' is missing or blank"
        for name in ("summary", "source", "severity")
        if not payload.get(name)
    ]
    if len(str(payload.get("summary", ""))) > 1024:
        missing.append("'payload.summary' is longer than 1024 characters")
    if not _is_moment(payload.get("timestamp")):
        missing.append("'payload.timestamp' is not in ISO 8601")
    if not isinstance(payload.get("custom_details", {}), dict):
        missing.append("'payload.custom_details' is not an object")
    if payload.get("severity") and payload["severity"] not in _SEVERITIES:
        problem = f"'payload.severity' is invalid ({_ONE_OF}: {list(_SEVERITIES)})"
        missing.append(problem)
    return missing


def _is_moment(text: object) -> bool:
    try:
        return text is None or bool(datetime.fromisoformat(str(text)))
    except ValueError:
        return False


def _link_problems(event: dict[str, Any]) -> list[str]:
    links = event.get("links", [])
    fine = isinstance(links, list) and all(
        isinstance(each, dict) and isinstance(each.get("href"), str) and each["href"]
        for each in links
    )
    return [] if fine else ["'links' must be objects, each with an 'href'"]


def _invalid(problems: list[str]) -> Answer:
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": problems}
    return json_answer(400, body)
