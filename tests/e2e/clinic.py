"""A whole monitor at work: ``phidrift serve`` in a process of its own, against a sandbox.

Nothing in it is a stand-in: events come over the webhook, reads go out over TLS with a token of the
managed identity, and what was told is what the channels' ends took.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from adapters.store.sqlite import SqliteStore
from cli.demonstration.received import ReceivedMessage, received_messages
from drift.state import keys
from functions_host.subprocess import Served, served
from sandbox.arm.replicas import Lag
from sandbox.clinic.estate import (
    APP_GROUP,
    DATA_DISK,
    ENCRYPTION_SET,
    INTAKE,
    SNAPSHOT,
    SQL,
    VAULT,
    WEBSITE,
    clinic,
)
from sandbox.clinic.tenant import MONITOR_TOML
from sandbox.world import Sandbox
from tests.functions_host.hosting import Answered, ask

PATIENCE_SECONDS = 90.0
_POLL_SECONDS = 0.05

_GRAVE = re.compile(r" ERROR |Traceback|Warning")

TIMING = """
[timing]
settle_seconds = 1
reads_per_minute = 60
"""
"""Answers that need confirmation are read again soon, and a resource may change often."""

PATIENT = TIMING.replace("settle_seconds = 1", "settle_seconds = 3")
"""Answers that need confirmation are read again when no replica can be behind."""

LAG = Lag(seconds=0.9, probability=0.25)
"""A quarter of the reads are behind, by less than any ``settle_seconds`` of these tests."""

Body = dict[str, Any]


class Clinic:
    """A sandbox with the clinic's estate in it, and the monitor while it is served."""

    def __init__(self, azure: Sandbox, folder: Path) -> None:
        self.azure = azure
        self.app: Served | None = None
        self._folder = folder
        self._made = 0
        self._secrets: set[str] = set()
        azure.place(*clinic())

    @contextmanager
    def served(self, timing: str = TIMING, **environment: str) -> Iterator[None]:
        """Serve on the existing state; at the end, the output must contain no secret."""
        self._note_secrets()
        settings = {**self.azure.environment(), "PYTHONWARNINGS": "always", **environment}
        with served(self._folder, settings, timing + MONITOR_TOML) as app:
            self.app = app
            yield
            self._note_secrets()
        self.app = None
        said = app.log.read_text(encoding="utf-8")
        assert not [each for each in self._secrets if each in said]
        grave = [line for line in said.splitlines() if _GRAVE.search(line)]
        assert not grave, "\n".join(grave)

    def subscribe(self, *, cloud_events: bool = False) -> None:
        """Have Event Grid deliver every later event to the monitor that is served now."""
        webhook = self._served.webhook
        assert self.azure.events.handshake(webhook, cloud_events=cloud_events)
        self.azure.events.subscribe(webhook, cloud_events=cloud_events)

    @property
    def log(self) -> str:
        """Return what every process that was served here has said."""
        return (self._folder / "serve.log").read_text(encoding="utf-8")

    def account(self, **properties: Any) -> str:
        """Place a storage account that holds PHI, in good order but for these properties."""
        return self._copied(INTAKE, properties)

    def plain_account(self, group: str) -> str:
        """Place an account that holds no PHI, in a group of its own without a PHI tag."""
        return self._copied(WEBSITE, {}, group)

    def vault(self, **properties: Any) -> str:
        """Place a key vault in good order but for these properties."""
        return self._copied(VAULT, properties)

    def sql_server(self) -> str:
        """Place a SQL server in good order, with its databases."""
        return self._copied(SQL, {})

    def security_group(self) -> str:
        """Place a network security group that lets nobody in."""
        return self._copied(APP_GROUP, {})

    def snapshot(self) -> str:
        """Place a snapshot of a PHI disk that nobody may download."""
        return self._copied(SNAPSHOT, {})

    def disk(self) -> tuple[str, str]:
        """Place a disk, and the disk encryption set that its key is from."""
        of = self._copied(ENCRYPTION_SET, {})
        key = {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": of}
        return self._copied(DATA_DISK, {"encryption": key}), of

    def set(self, resource: str, **properties: Any) -> None:
        """Write properties of a resource, as an engineer does."""
        self.azure.patch(resource, {"properties": properties})

    def sweep(self) -> None:
        """Have everything looked at that Resource Graph lists."""
        assert ask("POST", f"{self._served.url}/admin/functions/sweep", "{}").status == 202

    def watch_logs(self) -> None:
        """Have the logs read for changes that raised no event."""
        assert ask("POST", f"{self._served.url}/admin/functions/watch_logs", "{}").status == 202

    def touch(self, resource: str) -> None:
        """Write a resource without changing what matters."""
        tags = {**(self.azure.read(resource).get("tags") or {}), "touched": str(time.time())}
        self.azure.patch(resource, {"tags": tags})

    def get_to_know(self, *resources: str) -> None:
        """Have the monitor look at resources that are in order, and again once that has settled."""
        reads = [self.reads(each) for each in resources]
        for each in resources:
            self.touch(each)
        self.wait(
            lambda: all(
                self.reads(each) >= before + 2
                for each, before in zip(resources, reads, strict=True)
            )
        )
        self.quiet()

    def reads(self, document: str) -> int:
        """Return how often ARM was asked for this very document or collection."""
        return self.azure.arm.count(f"{re.escape(document)}$", method="GET")

    def told(self, resource: str, control: str = "") -> list[str]:
        """Return ``channel Verb`` for all that channels received about a resource, in order per channel."""
        return [f"{each.channel} {each.verb}" for each in self.received_messages(resource, control)]

    def received_messages(self, resource: str, control: str = "") -> list[ReceivedMessage]:
        """Return everything that channels received about a resource, by channel, then in order."""
        found = (each for each in received_messages(self.azure) if each.is_about(control, resource))
        return sorted(found, key=lambda each: (_CHANNELS.index(each.channel), each.at))

    def wait(self, holds: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until a thing holds; it is an error if it does not for so long."""
        deadline = time.monotonic() + seconds
        while not holds():
            said = self.log
            assert not _GRAVE.search(said), said
            assert time.monotonic() < deadline, f"timed out; {self._state()}, serve said:\n{said}"
            time.sleep(_POLL_SECONDS)

    def _state(self) -> str:
        """Return what was sent and what health reports, for the message of a timeout."""
        told = [f"{each.channel} {each.verb}" for each in received_messages(self.azure)]
        return f"told: {told}, health: {self.health()}"

    def wait_until_told(self, resource: str, control: str, *expected: str) -> None:
        """Wait until all channels got exactly these messages, in their usual order."""
        try:
            self.wait(lambda: self.told(resource, control) == list(expected))
        except AssertionError as error:
            error.add_note(f"told: {self.told(resource, control)}")
            raise

    def quiet(self) -> None:
        """Wait until every event is delivered and handled; only later due work is left."""
        assert self.azure.events.drain(PATIENCE_SECONDS)
        self.wait(lambda: self._is_idle() and self._is_idle())

    def health(self) -> Body:
        """Return the figures of ``/api/health``."""
        answer = ask("GET", f"{self._served.url}/api/health")
        assert answer.status == 200
        figures: Body = json.loads(answer.body)
        return figures

    def post(self, body: str, **headers: str) -> Answered:
        """Post to the webhook, as an unauthenticated client may."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask("POST", self._served.webhook, body, named)

    def rows(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the rows of one kind in the state."""
        with closing(SqliteStore(self._folder / "state.db")) as store:
            shards = [store.range(each, *keys.below(kind)) for each in keys.PARTITIONS]
        return [row.data for shard in shards for row in shard]

    @property
    def _served(self) -> Served:
        assert self.app is not None
        return self.app

    def _is_idle(self) -> bool:
        queues = self.health()["queues"].values()
        return not any(each["waiting"] or each["running"] for each in queues)

    def _copied(self, original: str, properties: Body, group: str = "") -> str:
        """Place a resource and all below it under a name of their own, and return its id."""
        self._made += 1
        name, own = original.rpartition("/")[2], f"copy{self._made:03d}"
        bodies = [each for each in clinic() if _is_at_or_below(each["id"], original)]
        first, *others = json.loads(json.dumps(bodies).replace(name, own))
        first["properties"] |= properties
        for each in (first, *others):
            each["id"] = _moved(each["id"], group)
        self.azure.place(first, *others)
        return str(first["id"])

    def _note_secrets(self) -> None:
        azure = self.azure
        bearers = {
            seen.request.headers.get("authorization", "").rpartition(" ")[2]
            for each in (azure.arm, azure.logs, azure.sentinel, azure.topic)
            for seen in each.requests
        }
        signature = azure.teams.url.rpartition("sig=")[2]
        own = {signature, azure.pagerduty.routing_key, azure.splunk.token, azure.identity.header}
        more = {azure.topic.key, azure.webhook.secret, azure.webhook.url.rpartition("/")[2]}
        self._secrets |= (own | more | bearers) - {""}


_CHANNELS = ("teams", "pagerduty", "splunk", "sentinel", "eventgrid_topic", "webhook")

EVERYWHERE = ("teams Drift", "pagerduty Drift", "splunk Drift")
"""The messages about something critical."""


def resolved(*told: str) -> list[str]:
    """Return all messages after the end."""
    return [each for text in told for each in (text, text.replace("Drift", "Resolved"))]


def _moved(path: str, group: str) -> str:
    own = re.compile("(?<=/resourcegroups/)[^/]+", re.IGNORECASE)
    return own.sub(group, path) if group else path


def _is_at_or_below(path: str, top: str) -> bool:
    return f"{path.lower()}/".startswith(f"{top.lower()}/")
