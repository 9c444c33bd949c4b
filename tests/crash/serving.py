"""Driving ``phidrift serve`` from outside while it crashes: events, ticks, health, the clock."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapters.queues.protocol import NAMES, POISON_SUFFIX
from adapters.queues.sqlite import SqliteQueues
from sandbox.clinic.tenant import MONITOR_TOML
from sandbox.eventgrid.events import Event
from sandbox.world import Sandbox
from tests.crash.clock import SharedClock

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0
QUEUES = "state.queues.db"

_PAUSE_SECONDS = 0.002
_MINUTE = 61.0
_ENDED = "ended"
_UNANSWERED = 0
_WEBHOOK = "/runtime/webhooks/EventGrid?functionName=resource_changed"
_SUFFIXES = ("", POISON_SUFFIX)
_UNWATCHED = json.dumps(
    {
        "id": "nobody",
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "subject": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Nobody/watches/it",
        "eventTime": "2026-11-22T03:14:07Z",
        "data": {"operationName": "Microsoft.Nobody/watches/write"},
    }
).encode()
"""An event that is accepted and has no effect."""

_QUEUES = "AzureFunctionsJobHost__extensions__queues__"
_NOTIFICATION = {"aeg-event-type": "Notification", "Content-Type": "application/json"}

TIMING = """
[timing]
context_seconds = [60, 120]
requeue_seconds = 60
"""
"""Within these minutes the log is queried, and the work of a lost tick is due again."""


class Launcher:
    """The process that forks those that die."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.launcher"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def say(self, line: str) -> None:
        """Write one line."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """Read one line; an empty one would mean that it is gone."""
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        assert line, "the launcher itself is gone"
        return line

    def close(self) -> None:
        """End it and its child processes."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()


@contextmanager
def launched(count: int) -> Iterator[Sequence[Launcher]]:
    """Hand out so many launchers, and end them."""
    launchers = [Launcher() for _ in range(count)]
    try:
        yield launchers
    finally:
        for each in launchers:
            each.close()


class Serving:
    """One state, used by one process at a time; if it dies, another one starts at once."""

    def __init__(
        self, launcher: Launcher, sandbox: Sandbox, clock: SharedClock, folder: Path
    ) -> None:
        self._launcher = launcher
        self._sandbox = sandbox
        self._clock = clock
        self._folder = folder
        self._url = ""
        self.dies_at: tuple[str, ...] = ()
        self._has_ended = True
        self.settings: Mapping[str, str] = {}
        self.lives = 0
        (folder / "monitor.toml").write_text(TIMING + MONITOR_TOML, encoding="utf-8")

    @property
    def passed(self) -> Sequence[str]:
        """Return the names of all points that were passed, by whichever process."""
        return (self._folder / "trace").read_text(encoding="utf-8").splitlines()

    @property
    def is_to_die(self) -> bool:
        """Tell whether the process that runs has its death before it."""
        return self.lives <= len(self.dies_at)

    def start(self) -> None:
        """Start a process that serves; each of the first ones dies at a point of its own."""
        order = {
            "env": self._environment(),
            "clock": str(self._folder / "clock"),
            "dies_at": next(iter(self.dies_at[self.lives :]), ""),
            "trace": str(self._folder / "trace"),
        }
        self.lives += 1
        self._has_ended = False
        self._launcher.say(json.dumps(order))
        line = self._launcher.hear()
        if line == _ENDED:
            self._has_ended = True
            self._follow()
        else:
            self._url = line.split()[-1]

    def stop(self) -> None:
        """End the process, if it runs."""
        if not self._has_ended:
            self._launcher.say("enough")
            self._await_end()

    def receive(self, events: Sequence[Event]) -> int:
        """Take events in, as a subscriber of Event Grid does; return the status, 0 for none."""
        return self._ask("POST", _WEBHOOK, json.dumps(list(events)).encode())[0]

    def settle(self) -> None:
        """Wait until all is delivered that was published, and no message is left."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_quiet():
            assert time.monotonic() < deadline, "messages are left, and stay"
            time.sleep(_PAUSE_SECONDS)

    def later(self, *, minutes: int) -> None:
        """Let time pass, with a tick each minute; a tick that dies is not run again."""
        for _ in range(minutes):
            self._clock.advance(_MINUTE)
            self.tick()
            self.settle()

    def tick(self) -> None:
        """Have the timer run now; nothing where nobody answers."""
        self._ask("POST", "/admin/functions/tick", b"{}")

    def sweep(self) -> None:
        """Begin the sweep now, again if a process died meanwhile, and wait for its end."""
        self._run("sweep")

    def watch_logs(self) -> None:
        """Have the logs read now, once more where somebody died meanwhile, and wait for its end."""
        self._run("watch_logs")

    def _run(self, function: str) -> None:
        for _ in range(2):
            lives = self.lives
            self._ask("POST", f"/admin/functions/{function}", b"{}")
            self.settle()
            if self.lives == lives:
                return

    def health(self) -> dict[str, Any]:
        """Return what ``/api/health`` tells, nothing while nobody answers."""
        status, body = self._ask("GET", "/api/health", b"")
        told: dict[str, Any] = json.loads(body) if status == HTTPStatus.OK else {}
        return told

    def _is_quiet(self) -> bool:
        """One thread runs all calls: earlier calls have ended when an event is taken."""
        is_delivered = self._sandbox.events.drain(0.0)
        if self._ask("POST", _WEBHOOK, _UNWATCHED)[0] != HTTPStatus.ACCEPTED:
            self._await_end()
            self._follow()
            return False
        with closing(SqliteQueues(self._folder / QUEUES)) as queues:
            counts = [queues.counts(f"{each}{suffix}") for each in NAMES for suffix in _SUFFIXES]
        return is_delivered and not any(each.waiting or each.running for each in counts)

    def _await_end(self) -> None:
        while self._launcher.hear() != _ENDED:
            pass
        self._has_ended = True

    def _follow(self) -> None:
        assert self.is_to_die, "it died of something else"
        self.start()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            **self._sandbox.environment(),
            "STATE_STORE": f"sqlite:{self._folder / 'state.db'}",
            "EVIDENCE_STORE": f"file:{self._folder / 'evidence'}",
            "AzureWebJobsStorage": f"sqlite:{self._folder / QUEUES}",
            "MONITOR_CONFIG": str(self._folder / "monitor.toml"),
            "TICK_SCHEDULE": "0 0 0 1 1 *",
            "PYTHON_THREADPOOL_THREAD_COUNT": "1",
            f"{_QUEUES}batchSize": "1",
            f"{_QUEUES}newBatchThreshold": "0",
            **self.settings,
        }

    def _ask(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        host = urlsplit(self._url)
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)
        try:
            connection.request(method, path, body, _NOTIFICATION)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return _UNANSWERED, b""
        finally:
            connection.close()
