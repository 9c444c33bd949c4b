"""What the host's tests share: a host around an app of their own, a client, and waiting."""

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import azure.functions as func

from adapters.queues.sqlite import SqliteQueues
from functions_host.functions import index
from functions_host.host import Host, Plan
from functions_host.settings.host_json import HostSettings
from functions_host.settings.queue_location import QueueLocation
from functions_host.timers.timers import timers_of

PATIENCE_SECONDS = 60.0
NOTIFICATION = {"aeg-event-type": "Notification", "Content-Type": "application/json"}

QUICK = HostSettings(
    batch_size=4,
    new_batch_threshold=2,
    max_dequeue_count=3,
    polling_seconds=0.05,
    lease_seconds=60,
    timeout_seconds=30,
    threads=8,
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What the host answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@contextmanager
def hosted(
    app: func.FunctionApp, folder: Path, settings: HostSettings = QUICK
) -> Iterator[tuple[str, SqliteQueues]]:
    """Serve an app in this process; hand out its address and its queues."""
    file = folder / "state.queues.db"
    functions = index.functions(app, {})
    host = Host(Plan(functions, timers_of(functions), settings, QueueLocation(file)), port=0)
    host.open()
    host.start()
    queues = SqliteQueues(file)
    try:
        yield host.url, queues
    finally:
        queues.close()
        host.stop()


def ask(
    method: str, url: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
) -> Answered:
    """Send one request."""
    target = urlsplit(url)
    connection = http.client.HTTPConnection(target.netloc, timeout=PATIENCE_SECONDS)
    try:
        path = f"{target.path}?{target.query}" if target.query else target.path
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Answered(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def notify(url: str, function: str, *events: object) -> Answered:
    """Deliver events to an Event Grid function."""
    hook = f"{url}/runtime/webhooks/EventGrid?functionName={function}"
    return ask("POST", hook, json.dumps(list(events)), NOTIFICATION)


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait until a thing holds; False where it does not for a long while."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False
