"""A sandbox that answers in 50 ms, a monitor in its own process, and the times between them."""

import contextlib
import http.client
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cli.demonstration.received import OPENED, ReceivedMessage, received_messages
from functions_host.subprocess import Served, served
from sandbox.clinic.estate import APP_GROUP, INTAKE, clinic, security_rule
from sandbox.world import Sandbox

ANSWER_SECONDS: Final = 0.05
"""The time that every service of the sandbox, channels included, takes for each answer."""

_PRODUCTION: Final = {"TICK_SCHEDULE": "*/10 * * * * *"}
_CHANNELS: Final = 3
_SENDERS: Final = 8
"""Deliveries at once: Event Grid also sends several."""
_TIMEOUT: Final = 180.0
_POLL_SECONDS: Final = 0.01
_NOTIFICATION: Final = {"aeg-event-type": "Notification", "Content-Type": "application/json"}

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from an event's delivery until the first and until every channel had its alert."""

    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Drift:
    """A resource that was opened to the Internet, and the event that reports it."""

    resource: str
    control: str
    event: Event


class AlertMissing(Exception):
    """An alert did not come, or the event was not accepted."""


class Scene:
    """One sandbox without replica lag; it gets resources on request."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._events: list[Event] = []
        self._made = 0
        self._sinks = (sandbox.teams, sandbox.pagerduty, sandbox.splunk)
        sandbox.slow_down(ANSWER_SECONDS)
        sandbox.events.subscribe(self._take)

    @contextlib.contextmanager
    def monitor(self, module: str = "cli") -> Iterator[Served]:
        """Serve with production's timing and an empty state; ``module`` has the command phidrift."""
        environment = {**self.sandbox.environment(), **_PRODUCTION}
        with (
            tempfile.TemporaryDirectory(prefix="phidrift-bench-") as folder,
            served(Path(folder), environment, "", module=module) as app,
        ):
            yield app

    def account(self) -> str:
        """Place a compliant storage account with its child resources."""
        own = [each for each in clinic() if each["id"].lower().startswith(INTAKE.lower())]
        return self._copy(own, INTAKE)

    def group(self) -> str:
        """Place a compliant network security group."""
        return self._copy([each for each in clinic() if each["id"] == APP_GROUP], APP_GROUP)

    def firewall_opens(self, account: str) -> Drift:
        """Open a storage account to every network: critical, so every channel gets an alert."""
        acls = {"networkAcls": {"defaultAction": "Allow"}}
        self.sandbox.patch(account, {"properties": acls})
        return Drift(account, "STORAGE-FIREWALL", self._event())

    def ssh_opens(self, group: str) -> Drift:
        """Let the Internet reach SSH behind a group: critical too."""
        rule = security_rule("bench", 150, "Internet", "22")
        self.sandbox.write(f"{group}/securityRules/bench", rule)
        return Drift(group, "NSG-ADMIN-PORTS", self._event())

    def make_known(self, app: Served, account: str) -> None:
        """Have the monitor evaluate an account while it is compliant."""
        self.sandbox.patch(account, {"tags": {"dataClassification": "phi", "reviewed": "yes"}})
        post(app.webhook, [self._event()])
        last = f"{account}/blobServices/default$"
        _wait(lambda: self.sandbox.arm.count(last) > 0, app)

    def alerts(self, app: Served, drifts: Sequence[Drift]) -> list[Latency]:
        """Deliver the events one by one, and wait for all their alerts."""
        since, enough = self.sandbox.clock(), self._accepted() + len(drifts) * _CHANNELS
        with ThreadPoolExecutor(_SENDERS) as senders:
            posted = list(senders.map(partial(self._posted, app.webhook), drifts))
        # A sweep's alerts about other resources count as accepted too, so these alerts are matched by name.
        _wait(lambda: self._accepted() >= enough and self._have_alerted(drifts, since), app)
        alerts = self._alerts_since(since)
        return [_latency(*each, alerts) for each in zip(drifts, posted, strict=True)]

    def _take(self, events: list[dict[str, Any]]) -> int:
        self._events += events
        return 202

    def _event(self) -> Event:
        """Return the event of the last write."""
        self.sandbox.events.drain()
        return self._events.pop()

    def _copy(self, bodies: Sequence[Mapping[str, Any]], original: str) -> str:
        """Place documents under a name of their own, and return the resource's id."""
        self._made += 1
        name, own = original.rpartition("/")[2], f"bench{self._made:04d}"
        self.sandbox.place(*json.loads(json.dumps(bodies).replace(name, own)))
        return original.replace(name, own)

    def _posted(self, webhook: str, drift: Drift) -> datetime:
        at = self.sandbox.clock()
        post(webhook, [drift.event])
        return at

    def _accepted(self) -> int:
        return sum(len(each.accepted) for each in self._sinks)

    def _have_alerted(self, drifts: Sequence[Drift], since: datetime) -> bool:
        alerts = self._alerts_since(since)
        return all(len(_about(each, alerts)) >= _CHANNELS for each in drifts)

    def _alerts_since(self, since: datetime) -> list[ReceivedMessage]:
        return [
            each
            for each in received_messages(self.sandbox)
            if each.at >= since and each.verb == OPENED
        ]


def _about(drift: Drift, alerts: Sequence[ReceivedMessage]) -> list[ReceivedMessage]:
    return [each for each in alerts if each.is_about(drift.control, drift.resource)]


def _latency(drift: Drift, posted: datetime, alerts: Sequence[ReceivedMessage]) -> Latency:
    seconds = [(each.at - posted).total_seconds() for each in _about(drift, alerts)]
    if len(seconds) != _CHANNELS:
        raise AlertMissing(f"{drift.control} had {len(seconds)} alerts, not {_CHANNELS}")
    return Latency(min(seconds), max(seconds))


def _wait(holds: Callable[[], bool], app: Served) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while not holds():
        if time.monotonic() > deadline:
            output = app.log.read_text(encoding="utf-8")
            raise AlertMissing(f"no more alerts came within {_TIMEOUT:g} s; serve said:\n{output}")
        time.sleep(_POLL_SECONDS)


def post(url: str, body: Any) -> None:
    """Post to the app as Event Grid and an operator do; raise Untold where it is not accepted."""
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=_TIMEOUT)
    with contextlib.closing(connection):
        path = f"{target.path}?{target.query}"
        connection.request("POST", path, json.dumps(body), _NOTIFICATION)
        status = connection.getresponse().status
    if status != http.client.ACCEPTED:
        raise AlertMissing(f"{target.path} answered {status}")
