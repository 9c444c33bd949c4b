"""The whole sandbox: every service on its own port, sharing one clock, one seed and one estate."""

import ssl
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sandbox.arm.api import Arm
from sandbox.arm.replicas import Lag, Replicas
from sandbox.arm.resources import Cloud
from sandbox.arm.throttle import Limits, Throttle
from sandbox.channels.pagerduty import PagerDuty
from sandbox.channels.sentinel import Ingestion
from sandbox.channels.sink import Sink
from sandbox.channels.splunk import Splunk
from sandbox.channels.teams import Teams
from sandbox.channels.topic import Topic
from sandbox.channels.webhook import Webhook
from sandbox.core.paths import parse
from sandbox.core.people import ENGINEER, MONITOR, TENANT, Actor
from sandbox.eventgrid.event_grid import DeliveryBehaviour, EventGrid
from sandbox.http.certificates import server_context, write_authority
from sandbox.http.endpoint import Clock, Endpoint
from sandbox.identity.graph import Graph
from sandbox.identity.identity import ManagedIdentity, Tokens
from sandbox.logs.blob_reads import BlobReads
from sandbox.logs.logs import Logs
from sandbox.seeded_random import SeededRandom
from sandbox.vault.key_vault import KeyVault

_WORKSPACES: Final = "microsoft.operationalinsights/workspaces"


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Sandbox:
    """A small Azure. Use it as a context manager, or ``start`` and ``stop`` it.

    ``lag`` None: no answer lags. ``limits`` None: no caller is throttled. ``identity`` is the actor whose
    tokens the managed identity endpoint issues. ``behaviour`` is Event Grid's; ``log_delay`` the least
    and most seconds until a change is found in Log Analytics; ``within`` the folder for its files, by
    default the system's folder for temporary files.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        lag: Lag | None = Lag(),  # noqa: B008 - frozen, and the default is worth seeing
        limits: Limits | None = Limits(),  # noqa: B008
        behaviour: DeliveryBehaviour = DeliveryBehaviour(),  # noqa: B008
        log_delay: tuple[float, float] = (180.0, 1200.0),
        identity: Actor = MONITOR,
        clock: Clock = utc_now,
        within: Path | None = None,
    ) -> None:
        self.clock = clock
        self.chance = SeededRandom(seed)
        self._scratch = tempfile.TemporaryDirectory(prefix="sandbox-", dir=within)
        folder = Path(self._scratch.name)
        self.ca_bundle = write_authority(folder)
        tls = server_context(folder)
        self.tokens = Tokens(clock)
        self.cloud = Cloud(clock, self.chance)
        replicas = Replicas(self.cloud.documents, clock, self.chance, lag)
        throttle = Throttle(clock, limits)
        self.identity = ManagedIdentity(clock, self.tokens, identity)
        self.arm = Arm(self.cloud, self.tokens, replicas, throttle, tls=tls)
        self.resource_graph = self.arm.resource_graph
        self.graph = Graph(self.cloud, self.tokens, tls=tls)
        self.events = EventGrid(self.cloud, self.chance, behaviour)
        self.logs = Logs(
            self.chance.guid("workspace"),
            self.tokens,
            self.chance,
            clock=clock,
            tls=tls,
            delay=log_delay,
        )
        self.cloud.listen(self.logs.on_change)
        self.blobs = BlobReads(self.cloud, self.logs, self.arm.metrics, self.chance)
        self._receive(tls)

    def _receive(self, tls: ssl.SSLContext) -> None:
        """Have a far end for each channel."""
        self.teams = Teams(self.clock, tls=tls)
        self.pagerduty = PagerDuty(self.clock, tls=tls)
        self.splunk = Splunk(self.clock, tls=tls)
        self.sentinel = Ingestion(self.clock, self.tokens, tls=tls)
        self.topic = Topic(self.clock, self.tokens, tls=tls)
        self.webhook = Webhook(self.clock, tls=tls)
        self.vault = KeyVault(self.clock, self.tokens, tls=tls)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def folder(self) -> Path:
        """Return the folder of its files, which ``stop`` removes."""
        return Path(self._scratch.name)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return every service that listens."""
        return (self.identity, self.arm, self.graph, self.logs, self.vault, *self.sinks)

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """Return the far end of every channel."""
        usual = (self.teams, self.pagerduty, self.splunk)
        return (*usual, self.sentinel, self.topic, self.webhook)

    def start(self) -> None:
        """Begin to serve."""
        for endpoint in self.endpoints:
            endpoint.start()
        self.events.start()

    def stop(self) -> None:
        """Stop serving; raise the first defect of the sandbox itself, if it had one."""
        self.events.close()
        with ThreadPoolExecutor() as pool:  # each waits for its own loop to notice
            list(pool.map(Endpoint.close, self.endpoints))
        self._scratch.cleanup()
        defects = [defect for endpoint in self.endpoints for defect in endpoint.listener.defects]
        if defects:
            raise defects[0]

    def slow_down(self, seconds: float) -> None:
        """Make every service take this long for each answer."""
        for endpoint in self.endpoints:
            endpoint.latency = seconds

    def clear(self) -> None:
        """Remove all faults of all services."""
        for endpoint in self.endpoints:
            endpoint.clear()

    def place(self, *bodies: dict[str, Any]) -> None:
        """Store documents unchanged, as if they had always existed: no event, no lag.

        A workspace among them is the one that queries read.
        """
        self.cloud.place(*bodies)
        for body in bodies:
            if parse(body["id"]).type_key == _WORKSPACES:
                self.logs.workspace_id = body["properties"]["customerId"]

    def read(self, path: str) -> dict[str, Any]:
        """Return the newest version of a document; raise Refused if there is none."""
        return self.cloud.read(path)

    def write(self, path: str, body: dict[str, Any], actor: Actor = ENGINEER) -> dict[str, Any]:
        """PUT a document; raise Refused as ARM would."""
        return self.cloud.put(path, body, actor)

    def patch(self, path: str, body: dict[str, Any], actor: Actor = ENGINEER) -> dict[str, Any]:
        """PATCH a document; raise Refused as ARM would."""
        return self.cloud.patch(path, body, actor)

    def delete(self, path: str, actor: Actor = ENGINEER) -> bool:
        """DELETE a document; tell whether it was there."""
        return self.cloud.delete(path, actor)

    def act(self, path: str, action: str, actor: Actor = ENGINEER) -> None:
        """POST an action such as ``listKeys``."""
        self.cloud.act(path, action, actor)

    def move(self, *resources: str, target: str, actor: Actor = ENGINEER) -> None:
        """POST a move of resources of one group to another group (its id)."""
        self.cloud.move(resources, target, actor)

    def set_container_acl(self, account: str, container: str, public_access: str) -> None:
        """Set a container's public access on the data plane: no event reports it."""
        path = f"{account}/blobServices/default/containers/{container}"
        self.cloud.change_silently(path, {"publicAccess": public_access})
        settings = (
            f"{account}/blobServices/default/providers/microsoft.insights/diagnosticSettings/"
        )
        if any(True for _ in self.cloud.documents.view().below(settings)):
            self.logs.container_acl(account, container, ENGINEER.ip)

    def token(self, actor: Actor, audience: str = "https://management.azure.com") -> str:
        """Return a token for an actor."""
        return self.tokens.issue(actor, audience)[0]

    def environment(self, *, every_channel: bool = False) -> dict[str, str]:
        """Return the settings that point the product at this sandbox.

        The channels are Teams, PagerDuty and Splunk; with ``every_channel`` all there are, the topic
        by the managed identity.
        """
        own = {
            "ARM_ENDPOINT": self.arm.base_url,
            "LOGS_ENDPOINT": self.logs.base_url,
            "GRAPH_ENDPOINT": self.graph.base_url,
            "IDENTITY_ENDPOINT": self.identity.url,
            "IDENTITY_HEADER": self.identity.header,
            "REQUESTS_CA_BUNDLE": str(self.ca_bundle),
            "SSL_CERT_FILE": str(self.ca_bundle),
            "MONITORED_SUBSCRIPTIONS": ",".join(self.subscriptions),
            "LOG_ANALYTICS_WORKSPACE_ID": self.logs.workspace_id,
            "AZURE_TENANT_ID": TENANT,
            "TEAMS_WEBHOOK_URL": self.teams.url,
            "PAGERDUTY_EVENTS_URL": self.pagerduty.url,
            "PAGERDUTY_ROUTING_KEY": self.pagerduty.routing_key,
            "SPLUNK_HEC_URL": self.splunk.url,
            "SPLUNK_HEC_TOKEN": self.splunk.token,
        }
        return own | self._workspace() | (self._more_channels() if every_channel else {})

    def _more_channels(self) -> dict[str, str]:
        return {
            "SENTINEL_ENDPOINT": self.sentinel.url,
            "SENTINEL_RULE_ID": self.sentinel.rule_id,
            "SENTINEL_STREAM": self.sentinel.stream,
            "FINDINGS_TOPIC_ENDPOINT": self.topic.url,
            "FINDINGS_WEBHOOK_URL": self.webhook.url,
            "FINDINGS_WEBHOOK_SECRET": self.webhook.secret,
        }

    def _workspace(self) -> dict[str, str]:
        """Return the setting that names the workspace, where the estate has exactly one."""
        view = self.cloud.documents.view()
        found = [
            body["id"]
            for key, body in view.below("/subscriptions/")
            if parse(key).type_key == _WORKSPACES
        ]
        name = "LOG_ANALYTICS_WORKSPACE_RESOURCE_ID"
        return {name: found[0]} if len(found) == 1 else {}

    @property
    def subscriptions(self) -> list[str]:
        """Return the GUIDs of all subscriptions."""
        keys = self.cloud.documents.view().below("/subscriptions/")
        return [key.split("/")[2] for key, _ in keys if key.count("/") == 2]
