"""What the monitor asks of Azure, as operations of Azure's roles: recorded from one run over all controls.

Microsoft Graph is left out: no role of Azure counts there.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

import bootstrap
from adapters.arm.inventory import ResourceGraph
from adapters.azure_http.credential import azure_credential
from adapters.evidence.blobs import EvidenceBlobs
from adapters.evidence.vault_key import VaultKey
from adapters.log_analytics.activity_log import LogAnalytics
from adapters.store.tables import TableStore
from bench.offline_services import offline_services
from cli.doctor_checks.test_message import notices
from detectors.examples import NOW, Example
from drift import ids
from drift.config.model import Config
from drift.config.storage_account import of_tables
from drift.errors import StoreUnavailable
from drift.log_feed.feeds import FEEDS
from drift.model import Actor
from drift.observation.observe import observe
from drift.ports import Delete, Put, Reader
from drift.state.resource_record import Record
from sandbox.core.paths import Kind, parse
from sandbox.core.people import ENGINEER
from sandbox.http.endpoint import Seen
from sandbox.http.messages import Answer, Request, json_answer
from sandbox.world import Sandbox
from tests.detectors import in_azure
from tests.support.azure_fakes import fixed_credential, scripted
from tests.support.blob_container import blob_service, calls_to
from tests.support.evidence import key_in
from tests.support.memory_store import MemoryStore
from tests.support.production_reader import readers

_SUBSCRIPTION: Final = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
_MANAGEMENT_GROUP: Final = "/providers/Microsoft.Management/managementGroups/clinic"
_RESOURCE_GRAPH: Final = "/providers/microsoft.resourcegraph/resources"
_LISTS: Final = {
    Kind.TENANTS: "Microsoft.Resources/tenants",
    Kind.SUBSCRIPTIONS: "Microsoft.Resources/subscriptions",
    Kind.RESOURCES: "Microsoft.Resources/subscriptions/resources",
    Kind.PROVIDER: "Microsoft.Resources/subscriptions/providers",
}
_BLOBS: Final = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_TABLES: Final = "Microsoft.Storage/storageAccounts/tableServices/tables"
_PART: Final = re.compile(rb"^(POST|PUT|PATCH|MERGE|DELETE) http", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """An operation on the management plane, or on data; ``place`` is the kind of scope it needs."""

    operation: str
    place: str
    on_data: bool = False


INGESTION: Final = Asked("Microsoft.Insights/Telemetry/Write", "data collection rule", on_data=True)
"""https://learn.microsoft.com/azure/azure-monitor/logs/tutorial-logs-ingestion-portal"""

TOPIC: Final = Asked("Microsoft.EventGrid/events/send/action", "topic", on_data=True)
"""https://learn.microsoft.com/azure/event-grid/authenticate-with-microsoft-entra-id"""


def everything(azure: Sandbox) -> frozenset[Asked]:
    """Return what the monitor asks to judge all examples, list, read logs, keep its state and its
    evidence, and tell the channels that take its identity.

    The environment must be that of the sandbox.
    """
    with readers(azure) as found:
        for each in _telling(in_azure.IN_ARM):
            in_azure.emptied(azure)
            in_azure.place(azure, each)
            _look(found.every, each)
        found.every.get(_MANAGEMENT_GROUP)
        found.every.list(f"{_MANAGEMENT_GROUP}/providers/Microsoft.Authorization/roleAssignments")
        azure.place({"id": f"/subscriptions/{_SUBSCRIPTION}"})
        inventory = ResourceGraph(found.arm, endpoint=azure.arm.base_url)
        inventory.page(_SUBSCRIPTION, ["microsoft.storage/storageaccounts"])
        inventory.tags(_SUBSCRIPTION, ["clinic"])
        inventory.members(_SUBSCRIPTION)
        inventory.groups(_SUBSCRIPTION)
    _read_logs(azure)
    _sign(azure)
    _tell(azure)
    return frozenset(
        (
            *map(_of_key, azure.vault.requests),
            *map(_of_blob, _blob_requests()),
            *(INGESTION for _ in azure.sentinel.bodies()),
            *(TOPIC for _ in azure.topic.bodies()),
            *map(_of_arm, azure.arm.requests),
            *(each for seen in azure.logs.requests for each in _of_logs(seen)),
            *(each for request in _table_requests(azure) for each in _of_table(request)),
        )
    )


def _telling(examples: Iterable[Example]) -> Iterator[Example]:
    """Yield those examples of a control, outcome and kind that have a document of a type not had before."""
    known: set[tuple[str, ...]] = set()
    for each in examples:
        kind = str(each.resource.body.get("kind", ""))
        of = (each.detector.CONTROL.id, each.outcome.value, kind)
        has = {(*of, ids.type_of(path)) for path in each.documents}
        if not has <= known:
            known |= has
            yield each


def _look(reader: Reader, example: Example) -> None:
    """Read and judge the resource of an example as production does."""
    services = offline_services(
        store=MemoryStore(),
        reader=reader,
        channels=(),
        config=Config(baseline=example.baseline, phi=example.phi),
        subscription=ids.subscription_of(example.resource.id),
        clock=lambda: NOW,
        detectors=(example.detector,),
    )
    tag = example.former_tag or ""
    observe(services, Record(id=example.resource.id, phi_tag=tag, phi_because=tag), {})


def _read_logs(azure: Sandbox) -> None:
    identity = azure_credential("", os.environ)
    log = LogAnalytics(
        identity,
        endpoint=azure.logs.base_url,
        scope="https://api.loganalytics.io/.default",
        workspace_id=azure.logs.workspace_id,
    )
    since, until = azure.clock() - timedelta(hours=1), azure.clock()
    with closing(identity), closing(log):
        actor = Actor(name=ENGINEER.upn, object_id=ENGINEER.object_id)
        log.writes_by(actor, since=since, until=until, correlation_id=_SUBSCRIPTION)
        for feed in FEEDS:
            values = {"accounts": [ENGINEER.object_id]} if feed.of_accounts else {}
            log.changes(feed.query, since=since, until=until, values=values)


def _table_requests(azure: Sandbox) -> Iterable[Request]:
    """Return what the store asks of an account without the table, which it therefore creates."""
    requests: list[Request] = []

    def answer(request: Request) -> Answer:
        requests.append(request)
        code = "TableNotFound" if not request.path.endswith("/Tables") else "TableAlreadyExists"
        error = {"code": code, "message": {"lang": "en-US", "value": code}}
        return json_answer(409 if "Exists" in code else 404, {"odata.error": error})

    with (
        scripted(azure, answer) as far,
        closing(TableStore(of_tables(f"{far.base_url}/clinic"), fixed_credential())) as store,
    ):
        store.get("p00", "key")
        store.range("p00", "a", "z")
        writes = [Put("new", {}, etag=""), Put("any", {}), Put("old", {}, etag='W/"1"')]
        with suppress(StoreUnavailable):
            store.commit("p00", [*writes, Delete("gone", etag='W/"1"')])
    return requests


def _blob_requests() -> Iterable[Request]:
    """Return the requests of the evidence log to a container: begin a file, append, sign, read."""
    with (
        tempfile.TemporaryDirectory() as folder,
        blob_service(Path(folder)) as (service, environment),
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        with closing(EvidenceBlobs(calls_to(service.new_container()), key_in(Path(folder)))) as log:
            for offset, line in ((0, b"one\n"), (0, b"one\ntwo\n")):
                log.append("ab/shard-0/2026-12-02.jsonl", offset, line)
            log.create("ab/keys/00.txt", b"key")
            for each in log.names():
                log.read(each)
        return [seen.request for seen in service.requests]


def _sign(azure: Sandbox) -> None:
    identity = azure_credential("", os.environ)
    scope = "https://vault.azure.net/.default"
    with closing(VaultKey(azure.vault.key_id, "phidrift", identity, scope)) as key:
        assert key.public.verifies(key.sign(b"text"), b"text")


def _tell(azure: Sandbox) -> None:
    """Send a message through each channel, of which two sign in with the identity."""
    settings, config = bootstrap.load_configuration(
        azure.environment(every_channel=True) | {"MONITORED_SUBSCRIPTIONS": _SUBSCRIPTION}
    )
    channels, close = bootstrap.channels(settings)
    try:
        for each in channels:
            opened, _ = notices(each.name, bootstrap.facts(settings, config), azure.clock())
            each.send(opened, opening=True)
    finally:
        close()


def _of_key(seen: Seen) -> Asked:
    """https://learn.microsoft.com/azure/key-vault/general/rbac-guide"""
    verb = "read" if seen.method == "GET" else f"{seen.path.rpartition('/')[2]}/action"
    return Asked(f"Microsoft.KeyVault/vaults/keys/{verb}", "key of a vault", on_data=True)


def _of_blob(request: Request) -> Asked:
    """https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory

    To make a new blob and to append to one ``add`` is enough; what replaces one would need ``write``.
    """
    is_new = request.headers.get("if-none-match") == "*"
    is_append = request.query.get("comp") == "appendblock"
    verb = "read" if request.method in ("GET", "HEAD") else "write"
    if verb == "write" and (is_new or is_append):
        verb = "add/action"
    return Asked(f"{_BLOBS}/{verb}", "storage account", on_data=True)


def _of_arm(seen: Seen) -> Asked:
    path = seen.path.lower().rstrip("/")
    if path == _RESOURCE_GRAPH and seen.method == "POST":
        of_states = ids.POLICY_STATES in seen.request.json()["query"]
        what = ids.POLICY_STATES if of_states else "Microsoft.ResourceGraph/resources"
        return Asked(f"{what}/read", "subscription")
    place = parse(seen.path)
    what = _LISTS.get(place.kind) or place.type.lower()
    if seen.method == "GET":
        return Asked(f"{what}/read", _place(path))
    return Asked(f"{what}/{seen.method} {path}", _place(path))  # no role of ours has it


def _place(path: str) -> str:
    if path.startswith("/subscriptions/"):
        return "subscription"
    if path.startswith("/providers/microsoft.management/managementgroups/"):
        return "management group"
    return "tenant"


def _of_logs(seen: Seen) -> Iterator[Asked]:
    """A query needs the right to query the workspace, and to read its tables."""
    assert seen.path.lower().endswith("/query"), seen.path
    workspace = "Microsoft.OperationalInsights/workspaces"
    yield Asked(f"{workspace}/query/read", "workspace")
    yield Asked(f"{workspace}/tables/data/read", "workspace", on_data=True)


def _of_table(request: Request) -> Iterator[Asked]:
    """https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory"""
    if request.path.endswith("/Tables"):
        yield Asked(f"{_TABLES}/write", "storage account")
        return
    parts = [each.decode() for each in _PART.findall(request.body)] or [request.method]
    for method in parts:
        verb = {"GET": "read", "DELETE": "delete"}.get(method, "write")
        yield Asked(f"{_TABLES}/entities/{verb}", "storage account", on_data=True)
